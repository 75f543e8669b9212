"""Local Law 144's impact ratios: a table by hand, the two-percent rule, and the median by brute force."""

import numpy as np
import pytest

from responsible.analyses.impact_ratios import SMALL, UNKNOWN, impact_ratios, median
from responsible.fairness.groups import groups

SEX, RACE = groups("sex", ["f", "m"], ["m"]), groups("race", ["Missing", "a", "b", "c"], ["a"])


def table(cells, *, scored=True):
    """Rows by model, attributes, category and rate; ``cells`` are (sex, race, selected, score, people)."""
    sex, race, selected, score, n = zip(*cells, strict=True)
    coded = [(SEX, SEX.code(sex)), (RACE, RACE.code(race))]
    given = np.array(score, float) if scored else None
    found = impact_ratios("a", coded, np.array(selected, bool), given, counts=np.array(n), confidence=0.95)
    return found.set_index(["attributes", "category", "rate"])


# 200 people: of 100 men 60 are selected, of 100 women 30; 3 are of race c, 7 of an unknown one
CELLS = [
    ("m", "a", 1, 0.9, 40), ("m", "a", 0, 0.2, 20), ("m", "b", 1, 0.8, 20), ("m", "b", 0, 0.3, 20),
    ("f", "a", 1, 0.9, 20), ("f", "a", 0, 0.1, 30), ("f", "b", 1, 0.6, 7), ("f", "b", 0, 0.4, 33),
    ("f", "c", 1, 0.9, 3), ("f", "Missing", 0, 0.2, 7),
]  # fmt: skip


def test_by_hand():
    """Women .3 against men .6, the most selected: an impact ratio of one half, men 1."""
    found = table(CELLS)
    women, men = (found.loc[("sex", level, "selection_rate")] for level in ("f", "m"))
    assert (women["people"], women["count"], women["value"]) == (100, 30, pytest.approx(0.3))
    assert (women["impact_ratio"], men["impact_ratio"], women["reference"]) == (pytest.approx(0.5), 1, "m")


def test_scores_above_the_median():
    """The median of 200 scores lies between the 100th and 101st, .4: above it are 60 of the men and 30 of the women."""
    found = table(CELLS)
    assert found.loc[("sex", "m", "scoring_rate"), "count"] == 60
    assert found.loc[("sex", "f", "scoring_rate"), "impact_ratio"] == pytest.approx(0.5)


def test_a_category_under_two_percent_is_listed_and_never_the_reference():
    """All three of race c are selected: 1.5 % of the people, so listed with its rate, without a ratio, no reference."""
    row = table(CELLS).loc[("race", "c", "selection_rate")]
    assert (row["value"], row["people"], row["reason"]) == (1, 3, SMALL)
    assert np.isnan(row["impact_ratio"])
    assert row["reference"] == "a"


def test_people_of_no_known_category_are_counted_apart():
    """Seven of unknown race are counted in one line, by race and in the cross, and have no category of their own."""
    found = table(CELLS)
    assert found.loc[("race", UNKNOWN, "selection_rate"), "people"] == 7
    assert found.loc[("sex & race", UNKNOWN, "selection_rate"), "people"] == 7
    assert "Missing" not in found.index.get_level_values("category")


def test_sex_and_race_are_crossed():
    """Women of race b: 7 of 40 against men of race a, 40 of 60."""
    row = table(CELLS).loc[("sex & race", "f & b", "selection_rate")]
    assert row["impact_ratio"] == pytest.approx((7 / 40) / (40 / 60))
    assert row["reference"] == "m & a"


def test_without_scores_there_is_no_scoring_rate():
    """Decisions alone have selection rates only."""
    assert set(table(CELLS, scored=False).index.get_level_values("rate")) == {"selection_rate"}


def test_nobody_selected_has_no_ratio():
    """Where the highest rate is 0 there is nothing to divide by."""
    assert (
        table([(*cell[:2], 0, *cell[3:]) for cell in CELLS]).loc[("sex", "f", "selection_rate")].isna()["impact_ratio"]
    )


@pytest.mark.parametrize("seed", range(20))
def test_the_median_is_numpys_on_rows(seed):
    """The median of cells is that of the rows they stand for."""
    rng = np.random.default_rng(seed)
    score, counts = rng.integers(0, 9, 12) / 10, rng.integers(0, 4, 12)
    counts[0] += 1
    assert median(score, counts) == pytest.approx(np.median(np.repeat(score, counts)))
