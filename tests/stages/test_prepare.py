"""The stage `prepare`: what it writes, from any form of the table, and what it refuses, leaving files as they were."""

import gzip
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline import entry
from pipeline.storage import files
from pipeline.storage.parameters import keys
from responsible.validation import InputError
from stages import prepare
from tests.responsible.tabular.test_cell_counts import by_pandas
from tests.support import tables
from tests.support.contract import ROOT

OUTPUTS = {
    "cells": "c.parquet",
    "metrics": "m.json",
    "base_rates": "b.csv",
    "missing": "x.csv",
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder to work in, so that messages show short paths."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(frame, path="t.csv", **how):
    """The frame as CSV or Parquet under a path of the working folder."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    if path.endswith(".csv"):
        frame.to_csv(path, index=False, **how)
    else:
        pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), path)


def parameters(tree):
    """Write params.yaml with the sections that the stage loads."""
    tables.write(Path("params.yaml"), tree, keys(prepare.Parameters))


def run(**changes):
    """Run the stage on t.csv with changed parameters; cells, meta and metrics as written."""
    parameters(tables.tree(**{"budget__source": "t.csv"} | changes))
    prepare.main(params="params.yaml", **OUTPUTS)
    return *files.read_parquet("c.parquet"), files.read_json("m.json")["prepare"]


def refusal(**changes):
    """The message of a refused run; every output stays as it was, byte for byte."""
    for path in OUTPUTS.values():
        Path(path).write_text("earlier")
    with pytest.raises(InputError) as caught:
        run(**changes)
    assert {path: Path(path).read_text() for path in OUTPUTS.values()} == dict.fromkeys(OUTPUTS.values(), "earlier")
    assert not list(Path().glob("*.part"))
    return str(caught.value)


def spoiled(rows, path="t.csv", size=200, **columns):
    """The sample table with fields replaced: in ``rows`` (from 1) the values of a column named by its first word."""
    frame = tables.sample(size).copy()
    names = {name.split()[0]: name for name in frame}
    for column, values in columns.items():
        frame.loc[[r - 1 for r in rows], names[column]] = values
    write(frame, path)
    return frame


# ---- what it writes


def test_cells_metrics_and_tables_of_the_sample(folder):
    """The files hold the documented cells, their meta and the profile, as counted from the rows by pandas."""
    frame = spoiled([])
    cells, meta, metrics = run()
    plan = tables.plan()
    pd.testing.assert_frame_equal(cells, by_pandas(frame, plan))
    kinds = {"Age": "numeric", "Gender": "categorical", "Education_Level": "categorical", "With children?": "numeric"}
    assert meta == {
        "cuts": plan.cuts,
        "rows": 200,
        "features": kinds | {"Recommended_Activity": "categorical"},
        "attributes": ["education", "gender"],
    }
    high = frame["Budget (in dollars)"].astype(int) >= 300
    assert metrics["rows"]["read"] == metrics["rows"]["kept"] == 200
    assert metrics["base_rate"]["all"] == pytest.approx(high.mean(), abs=1e-6)
    assert metrics["cells"] == len(cells)
    assert metrics["digest"] == hashlib.sha256(Path("t.csv").read_bytes()).hexdigest()
    rates = files.read_csv("b.csv").set_index(["attribute", "level", "split"])
    women = frame["Gender"] == "Female"
    assert rates.loc[("gender", "Female", "all"), ["n", "positives"]].tolist() == [women.sum(), (women & high).sum()]
    assert rates.loc[("gender", "Missing", "all"), "role"] == "unprivileged"
    gone = files.read_csv("x.csv").set_index(["column", "role"])["missing"]
    assert gone["With children?", "feature"] == (frame["With children?"] == "NA").sum()


def test_two_runs_write_the_same_bytes(folder):
    """Nothing in the outputs depends on time, threads or hash order."""
    spoiled([], size=2_000)
    run()
    first = {path: Path(path).read_bytes() for path in OUTPUTS.values()}
    run()
    assert {path: Path(path).read_bytes() for path in OUTPUTS.values()} == first


FORMS = {
    "csv": write,
    "crlf": lambda frame: write(frame, lineterminator="\r\n"),
    "quoted": lambda frame: write(frame, quoting=1),
    "with a byte order mark": lambda frame: write(frame, encoding="utf-8-sig"),
    "with blank lines": lambda frame: Path("t.csv").write_text(
        frame.to_csv(index=False).replace("\n", "\n\n"), encoding="utf-8"
    ),
    "semicolons": lambda frame: write(frame, sep=";"),
    "parquet": lambda frame: write(frame, "t.parquet"),
    "native parquet": lambda frame: write(
        frame.replace("NA", None).astype({"Age": "int64", "Budget (in dollars)": "int64"}), "t.parquet"
    ),
    "folder": lambda frame: [write(frame[i : i + 70], f"t/part-{i:03}.csv") for i in (0, 70, 140)],
    "folder of parquet": lambda frame: [write(frame[i : i + 70], f"t/part-{i:03}.parquet") for i in (0, 70, 140)],
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_the_form_of_the_table_does_not_matter(folder, form):
    """CSV or Parquet, whole or in parts, in any dialect: the same rows in the same order give the same cells."""
    frame = tables.sample(200)
    FORMS[form](frame)
    source = next(p for p in ("t.csv", "t.parquet", "t") if Path(p).exists())
    cells, _, metrics = run(budget__source=source, budget__delimiter=";" if form == "semicolons" else ",")
    pd.testing.assert_frame_equal(cells, by_pandas(frame, tables.plan()))
    assert metrics["rows"]["read"] == 200


def test_a_pattern_chooses_files(folder):
    """A glob picks among a folder's files, subfolders included, in the order of their paths; notes are left out."""
    frame = tables.sample(300)
    for i, path in enumerate(("t/a/1.parquet", "t/b/1.parquet", "t/b/2.parquet")):
        write(frame[i * 100 : i * 100 + 100], path)
    write(frame, "t/b/extra.csv")
    Path("t/_SUCCESS").write_text("")
    Path("t/.hidden.parquet").write_text("")
    cells, _, metrics = run(budget__source="t", budget__pattern="**/*.parquet")
    pd.testing.assert_frame_equal(cells, by_pandas(frame, tables.plan()))
    listing = "".join(
        f"{hashlib.sha256(Path('t', p).read_bytes()).hexdigest()}  {p}\n"
        for p in ("a/1.parquet", "b/1.parquet", "b/2.parquet")
    )
    assert metrics["digest"] == hashlib.sha256(listing.encode()).hexdigest()


def test_order_does_not_matter_with_a_key(folder):
    """Rows with keys keep their split and place in the sample whatever their order, and repeated keys are counted."""
    frame = tables.sample(500).assign(id=[f"person {i % 450}" for i in range(500)])
    write(frame)
    first, _, metrics = run(budget__key="id", prepare__sample_rows=300)
    write(frame.sample(frac=1, random_state=5))
    second, _, _ = run(budget__key="id", prepare__sample_rows=300)
    assert first.equals(second)
    assert first["n"].sum() == 300
    assert metrics["key_repeats"] == 50


def test_the_key_is_the_md5_of_its_text(folder):
    """A key's lot is that of the first 52 bits of its MD5, which any engine can compute; a number is its digits."""
    ids = [str(i * 37) for i in range(400)]
    frame = tables.sample(400).assign(id=ids)
    keys = [int(hashlib.md5(i.encode(), usedforsecurity=False).hexdigest()[:13], 16) for i in ids]
    write(frame)
    expected = by_pandas(frame, tables.plan(), keys)
    pd.testing.assert_frame_equal(run(budget__key="id")[0], expected)
    write(frame.astype({"id": "int64"}), "t.parquet")
    pd.testing.assert_frame_equal(run(budget__key="id", budget__source="t.parquet")[0], expected)


def test_a_parquet_column_called_like_the_engines_row_number(folder):
    """Rows are numbered by their order even where the table brings a column of the engine's name for that."""
    write(tables.sample(200).assign(file_row_number=1, FILE_INDEX=0), "t.parquet")
    pd.testing.assert_frame_equal(run(budget__source="t.parquet")[0], by_pandas(tables.sample(200), tables.plan()))


def test_files_of_several_types_are_read_with_the_wider_one(folder):
    """Where one file has whole numbers and the next fractions or texts, nothing is rounded to the first."""
    frame = tables.sample(200)
    for number, ages in enumerate(([30] * 100, [18.5] * 100)):
        write(frame[number * 100 : number * 100 + 100].assign(Age=ages), f"t/{number}.parquet")
    cells = run(budget__source="t")[0]
    assert cells.groupby("x.Age")["n"].sum().to_dict() == {18.5: 100, 30.0: 100}
    write(frame[100:].assign(Age="18.5"), "t/1.parquet")
    pd.testing.assert_frame_equal(run(budget__source="t")[0], cells)


def test_zero_has_no_sign(folder):
    """A number that is zero is one level, whatever its sign, and has the same bytes."""
    write(tables.sample(200).assign(Age=[0.0, -0.0] * 100), "t.parquet")
    cells = run(budget__source="t.parquet")[0]
    assert cells["x.Age"].unique().tolist() == [0.0]
    assert not np.signbit(cells["x.Age"]).any()


def test_time_and_predefined_split(folder):
    """Months enter cells and profile; a table without validation rows is served as well."""
    frame = tables.sample(200).assign(on=["2024-01-05", "2024-02-06"] * 100, part=["train"] * 150 + ["test"] * 50)
    write(frame)
    cells, _, metrics = run(budget__time="on", budget__split_column="part")
    assert cells.columns[:3].tolist() == ["split", "bin", "month"]
    assert metrics["rows"] == {"read": 200, "kept": 200, "train": 150, "test": 50}
    rates = files.read_csv("b.csv").query("attribute == 'month' and split == 'all'")
    assert rates[["level", "n"]].to_numpy().tolist() == [["2024-01", 100], ["2024-02", 100]]


def test_text_targets_and_excluded_levels(folder):
    """A text target with favourable levels; an excluded level stays in the cells and is marked in the profile."""
    write(tables.sample(200).assign(decision=["granted", "refused"] * 100))
    only = {"gender": {"column": "Gender", "privileged": ["Male"], "exclude": ["Other"]}}
    cells, _, metrics = run(
        budget__target={"column": "decision", "favourable": ["granted"]}, threshold=1, sensitive=only,
        threshold_sweep__grid={"minimum": 1, "maximum": 1, "step": 1},
    )  # fmt: skip
    assert metrics["base_rate"]["all"] == 0.5
    assert "Other" in set(cells["a.gender"])
    rates = files.read_csv("b.csv")
    assert set(rates.query("level == 'Other'")["role"]) == {"excluded"}


def test_a_continuous_attribute_is_cut_and_its_feature_is_not(folder):
    """Ages above 25 against the others, as pandas cuts them, while the models still see every age."""
    frame = spoiled([])
    age = {"column": "Age", "privileged": ["> 25"], "bins": [25]}
    cells, _, _ = run(sensitive={"age": age})
    older = frame["Age"].astype(int) > 25
    assert cells.groupby("a.age")["n"].sum().to_dict() == {"<= 25": (~older).sum(), "> 25": older.sum()}
    assert cells["x.Age"].nunique() == frame["Age"].nunique()
    named = age | {"privileged": ["grown"], "bins": [25, 40], "labels": ["young", "grown", "old"], "closed": "left"}
    cells, _, _ = run(sensitive={"age": named})
    expected = pd.cut(frame["Age"].astype(int), [0, 25, 40, 200], right=False, labels=named["labels"]).value_counts()
    assert cells.groupby("a.age")["n"].sum().to_dict() == expected.to_dict()


def test_an_attribute_with_hundreds_of_levels(folder):
    """A group for every value is refused with the remedy."""
    write(tables.sample(200).assign(income=[str(i) for i in range(200)]))
    income = {"income": {"column": "income", "privileged": ["1"]}}
    assert refusal(sensitive=income) == (
        "sensitive.income: must have at most 100 levels, got 200 in column income of t.csv: '0', '1', '10', '100', "
        "'101', ...; cut numbers into intervals with sensitive.income.bins, or merge levels in the table"
    )


def test_rare_levels_of_features_are_merged(folder):
    """Levels of fewer training rows than min_count become one, Missing never, and no row is lost."""
    frame = spoiled([])
    feature = {"kind": "categorical", "min_count": 15}
    tree = tables.tree()["budget"]["features"]
    plain, _, _ = run()
    cells, _, _ = run(budget__features=tree | {"Recommended_Activity": feature})
    column = "x.Recommended_Activity"
    training = plain[plain["split"] == "train"].groupby(column)["n"].sum()
    rare = {level for level in plain[column].unique() if training.get(level, 0) < 15 and level != "Missing"}
    assert 1 < len(rare) < frame["Recommended_Activity"].nunique() - 1
    expected = plain[column].where(~plain[column].isin(rare), "Rare")
    pd.testing.assert_series_equal(
        cells.groupby(column)["n"].sum(), plain.groupby(expected)["n"].sum(), check_names=False
    )
    assert not cells.duplicated([c for c in cells if c != "n"]).any()


def test_a_weight_stands_for_equal_rows(folder):
    """Cells and base rates of a weighted table are those of the table in which every row is repeated."""
    frame = tables.sample(200).assign(part=["train", "test"] * 100, times=[str(1 + i % 4) for i in range(200)])
    repeated = frame.loc[frame.index.repeat(frame["times"].astype(int))]
    write(repeated)
    expected, _, counted = run(budget__split_column="part")
    write(frame)
    cells, _, metrics = run(budget__split_column="part", budget__weight="times")
    pd.testing.assert_frame_equal(cells, expected)
    assert metrics["rows"] == counted["rows"]
    assert metrics["rows"]["kept"] == frame["times"].astype(int).sum() == 500
    assert metrics["base_rate"] == counted["base_rate"]


def test_dropped_rows_count_as_often_as_they_weigh(folder):
    """But a row whose weight cannot be read counts once."""
    frame = spoiled([4, 8], Age=["x", "y"]).assign(times=["3"] * 200)
    frame.loc[[20, 21, 22], "times"] = ["many", "0", ""]
    write(frame)
    metrics = run(budget__weight="times", prepare__on_bad_rows="drop")[2]
    assert metrics["rows"]["read"] - metrics["rows"]["kept"] == 2 * 3 + 3
    assert metrics["rows"]["kept"] == 195 * 3


@pytest.mark.parametrize("drop", ["drop", "error"])
def test_survey_weights_are_refused(folder, drop):
    """With the reason, and with row and value, whatever happens to bad rows."""
    frame = spoiled([9], Age=["x"]).assign(w="2")
    frame.loc[[3, 4], "w"] = ["1.25", "0.8"]
    write(frame)
    message = refusal(budget__weight="w", prepare__on_bad_rows=drop)
    assert message.startswith("t.csv: w: not a whole number in 2 rows: row 4 (line 5) '1.25', row 5 (line 6) '0.8'; ")
    assert message.endswith("leave budget.weight out")
    same = {"gender": {"column": "w", "privileged": ["2"]}}
    assert "must be different columns, got 'w' for both" in refusal(budget__weight="w", sensitive=same)


def test_metrics_are_few_and_nested(folder):
    """One object under the stage's name, at most twenty leaves, however many reasons.

    Besides, when rows were dropped, each level that lost some.
    """
    spoiled(range(1, 11), Age=["a", "-1", "300", "nan", "inf"] * 2, Budget=["x"] * 5 + ["1"] * 5, With=["q"] * 10)
    _, _, metrics = run(prepare__on_bad_rows="drop")
    assert list(json.loads(Path("m.json").read_text())) == ["prepare"]
    assert sum(metrics.pop("dropped_levels")["gender"].values()) == 10
    assert len(pd.json_normalize(metrics).columns) <= 20
    assert metrics["rows"]["read"] - metrics["rows"]["kept"] == sum(metrics["dropped"].values()) == 10


# ---- bad rows


def test_text_in_a_numeric_column(folder):
    """Column, rule, number of rows, the first five with row, line and value, and the remedy."""
    spoiled([17, 20, 21, 22, 23, 24, 199], Age=["abc", "x", "twenty", "1_8", "18 years", "y", "z"])
    assert refusal() == (
        "t.csv: Age: not a number in 7 rows: row 17 (line 18) 'abc', row 20 (line 21) 'x', row 21 (line 22) 'twenty', "
        "row 22 (line 23) '1_8', row 23 (line 24) '18 years'; correct the rows or set prepare.on_bad_rows: drop"
    )


def test_values_out_of_range_or_not_finite(folder):
    """Each reason has its own message, those of one column after those of another."""
    spoiled([1, 2, 3, 4, 5], Age=["-1", "121", "NaN", "inf", "1e400"], Budget=["1", "2", "-3", "4", "5"])
    lines = refusal().split("\n")
    assert sorted(lines) == sorted([
        "t.csv: Budget (in dollars): below 0 in 1 row: row 3 (line 4) '-3'; " + REMEDY,
        "t.csv: Age: below 0 in 1 row: row 1 (line 2) '-1'; " + REMEDY,
        "t.csv: Age: above 120 in 1 row: row 2 (line 3) '121'; " + REMEDY,
        "t.csv: Age: not finite in 2 rows: row 4 (line 5) 'inf', row 5 (line 6) '1e400'; " + REMEDY,
    ])  # fmt: skip


REMEDY = "correct the rows or set prepare.on_bad_rows: drop"


@pytest.mark.parametrize(("value", "rule"), [("NA", "missing"), ("", "missing"), ("lots", "not a number")])
def test_a_target_that_is_missing_or_unreadable_is_never_0(folder, value, rule):
    """It is refused, or dropped and counted under its own reason; the base rate does not see it."""
    frame = spoiled([5], Budget=[value])
    assert refusal() == f"t.csv: Budget (in dollars): {rule} in 1 row: row 5 (line 6) {value!r}; {REMEDY}"
    cells, _, metrics = run(prepare__on_bad_rows="drop")
    assert metrics["dropped"] == {f"Budget (in dollars): {rule}": 1}
    assert cells["n"].sum() == 199
    rest = pd.to_numeric(frame["Budget (in dollars)"].drop(index=4))
    assert metrics["base_rate"]["all"] == pytest.approx((rest >= 300).mean(), abs=1e-6)


def ragged(*edits):
    """The sample's CSV lines with some replaced: pairs of line number (header 1) and new text."""
    lines = tables.sample(200).to_csv(index=False).splitlines()
    for line, text in edits:
        lines[line - 1] = text
    Path("t.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_ragged_rows(folder):
    """Too few and too many fields, with the line as it stands; dropped rows are counted, others keep their fields."""
    ragged((5, "100,20,Male"), (8, "100,20,Male,Other,0,Play: Go shopping,extra"), (9, "7"))
    few, many = refusal().split("\n")
    assert few == f"t.csv: too few fields in 2 rows: row 4 (line 5) '100,20,Male', row 8 (line 9) '7'; {REMEDY}"
    assert many.startswith(
        "t.csv: too many fields in 1 row: row 7 (line 8) '100,20,Male,Other,0,Play: Go shopping,extra'"
    )
    cells, _, metrics = run(prepare__on_bad_rows="drop")
    assert metrics["dropped"] == {"too few fields": 2, "too many fields": 1}
    assert (metrics["rows"]["read"], cells["n"].sum()) == (200, 197)


def test_rows_that_are_not_utf8(folder):
    """A row in another encoding is a bad row; a file in another encoding is refused at its header."""
    content = tables.sample(200).to_csv(index=False).encode()
    lines = content.split(b"\n")
    lines[3] = b"100,20,Fran\xe7ais,Other,0,Play: Go shopping"
    Path("t.csv").write_bytes(b"\n".join(lines))
    message = refusal()
    assert message.startswith("t.csv: not UTF-8 in 1 row: row 3 (line 4) '100,20,Fran")
    assert message.endswith(REMEDY)
    assert run(prepare__on_bad_rows="drop")[2]["dropped"] == {"not UTF-8": 1}
    Path("t.csv").write_bytes(content.decode().encode("utf-16"))
    assert refusal() == (
        "t.csv: line 1: not UTF-8; name the encoding of the file (encoding: cp1252), or save it as UTF-8"
    )
    assert run(budget__encoding="utf-16")[2]["rows"]["kept"] == 200


def test_lines_are_true_where_fields_have_line_breaks(folder):
    """Row numbers count rows and lines count lines, also behind quoted line breaks, blank lines and ragged rows."""
    frame = tables.sample(200).copy()
    frame.loc[[0, 2], "Gender"] = ["a\nb\nc", "d\r\ne"]
    frame.loc[[5, 9], "Age"] = ["x", "y"]
    lines = frame.to_csv(index=False).split("\n")
    text = "\n".join([*lines[:8], "", "ragged", *lines[8:]])
    Path("t.csv").write_text(text, encoding="utf-8", newline="")
    where = {
        line: i
        for i, line in enumerate(text.split("\n"), start=1)
        if ",x," in line or ",y," in line or line == "ragged"
    }
    x, y = (next(i for line, i in where.items() if mark in line) for mark in (",x,", ",y,"))
    few, age = refusal().split("\n")
    assert f"row 7 (line {x}) 'x', row 11 (line {y}) 'y'" in age
    assert f"too few fields in 1 row: row 5 (line {where['ragged']}) 'ragged'" in few


RECORDS = {  # a record's text, the lines it takes, and how the message shows it; None for a good or a blank one
    "good": ("500,30,Male,Other,1,x", 1, None),
    "break": ('500,30,"Ma\nle",Other,1,"x\r\n\ny"', 4, None),
    "blank": ("", 1, None),
    "age": ("500,old,Male,Other,1,x", 1, "'old'"),
    "age behind a break": ('500,old,"Ma\nle",Other,1,x', 2, "'old'"),
    "ragged": ("500,30,Male", 1, "'500,30,Male'"),
}


@pytest.mark.heavy
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(list(RECORDS)), min_size=1, max_size=30))
def test_rows_and_lines_of_any_mixture(folder, kinds):
    """Whatever stands before a bad row, its row and line are those that an editor and a count of records show."""
    expected, row, line = {"age": [], "ragged": []}, 0, 2
    for kind in kinds:
        _, lines, shown = RECORDS[kind]
        row += kind != "blank"
        if shown:
            expected[kind.split()[0]].append(f"row {row} (line {line}) {shown}")
        line += lines
    header = ",".join(tables.sample(1))
    Path("t.csv").write_text("\n".join([header, *(RECORDS[k][0] for k in kinds)]) + "\n", encoding="utf-8", newline="")
    messages = refusal(prepare__minimum_rows=10_000).split("\n")
    for what, rule in (("age", "Age: not a number"), ("ragged", "too few fields")):
        examples = ", ".join(expected[what][:5])
        assert any(rule in m and f": {examples}; correct" in m for m in messages) == bool(examples)


