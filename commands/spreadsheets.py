"""Copies of the tables for spreadsheets: ``python -m commands.spreadsheets``, which is ``make spreadsheets``.

A spreadsheet takes a cell that begins with ``=``, ``+``, ``-`` or ``@`` for a formula, and a formula in a level's name
may start a program. Each table of ``plots/`` is written to ``spreadsheets/`` with an apostrophe before such a text;
numbers stay. The copies begin with a byte order mark, from which Excel knows that they are UTF-8.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from pathlib import Path

from pipeline import entry
from pipeline.storage import files

FOLDER, BEGINNINGS = "spreadsheets", "=+-@"


def main(root: str | Path = ".") -> None:
    """Write the copies and say where they are."""
    tables = sorted(Path(root, "plots").glob("*.csv"))
    for table in tables:
        with table.open(encoding="utf-8", newline="") as file:
            rows = [[safe(cell) for cell in row] for row in csv.reader(file)]
        text = io.StringIO()
        csv.writer(text).writerows(rows)
        files.write_text(Path(root, FOLDER, table.name), f"\ufeff{text.getvalue()}")
    print(f"{len(tables)} table{'' if len(tables) == 1 else 's'} in {Path(root, FOLDER)}/, without formulas")


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


if __name__ == "__main__":
    entry.run(main)
