"""Typing of fields and reasons for bad rows: the same on every engine, and as Python's own parsers see it."""

import datetime as dt
import math
import re

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from responsible.tabular.columns import REASON, VALUE, Declared, Spelling, intervals, made, token
from responsible.tabular.typed_fields import DATE, typed
from responsible.validation import InputError
from tests.support.engines import ENGINES, collect, lazy

NUMBERS = {
    "7": 7.0, "007": 7.0, "-3.5": -3.5, "+.5": 0.5, "5.": 5.0, "1e3": 1000.0, "2.5E-1": 0.25, " 12 ": 12.0, "\t8": 8.0,
    "-0": 0.0,
}  # fmt: skip
NOT_NUMBERS = ["abc", "1_000", "1,5", "0x1F", "1e", "--1", "1 2", "−5", "½", "٣", "12%", "$5", ".", "e5", "True", "1d"]
NOT_FINITE = ["nan", "NaN", "inf", "-Infinity", "+INF", " nan ", "1e999"]


def judged(engine, columns, declared, missing_values=("NA",), **spelling):
    return collect(typed(lazy(engine, columns), declared, Spelling(missing_values, **spelling)))


@pytest.mark.parametrize("engine", ENGINES)
def test_texts_that_are_numbers(engine):
    """Integers, decimals, exponents and blanks around them; nothing else is needed, and each gives its value."""
    found = judged(engine, {"v": list(NUMBERS)}, [Declared("v", "v", "numeric")])
    assert found[REASON].isna().all()
    assert found[made("v")].tolist() == list(NUMBERS.values())


@pytest.mark.parametrize("engine", ENGINES)
def test_texts_that_are_not_numbers(engine):
    """What some engine or locale would take for a number is refused on every engine, with the field as it stands."""
    found = judged(engine, {"v": NOT_NUMBERS + NOT_FINITE}, [Declared("v", "v", "numeric")])
    assert found[REASON].tolist() == ["v: not a number"] * len(NOT_NUMBERS) + ["v: not finite"] * len(NOT_FINITE)
    assert found[VALUE].tolist() == NOT_NUMBERS + NOT_FINITE


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from("0123456789+-.eE nax_"), max_size=8))
def test_the_number_pattern_is_pythons_float_without_its_extras(text):
    """A text matches exactly when Python's float accepts it and it has no blank, underscore or letter but e."""
    try:
        float(text)
        accepted = not re.search(r"[_ \sna-df-zA-DF-Z]", text)
    except ValueError:
        accepted = False
    assert bool(re.fullmatch(Spelling().number(), text)) == accepted


@pytest.mark.parametrize("engine", ENGINES)
def test_missing_is_the_empty_field_and_the_declared_texts_only(engine):
    """Markers are literal (".", "?" are no patterns), whole, case-sensitive, blanks around them ignored."""
    fields = ["", "  ", None, "?", " ? ", ".", "NA", "x?", "na", "Missing"]
    declared = [Declared("c", "c", "categorical")]
    found = judged(engine, {"c": fields}, declared, ["?", ".", "NA"])
    assert found[made("c")].tolist() == ["Missing"] * 7 + ["x?", "na", "Missing"]
    assert found[REASON].isna().all()


@pytest.mark.parametrize("engine", ENGINES)
def test_a_missing_number_is_null_and_not_zero(engine):
    """A missing number is null in its column and "Missing" among intervals; with a marker like -1 as well."""
    declared = [Declared("v", "v", "numeric"), Declared("b", "v", "numeric", bins=[10])]
    found = judged(engine, {"v": ["", "NA", "-1", None, "3"]}, declared, ["NA", "-1"])
    assert found[made("v")].isna().tolist() == [True, True, True, True, False]
    assert found[made("b")].tolist() == ["Missing"] * 4 + ["< 10"]
    assert found[REASON].isna().all()


@pytest.mark.parametrize("engine", ENGINES)
def test_ranges_include_their_bounds(engine):
    """Minimum and maximum are good values; the next ones outside are not, and the reason names the bound."""
    declared = [Declared("v", "v", "numeric", minimum=0, maximum=1.5)]
    found = judged(engine, {"v": ["0", "1.5", "-0.001", "1.501", "-inf", "NA"]}, declared)
    assert found[REASON].fillna("").tolist() == ["", "", "v: below 0", "v: above 1.5", "v: not finite", ""]


@pytest.mark.parametrize("engine", ENGINES)
def test_required_fields_and_allowed_levels(engine):
    """A required field may not be missing, and levels are exact."""
    declared = [Declared("s", "s", "categorical", levels=["train", "test"], required=True)]
    found = judged(engine, {"s": ["train", "", None, "Train", "test"]}, declared)
    rule = "s: not one of train, test"
    assert found[REASON].fillna("").tolist() == ["", "s: missing", "s: missing", rule, ""]
    assert found[VALUE].fillna("-").tolist() == ["-", "", "", "Train", "-"]