def test_bad_rows_in_several_files(folder):
    """With a folder each example says in which file it stands."""
    frame = tables.sample(200).copy()
    frame.loc[[10, 150], "Age"] = ["x", "y"]
    for i in (0, 100):
        write(frame[i : i + 100], f"t/{i}.csv")
    assert refusal(budget__source="t") == (
        f"t: Age: not a number in 2 rows: 0.csv row 11 (line 12) 'x', 100.csv row 51 (line 52) 'y'; {REMEDY}"
    )


def test_bad_rows_in_parquet(folder):
    """Parquet has rows but no lines."""
    spoiled([30], "t.parquet", Age=["x"])
    assert refusal(budget__source="t.parquet") == f"t.parquet: Age: not a number in 1 row: row 30 'x'; {REMEDY}"


def test_bad_keys_dates_and_splits(folder):
    """A missing key, a date that is none and a split of another name are bad rows."""
    frame = tables.sample(200).assign(id=range(200), on="2024-01-01", part=["train", "test"] * 100).astype({"id": str})
    frame.loc[[1, 2, 3], "id"], frame.loc[4, "on"], frame.loc[5, "part"] = ["", "NA", ""], "1.2.2024", "dev"
    write(frame)
    lines = refusal(budget__key="id", budget__time="on", budget__split_column="part").split("\n")
    assert sorted(lines) == [
        f"t.csv: id: missing in 3 rows: row 2 (line 3) '', row 3 (line 4) 'NA', row 4 (line 5) ''; {REMEDY}",
        f"t.csv: on: not an ISO date (YYYY-MM-DD) in 1 row: row 5 (line 6) '1.2.2024'; {REMEDY}",
        f"t.csv: part: not one of train, valid, test in 1 row: row 6 (line 7) 'dev'; {REMEDY}",
    ]


