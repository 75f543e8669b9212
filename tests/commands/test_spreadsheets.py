"""commands.spreadsheets: copies of the tables in which no cell is a formula, and every number is still one."""

import csv
from pathlib import Path

from commands import spreadsheets
from pipeline.storage import spreadsheets as tables
from pipeline.storage.files import read_csv

ROOT = Path(__file__).parents[2]
FORMULAS = ["=cmd|' /C calc'!A0", "+1+cmd", "-2+3", "@SUM(A1)", "\t=1", " =1", "\r=1", "＝1", "-"]
HARMLESS = ["a=b", "-0.5", "+1e-07", "", "Bachelor’s Degree", "'", "1-2", "-inf"]


def test_no_cell_begins_like_a_formula(tmp_path, capsys):
    """An apostrophe stands before text that begins like a formula, heading or cell; all else is as in the table."""
    (tmp_path / "plots").mkdir()
    rows = [["level", "=head"], *([text, text] for text in FORMULAS + HARMLESS)]
    with (tmp_path / "plots/a.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    spreadsheets.main(tmp_path)
    text = (tmp_path / "spreadsheets/a.csv").read_bytes().decode()
    assert text.startswith("\ufeff")
    with (tmp_path / "spreadsheets/a.csv").open(encoding="utf-8-sig", newline="") as file:
        found = list(csv.reader(file))
    assert found[0] == ["level", "'=head"]
    assert [row[1] for row in found[1:]] == [f"'{text}" for text in FORMULAS] + HARMLESS
    assert "1 table" in capsys.readouterr().out


def test_the_numbers_of_every_table_are_untouched(tmp_path):
    """What pandas reads from a copy of this repository's tables is what it reads from the tables."""
    (tmp_path / "plots").symlink_to(ROOT / "plots")
    spreadsheets.main(tmp_path)
    for table in (ROOT / "plots").glob("*.csv"):
        assert read_csv(tmp_path / "spreadsheets" / table.name).equals(read_csv(table))


def test_rows_of_a_page_are_as_safe():
    """A table that a page hands out has the mark of UTF-8, its head, numbers as they are, and no formula."""
    rows = [{"Level": "=1+1", "Value": "-2"}, {"Level": "b, c", "Value": ""}]
    assert tables.text(rows) == '\ufeffLevel,Value\r\n\'=1+1,-2\r\n"b, c",\r\n'
    assert tables.text([]) == "\ufeff"
