"""Queries as sources: the same counts as from a file, in bounded memory, and no password anywhere."""

import datetime as dt
import os
import re
import sqlite3
import sys
import tracemalloc
import uuid
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from pipeline.ingest import bad_rows, engines, query_answers, row_tables, source_files
from responsible.healthcare.schema import Healthcare, cases
from responsible.segmentation.schema import Segments
from responsible.tabular.cell_counts import collected, count, reasons
from responsible.tabular.columns import months
from responsible.tabular.queries import Query
from responsible.tabular.sources import Prepare, Source
from responsible.validation import InputError
from tests.support import postgres, tables
from tests.support.contract import ROOT

SQLITE = "sqlite:///t.db"
NAME = "Budget (in dollars)"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder to work in, so that messages show short paths."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def query(text, database=SQLITE):
    """The mapping that params.yaml has as source."""
    return {"database": database, "query": text}


def store(frame, name="people", path="t.db"):
    """The frame as a table of a SQLite file, numbers as numbers and missing fields as NULL."""
    connection = sqlite3.connect(path)
    frame.to_sql(name, connection, index=False)
    connection.close()


def people(rows=600):
    """The sample with a key, typed: numbers, and None where missing."""
    frame = tables.sample(rows).replace("NA", None)
    for column in (NAME, "Age", "With children?"):
        frame[column] = pd.to_numeric(frame[column])
    return frame.assign(id=[f"p{i}" for i in range(rows)], day="2024-03-05")


def cells(source, **changes):
    """Cells, reasons of bad rows and digest of the budget table from ``source``."""
    plan = tables.plan(budget__source=source, budget__key="id", budget__time="day", **changes)
    declared = plan.declared()
    table = source_files.table(plan.budget, [d.column for d in declared])
    reader = engines.reader("duckdb", table, times=months(declared))
    answer = reader.compute(lambda rows: count(rows, plan), plan.budget.key)
    return collected(answer, plan), reasons(answer), source_files.digest(table)


def values(select, database=SQLITE):
    """What an engine reads of a query's answer, in its order, by column."""
    names = re.findall(r'AS "?(\w+)"?', select)
    found = source_files.table(Source(source=query(select, database), delimiter=","), names)
    read = engines.reader("duckdb", found, times={}).compute(lambda rows: rows, files=found.files)
    texts = read.astype(object).where(read.notna(), None)
    return {name: texts[f"c_{name}"].tolist() for name in names}


def test_counts_are_those_of_the_same_table_as_csv(folder):
    """Cells of a query equal those of the file to the last row, also when the database gives the rows the other way
    round; the digest of the answer does not depend on the order, and changes with any value.
    """
    frame = people()
    frame.to_csv("t.csv", index=False)
    store(frame)
    of_file, _, _ = cells("t.csv")
    forth, bad, digest = cells(query("SELECT * FROM people"))
    back, _, same = cells(query("SELECT * FROM people ORDER BY rowid DESC"))
    pd.testing.assert_frame_equal(forth, of_file)
    pd.testing.assert_frame_equal(back, of_file)
    assert (bad, same) == ({}, digest)
    assert cells(query("SELECT * FROM people WHERE id <> 'p7'"))[2] != digest
    assert cells(query("SELECT * FROM people LEFT JOIN (SELECT 1 AS more)"))[2] == digest


def test_a_sample_and_bad_rows_of_a_query_are_those_of_the_file(folder):
    """The sample is chosen by the key, and what is wrong with a row is said of the answer's row with its value."""
    frame = people().astype({"Age": object})
    frame.loc[[5, 70], "Age"] = ["old", 130]
    frame.to_csv("t.csv", index=False)
    store(frame)
    select = query("SELECT * FROM people")
    for changes in ({}, {"prepare__sample_rows": 200}):
        of_file, of_query = cells("t.csv", **changes), cells(select, **changes)
        pd.testing.assert_frame_equal(of_query[0], of_file[0])
        assert of_query[1] == of_file[1]
    plan = tables.plan(budget__source=select, budget__key="id")
    table = source_files.table(plan.budget, [d.column for d in plan.declared()])
    reader = engines.reader("duckdb", table, times={})
    with pytest.raises(InputError) as caught:
        bad_rows.refuse(reader, ["Age: not a number"], plan.declared(), plan.budget.spelling(plan.prepare))
    remedy = "correct the rows or set prepare.on_bad_rows: drop"
    assert str(caught.value).splitlines() == [
        f"query of sqlite:///t.db: Age: not a number in 1 row: row 6 'old'; {remedy}",
        f"query of sqlite:///t.db: Age: above 120 in 1 row: row 71 '130'; {remedy}",
    ]


