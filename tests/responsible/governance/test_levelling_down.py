"""Levelling down: gaps that closed because the better-off group lost, on tables counted by hand."""

import math

import numpy as np
import pytest
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from pipeline.results import levelling
from responsible.governance.evidence import Evidence, difference
from responsible.governance.levelling_down import levelled_down, pooled
from responsible.words import Words


def rate(count, of):
    """A share with its Wilson interval, from statsmodels."""
    return Evidence(count / of, *proportion_confint(count, of, method="wilson"))


# 400 of 1,000 and 800 of 1,000 before; what comes after, and which group lost: 1 is the better-off one.
@pytest.mark.parametrize(
    ("worse", "better", "found"),
    [
        (400, 600, 1),  # 40 points become 20: nobody gained
        (380, 600, 1),  # both lost, the better-off more
        (410, 600, 1),  # a gain of 1 point is not shown
        (500, 600, None),  # the worse-off gained 10 points
        (600, 800, None),  # only the worse-off moved
        (400, 790, None),  # a loss of 1 point is not shown
        (150, 600, None),  # the gap grew to 45 points
        (400, 100, 1),  # from 40 points to 30 the other way
    ],
)
def test_the_better_off_group_lost_only_where_that_is_shown(worse, better, found):
    """Of groups of 1,000 the verdict is the one that the counts give by hand, whichever group comes first."""
    before, after = (rate(400, 1000), rate(800, 1000)), (rate(worse, 1000), rate(better, 1000))
    assert levelled_down(before, after) == found
    assert levelled_down(before[::-1], after[::-1]) == (None if found is None else 1 - found)


def test_few_people_and_undefined_rates_show_nothing():
    """The same shares of 10 people are no evidence, and a rate that does not exist is none either."""
    assert levelled_down((rate(4, 10), rate(8, 10)), (rate(4, 10), rate(6, 10))) is None
    nothing = Evidence(math.nan)
    assert levelled_down((rate(400, 1000), nothing), (rate(400, 1000), rate(6, 10))) is None


def test_a_change_has_the_interval_of_newcombe():
    """From Wilson intervals the ends are those of statsmodels' method 10 of Newcombe 1998."""
    _, low, high = difference(rate(40, 100), rate(30, 120))
    assert (low, high) == pytest.approx(confint_proportions_2indep(30, 120, 40, 100, method="newcomb"), abs=1e-12)


def test_levels_are_pooled_by_their_rows():
    """3 of 10 and 30 of 50 are 33 of 60; the ends are those of the sum by brute force; no rows, no rate."""
    levels = [(10.0, rate(3, 10)), (50.0, rate(30, 50)), (0.0, Evidence(math.nan))]
    found = pooled(levels)
    assert found.value == pytest.approx(33 / 60)
    below = [n / 60 * (r.value - r.low) for n, r in levels[:2]]
    above = [n / 60 * (r.high - r.value) for n, r in levels[:2]]
    assert (found.low, found.high) == pytest.approx((33 / 60 - np.linalg.norm(below), 33 / 60 + np.linalg.norm(above)))
    assert math.isnan(pooled([]).value)
    assert math.isnan(pooled([(math.nan, Evidence(math.nan)), (5.0, rate(1, 5))]).value)


def rows(counts, model):
    """Rows of ``plots/group_rates.csv`` from level → (privileged, selected, people)."""
    return [
        {"attribute": "sex", "level": level, "privileged": str(flag), "model": model, "rate": "selection_rate"}
        | {"of": str(of)}
        | dict(zip(("value", "low", "high"), map(str, (r.value, r.low, r.high)), strict=True))
        for level, (flag, count, of) in counts.items()
        for r in [rate(count, of)]
    ]


def test_the_clause_names_both_groups_and_their_rates():
    """Two unprivileged levels are pooled, one alone is named; a measure of errors has no clause."""
    before = rows({"M": (True, 800, 1000), "F": (False, 300, 500), "X": (False, 100, 500)}, "reweighed")
    after = rows({"M": (True, 600, 1000), "F": (False, 300, 500), "X": (False, 95, 500)}, "reweighed")
    models = ("reweighed", "reweighed")
    given = (before, after), models, Words(levels={"sex": {"M": "men"}})
    pool = levelling.clause(("sex", "disparate_impact", ""), *given)
    assert pool == "selected by sex: men 80 → 60 %, others 40 → 40 %"
    alone = levelling.clause(("sex", "statistical_parity_difference", "X"), *given)
    assert alone == "selected by sex: men 80 → 60 %, X 20 → 19 %"
    assert levelling.clause(("sex", "average_odds_difference", ""), *given) == ""
    assert levelling.clause(("sex", "disparate_impact", ""), ([], after), models, Words()) == ""
