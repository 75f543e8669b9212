"""Copies of the tables for spreadsheets: ``python -m commands.spreadsheets``, which is ``make spreadsheets``.

Each table of ``plots/`` is written to ``spreadsheets/`` in a form in which no name becomes a formula.
"""

from __future__ import annotations

from pathlib import Path

from pipeline import entry
from pipeline.storage import files
from pipeline.storage.spreadsheets import copy

FOLDER = "spreadsheets"


def main(root: str | Path = ".") -> None:
    """Write the copies and say where they are."""
    tables = sorted(Path(root, "plots").glob("*.csv"))
    for table in tables:
        files.write_text(Path(root, FOLDER, table.name), copy(table))
    print(f"{len(tables)} table{'' if len(tables) == 1 else 's'} in {Path(root, FOLDER)}/, without formulas")


if __name__ == "__main__":
    entry.run(main)
