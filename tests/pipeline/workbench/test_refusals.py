"""A refusal stands beside the field that it is about."""

from __future__ import annotations

import pytest

from pipeline.drafting.request import Request
from pipeline.workbench.refusals import beside

ROLES = {"target": "paid", "protected": ["sex", "it's"], "id": "key", "time": "day", "score": "p"}
ASKED = Request("t.csv", **ROLES, bounds={"age": [0, 120]})


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("--target: t.csv has no column 'x'; did you mean 'y'?", "target"),
        ("--privileged: '0' is not a level of sex; known: 'f', 'm'", "privileged"),
        ("params.yaml: budget.target is empty, and nothing can be learned without it", "target"),
        ("threshold: must leave rows on both sides in t.csv, got 0 and 9; choose another threshold", "target"),
        ("sensitive.sex: must have at least two levels, got only 'f' in t.csv; remove it", "protected"),
        ("t.csv: column 'sex' is missing", "protected"),
        ('t.csv: column "it\'s" is missing', "protected"),
        ("t.csv: column 'day' must be a date as %Y-%m-%d: 3 rows, row 7 'soon'", "time"),
        ("t.csv: day: not an ISO date (YYYY-MM-DD) in 1 row: row 7 (line 8) 'soon'; correct the rows", "time"),
        ("t.csv: paid: missing in 2 rows: row 1 (line 2) ''; correct the rows", "target"),
        ("t.csv: holiday: missing in 2 rows: row 1 (line 2) ''; correct the rows", "table"),
        ("sex has 101 levels; convert the column", "protected"),
        ("t.csv: column 'key' occurs twice; rename one of them", "id"),
        ("t.csv: column 'p' must be from 0 to 1", "score"),
        ("t.csv: column 'other' must be a number", "table"),
        ("t.csv: age: above 120 in 1 row: row 7 (line 8) '130'; correct the rows", "bounds"),
        ("params.yaml: segments.features.f.minimum must be a number, got None", "bounds"),
        ("t.csv: must have at least 100 good rows (prepare.minimum_rows), got 3; add rows", "table"),
    ],
)
def test_the_field_follows_from_option_key_or_column(line, field):
    """The option's name is left out, because the field has it."""
    assert beside(line, ASKED) == {field: [line.removeprefix(f"--{field}: ")]}


def test_lines_are_told_apart_and_without_roles_all_are_about_the_table():
    """Each line goes to its own field, in order."""
    lines = "--id: one\nt.csv: two\n--id: three"
    assert beside(lines, ASKED) == {"id": ["one", "three"], "table": ["t.csv: two"]}
    assert beside("t.csv: column 'sex' is missing", None) == {"table": ["t.csv: column 'sex' is missing"]}
