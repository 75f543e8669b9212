"""Tables in a form that a spreadsheet can open safely.

A spreadsheet takes a cell that begins with ``=``, ``+``, ``-`` or ``@`` for a formula, and a formula in a level's name
may start a program. An apostrophe before such a text keeps it a text; numbers stay.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

BEGINNINGS = "=+-@"


def copy(table: Path) -> str:
    """The text of a CSV table in this form."""
    with table.open(encoding="utf-8", newline="") as file:
        return _written(csv.reader(file))


def text(rows: Sequence[Mapping[str, str]]) -> str:
    """Rows of texts with the same columns in this form."""
    return _written([[*rows[0]], *(row.values() for row in rows)] if rows else [])


def _written(rows: Iterable[Iterable[str]]) -> str:
    """:func:`safe` cells, behind the byte order mark that tells Excel of UTF-8."""
    out = io.StringIO()
    csv.writer(out).writerows([safe(cell) for cell in row] for row in rows)
    return f"\ufeff{out.getvalue()}"


def safe(cell: str) -> str:
    """The cell, behind an apostrophe where it is no number and begins like a formula, blanks left out."""
    begins = unicodedata.normalize("NFKC", cell).lstrip()[:1]
    return f"'{cell}" if begins and begins in BEGINNINGS and not _is_number(cell) else cell


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
