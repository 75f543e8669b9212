"""Text of a result or a parameter file, refused where it is not whole or a merge left its marks.

A stage trusts no file that lies between it and another one: a full disk, a kill or an editor may have been there.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from io import StringIO
from pathlib import Path

from responsible.names import SWITCHED_OFF
from responsible.validation import InputError

BUILD = "run `dvc repro` to build it"
AGAIN = "run `dvc repro` to build it again"
_MARK = re.compile(r"^(?:<{7}|>{7})(?: |$)", re.MULTILINE)  # as git writes them at the beginning of a line


def read_text(path: str | Path, remedy: str = BUILD) -> str:
    """The text of a UTF-8 file.

    Raises:
        InputError: there is no such file or it cannot be read (with the ``remedy``), it is no UTF-8, or it holds a
            conflict of a merge.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; {remedy}") from None
    except IsADirectoryError:
        raise InputError(f"{path}: is a folder, not a file; move it away, then {remedy}") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not readable as UTF-8 ({error}); {remedy}") from None
    if "<<<<<<<" in text and (mark := _MARK.search(text)):
        line = text.count("\n", 0, mark.start()) + 1
        raise InputError(
            f"{path}, line {line}: git left a conflict of two versions here; resolve the conflict, then `dvc repro`"
        )
    return text


def csv_text(path: str | Path, columns: Iterable[str] = ()) -> str:
    """The text of a CSV that an earlier stage wrote, held to be whole and to have these columns.

    The table of an analysis that is switched off has none of them.

    Raises:
        InputError: as :func:`read_text`; the file is empty, its last line has no end, a line has more or fewer fields
            than the first, or a column is missing.
    """
    text = read_text(path)
    if not text.strip() or not text.endswith("\n"):
        fault = "ends in the middle of a line" if text.strip() else "is empty"
        raise InputError(f"{path}: {fault}; {AGAIN}")
    rows = csv.reader(StringIO(text, newline=""), strict=True)
    try:
        header = next(rows)
        for row in rows:
            if len(row) != len(header):
                fault = f"must have {len(header)} fields as line 1 has, got {len(row)}"
                raise InputError(f"{path}, line {rows.line_num}: {fault}; {AGAIN}")
    except csv.Error as error:
        raise InputError(f"{path}, line {rows.line_num}: not readable as CSV ({error}); {AGAIN}") from None
    if (absent := [name for name in columns if name not in header]) and header != [SWITCHED_OFF]:
        raise InputError(f"{path}: column {absent[0]!r} is missing, so it is a different table; {AGAIN}")
    return text


def read_rows(path: str | Path, columns: Iterable[str] = ()) -> csv.DictReader[str]:
    """The rows of a CSV an earlier stage wrote, as texts by column; refused as :func:`csv_text` says."""
    return csv.DictReader(StringIO(csv_text(path, columns), newline=""))
