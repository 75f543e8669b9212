"""Spark reads what DuckDB reads, and says the same of it: a real session on this machine."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.ingest import bad_rows, dropped_rows, engines
from pipeline.storage.parameters import keys
from responsible.tabular import profile, sources
from responsible.tabular.cell_counts import collected, count, key_repeats, reasons
from responsible.tabular.queries import Session
from responsible.validation import InputError
from stages import prepare, prepare_healthcare, prepare_segments
from tests.support import spark, tables
from tests.support.contract import ROOT
from tests.support.real import SHARED, TABLES, WHY, parameters

pytestmark = pytest.mark.heavy
OF_SPARK = {"prepare__engine": "spark", "prepare__spark": spark.LOCAL}
STAGES = {"budget": prepare, "healthcare": prepare_healthcare, "segments": prepare_segments}
OUTPUTS = {
    "budget": ("cells", "scores", "metrics", "base_rates", "missing"),
    "healthcare": ("prepared", "profile", "metrics"),
    "segments": ("prepared", "profile", "metrics"),
}


@pytest.fixture(scope="module")
def session():
    """The session that every reader of this module gets."""
    spark.required()
    own = engines.spark_session(Session.model_validate(spark.LOCAL), "UTC")
    own.sparkContext.setLogLevel("ERROR")
    yield own
    own.stop()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder to work in, so that messages show short paths."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def outputs(line, name, **changes):
    """The bytes of what a stage writes, by output."""
    tree = tables.tree(**{"budget__source": str(ROOT / "data/raw/budget.csv")} | changes)
    Path(name).mkdir()
    tables.write(Path("params.yaml"), tree, keys(STAGES[line].Parameters))
    STAGES[line].main(params="params.yaml", **{key: f"{name}/{key}" for key in OUTPUTS[line]})
    return {key: Path(name, key).read_bytes() for key in OUTPUTS[line]}


@pytest.mark.parametrize(("line", "most"), [*((line, 10**6) for line in STAGES), ("segments", 1_000)])
def test_the_stage_writes_the_same_bytes(session, folder, monkeypatch, line, most):
    """On the committed table each output of the stage is that of DuckDB, byte for byte, also where a table has too many
    rows and is sampled.
    """
    monkeypatch.setattr(sources, "MOST_ROWS", most)
    assert outputs(line, "spark", **OF_SPARK) == outputs(line, "duckdb")


def with_keys(rows=400):
    """The sample table with a key, a weight, a person and two forms of dates."""
    frame = tables.sample(rows).copy()
    number = pd.Series(range(rows))
    frame["id"] = [f"p{n}é" for n in number]
    frame["copies"] = (number % 3 + 1).astype(str)
    frame["person"] = "q" + (number // 2).astype(str)
    frame["at"] = "2024-0" + (number % 9 + 1).astype(str) + "-01T00:30:00+0" + (number % 5).astype(str) + ":00"
    frame["day"] = (number % 28 + 1).astype(str) + "." + (number % 12 + 1).astype(str) + ".2023"
    return frame


def counted(**changes):
    """The cells of a table, the reasons for its bad rows and its repeated keys."""
    plan = tables.plan(**changes)
    reader = engines.opened(plan.prepare, plan.budget, plan.declared(), "budget")
    answer = reader.compute(lambda rows: count(rows, plan), plan.budget.cluster or plan.budget.key)
    repeats = reader.compute(lambda rows: key_repeats(rows, plan), plan.budget.key) if plan.budget.key else None
    lost = bad_rows.count(reader, reasons(answer))
    return collected(answer, plan), lost, None if repeats is None else int(repeats["repeats"][0])


def equal(**changes):
    """Both engines count the same; the cells."""
    (ours, lost, repeats), (theirs, *other) = counted(**changes | OF_SPARK), counted(**changes)
    pd.testing.assert_frame_equal(ours, theirs)
    assert [lost, repeats] == other
    return ours


def write(frame, *paths):
    """The rows in as many files, in their order."""
    size = -(-len(frame) // len(paths))
    for at, path in enumerate(paths):
        Path(path).parent.mkdir(exist_ok=True)
        part = frame[at * size : (at + 1) * size]
        if path.endswith(".csv"):
            part.to_csv(path, index=False)
        else:
            pq.write_table(pa.Table.from_pandas(part, preserve_index=False), path, row_group_size=70)


def test_every_role_of_the_table(session, folder):
    """Weights, months of instants in a time zone and of dates in a form, persons and samples are those of DuckDB."""
    write(with_keys(), "t.csv")
    common = {"budget__source": "t.csv", "budget__key": "id", "prepare__time_zone": "America/New_York"}
    weighed = equal(**common, budget__weight="copies", budget__time="at")
    assert weighed["n"].sum() == 799
    assert weighed["month"].min() == "2023-12"
    equal(**common, budget__cluster="person", budget__time="day", budget__time_format="%d.%m.%Y")
    assert equal(**common, prepare__sample_rows=50)["n"].sum() == 50


@pytest.mark.skipif(not SHARED.exists(), reason=WHY)
@pytest.mark.parametrize("name", TABLES)
def test_real_tables(session, folder, name):
    """Splits and cells of a real table are those of DuckDB: by row numbers of its CSV, and by a key in three Parquet
    files in another order.
    """
    tree = parameters(name, next(iter(TABLES[name][2])), ROOT / "params.yaml")
    changes = {key: tree[key] for key in ("threshold", "sensitive")} | {"prepare__missing_values": []}
    changes |= {f"budget__{key}": tree["budget"][key] for key in ("source", "target", "features")}
    grid = {"threshold_sweep__grid": tree["threshold_sweep"]["grid"]}
    numbered = equal(**changes, **grid)
    frame = pd.read_csv(changes["budget__source"], dtype=str, keep_default_na=False)
    assert numbered["n"].sum() == len(frame)
    frame.insert(0, "row", [f"{name}{n}" for n in range(len(frame))])
    frame.to_csv("keyed.csv", index=False)
    write(frame.iloc[::-1], "t/a.parquet", "t/b.parquet", "t/c.parquet")
    common = changes | grid | {"budget__key": "row"}
    keyed = counted(**common | {"budget__source": "t"} | OF_SPARK)[0]
    pd.testing.assert_frame_equal(keyed, counted(**common | {"budget__source": "keyed.csv"})[0])
    assert not keyed.equals(numbered)


def test_rows_are_numbered_over_the_files_of_a_folder(session, folder):
    """Parquet rows have their number over all files, whatever these are called; with a key the files do not matter."""
    write(with_keys(), "t/a b.parquet", "t/[c].parquet", "t/%64.parquet")
    equal(budget__source="t")
    equal(budget__source="t", budget__key="id")


def odd(frame):
    """The rows with columns that the engine has names of its own for, an instant as a key, and ages of either sign."""
    out = frame.rename(columns={"id": "row_file"})
    out["Age"] = out["Age"].astype(float).where(out.index % 7 > 0, -0.0)
    instants = pa.array(range(0, 60_000_000 * len(out), 60_000_000), pa.timestamp("us", "UTC"))
    return pa.Table.from_pandas(out, preserve_index=False).append_column("_metadata", instants)


def test_columns_of_any_name_and_type(session, folder):
    """Columns of names that the engine uses, instants as keys, and columns of several types in several files give the
    cells of DuckDB, which rounds no fraction to the whole numbers of the first file.
    """
    frame = with_keys()
    pq.write_table(odd(frame), "odd.parquet")
    equal(budget__source="odd.parquet", budget__key="row_file")
    keyed = equal(budget__source="odd.parquet", budget__key="_metadata")
    assert not np.signbit(keyed["x.Age"]).any()
    whole, half = frame.assign(Age=30), frame.assign(Age=18.5)
    for first, second in ((whole, half), (half, whole), (whole, frame.assign(Age="18.5"))):
        write(first, "t/a.parquet")
        write(second, "t/b.parquet")
        assert equal(budget__source="t").groupby("x.Age")["n"].sum().to_dict() == {18.5: 400, 30.0: 400}


def test_how_dates_are_written(session, folder):
    """Words and signs between the parts of a date, parts without any, and years of two digits are those of DuckDB."""
    frame, days = with_keys(), pd.Timestamp("1965-01-31") + pd.to_timedelta(range(0, 400 * 45, 45), unit="D")
    for form in ("%B %d, %Y", "%Y%m%d", "%d.%m.%y", "am %d. o'%b %Y%%"):
        write(frame.assign(day=days.strftime(form)), "t.csv")
        counted = equal(budget__source="t.csv", budget__time="day", budget__time_format=form)
        assert set(counted["month"].str[:2]) == {"19", "20"}


def test_persons_in_several_splits(session, folder):
    """The number of persons, and of those whose rows are in several splits, is that of DuckDB."""
    write(with_keys().assign(part=["train", "valid", "test", "train"] * 100), "t.csv")
    plan = tables.plan(budget__source="t.csv", budget__cluster="person", budget__split_column="part", **OF_SPARK)
    reader = engines.opened(plan.prepare, plan.budget, plan.declared(), "budget")
    found = reader.compute(lambda rows: profile.clusters(rows, plan), "person")
    assert found.iloc[0].to_dict() == {"number": 200, "in_several_splits": 200}


def test_csv_files_need_a_key(session, folder):
    """Spark reads several CSV files at once, so their rows have no number; with a key the files do not matter."""
    write(with_keys(), "t/a.csv", "t/b.csv")
    equal(budget__source="t", budget__key="id")
    with pytest.raises(InputError, match=r"^t: rows of 2 CSV files have no number.*; name a key column, or convert"):
        counted(budget__source="t", **OF_SPARK)


def refused(**changes):
    """What a reader says of bad rows."""
    plan = tables.plan(**changes)
    declared = plan.declared()
    reader = engines.opened(plan.prepare, plan.budget, declared, "budget")
    answer = reader.compute(lambda rows: count(rows, plan), plan.budget.key)
    with pytest.raises(InputError) as caught:
        dropped_rows.settled(reader, answer, declared, plan.prepare, table=plan.budget, section="budget")
    return sorted(str(caught.value).splitlines())


def test_bad_rows_are_shown_with_file_row_and_value(session, folder):
    """Each reason has its number of rows and the first five, with file, row and value, as DuckDB shows them."""
    frame = with_keys()
    frame.loc[[3, 11, 12, 13, 150, 250, 399], "Age"] = ["x", "1e3", "y", "z", "-1", "w", "v"]
    write(frame, "t/a.parquet", "t/b.parquet")
    ours = refused(budget__source="t", **OF_SPARK)
    assert ours == refused(budget__source="t")
    assert any("in 5 rows: a.parquet row 4 'x', a.parquet row 13 'y'," in line for line in ours)
    write(frame, "k/a.csv", "k/b.csv")
    (line,) = (x for x in refused(budget__source="k", budget__key="id", **OF_SPARK) if "below" in x)
    assert "Age: below 0 in 1 row: a.csv key p150é '-1'" in line


def test_records_that_are_no_rows(session, folder):
    """Too few and too many fields, other encodings and quotes are refused where they stand, or dropped by reason."""
    frame = tables.sample(300)
    frame.to_csv("t.csv", index=False)
    lines = Path("t.csv").read_bytes().split(b"\n")
    lines[2] = b'1,"two\nlines"'
    lines[9] += b",again"
    lines[20] = lines[20].replace(b",", b"\xff,", 1)
    Path("t.csv").write_bytes(b"\n".join(lines))
    ours = refused(budget__source="t.csv", **OF_SPARK)
    assert [line.split(" in 1 row: ")[0] for line in ours] == [
        "t.csv: not UTF-8",
        "t.csv: too few fields",
        "t.csv: too many fields",
    ]
    assert [line.split(" in 1 row: ")[1][:6] for line in ours] == ["row 20", "row 2 ", "row 9 "]
    equal(budget__source="t.csv")
    Path("t.csv").write_bytes(b"\n".join([*lines, b'"a"b' + b"," * lines[0].count(b","), b""]))
    with pytest.raises(InputError, match=r"t.csv: (file:\S+ )?quotes that do not match; correct them$"):
        counted(budget__source="t.csv", **OF_SPARK)
    Path("t.csv").write_bytes(b"\n".join([lines[0], b'"' + lines[1], *lines[3:9], b""]))
    with pytest.raises(InputError, match=r"t.csv: quotes that do not match: row 1 '.*; correct them$"):
        counted(budget__source="t.csv", prepare__on_bad_rows="drop", **OF_SPARK)
    Path("t.csv").write_bytes(b"\r\n".join(lines[:3]) + b"\n")
    with pytest.raises(InputError, match=r"t.csv: has line ends of several systems, .*; write it again$"):
        counted(budget__source="t.csv", **OF_SPARK)


def test_tables_and_queries_of_the_session(session, folder):
    """A table by name and a query give the cells of the file they were made of, and a digest that follows the rows."""
    write(with_keys(), "t.parquet")
    session.read.parquet(f"{folder}/t.parquet").createOrReplaceTempView("people")
    expected = counted(budget__source="t.parquet", budget__key="id")[0]
    digests = set()
    for source in ({"table": "people"}, {"query": "SELECT * FROM people WHERE id <> ''"}, {"query": ONE_LESS}):
        plan = tables.plan(budget__source=source, budget__key="id", **OF_SPARK)
        reader = engines.opened(plan.prepare, plan.budget, plan.declared(), "budget")
        found = collected(reader.compute(lambda rows, plan=plan: count(rows, plan), "id"), plan)
        assert found.equals(expected) == (source != {"query": ONE_LESS})
        digests.add(reader.digest())
    assert len(digests) == 3
    with pytest.raises(InputError, match=r"^table nobody: cannot be read: \[TABLE_OR_VIEW_NOT_FOUND\]"):
        counted(budget__source={"table": "nobody"}, budget__key="id", **OF_SPARK)


ONE_LESS = "SELECT * FROM people WHERE id <> 'p1é'"


def test_files_elsewhere(session, folder):
    """A URL with a glob gives the cells of its files, which are found by name; a digest of names, sizes and times; and
    refusals of what is not there, or has other columns.
    """
    write(with_keys(), "t/a.csv", "t/b.csv")
    write(with_keys(), "whole.csv")
    source = {"budget__source": f"file://{folder}/t/*.csv", "budget__key": "id"} | OF_SPARK
    ours, expected = counted(**source)[0], counted(budget__source="whole.csv", budget__key="id")[0]
    pd.testing.assert_frame_equal(ours, expected)
    plan = tables.plan(**source)
    before = engines.opened(plan.prepare, plan.budget, plan.declared(), "budget").digest()
    os.utime("t/b.csv", (1, 1))
    assert engines.opened(plan.prepare, plan.budget, plan.declared(), "budget").digest() != before
    write(with_keys().rename(columns={"Age": "Years"}), "t/c.csv")
    with pytest.raises(InputError, match=r"c.csv: must have the columns of the first file; make them equal$"):
        counted(**source)
    with pytest.raises(InputError, match=r"none: .*no such file"):
        counted(**source | {"budget__source": f"file://{folder}/none"})


def test_no_more_than_the_bound_reaches_this_process(session, folder):
    """An answer of more bytes than the session's bound is refused with what to do, and never collected."""
    write(with_keys(), "t.parquet")
    settings = session.sparkContext._jsc.sc().conf()
    settings.set("spark.driver.maxResultSize", "1k")
    try:
        with pytest.raises(InputError, match=r"larger than spark.driver.maxResultSize.*set prepare.sample_rows"):
            counted(budget__source="t.parquet", **OF_SPARK)
    finally:
        settings.set("spark.driver.maxResultSize", "1g")
