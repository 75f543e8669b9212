"""Mean waits by period: hand-counted means, scipy's and statsmodels' intervals, tests of each side, power."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from responsible.fairness.groups import groups
from responsible.later_decisions.waits import Waits, asked
from responsible.measures.exact_tests import of_means
from responsible.monitoring.sides import sides
from responsible.monitoring.spending import Spending
from responsible.statistics.intervals import Inference
from responsible.tabular.levels import Disclosure

EACH = sides([groups("g", ["A", "B"], ["A"])])  # everybody, then B against A


def cases(a, b):
    """Durations of A and of B, NaN where a case is not over."""
    return pd.DataFrame({"a.g": ["A"] * len(a) + ["B"] * len(b), "duration": [*map(float, a), *map(float, b)]})


def rows(reference, *parts, questions=10, least=1.0, minimum=0):
    names = [str(at) for at in range(len(parts))]
    rules = Inference(confidence=0.95, replicates=100, minimum_denominator=5)
    judge = Waits(names, Spending(0.05, 24, questions), least, rules, Disclosure(minimum_cell=minimum))
    return {each.attribute: pd.DataFrame(judge.rows(each, reference, parts)) for each in EACH}


def test_means_and_their_difference_by_hand():
    """A waits 10 minutes and B 12, then B waits 20: a difference of 2 becomes 10, and 11 for everybody becomes 15."""
    reference = cases([9, 10, 11] * 20, [11, 12, 13] * 20)
    found = rows(reference, cases([9, 10, 11] * 10, [19, 20, 21, np.nan] * 10))
    gap, whole = found["g"].iloc[0], found["everybody"].iloc[0]
    assert (gap["reference"], gap["value"], gap["change"], gap["rows"]) == (2, 10, 8, 60)
    assert (whole["reference"], whole["value"]) == (11, 15)
    assert gap["alarm"]
    assert whole["alarm"]


def test_intervals_are_students_and_welchs(seed):
    """As scipy has the mean's and statsmodels the difference's with unequal variances."""
    rng = np.random.default_rng(seed)
    a, b = rng.exponential(10, 60), rng.exponential(14, 35)
    found = rows(cases(a, b), cases(a, b))
    gap, whole = found["g"].iloc[0], found["everybody"].iloc[0]
    theirs = CompareMeans(DescrStatsW(b), DescrStatsW(a)).tconfint_diff(usevar="unequal")
    np.testing.assert_allclose((gap["low"], gap["high"]), theirs)
    both = np.concatenate([a, b])
    student = stats.t.interval(0.95, len(both) - 1, both.mean(), stats.sem(both))
    np.testing.assert_allclose((whole["low"], whole["high"]), student)


def test_each_side_is_tested_and_the_lesser_p_counts():
    """The p of a difference is that of the side that moved."""
    reference, now = cases([9, 10, 11] * 20, [11, 12, 13] * 20), cases([9, 10, 11] * 5, [14, 15, 16] * 5)
    gap = rows(reference, now)["g"].iloc[0]
    assert gap["p"] == of_means(np.array([11.0, 12, 13] * 20), np.array([14.0, 15, 16] * 5))
    assert asked(EACH) == 3


def test_a_small_change_is_no_alarm_and_limits_say_where_one_begins():
    """Half a minute of many sure rows is less than the declared minute; limits lie at least so far apart."""
    reference = cases([9, 10, 11] * 2_000, [11, 12, 13] * 2_000)
    row = rows(reference, cases([9, 10, 11] * 500, [11.5, 12.5, 13.5] * 500))["g"].iloc[0]
    assert row["p"] < 1e-9
    assert not row["alarm"]
    assert (row["limit_low"], row["limit_high"]) == (1, 3)
    assert row["detectable"] > 1


def test_too_few_and_equal_waits_have_a_reason():
    """Four cases are no mean, equal waits have no interval, small groups are not shown; none is an alarm."""
    reference = cases([9, 10, 11] * 20, [11, 12, 13] * 20)
    found = rows(reference, cases([9, 10, 11] * 5, [60] * 4), cases([9] * 9, [60] * 9), cases([], []))["g"]
    assert list(found["reason"]) == ["n_below_minimum", "no_variation", "group_absent"]
    assert not found["alarm"].any()
    hidden = rows(reference, cases([9, 10, 11] * 20, [60, 61] * 4), minimum=11)["g"].iloc[0]
    assert (hidden["reason"], hidden["alarm"]) == ("fewer_than_11_people", False)


@pytest.mark.parametrize("sizes", [(2_000, 600, 300, 90), (1_000, 1_000, 200, 200)])
def test_a_change_of_the_printed_size_is_found_at_least_as_often_as_printed(sizes, seed):
    """Waits of one group that grow by the detectable change raise an alarm in 80 % of samples or somewhat more."""
    rng, runs, found = np.random.default_rng(seed), 150, 0
    a0, b0, a1, b1 = sizes
    reference = cases(rng.gamma(4, 3, a0), rng.gamma(4, 3, b0))
    printed = rows(reference, cases(rng.gamma(4, 3, a1), rng.gamma(4, 3, b1)))["g"].iloc[0]["detectable"]
    start = rows(reference, reference)["g"].iloc[0]["reference"]  # what the sample of the reference happens to be
    level = reference.groupby("a.g")["duration"].mean()
    for _ in range(runs):
        a, b = rng.gamma(4, 3, a1) + level["A"] - 12, rng.gamma(4, 3, b1) + level["A"] - 12 + start + printed
        found += bool(rows(reference, cases(a, b))["g"].iloc[0]["alarm"])
    assert 0.72 <= found / runs <= 1
