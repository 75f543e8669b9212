"""What the engine cannot read or hold is said in its place: a line too long, a header too long, too little memory."""

import csv
import errno
import io
from pathlib import Path

import duckdb
import pytest

from pipeline.ingest import bad_rows, engines, source_files
from responsible.tabular.columns import token
from responsible.tabular.queries import Session
from responsible.tabular.sources import Source
from responsible.validation import InputError

ROWS = "".join(f"{number},x\n" for number in range(100))
LONG = "y" * 2_100_000


@pytest.fixture
def table(tmp_path, monkeypatch):
    """A CSV file of two columns with this text, and its reader."""
    monkeypatch.chdir(tmp_path)

    def made(text):
        (tmp_path / "t.csv").write_bytes(text.encode())
        found = source_files.table(Source(source="t.csv", delimiter=","), ["a", "b"])
        return engines.reader("duckdb", found, times={})

    return made


def test_a_line_of_more_than_two_megabytes_is_a_bad_row(table):
    """The engine gives no column for it; it is counted like any other row that cannot be read."""
    reader = table(f"a,b\n{ROWS}7,{LONG}\n{ROWS}")
    read = reader.compute(lambda rows: rows)
    assert len(read) == 200
    assert bad_rows.count(reader, {}) == {"a line of more than 2 MB": 1}


@pytest.mark.parametrize("given", [{"master": "spark://127.0.0.1:1"}, {"remote": "sc://127.0.0.1:1/;use_ssl=true"}])
def test_a_server_that_does_not_run_is_said_at_once(given):
    """Spark would ask it again for minutes; where nothing listens, that is the message, and no session is begun."""
    pytest.importorskip("pyspark")
    with pytest.raises(
        InputError, match=r"^prepare\.engine spark: nothing answers at 127\.0\.0\.1:1; check prepare\.spark"
    ):
        engines.spark_session(Session.model_validate(given), "UTC")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_bound_the_rows(table, end):
    """Line ends of any system are at least as many as rows, however the last line ends, and more where fields have
    several lines.
    """
    for text, lines in ((f"a,b\n{ROWS}", 101), (f"a,b\n{ROWS}7,x", 101), (f'a,b\n{ROWS}7,"x\n\ny"\n', 104)):
        reader = table(text.replace("\n", end))
        assert source_files.at_most(reader.table) == lines
        assert len(reader.compute(lambda rows: rows)) <= lines


def test_a_header_that_is_too_long_is_one_line(table):
    """What looks like a header of megabytes is none; Python's csv gives up first, and so does the message."""
    before = csv.field_size_limit(131_072)
    try:
        with pytest.raises(InputError, match=r"^t\.csv: line 1: not readable as a header \(field larger than"):
            table(f"{LONG}\n{ROWS}")
    finally:
        csv.field_size_limit(before)


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (duckdb.OutOfMemoryException("could not allocate block"), "too large for the memory here: could not allocate"),
        (duckdb.IOException("Could not write file: No space left on device"), "cannot be read: Could not write file"),
    ],
)
def test_too_little_memory_or_disk_says_nothing_of_quotes(table, monkeypatch, fault, message):
    """The remedy is memory, space for what it spills, or a sample, and not the quotes of the table."""
    reader = table(f"a,b\n{ROWS}")

    def refuse(_rows):
        raise fault

    with pytest.raises(InputError, match=rf"^t\.csv: {message}") as refused:
        reader.compute(refuse)
    assert "quotes" not in str(refused.value)
    assert "space" in str(refused.value)


def test_an_engine_with_too_little_memory_says_so(table):
    """The real message of the engine, with a limit that the table does not fit into, has the remedy for memory."""
    reader = table("a,b\n" + "".join(f"{number},{'z' * 500}{number}\n" for number in range(20_000)))
    reader._connection.execute("SET memory_limit = '2 MB'; SET max_temp_directory_size = '0 KB'")
    with pytest.raises(InputError, match=r"^t\.csv: too large for the memory here: .*set prepare\.sample_rows$"):
        reader.compute(lambda rows: rows.sort(token("b")))


def test_no_space_for_a_copy_says_so(table, monkeypatch):
    """A text that must be rewritten for the engine needs its size in temporary space; the table is not at fault."""
    reader = table("a,b\n1,x\r\n2,y\n")
    assert reader.compute(lambda rows: rows)[token("b")].tolist() == ["x", "y"]

    class Full(io.StringIO):
        def write(self, _text):
            raise OSError(errno.ENOSPC, "No space left on device")

    opened = Path.open
    monkeypatch.setattr(Path, "open", lambda path, *a, **k: Full() if "w" in a else opened(path, *a, **k))
    with pytest.raises(InputError, match=r"^t\.csv: there is no space for a copy of it in UTF-8 in .* set TMPDIR to"):
        table("a,b\n1,x\r\n2,y\n").compute(lambda rows: rows)
