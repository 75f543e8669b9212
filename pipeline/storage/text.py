"""Text of a result or a parameter file, refused where a merge left its marks: both sides would read as one."""

from __future__ import annotations

import csv
import re
from io import StringIO
from pathlib import Path

from responsible.validation import InputError

_MARK = re.compile(r"^(?:<{7}|>{7})(?: |$)", re.MULTILINE)  # as git writes them at the beginning of a line


def read_text(path: str | Path, remedy: str = "run `dvc repro` to build it") -> str:
    """The text of a UTF-8 file.

    Raises:
        InputError: there is no such file (with the ``remedy``), it is no UTF-8, or it holds a conflict of a merge.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (FileNotFoundError, IsADirectoryError):
        raise InputError(f"{path}: no such file; {remedy}") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not readable as UTF-8 ({error}); {remedy}") from None
    if "<<<<<<<" in text and (mark := _MARK.search(text)):
        line = text.count("\n", 0, mark.start()) + 1
        raise InputError(
            f"{path}, line {line}: git left a conflict of two versions here; resolve the conflict, then `dvc repro`"
        )
    return text


def read_rows(path: str | Path) -> csv.DictReader[str]:
    """The rows of a CSV an earlier stage wrote, as texts by column."""
    return csv.DictReader(StringIO(read_text(path), newline=""))
