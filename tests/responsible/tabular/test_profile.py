"""The profile of cells against hand-counted tables and pandas, and the refusals of tables that bear no answer."""

import pandas as pd
import pytest

from responsible.tabular import profile
from responsible.tabular.schema import Sensitive
from responsible.validation import InputError

CUTS = [100.0, 300.0]
SEX = {"sex": Sensitive(column="Sex", privileged=["M"], exclude=["X"])}


def table(*rows, columns=("split", "bin", "x.age", "a.sex", "n")):
    return pd.DataFrame(rows, columns=list(columns)).astype({"bin": "int32"})


CELLS = table(
    ("test", 0, 20.0, "F", 3),
    ("test", 2, None, "M", 5),
    ("train", 1, 20.0, "F", 4),
    ("train", 2, 30.0, "F", 2),
    ("train", 2, 30.0, "Missing", 1),
    ("train", 0, None, "X", 6),
)


def test_base_rates_counted_by_hand():
    """Rows, positives at the threshold and their share, of all and of each level, in all splits and in each."""
    found = profile.base_rates(CELLS, SEX, CUTS, 300)
    assert found.columns.tolist() == list(profile.BASE_RATES)
    assert [tuple(row) for row in found.drop(columns="base_rate").to_numpy()] == [
        ("all", "all", "", "all", 21, 8), ("all", "all", "", "train", 13, 3), ("all", "all", "", "test", 8, 5),
        ("sex", "F", "unprivileged", "all", 9, 2), ("sex", "F", "unprivileged", "train", 6, 2),
        ("sex", "F", "unprivileged", "test", 3, 0),
        ("sex", "M", "privileged", "all", 5, 5), ("sex", "M", "privileged", "test", 5, 5),
        ("sex", "Missing", "unprivileged", "all", 1, 1), ("sex", "Missing", "unprivileged", "train", 1, 1),
        ("sex", "X", "excluded", "all", 6, 0), ("sex", "X", "excluded", "train", 6, 0),
    ]  # fmt: skip
    assert (found["base_rate"] == found["positives"] / found["n"]).all()
    assert profile.base_rates(CELLS, SEX, CUTS, 100)["positives"][0] == 12


def test_base_rates_by_month():
    """Cells with months are profiled by month as well."""
    cells = CELLS.assign(month=["2024-01"] * 3 + ["2024-02"] * 3)
    found = profile.base_rates(cells, {}, CUTS, 300).query("attribute == 'month' and split == 'all'")
    assert found[["level", "n", "positives"]].to_numpy().tolist() == [["2024-01", 12, 5], ["2024-02", 9, 3]]


def test_missing_values_counted_by_hand():
    """Numbers are missing when null, texts when "Missing"; rows count, not cells."""
    assert profile.missing(CELLS).to_numpy().tolist() == [
        ["age", "feature", 21, 11, 11 / 21],
        ["sex", "sensitive", 21, 1, 1 / 21],
    ]


def leaves(value):
    return sum(leaves(v) for v in value.values()) if isinstance(value, dict) else 1


def test_headline_figures():
    """Rows read are kept ones and dropped ones; the figures stay within the twenty that a diff shows well."""
    rates = profile.base_rates(CELLS, SEX, CUTS, 300)
    dropped = {f"c{i}: missing": i for i in range(1, 12)}
    found = profile.headline(CELLS, rates, dropped, "abc", 4)
    assert found["rows"] == {"read": 21 + 66, "kept": 21, "train": 13, "test": 8}
    assert found["base_rate"] == {"all": 8 / 21, "train": 3 / 13, "test": 5 / 8}
    assert list(found["dropped"].items())[:2] == [("c11: missing", 11), ("c10: missing", 10)]
    assert found["dropped"]["other reasons"] == sum(range(1, 9))
    assert (found["cells"], found["digest"], found["key_repeats"]) == (6, "abc", 4)
    assert leaves(found) == 14  # two more with a valid split
    assert "key_repeats" not in profile.headline(CELLS, rates, {}, "abc", None)


@pytest.mark.parametrize(
    ("cells", "dropped", "message"),
    [
        (CELLS, {}, "t.csv: must have at least 30 good rows (prepare.minimum_rows), got 21; add rows or lower"),
        (CELLS, {"Age: missing": 9}, "got 21 (9 dropped: Age: missing); add rows"),
        (CELLS[:0], {}, "t.csv: must have rows, got only a header"),
        (CELLS[:0], {"too few fields": 2}, "got 0 (2 dropped: too few fields)"),
        (CELLS[CELLS["split"] == "train"].assign(n=10), {}, "t.csv: split test must have rows, got train 40; change"),
        (CELLS[CELLS["split"] == "test"].assign(n=20), {}, "t.csv: split train must have rows, got test 40; change"),
    ],
)
def test_too_few_rows(cells, dropped, message):
    """Fewer rows than declared, none at all, or none to learn from or report on."""
    with pytest.raises(InputError) as caught:
        profile.refuse_rows(cells, dropped, 30, "t.csv")
    assert message in str(caught.value)


def test_enough_rows():
    """The declared minimum itself is enough."""
    profile.refuse_rows(CELLS, {}, 21, "t.csv")


@pytest.mark.parametrize(
    ("cells", "threshold", "message"),
    [
        (
            CELLS.assign(bin=2),
            300,
            "threshold: must leave rows on both sides in t.csv, got 21 of 21 rows at or above 300",
        ),
        (CELLS.assign(bin=0), 300, "got 0 of 21 rows at or above 300; choose another threshold"),
        (CELLS.assign(bin=[0, 2, 0, 0, 0, 0]), 300, "got 0 of 13 training rows at or above 300"),
    ],
)
def test_one_class(cells, threshold, message):
    """A threshold with all rows, or all training rows, on one side."""
    with pytest.raises(InputError) as caught:
        profile.refuse_label(cells, CUTS, threshold, "t.csv")
    assert message in str(caught.value)
    profile.refuse_label(CELLS, CUTS, 300, "t.csv")


@pytest.mark.parametrize(
    ("privileged", "exclude", "levels", "message"),
    [
        (
            ["m"],
            [],
            None,
            "sensitive.sex.privileged: level 'm' does not occur in column Sex of t.csv; did you mean 'M'?",
        ),
        (["M"], ["Y"], None, "sensitive.sex.exclude: level 'Y' does not occur in column Sex of t.csv"),
        (
            ["M"],
            [],
            "M",
            "sensitive.sex: must have at least two levels, got only 'M' in column Sex of t.csv; remove it",
        ),
        (
            ["M", "F"],
            ["X", "Missing"],
            None,
            "sensitive.sex: must leave a level that is neither privileged nor excluded",
        ),
    ],
)
def test_attributes_that_cannot_be_audited(privileged, exclude, levels, message):
    """Levels that do not occur, a single level, or nobody to compare with."""
    attribute = {"sex": Sensitive(column="Sex", privileged=privileged, exclude=exclude)}
    with pytest.raises(InputError) as caught:
        profile.refuse_levels(CELLS if levels is None else CELLS.assign(**{"a.sex": levels}), attribute, "t.csv")
    assert message in str(caught.value)


def test_missing_alone_may_be_the_comparison():
    """A missing value is a group of its own, so privileged against missing can be audited."""
    cells = CELLS[CELLS["a.sex"].isin(["M", "Missing"])]
    profile.refuse_levels(cells, {"sex": Sensitive(column="Sex", privileged=["M"])}, "t.csv")
