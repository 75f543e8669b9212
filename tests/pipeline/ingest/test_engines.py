"""What the engine cannot read or hold is said in its place: a line too long, a header too long, too little memory."""

import csv

import duckdb
import pytest

from pipeline.ingest import bad_rows, engines, source_files
from responsible.validation import InputError

ROWS = "".join(f"{number},x\n" for number in range(100))
LONG = "y" * 2_100_000


@pytest.fixture
def table(tmp_path, monkeypatch):
    """A CSV file of two columns with this text, and its reader."""
    monkeypatch.chdir(tmp_path)

    def made(text):
        (tmp_path / "t.csv").write_text(text, encoding="utf-8")
        return engines.reader("duckdb", source_files.table("t.csv", None, ",", ["a", "b"]))

    return made


def test_a_line_of_more_than_two_megabytes_is_a_bad_row(table):
    """The engine gives no column for it; it is counted like any other row that cannot be read."""
    reader = table(f"a,b\n{ROWS}7,{LONG}\n{ROWS}")
    read = reader.compute(lambda rows: rows)
    assert len(read) == 200
    assert bad_rows.count(reader, {}) == {"a line of more than 2 MB": 1}


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
        reader.compute(lambda rows: rows.sort(engines.token("b")))
