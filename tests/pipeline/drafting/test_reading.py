import codecs

import pytest

from pipeline.drafting import reading
from responsible.validation import InputError


def read(tmp_path, text, name="t.csv", encoding="utf-8", target=None):
    """The table of a file with this text."""
    (tmp_path / name).write_bytes(text.encode(encoding))
    return reading.read(str(tmp_path / name), "duckdb", target)


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_the_delimiter_is_the_one_that_splits_all_records(tmp_path, sign):
    """A quoted field may hold the other signs, and one broken record changes nothing."""
    rows = [sign.join(["name", "y", "note"]), *(sign.join([f"n{i}", "1", '"a, b; c|d"']) for i in range(9)), "broken"]
    table = read(tmp_path, "\n".join(rows) + "\n")
    assert table.source.delimiter == sign
    assert (len(table.texts), table.rejected) == (9, 1)
    assert list(table.texts) == ["name", "y", "note"]


@pytest.mark.parametrize(
    ("encoding", "text", "found"),
    [
        ("utf-8", "Zürich", "utf-8"),
        ("utf-8-sig", "Zürich", "utf-8"),
        ("cp1252", "Zürich – 5 €", "cp1252"),
        ("latin-1", "Zürich \x81", "latin-1"),
        ("utf-16", "Zürich", "utf-16"),
    ],
)
def test_the_encoding_is_the_first_that_decodes_the_file(tmp_path, encoding, text, found):
    """UTF-8, by its mark UTF-16, cp1252, and latin-1 where cp1252 lacks a byte; the text is what was written."""
    table = read(tmp_path, f"city,y\n{text},1\nBern,0\n", encoding=encoding)
    assert table.source.encoding == codecs.lookup(found).name
    assert list(table.texts["city"]) == [text, "Bern"]


@pytest.mark.parametrize(
    ("rows", "signs"),
    [
        ("a;b\n1;2.5\n", (".", None)),
        ("a;b\n1;2,5\n-3;0,25\n", (",", None)),
        ("a;b\n1;1.234,5\n2;22.000,0\n", (",", ".")),
        ('a,b\n1,"1,234"\n2,"22,000"\n', (".", ",")),
        ("a;b\n1;1'234.5\n2;17\n", (".", "'")),
        ("a;b\n1;x\n2;y\n", (".", None)),
    ],
)
def test_signs_of_numbers_are_those_with_which_most_columns_are_numbers(tmp_path, rows, signs):
    """Decimal comma, groups of three and Swiss apostrophes are found; where nothing tells, there is a point."""
    source = read(tmp_path, rows).source
    assert (source.decimal, source.thousands) == signs


def test_spellings_of_missing_are_found_but_not_in_the_target(tmp_path):
    """Each known spelling that occurs, and a word that alone keeps a column from being numbers; `NA` is known."""
    text = "a,b,c,y\n1,nan,x,None\n2,N/A,null,?\n3,-,NA,a\n4,?,x,a\nunknown,5,x,a\nunknown,6,x,b\n"
    table = read(tmp_path, text, target="y")
    assert set(table.source.missing_values) == {"nan", "N/A", "null", "-", "?", "unknown"}
    assert set(table.known["a"].dropna()) == {"1", "2", "3", "4"}
    assert "None" not in table.source.missing_values


def test_blanks_are_found_in_names_and_in_texts(tmp_path):
    """A table whose header or levels have blanks at their ends is trimmed; another is not."""
    for text in ("a, b\n1,x\n", "a,b\n1,x \n"):
        table = read(tmp_path, text)
        assert table.source.trim
        assert list(table.known["b"]) == ["x"]
    assert not read(tmp_path, "a,b\n1,x y\n").source.trim


def test_columns_of_one_name_are_left_out_and_named(tmp_path):
    """Nobody can say which of them is meant."""
    table = read(tmp_path, "a,b,A\n1,2,3\n")
    assert list(table.texts) == ["b"]
    assert table.repeated == ["A"]


def test_a_large_file_is_looked_at_in_part(tmp_path, monkeypatch):
    """Above a size, rows drawn by hash stand for all, whose number is still the file's."""
    monkeypatch.setattr(reading, "LARGE", 10)
    monkeypatch.setattr(reading, "SAMPLE", 20)
    table = read(tmp_path, "a,b\n" + "".join(f"{i},x\n" for i in range(100)))
    assert (len(table.texts), table.rows) == (20, 100)


def test_parquet_and_folders_are_read_like_csv(tmp_path):
    """Types of Parquet become the texts that the pipeline compares levels by; the files of a folder are one table."""
    import pandas as pd

    for name, rows in (("one", [1, 2]), ("two", [3])):
        pd.DataFrame({"a": rows, "b": ["x"] * len(rows)}).to_parquet(tmp_path / f"{name}.parquet")
    table = reading.read(str(tmp_path), "duckdb")
    assert sorted(table.texts["a"]) == ["1", "2", "3"]
    assert table.rows == 3


def test_a_table_without_rows_is_refused(tmp_path):
    """There is nothing to draft from."""
    with pytest.raises(InputError, match="must have rows, got none"):
        read(tmp_path, "a,b\n")