@pytest.mark.parametrize("engine", ENGINES)
def test_the_first_check_that_fails_is_the_reason(engine):
    """Columns are judged in the order they are declared, so each bad row has one reason."""
    declared = [Declared("a", "a", "numeric", required=True), Declared("b", "b", "numeric", maximum=5)]
    found = judged(engine, {"a": ["1", "x", "", "2"], "b": ["9", "9", "y", "z"]}, declared)
    assert found[REASON].tolist() == ["b: above 5", "a: not a number", "a: missing", "b: not a number"]


@pytest.mark.parametrize("engine", ENGINES)
def test_levels_stay_as_they_are_spelled(engine):
    """No trimming, no case folding, no Unicode folding: a group is called what the table calls it."""
    levels = ["Bachelor’s Degree", "Bachelor's Degree", " Male", "male", "Größe", "a.b", "1.0", "1"]
    assert judged(engine, {"c": levels}, [Declared("c", "c", "categorical")])[made("c")].tolist() == levels


def test_interval_texts():
    """Half-open intervals; ends are open unless the range is declared, and a declared maximum belongs to the last."""
    assert intervals([18, 24, 65]) == ["< 18", "[18, 24)", "[24, 65)", ">= 65"]
    assert intervals([18.5, 1_234_567], 0, 2e6) == ["[0, 18.5)", "[18.5, 1234567)", "[1234567, 2000000]"]
    assert intervals([0.1], minimum=-1) == ["[-1, 0.1)", ">= 0.1"]
    assert intervals([18, 24, 65], closed="right") == ["<= 18", "(18, 24]", "(24, 65]", "> 65"]
    assert intervals([18, 24], 0, 120, closed="right") == ["[0, 18]", "(18, 24]", "(24, 120]"]


@pytest.mark.parametrize("engine", ENGINES)
def test_numbers_fall_into_their_intervals(engine):
    """An edge belongs to the interval above it, as pandas.cut(right=False) has it."""
    values = [0, 17.999, 18, 23, 24, 64, 65, 120]
    declared = [Declared("v", "v", "numeric", 0, 120, [18, 24, 65])]
    found = judged(engine, {"v": [str(v) for v in values]}, declared)[made("v")].tolist()
    codes = pd.cut(values, [0, 18, 24, 65, math.inf], right=False).codes
    assert found == [intervals([18, 24, 65], 0, 120)[code] for code in codes]


@pytest.mark.parametrize("engine", ENGINES)
def test_edges_may_belong_below_and_intervals_may_have_names(engine):
    """Closed on the right, as pandas.cut has it, with labels for texts; an unreadable number has no interval."""
    values = [-5, 0, 17.999, 18, 18.001, 24, 24.5, 1e9]
    labels = ["child", "young", "old"]
    declared = [Declared("v", "v", "numeric", bins=[18, 24], labels=labels, closed="right")]
    found = judged(engine, {"v": [*map(str, values), "x", "NA"]}, declared)
    assert found[made("v")].tolist()[:8] == pd.cut(values, [-math.inf, 18, 24, math.inf], labels=labels).tolist()
    assert found[made("v")].isna().tolist() == [False] * 8 + [True, False]
    assert found[REASON].fillna("").tolist() == [""] * 8 + ["v: not a number", ""]


GROUPED = {"1.234.567,5": 1234567.5, "1234,5": 1234.5, "-1.000": -1000, ",5": 0.5, "2,": 2, "1.234e2": 123400, " 7 ": 7}


@pytest.mark.parametrize("engine", ENGINES)
def test_numbers_with_other_signs(engine):
    """A decimal comma and groups of exactly three digits; any other place of a sign is no number."""
    wrong = ["1.23", "12.34,5", "1,5,2", "1.234.5", ".5", "1234.567"]
    declared = [Declared("v", "v", "numeric")]
    found = judged(engine, {"v": [*GROUPED, *wrong]}, declared, decimal=",", thousands=".")
    assert found[made("v")].tolist()[: len(GROUPED)] == list(GROUPED.values())
    assert found[REASON].fillna("").tolist() == [""] * len(GROUPED) + ["v: not a number"] * len(wrong)
    swiss = judged(engine, {"v": ["1'234.5", "1,234"]}, declared, thousands="'")
    assert swiss[REASON].fillna("").tolist() == ["", "v: not a number"]


@pytest.mark.parametrize("engine", ENGINES)
def test_trimmed_texts(engine):
    """On request blanks around a text do not belong to it: not to a level, nor to one that must be exact."""
    declared = [Declared("c", "c", "categorical"), Declared("s", "s", "categorical", levels=["a b"])]
    found = judged(
        engine, {"c": [" x", "x\t", "x y ", " "], "s": [" a b", "a b\r\n", "a b", "NA "]}, declared, trim=True
    )
    assert found[made("c")].tolist() == ["x", "x", "x y", "Missing"]
    assert found[REASON].isna().all()