@pytest.mark.parametrize("rows", [0, 500])
def test_cases_and_people_to_segment_come_from_queries(folder, rows):
    """The other two tables are read the same way; a sample of people without a key is the same in any order."""
    tree = tables.tree()
    prepare = Prepare.model_validate(tree["prepare"] | {"sample_rows": rows})
    for section, kind in (("healthcare", Healthcare), ("segments", Segments)):
        frame = pd.read_csv(ROOT / "data" / "raw" / f"{section}.csv", dtype=str).head(2_000)
        frame.to_csv(f"{section}.csv", index=False)
        store(frame, section)
        found = []
        select = f"SELECT * FROM {section}"  # noqa: S608 - one of two names
        for source in (f"{section}.csv", query(select), query(f"{select} ORDER BY 2")):
            roles = kind.model_validate(tree[section] | {"source": source})
            good = row_tables.read(prepare, section, roles, 12).good
            found.append(cases(good, roles) if section == "healthcare" else good.drop(columns="row"))
        of_file, forth, back = (each.sort_values(list(each), ignore_index=True) for each in found)
        pd.testing.assert_frame_equal(forth, back)
        assert len(forth) == (rows or len(frame))
        if not rows:
            pd.testing.assert_frame_equal(forth, of_file)


def test_values_are_texts_as_a_csv_file_has_them(folder):
    """NULL is missing, numbers are in their shortest form, and a text keeps its line breaks and quotes."""
    sqlite3.connect("t.db").close()
    select = """SELECT 1 AS a, 0.1 AS b, 1e300 AS c, NULL AS d, 'x
    "y", ''z''%s :name ?' AS e, 9007199254740993 AS f, '' AS g"""
    assert {name: found[0] for name, found in values(select).items()} == {
        "a": "1", "b": "0.1", "c": "1e+300", "d": None, "e": "x\n    \"y\", 'z'%s :name ?", "f": "9007199254740993",
        "g": "",
    }  # fmt: skip


def test_what_drivers_give_is_text(folder):
    """Booleans count as 1 and 0, decimals keep their digits, dates and times are ISO, bytes and lists are refused."""
    zone = dt.timezone(dt.timedelta(hours=2))
    day = dt.datetime(2024, 3, 5, 6, 7, 8, tzinfo=zone)
    name = uuid.UUID(int=7)
    for value, text in [
        (True, "1"), (False, "0"), (Decimal("1E+3"), "1000"), (Decimal("0.10"), "0.10"), (day.date(), "2024-03-05"),
        (day, "2024-03-05T06:07:08+02:00"), (day.time(), "06:07:08"), (name, str(name)), (float("nan"), "nan"),
    ]:  # fmt: skip
        assert query_answers._text(value) == text
    sqlite3.connect("t.db").close()
    with pytest.raises(
        InputError, match=r"query of sqlite:///t.db: column 'a' cannot be read: a value of type bytes; cast"
    ):
        values("SELECT x'00' AS a")


def test_memory_does_not_grow_with_the_answer(folder, monkeypatch):
    """Rows pass through in parts: ten times as many take no more memory at the peak."""
    series = "WITH n(a) AS (SELECT 1 UNION ALL SELECT a + 1 FROM n LIMIT {}) SELECT a, 'text' || a AS b FROM n"
    monkeypatch.setattr(query_answers, "PART", 500)
    sqlite3.connect("t.db").close()

    def peak(rows):
        tracemalloc.start()
        source_files.table(Source(source=query(series.format(rows)), delimiter=","), ["a", "b"])
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    peak(10)
    assert peak(20_000) < 1.2 * peak(2_000)


def test_the_answer_goes_with_its_table(folder, monkeypatch):
    """What was fetched lies in a folder that nobody else may read, and is removed with the table."""
    monkeypatch.setattr(query_answers.tempfile, "tempdir", str(folder))
    sqlite3.connect("t.db").close()
    found = source_files.table(Source(source=query("SELECT 1 AS a"), delimiter=","), ["a"])
    (made,) = folder.glob("rows-*")
    assert made.stat().st_mode & 0o777 == 0o700
    del found
    assert not made.exists()


@pytest.mark.parametrize(
    ("select", "message"),
    [
        ("SELECT 1 AS b", "query of sqlite:///t.db: column 'a' is missing; known: 'b'"),
        (
            "SELECT 1 AS a, 2 AS A",
            "query of sqlite:///t.db: column 'A' differs from column 'a' only in case; rename one of them",
        ),
        ("SELECT a FROM nowhere", "query of sqlite:///t.db: no such table: nowhere; check database and query"),
        (
            "CREATE TABLE x (a)",
            "query of sqlite:///t.db: attempt to write a readonly database; check database and query",
        ),
        ("SAVEPOINT s", "query of sqlite:///t.db: the query returns no rows; write a SELECT"),
    ],
)  # fmt: skip
def test_a_query_that_is_none_is_refused(folder, select, message):
    """The message names the database and the remedy, and nothing is left behind."""
    sqlite3.connect("t.db").close()
    with pytest.raises(InputError) as caught:
        source_files.table(Source(source=query(select), delimiter=","), ["a"])
    assert str(caught.value) == message
    assert sqlite3.connect("t.db").execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)


def test_a_database_that_is_not_there_is_not_made(folder):
    """SQLite would make an empty file of a misspelt name."""
    with pytest.raises(InputError, match=r"^query of sqlite:///u\.db: no such file; set database$"):
        values("SELECT 1 AS a", "sqlite:///u.db")
    assert not Path("u.db").exists()