@pytest.mark.parametrize("drop", ["drop", "error"])
def test_a_quote_that_swallows_lines_is_never_dropped(folder, drop):
    """How many rows an unclosed quote took cannot be known, so the table is refused whatever on_bad_rows says."""
    ragged((6, '100,20,"Male,Other,0,Play: Go shopping'))
    message = refusal(prepare__on_bad_rows=drop)
    assert message == (
        "t.csv: a quoted field begins on line 6 and does not end as it should (line 201); correct the quotes"
    )


def test_a_stray_quote_in_one_line_is_a_bad_row(folder):
    """Text behind a closing quote spoils its row only."""
    ragged((6, '100,20,"Male"x,Other,0,Play: Go shopping'))
    assert refusal().startswith('t.csv: quotes that do not match in 1 row: row 5 (line 6) \'100,20,"Male"x,')
    assert run(prepare__on_bad_rows="drop")[2]["dropped"] == {"quotes that do not match": 1}


@pytest.mark.parametrize("first", ["\r\n", "\r"])
def test_mixed_line_ends(folder, first):
    """A file glued from two systems is read as it is, and its bad rows stand where an editor shows them."""
    spoiled([])
    expected = run()[0]
    text = tables.sample(200).to_csv(index=False)
    Path("t.csv").write_bytes(text[:3000].replace("\n", first).encode() + text[3000:].encode())
    pd.testing.assert_frame_equal(run()[0], expected)
    ragged((6, "100,20,Male"), (190, "100,abc,Male,Other,0,Play: Go shopping"))
    text = Path("t.csv").read_text()
    Path("t.csv").write_bytes(text[:3000].replace("\n", first).encode() + text[3000:].encode())
    few, number = refusal().split("\n")
    assert few.startswith("t.csv: too few fields in 1 row: row 5 (line 6) '100,20,Male'")
    assert number.startswith("t.csv: Age: not a number in 1 row: row 189 (line 190) 'abc'")


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-16", "utf-8-sig", "mac-roman"])
@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_every_encoding_gives_the_same_cells(folder, encoding, suffix):
    """Text in any encoding of Python, compressed or not, is the table that UTF-8 is; levels keep their accents."""
    frame = tables.sample(200).replace("Bachelor’s Degree", "Diplôme").replace("Male", "männlich")
    changes = {"sensitive__education__privileged": ["Diplôme"], "sensitive__gender__privileged": ["männlich"]}
    frame = frame.replace({"’": "'"}, regex=True)
    write(frame)
    expected = run(**changes)[0]
    content = frame.to_csv(index=False).encode(encoding)
    Path(f"u.csv{suffix}").write_bytes(gzip.compress(content) if suffix else content)
    cells, _, metrics = run(**changes, budget__encoding=encoding, budget__source=f"u.csv{suffix}")
    pd.testing.assert_frame_equal(cells, expected)
    assert metrics["digest"] == hashlib.sha256(Path(f"u.csv{suffix}").read_bytes()).hexdigest()


