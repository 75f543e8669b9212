"""What is said of a table's columns, and which tables are refused when they are read."""

from __future__ import annotations

import csv
import pickle
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.drafting.request import Request
from pipeline.workbench import processes, table_process
from pipeline.workbench.bounds import Bounds
from responsible.validation import InputError

ROWS = "".join(f"{'fm'[i % 2]},{i},{'yes' if i % 3 else 'no'}\n" for i in range(60))


def looked(tmp_path, text, encoding="utf-8"):
    """What ``look`` says of a CSV file."""
    (tmp_path / "table.csv").write_text(text, encoding=encoding)
    return table_process.look(str(tmp_path / "table.csv"), "p.csv", 1000)


def test_columns_have_their_kind_levels_and_missing_values(tmp_path):
    """Levels come with their rows, the most frequent first, and as texts."""
    found = looked(tmp_path, "sex,age,paid\n" + ROWS + ",1,no\n")
    assert found["facts"] == ["p.csv: 61 rows, 3 columns; comma, UTF-8"]
    assert found["notes"] == []
    sex, age, paid = found["columns"]
    assert (sex["kind"], sex["missing"], sex["levels"]) == ("categorical", 1, [("f", 30), ("m", 30)])
    assert (age["kind"], age["continuous"], age["cut"], age["distinct"]) == ("numeric", True, True, 60)
    assert (paid["levels"], paid["cut"], paid["constant"]) == ([("yes", 40), ("no", 21)], False, False)


def test_names_and_levels_that_are_code_elsewhere_are_texts_here(tmp_path):
    """Formulas and markup are noted with column and remedy, and shown as they are written."""
    rows = "".join(f"{'=1+1' if i % 2 else '@x'},{'<script>alert(1)</script>' if i % 3 else 'b'}\n" for i in range(30))
    found = looked(tmp_path, "<script>alert(2)</script>,b\n" + rows)
    said = [note.partition(";")[0] for note in found["notes"]]
    assert said == [
        "column '<script>alert(2)</script>': '=1+1' begins like a formula and is read as text",
        "column '<script>alert(2)</script>': '<script>alert(2)</script>' looks like HTML and is shown as text",
        "column 'b': '<script>alert(1)</script>' looks like HTML and is shown as text",
    ]
    assert [level for level, _ in found["columns"][0]["levels"]] == ["=1+1", "@x"]


def test_a_file_that_is_not_utf_8_is_read_as_what_it_is(tmp_path):
    """The encoding that was found is said, so that odd names can be traced to it."""
    found = looked(tmp_path, "größe,b\n" + "ä,1\nö,2\n" * 20, "cp1252")
    assert found["facts"] == ["p.csv: 40 rows, 2 columns; comma, CP1252"]
    assert found["columns"][0]["name"] == "größe"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a\n1\n2\n", "p.csv: has 1 column that can be used; a table has several: check the sign between fields"),
        ("a,a\n1,2\n", "columns must have different names, got a twice; rename them"),
        ("a,b\n", "must have rows, got none below its header; name another table"),
        ("\n1,2\n", "line 1 is empty; it must begin with a header"),
        (
            'a,b\n1,"2\n' + "3,4\n" * 40_000,
            "not readable as a record (field larger than field limit (131072)); is a quote",
        ),
    ],
    ids=["one column", "duplicate columns", "no rows", "no header", "open quote"],
)
def test_what_is_no_table_is_refused_in_one_message(tmp_path, text, said):
    """With the place and what to do, in a process of its own, where a field has the usual bound."""
    before = csv.field_size_limit(131_072)
    try:
        with pytest.raises(InputError) as refused:
            looked(tmp_path, text)
    finally:
        csv.field_size_limit(before)
    assert said in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1


def test_one_of_two_columns_of_one_name_is_not_guessed(tmp_path):
    """Neither is used, and the warning names both."""
    found = looked(tmp_path, "a,b,a,c\n" + "1,2,3,4\n2,3,4,5\n" * 20)
    assert [column["name"] for column in found["columns"]] == ["b", "c"]
    assert found["facts"][-1] == "  warning: columns with the same name are not used: a"


class Danger:
    """What runs a command when it is unpickled."""

    def __reduce__(self):
        return (Path("unpickled").touch, ())


def parquet(tmp_path, table):
    """What ``look`` says of a Parquet file."""
    pq.write_table(table, tmp_path / "table.parquet")
    return table_process.look(str(tmp_path / "table.parquet"), "p.pq", 1000)


def pickled(where):
    """A table whose metadata are a pickle, as a column's type or of the whole."""
    payload = {b"ARROW:extension:name": b"arrow.py_extension_type"}
    payload[b"ARROW:extension:metadata"] = pickle.dumps(Danger())
    own, whole = (payload, None) if where == "column" else (None, payload)
    return pa.table(
        {"a": [1, 2], "b": [3, 4]}, pa.schema([pa.field("a", pa.int64(), metadata=own), ("b", pa.int64())], whole)
    )


REFUSED = {
    "nested": (pa.table({"a": [[1], [2]], "b": [1, 2]}), "p.pq: column 'a': must have one value per row, is list<"),
    "pickled column": (pickled("column"), "p.pq: has a column type that is pickled (arrow.py_extension_type), which"),
    "pickled table": (pickled("table"), "p.pq: has a column type that is pickled (arrow.py_extension_type), which"),
    "bomb": (pa.table({"a": [1] * 600, "b": [1] * 600}), "p.pq: must have at most 1,000 fields, got 1,200; use fewer"),
}


@pytest.mark.parametrize(("table", "said"), REFUSED.values(), ids=REFUSED)
def test_odd_parquet_is_refused_before_a_row_is_read(tmp_path, monkeypatch, table, said):
    """Nothing in it is unpickled, and what would not fit is not unpacked."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as refused:
        parquet(tmp_path, table)
    assert str(refused.value).startswith(said)
    assert not Path("unpickled").exists()


def test_broken_parquet_is_refused(tmp_path):
    """By its name, with what is wrong with it."""
    (tmp_path / "table.parquet").write_bytes(b"PAR1 and no more PAR1")
    with pytest.raises(InputError, match=r"p\.pq: not readable as Parquet: .*; write it again"):
        table_process.look(str(tmp_path / "table.parquet"), "p.pq", 1000)


@pytest.mark.slow
def test_a_table_that_takes_too_much_is_refused_by_its_process(tmp_path):
    """The process that reads it is ended, and the bound is named; the server goes on."""
    (tmp_path / "table.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match=r"needs more than 20 MiB of memory.*; use fewer rows or columns"):
        processes.answer(tmp_path, tmp_path, Bounds(memory=20 << 20), "look", "table.csv", "p.csv", "10")


def test_questions_are_the_comments_that_ask(tmp_path):
    """The key is dotted, the text is what stands behind the mark."""
    text = "a:\n  b: 1   # decide: one or two?\n  c: 2   # settled\nd: 3   # decide: more\n"
    assert table_process.questions(text) == [("a.b", "one or two?"), ("d", "more")]


def test_roles_without_groups_or_target_are_refused(tmp_path):
    """The option says which field is meant."""
    asked = vars(Request("t.csv", protected=["a"]))
    with pytest.raises(InputError, match="--target: must name what is predicted"):
        table_process.draft(asked, tmp_path)
    with pytest.raises(InputError, match="--protected: must name the groups"):
        table_process.draft({**asked, "score": "p", "protected": []}, tmp_path)
    with pytest.raises(InputError, match="--bounds: must say what values anybody can have"):
        table_process.draft({**asked, "line": "segments"}, tmp_path)