def test_a_driver_that_is_not_installed_names_the_file_to_install(folder, monkeypatch):
    """PostgreSQL's driver has a requirements file; that of another database is named itself."""
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(
        InputError,
        match=r"^query of postgresql://h/d: the driver psycopg is not installed; run .* -r requirements-sql\.txt$",
    ):
        values("SELECT 1 AS a", "postgresql://h/d")
    with pytest.raises(InputError, match=r"the driver MySQLdb is not installed; run .*pip install MySQLdb$"):
        values("SELECT 1 AS a", "mysql://h/d")
    assert "psycopg" in (ROOT / "requirements-sql.in").read_text()


def test_a_variable_that_is_not_set_is_named(folder, monkeypatch):
    """The name of the variable is said, and no value of any other."""
    monkeypatch.delenv("NO_SUCH", raising=False)
    with pytest.raises(
        InputError, match=r"^query of postgresql://h/d: the environment has no variable NO_SUCH; set it"
    ):
        values("SELECT 1 AS a", "postgresql://u:${NO_SUCH}@h/d")


@pytest.mark.heavy
@pytest.mark.server
def test_a_real_postgresql(folder, monkeypatch, capfd):
    """Counts of the sample equal those of the CSV file; PostgreSQL's types come as texts; a wrong password is
    refused without being shown.
    """
    psycopg = pytest.importorskip("psycopg") if not os.environ.get("CI") else __import__("psycopg")
    if not (found := postgres.programs()):
        assert not os.environ.get("CI"), "CI installs PostgreSQL"
        pytest.skip("no PostgreSQL on this machine: apt-get install postgresql")
    frame = people()
    frame.to_csv("t.csv", index=False)
    monkeypatch.setenv("DB_PASSWORD", postgres.PASSWORD)
    with postgres.server(found) as port:
        database = f"postgresql://reader:${{DB_PASSWORD}}@127.0.0.1:{port}/postgres"
        arguments = {"host": "127.0.0.1", "port": port, "user": "reader", "dbname": "postgres"}
        with psycopg.connect(password=postgres.PASSWORD, **arguments) as connection:
            _fill(connection, frame)
        pd.testing.assert_frame_equal(cells(query("SELECT * FROM people", database))[0], cells("t.csv")[0])
        assert {name: texts[0] for name, texts in values(TYPES, database).items()} == TYPED
        rows = values("SELECT g AS a FROM generate_series(1, 100000) g WHERE g::text LIKE '%7'", database)["a"]
        assert (len(rows), rows[-1]) == (10_000, "99997")
        monkeypatch.setenv("PGPASSWORD", postgres.PASSWORD)
        assert values("SELECT 2 AS a", f"postgresql+psycopg://reader@127.0.0.1:{port}/postgres") == {"a": ["2"]}
        monkeypatch.setenv("DB_PASSWORD", "wr0ng-secret")
        with pytest.raises(
            InputError, match=r"password authentication failed for user .reader.; check database"
        ) as caught:
            values("SELECT 1 AS a", database)
        monkeypatch.setenv("DB_PASSWORD", postgres.PASSWORD)
        with pytest.raises(InputError, match=r"must not contain data-modifying statements.*; check"):
            values("WITH gone AS (DELETE FROM people RETURNING id) SELECT id AS a FROM gone", database)
        assert len(values("SELECT id AS a FROM people", database)["a"]) == len(frame)
    seen = str(caught.value) + "".join(capfd.readouterr())
    assert "wr0ng-secret" not in seen
    assert postgres.PASSWORD not in seen


TYPES = """SELECT true AS a, false AS b, 12.50::numeric(8,2) AS c, 0.1::float8 AS d, DATE '2024-02-29' AS e,
  TIMESTAMP '2024-02-29 23:59:58' AS f, NULL::int AS g, E'two\nlines' AS h, 7::bigint AS i,
  '00000000-0000-0000-0000-000000000007'::uuid AS j, '1 day'::text AS k"""
TYPED = {
    "a": "1", "b": "0", "c": "12.50", "d": "0.1", "e": "2024-02-29", "f": "2024-02-29T23:59:58", "g": None,
    "h": "two\nlines", "i": "7", "j": "00000000-0000-0000-0000-000000000007", "k": "1 day",
}  # fmt: skip


def _fill(connection, frame):
    """The frame as a table with the columns' own names and types."""
    numbers = {NAME: "numeric(12,2)", "Age": "integer", "With children?": "double precision", "day": "date"}
    columns = ", ".join(f'"{name}" {numbers.get(name, "text")}' for name in frame)
    connection.execute(f"CREATE TABLE people ({columns})")
    with connection.cursor().copy("COPY people FROM STDIN") as copy:
        for row in frame.astype(object).where(frame.notna(), None).itertuples(index=False):
            copy.write_row(row)
    connection.commit()


def test_the_text_of_a_query_shows_neither_user_nor_options():
    """What documents call the table names the database."""
    found = Query.of(query("SELECT 1", "postgresql://reader:${DB_PASSWORD}@h:5432/d?sslmode=require"))
    assert str(found) == "query of postgresql://h:5432/d"