def test_bytes_that_are_not_of_the_declared_encoding(folder):
    """The row is bad, named with its place; what is no encoding of texts is refused with the value."""
    ragged()
    content = Path("t.csv").read_bytes().split(b"\n")
    content[4] = b"100,20,Male\x81,Other,0,Play: Go shopping"
    Path("t.csv").write_bytes(b"\n".join(content))
    assert refusal(budget__encoding="cp1252").startswith("t.csv: not CP1252 in 1 row: row 4 (line 5) '100,20,Male")
    assert "budget: must be an encoding of Python, such as cp1252, got 'latin'" not in refusal(budget__encoding="ascii")
    assert "must be an encoding of Python, such as cp1252, got 'ansii'" in refusal(budget__encoding="ansii")
    assert "must be an encoding of texts, such as cp1252, got 'rot13'" in refusal(budget__encoding="rot13")


def test_compressed_files(folder):
    """Rows of a compressed file have their lines; a file that is cut, or is not compressed, is refused."""
    spoiled([3], Age=["x"])
    content = Path("t.csv").read_bytes()
    Path("u.csv.gz").write_bytes(gzip.compress(content))
    assert "u.csv.gz: Age: not a number in 1 row: row 3 (line 4) 'x'" in refusal(budget__source="u.csv.gz")
    Path("u.csv.gz").write_bytes(gzip.compress(content)[:-500])
    assert refusal(budget__source="u.csv.gz").startswith("u.csv.gz: not readable as ")
    Path("u.csv.gz").write_bytes(content)
    assert refusal(budget__source="u.csv.gz").startswith("u.csv.gz: not readable as ")