GOOD_DATES = {
    "2024-01": "2024-01", "2024-02-29": "2024-02", "1999-12-31": "1999-12", "2024-06-30T23:59:59Z": "2024-06",
    "2024-06-30 23:59:59.123+02:00": "2024-06",
}  # fmt: skip
BAD_DATES = ["2024", "2024-13", "2024-00-10", "2024-02-30", "2024-04-31", "24-01-01", "01/02/2024", "2024-1-1", "soon"]


@pytest.mark.parametrize("engine", ENGINES)
def test_dates_become_months(engine):
    """ISO dates and times give YYYY-MM; other spellings and days that no month has are bad."""
    fields = [*GOOD_DATES, *BAD_DATES, ""]
    found = judged(engine, {"t": fields}, [Declared("m", "t", "month", required=True)])
    assert found[made("m")][: len(GOOD_DATES)].tolist() == list(GOOD_DATES.values())
    bad = ["t: not an ISO date (YYYY-MM-DD)"] * len(BAD_DATES)
    assert found[REASON].fillna("").tolist() == [""] * len(GOOD_DATES) + bad + ["t: missing"]


@settings(max_examples=200, deadline=None)
@given(st.integers(2000, 2030), st.integers(0, 13), st.integers(0, 32))
def test_the_date_pattern_is_the_calendar_but_for_leap_years(year, month, day):
    """A date matches exactly when the calendar of a leap year has it; only its month is used."""
    try:
        expected = bool(dt.date(2024, month, day))
    except ValueError:
        expected = False
    assert bool(re.search(DATE, f"{year}-{month:02d}-{day:02d}")) == expected


@pytest.mark.parametrize("engine", ENGINES)
def test_native_columns_pass_without_text(engine):
    """Parquet's integers and floats are numbers, its booleans 0 and 1, all of them levels when declared categorical."""
    columns = {"i": pa.array([1, None, 3]), "f": pa.array([0.5, 2.0, None])}
    declared = [Declared("i", "i", "numeric", minimum=2), Declared("f", "f", "numeric")]
    found = judged(engine, columns, declared)
    assert found[made("f")].fillna(-1).tolist() == [0.5, 2.0, -1]
    assert found[REASON].fillna("").tolist() == ["i: below 2", "", ""]


@pytest.mark.parametrize("engine", ["duckdb", "polars", "pyarrow"])
def test_native_booleans_and_integers_as_levels(engine):
    """An integer level is its digits, a boolean one true or false; a boolean number is 0 or 1."""
    columns = {"i": pa.array([0, 1, None]), "b": pa.array([True, False, None])}
    declared = [Declared("i", "i", "categorical"), Declared("b", "b", "categorical"), Declared("n", "b", "numeric")]
    found = judged(engine, columns, declared)
    assert found[made("i")].tolist() == ["0", "1", "Missing"]
    assert found[made("b")].tolist() == ["true", "false", "Missing"]
    assert found[made("n")].fillna(-1).tolist() == [1.0, 0.0, -1.0]


@pytest.mark.parametrize("engine", ["duckdb", "polars", "pyarrow"])
def test_native_nan_is_bad_unless_it_is_declared_missing(engine):
    """A float NaN is not a value; it is missing only where the parameters say that NaN means missing."""
    columns = {"f": pa.array([math.nan, math.inf, 1.0])}
    declared = [Declared("f", "f", "numeric")]
    assert judged(engine, columns, declared)[REASON].fillna("").tolist() == ["f: not finite", "f: not finite", ""]
    assert judged(engine, columns, declared, ["NaN"])[REASON].fillna("").tolist() == ["", "f: not finite", ""]


def test_native_dates():
    """Parquet's dates and timestamps are ISO dates; as numbers they are refused before any row is read."""
    columns = {"t": pa.array([dt.date(2024, 5, 6), None]), "l": pa.array([[1], [2]])}
    found = judged("duckdb", columns, [Declared("m", "t", "month")])
    assert found[made("m")].tolist() == ["2024-05", "Missing"]
    with pytest.raises(InputError, match=r"^t cannot be read as numeric, got type Date; convert the column$"):
        judged("duckdb", columns, [Declared("t", "t", "numeric")])
    with pytest.raises(InputError, match=r"^l cannot be read as categorical, got type List"):
        judged("duckdb", columns, [Declared("l", "l", "categorical")])


def test_names_inside_engines():
    """Any column name works, with dots, quotes, blanks and letters of any script, and distinct ones stay distinct."""
    names = ["a.b", "a b", "a_b", "a`b", 'a"b', "a'b", "A", "a", "", "größe", "a_2e_b", "x;--", "with children?"]
    assert len({token(name) for name in names}) == len(names)
    assert all(re.fullmatch("[A-Za-z0-9_]+", token(name)) for name in names)
    columns = {name: [name] for name in names if name not in ("A", "")}
    found = judged("duckdb", columns, [Declared(name, name, "categorical") for name in columns])
    assert [found[made(name)][0] for name in columns] == list(columns)