def test_decimal_and_thousands_signs(folder):
    """Numbers as half of Europe writes them; a sign in a place where it means nothing makes a bad row."""
    frame = tables.sample(200)
    cents = frame["Budget (in dollars)"].astype(int) * 100
    write(frame.assign(**{"Budget (in dollars)": cents}))
    plain = {"threshold": 30000, "threshold_sweep__grid": {"minimum": 20000, "maximum": 40000, "step": 10000}}
    expected = run(**plain)[0]
    german = (f"{value:,}".replace(",", ".") + ",00" for value in cents)
    write(frame.assign(**{"Budget (in dollars)": list(german)}), sep=";")
    signs = {"budget__decimal": ",", "budget__thousands": ".", "budget__delimiter": ";"}
    pd.testing.assert_frame_equal(run(**plain, **signs)[0], expected)
    frame.loc[[0, 1, 2], "Age"] = ["1.5", "12.34", "2,5"]
    write(frame, sep=";")
    message = refusal(**plain, **signs)
    assert message.startswith("t.csv: Age: not a number in 2 rows: row 1 (line 2) '1.5', row 2 (line 3) '12.34'; ")
    assert "decimal and thousands must be different signs" in refusal(budget__decimal=",", budget__thousands=",")


def test_dates_of_a_declared_form(folder):
    """Days first, as declared, become months; another form is a bad row that is shown as it stands."""
    frame = tables.sample(200).assign(day=[f"{1 + i % 28:02}.{1 + i % 12:02}.2024" for i in range(200)])
    write(frame)
    given = {"budget__time": "day", "budget__time_format": "%d.%m.%Y"}
    cells, _, _ = run(**given)
    assert cells.groupby("month")["n"].sum().to_dict() == frame["day"].str[3:5].radd("2024-").value_counts().to_dict()
    frame.loc[[0, 1, 2], "day"] = ["2024-01-31", "31.02.2024", ""]
    write(frame)
    form, missing = refusal(**given).split("\n")
    assert form.startswith("t.csv: day: not a date of the form %d.%m.%Y in 2 rows: row 1 (line 2) '2024-01-31', row 2 ")
    assert "(line 3) '31.02.2024'" in form
    assert missing.startswith("t.csv: day: missing in 1 row: row 3 (line 4) ''")


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_blanks_are_trimmed_on_request(folder, form):
    """Around headers and levels; without the request they are part of the names."""
    frame = spoiled([])
    expected = run()[0]
    padded = frame.assign(Gender=" " + frame["Gender"] + "\t").rename(columns={"Age": " Age", "Gender": "Gender  "})
    write(padded, f"t.{form}")
    pd.testing.assert_frame_equal(run(budget__trim=True, budget__source=f"t.{form}")[0], expected)
    assert refusal(budget__source=f"t.{form}").startswith(f"t.{form}: column 'Age' is missing; did you mean ' Age'?")


def test_missing_spellings_of_one_table(folder):
    """They count besides the common ones, in this table only."""
    frame = spoiled([3, 4, 5], Age=["?", "N/A", "NA"])
    assert frame["Age"].tolist()[2:5] == ["?", "N/A", "NA"]
    cells = run(budget__missing_values=["?", "N/A"])[0]
    assert cells.loc[cells["x.Age"].isna(), "n"].sum() == 3
    assert "Age: not a number in 2 rows" in refusal()


def test_a_drop_that_falls_on_one_group_is_refused(folder):
    """A latin-1 file whose women are spelled with an accent loses all of them; a written reason lets it pass."""
    levels = ["femme mari\xe9e", "homme", "homme", "autre"]
    frame = tables.sample(400).assign(
        Gender=levels * 100, Education_Level=["A", "A", "A", "A", "B", "B", "B", "B"] * 50
    )
    Path("t.csv").write_bytes(frame.to_csv(index=False).encode("latin-1"))
    changes = {"prepare__on_bad_rows": "drop", "sensitive__gender__privileged": ["homme"]}
    changes |= {"sensitive__education__privileged": ["A"]}
    message = refusal(**changes)
    assert message.startswith(
        "t.csv: dropping bad rows affects 'gender' unequally: 100.0 % of 'femme mari\ufffde' (100 of 100) against "
        "0.0 % of everybody else (adjusted p = "
    )
    assert message.endswith("write the reason into budget.allow_unequal_drop")
    assert "education" not in message
    metrics = run(**changes, budget__allow_unequal_drop="the supplier sends the rest in March")[2]
    assert metrics["dropped_levels"]["gender"] == {"femme mari\ufffde": 100}
    assert metrics["dropped_levels"]["education"] == {"A": 50, "B": 50}


def test_a_drop_that_falls_on_all_alike_passes(folder):
    """Bad rows spread over the groups by chance are dropped, and counted by level of whatever column was bad."""
    frame = spoiled(range(1, 200, 10), Age=["x"] * 20)
    metrics = run(prepare__on_bad_rows="drop")[2]
    bad = frame[frame["Age"] == "x"]["Gender"].replace("NA", "Missing").value_counts()
    assert metrics["dropped_levels"]["gender"] == bad.to_dict()


def test_levels_of_records_that_are_no_rows(folder):
    """With too many fields nobody knows which is which; with a byte that is not UTF-8 the others are as they stand."""
    ragged((6, "100,20,Male,Other,0,Play: Go shopping,extra"))
    lines = Path("t.csv").read_bytes().split(b"\n")
    lines[7] = b"100,20,Male,Other,0,Caf\xe9"
    Path("t.csv").write_bytes(b"\n".join(lines))
    assert run(prepare__on_bad_rows="drop")[2]["dropped_levels"]["gender"] == {"Male": 1, "unreadable": 1}


def test_dropping_leaves_too_few(folder):
    """When hardly a row is good, the minimum refuses the table and says what was dropped."""
    spoiled(range(1, 151), Age=["?"] * 150)
    assert refusal(prepare__on_bad_rows="drop") == (
        "t.csv: must have at least 100 good rows (prepare.minimum_rows), got 50 (150 dropped: Age: not a number); "
        "add rows or lower the minimum"
    )
    assert run(prepare__missing_values=["NA", "?"])[2]["rows"]["kept"] == 200


# ---- bad tables


def test_missing_file(folder):
    """The path, and the nearest name in its folder."""
    write(tables.sample(200), "data/budget.csv")
    assert refusal(budget__source="data/budgit.csv") == (
        "data/budgit.csv: no such file or folder; did you mean 'budget.csv'?; set budget.source"
    )
    assert refusal(budget__source="nowhere/t.csv") == "nowhere/t.csv: no such file or folder; set budget.source"
    assert refusal(budget__source="data/*.csv").endswith(" (put a glob into budget.pattern); set budget.source")
    for pattern in ("../*.csv", "/*.csv"):
        message = f"budget.pattern must stay in the folder data, got {pattern!r}"
        assert refusal(budget__source="data", budget__pattern=pattern) == message


LFS = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"


@pytest.mark.parametrize("name", ["t.csv", "t.parquet"])
def test_a_pointer_of_git_lfs_is_no_table(folder, name):
    """A clone without Git LFS has a note in the place of the table; the remedy is to fetch the table."""
    Path(name).write_text(LFS)
    assert refusal(budget__source=name) == (f"{name}: is a Git LFS pointer, not the table; get it with `git lfs pull`")


def test_a_pipe_is_no_table(folder):
    """What can be read only once, a FIFO for one, is refused at once, alone or in a folder."""
    os.mkfifo("t.csv")
    assert refusal() == (
        "t.csv: is neither a file nor a folder but a pipe, socket or device, and is read more than once; "
        "write the rows into a file"
    )


def test_a_second_header_is_named(folder):
    """Files that were joined end to end have their header again among the rows: it is named as that."""
    text = tables.sample(200).to_csv(index=False)
    header = text.split("\n", 1)[0] + "\n"
    Path("t.csv").write_text(text + header + text.split("\n", 1)[1])
    assert "row 201 (line 202) 'Budget (in dollars)', which is the header again: delete the line;" in refusal()


def test_data_that_a_copy_lacks(folder, monkeypatch):
    """In a copy for an experiment what git ignores is absent: the message says so, of a file and of a folder."""
    monkeypatch.setenv("DVC_ROOT", str(folder.resolve()))
    for name in ("mine.csv", "d/mine.csv"):
        write(tables.sample(200), name)
    copy = Path("copy")
    (copy / "d").mkdir(parents=True)
    monkeypatch.chdir(copy)
    for source in ("mine.csv", "d"):
        assert refusal(budget__source=source).endswith(
            f"; it is in {folder.resolve()} and not in this copy of it: track it with `dvc add {source}`, "
            "or run the experiment without --temp and --queue"
        )


def test_empty_files(folder):
    """Nothing at all, an empty first line, a header without rows, a folder without tables."""
    Path("t.csv").write_text("")
    assert refusal() == "t.csv: is empty; it must begin with a header"
    Path("t.csv").write_text("\n\n1,2\n")
    assert refusal() == "t.csv: line 1 is empty; it must begin with a header"
    write(tables.sample(200)[:0])
    assert refusal() == "t.csv: must have rows, got only a header"
    Path("d").mkdir()
    Path("d/notes.md").write_text("x")
    assert refusal(budget__source="d") == "d: contains no file that matches '*.csv or *.parquet'; set budget.pattern"


def test_missing_columns(folder):
    """Each name that is not there is refused with the nearest that are, and a wrong delimiter is suspected."""
    write(tables.sample(200).rename(columns={"Education_Level": "Education Level"}))
    assert refusal() == "t.csv: column 'Education_Level' is missing; did you mean 'Education Level'?"
    write(tables.sample(200).drop(columns=["Age", "Gender"]))
    assert [line.split(" is")[0] for line in refusal().split("\n")] == [
        "t.csv: column 'Age'",
        "t.csv: column 'Gender'",
    ]
    write(tables.sample(200), sep=";")
    assert refusal() == "t.csv: must have several columns, got one; is budget.delimiter ',' right?"


def test_duplicate_columns(folder):
    """Two columns of one name, or of names that differ in case only, cannot be told apart, unless nobody asks."""
    frame = tables.sample(200)
    write(frame.set_axis([*frame.columns[:-1], "Age"], axis=1))
    assert refusal() == "t.csv: column 'Age' occurs twice; rename one of them"
    write(frame.set_axis([*frame.columns[:-1], "AGE"], axis=1))
    assert refusal() == "t.csv: column 'AGE' differs from column 'Age' only in case; rename one of them"
    write(tables.sample(200))
    expected = run()[0]
    for form in ("csv", "parquet"):
        more = tables.sample(200).assign(note="a", NOTE="b", Note="c", x="d", X="e")
        write(more.rename(columns={"NOTE": "note"}) if form == "csv" else more, f"u.{form}")
        pd.testing.assert_frame_equal(run(budget__source=f"u.{form}")[0], expected)


def test_files_that_do_not_belong_together(folder):
    """Parts with other columns, and CSV beside Parquet."""
    write(tables.sample(200), "t/1.csv")
    write(tables.sample(200).iloc[:, ::-1], "t/2.csv")
    assert refusal(budget__source="t").startswith("t/2.csv: must have the columns of t/1.csv ([")
    Path("t/2.csv").unlink()
    write(tables.sample(200), "t/2.parquet")
    assert refusal(budget__source="t") == (
        "t/1.csv and t/2.parquet: a table must be all CSV or all Parquet; set budget.pattern to choose"
    )


def test_files_of_another_kind(folder):
    """A suffix that is no table, and Parquet that is none inside."""
    Path("t.xlsx").write_text("x")
    assert refusal(budget__source="t.xlsx") == (
        "t.xlsx: must be a CSV or Parquet file, got suffix '.xlsx'; rename or convert it"
    )
    Path("t.parquet").write_text("no parquet")
    assert refusal(budget__source="t.parquet").startswith("t.parquet: not readable as Parquet: ")


def test_a_file_that_may_not_be_read(folder, monkeypatch):
    """Permissions are named as such."""
    spoiled([])

    opened = Path.open

    def closed(path, *_, **how):
        if path.name == "t.csv":
            raise PermissionError(13, "Permission denied")
        return opened(path, **how)

    parameters(tables.tree(budget__source="t.csv"))
    monkeypatch.setattr(Path, "open", closed)
    with pytest.raises(InputError, match=r"^t.csv: cannot be opened: Permission denied; check its permissions$"):
        prepare.main(**OUTPUTS)


def test_native_types_that_do_not_fit(folder):
    """A date or a list where a number is declared is refused before rows are read."""
    frame = tables.sample(200).assign(Age=pd.Timestamp("2000-01-01"))
    write(frame, "t.parquet")
    assert refusal(budget__source="t.parquet").startswith("t.parquet: Age cannot be read as numeric, got type Datetime")


# ---- parameters the table does not bear out


def test_a_privileged_level_with_the_wrong_apostrophe(folder):
    """The classic: the straight apostrophe; the near match and the characters are named."""
    spoiled([])
    wrong = {"education": {"column": "Education_Level", "privileged": ["Bachelor's Degree"]}}
    assert refusal(sensitive=wrong) == (
        'sensitive.education.privileged: level "Bachelor\'s Degree" does not occur in column Education_Level of t.csv; '
        "did you mean 'Bachelor’s Degree' or 'Master’s Degree'? it has RIGHT SINGLE QUOTATION MARK (U+2019) where you "
        "have APOSTROPHE (U+0027)"
    )


def test_attributes_with_one_level_or_nobody_to_compare(folder):
    """One level, or only privileged ones."""
    frame = spoiled([])
    write(frame.assign(Gender="Male"))
    only = {"gender": {"column": "Gender", "privileged": ["Male"]}}
    assert refusal(sensitive=only).startswith(
        "sensitive.gender: must have at least two levels, got only 'Male' in column"
    )
    write(frame.assign(Gender=["Male", "Female"] * 100))
    both = {"gender": {"column": "Gender", "privileged": ["Male", "Female"]}}
    assert refusal(sensitive=both).startswith("sensitive.gender: must leave a level that is neither privileged nor")


def test_thresholds_rows_and_splits(folder):
    """A threshold that leaves one class, fewer rows than the minimum, a split without rows."""
    frame = spoiled([])
    assert refusal(threshold=5000) == (
        "threshold: must leave rows on both sides in t.csv, got 0 of 200 rows at or above 5000; "
        "choose another threshold"
    )
    assert "got 200 of 200 rows at or above 0" in refusal(threshold=0)
    assert refusal(prepare__minimum_rows=201).startswith("t.csv: must have at least 201 good rows")
    write(frame.assign(part="train"))
    assert refusal(budget__split_column="part").startswith("t.csv: split test must have rows, got train 200")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"prepare__engine": "duckdbb"}, "prepare.engine 'duckdbb' is not known; did you mean 'duckdb'?"),
        ({"prepare__engine": "polars"}, "prepare.engine 'polars' is not known; known: 'duckdb', 'spark'"),
        ({"budget__sorce": "x"}, "params.yaml: budget.sorce is not a known key; did you mean 'source'?"),
        ({"preparation": {}}, "params.yaml: preparation is not a known key; did you mean 'prepare'?"),
        (
            {"prepare__on_bad_rows": "ignore"},
            "params.yaml: prepare.on_bad_rows must be 'error' or 'drop', got 'ignore'",
        ),
        ({"prepare__minimum_rows": "100"}, "params.yaml: prepare.minimum_rows must be a whole number, got '100'"),
        ({"prepare__minimum_rows": 1.5}, "params.yaml: prepare.minimum_rows must be a whole number, got 1.5"),
        ({"prepare__sample_rows": -1}, "params.yaml: prepare.sample_rows must be >= 0, got -1"),
        ({"seed": -1}, "params.yaml: seed must be >= 0, got -1"),
        ({"threshold": "300"}, "params.yaml: threshold must be a number, got '300'"),
        (
            {"threshold_sweep__grid": {"minimum": 1, "maximum": 2, "step": 0}},
            "threshold_sweep.grid.step must be > 0, got 0",
        ),
        ({"sensitive": {"g": {"column": "Sex", "privileged": ["M"]}}}, "t.csv: column 'Sex' is missing"),
    ],
)
def test_parameters_that_are_refused(folder, changes, message):
    """Unknown and missing keys, wrong types, values out of range and unknown engines, by name and value."""
    spoiled([])
    assert message in refusal(**changes)


def test_a_missing_section(folder):
    """Each section that is not there is named."""
    tree = tables.tree()
    del tree["budget"]["features"], tree["prepare"]
    parameters(tree)
    with pytest.raises(InputError) as refused:
        prepare.main(params="params.yaml", **OUTPUTS)
    assert str(refused.value).splitlines() == [
        "params.yaml: prepare is missing; add the key",
        "params.yaml: budget.features is missing; add the key",
    ]


# ---- the command


@pytest.fixture
def code(folder):
    """The repository's code in the working folder."""
    for name in ("responsible", "pipeline", "stages"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "determinism.env", folder)


def command(**changes):
    """What `python -m stages.prepare` does with changed parameters."""
    parameters(tables.tree(**{"budget__source": "t.csv"} | changes))
    words = [sys.executable, "-W", "error", "-m", "stages.prepare"]
    return subprocess.run(words, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"budget__source": "nothing.csv"}, "error: nothing.csv: no such file or folder"),
        ({"threshold": 99999}, "error: threshold: must leave rows on both sides in t.csv"),
        ({"prepare__engine": "pandas"}, "error: prepare.engine 'pandas' is not known"),
    ],
)
def test_a_refused_input_ends_the_command(code, changes, message):
    """Exit code 1, one message on stderr without a traceback, no output written."""
    spoiled([])
    done = command(**changes)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(message)
    assert len(done.stderr.splitlines()) == 1
    assert not Path("metrics").exists()
    assert not Path("data").exists()


def test_bad_rows_end_the_command_and_dropped_ones_do_not(code):
    """Refused with a line for each reason; dropped, they are printed by reason and level, and the table is written."""
    spoiled([3, 4], Age=["x", "-5"])
    done = command()
    assert done.returncode == 1
    assert [line.split(" in 1 row")[0] for line in done.stderr.splitlines()] == [
        "error: t.csv: Age: not a number",
        "error: t.csv: Age: below 0",
    ]
    done = command(prepare__on_bad_rows="drop")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "budget: t.csv: 2 of 200 rows dropped: Age: below 0 in 1 row, Age: not a number in 1 row",
        "  by education: Bachelor’s Degree 1 of 51, Did Not Graduate HS 1 of 24",
        "  by gender: Non-binary 1 of 37, Other 1 of 37",
    ]
    assert files.read_json("metrics/prepare.json")["prepare"]["rows"]["kept"] == 198


# ---- size


@pytest.mark.slow
def test_three_hundred_thousand_rows_against_pandas(folder):
    """At full size too cells are pandas' group-by, and rows keep their numbers though cores share the work."""
    frame = tables.sample(300_000)
    write(frame)
    sizes = frame.groupby(["Gender", "Education_Level"]).size()
    cells, _, _ = run()
    counted = cells.groupby(["x.Gender", "x.Education_Level"])["n"].sum()
    assert counted.to_numpy().tolist() == sizes.rename(lambda x: "Missing" if x == "NA" else x).sort_index().tolist()
    numbered = frame.assign(row=[str(i) for i in range(1, 300_001)])
    write(numbered)
    by_number = run(budget__features={"row": {"kind": "numeric"}})[0].sort_values("x.row")["split"].to_numpy()
    write(numbered, "t.parquet")
    from_parquet = run(budget__features={"row": {"kind": "numeric"}}, budget__source="t.parquet")[0]
    assert (from_parquet.sort_values("x.row")["split"].to_numpy() == by_number).all()
    assert np.isin(by_number, ["train", "valid", "test"]).all()


def test_more_cells_than_memory_holds_are_refused(folder, monkeypatch):
    """The bound follows from the memory here, 80 bytes for each of the fields; results of before are kept."""
    tables.sample(200).to_csv("t.csv", index=False)
    cells, _, _ = run()
    monkeypatch.setattr(entry, "memory", lambda: 80 * len(cells.columns) * 20 * 4 // 3 + 80)
    assert refusal() == (
        "t.csv: must have at most 20 distinct cells, as many as the memory here holds (docs/scale.md); "
        "give numbers bins in budget.features, or set prepare.sample_rows"
    )
    assert run(prepare__sample_rows=20, prepare__minimum_rows=10)[0]["n"].sum() == 20
