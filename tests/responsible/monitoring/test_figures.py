"""Figures by period: values and changes by hand, which rates test them, control limits, labels that are late."""

import numpy as np
import pandas as pd
import pytest

from responsible.fairness.groups import groups
from responsible.fairness.measures import standard
from responsible.measures.exact_tests import two_sided
from responsible.monitoring.figures import Judge, asked, figures
from responsible.monitoring.sides import Sides, by_label, sides, tables
from responsible.monitoring.spending import Spending, trend
from responsible.statistics.intervals import Inference
from responsible.tabular.levels import Disclosure

INFERENCE = Inference(confidence=0.95, replicates=2_000, minimum_denominator=5)
WHO = groups("g", ["A", "B"], ["A"])
CUT = 1
STANDARD = standard()


def cells(table, period=""):
    """Cells of level, label and decision, in the order (A, B) × y × ŷ; a label of -1 is unknown."""
    rows = [
        {"a.g": level, "bin": y, "decision": d, "n": n, "period": period}
        for (level, y, d), n in zip([(g, y, d) for g in "AB" for y in (0, 1) for d in (0, 1)], table, strict=True)
    ]
    return pd.DataFrame(rows)


REFERENCE = cells([800, 200, 200, 800, 850, 150, 250, 750])
SAME, MOVED = [80, 20, 20, 80, 85, 15, 25, 75], [80, 20, 20, 80, 95, 5, 75, 25]


def judged(*periods, complete=None, minimum=0, error=0.05, times=1):
    parts = [cells(table, str(i)) for i, table in enumerate(periods)]
    counted = [tables(each, REFERENCE.assign(n=REFERENCE["n"] * times), parts, CUT) for each in sides([WHO])]
    names = [str(i) for i in range(len(parts))]
    known = complete or [1.0] * len(parts)
    spending, least = Spending(error, 12, asked(counted, STANDARD)), 0.05
    there, hidden = [share >= 0.95 for share in known], Disclosure(minimum_cell=minimum)
    judge = Judge(names, known, there, STANDARD, spending, least, INFERENCE, 3, hidden)
    return pd.DataFrame([row for each in counted for row in judge.rows(each)]).set_index(["figure", "period"])


def test_values_and_changes_by_hand():
    """True positive rates .8 and .75 become .8 and .25: equal opportunity falls by a half, recall by a quarter."""
    found = judged(MOVED)
    row = found.loc[("equal_opportunity_difference", "0")]
    assert (row["reference"], row["value"]) == pytest.approx((-0.05, -0.55))
    assert row["change"] == pytest.approx(-0.5)
    assert row["change_low"] < -0.5 < row["change_high"] < 0
    assert row["alarm"]
    assert found.loc[("recall", "0"), "change"] == pytest.approx(0.525 - 0.775)
    assert found.loc[("accuracy", "0"), "value"] == pytest.approx((80 + 80 + 95 + 25) / 400)


def test_a_figure_is_tested_by_its_rates():
    """The p of equal opportunity is the lesser of the exact tests of both true positive rates."""
    row = judged(MOVED).loc[("equal_opportunity_difference", "0")]
    assert row["p"] == min(two_sided(800, 1_000, 80, 100), two_sided(750, 1_000, 25, 100))


def test_quiet_periods_stay_within_their_limits():
    """No alarm, the value lies within the control limits, and what would have been found is beyond them."""
    found = judged(SAME, SAME)
    assert not found["alarm"].any()
    assert (found["limit_low"] <= found["value"]).all()
    assert (found["value"] <= found["limit_high"]).all()
    assert (found["detectable"] > found["limit_high"] - found["reference"] - 1e-9).all()


def test_a_small_change_is_no_alarm_however_sure():
    """A million rows show a change of two points; without the declared size it is none."""
    found = judged([n * 10_000 for n in (80, 20, 20, 80, 85, 15, 27, 73)], times=1_000)
    row = found.loc[("equal_opportunity_difference", "0")]
    assert row["p"] < 1e-12
    assert row["change"] == pytest.approx(-0.02)
    assert not row["alarm"]


def test_labels_that_are_late_let_a_period_wait():
    """Selection is judged at once; what needs labels waits and has no value."""
    found = judged(MOVED, MOVED, complete=[0.62, 1.0])
    late, there = found.loc[("recall", "0")], found.loc[("recall", "1")]
    assert (late["status"], there["status"]) == ("waiting", "judged")
    assert np.isnan(late["value"])
    assert not late["alarm"]
    assert found.loc[("selection_rate", "0"), "status"] == "judged"
    assert found.loc[("statistical_parity_difference", "0"), "alarm"]


def test_selection_counts_rows_without_a_label():
    """Rows whose target is unknown are selected or not all the same."""
    part = cells(SAME, "0").assign(bin=-1)
    found = tables(sides([WHO])[1], REFERENCE, [part], CUT)
    assert found.periods.sum() == 0
    assert found.selected.tolist() == [[[110, 90], [100, 100]]]


def test_too_few_rows_are_undefined_and_never_an_alarm():
    """Four positives of a group are no true positive rate."""
    row = judged([80, 20, 20, 80, 85, 15, 4, 0]).loc[("equal_opportunity_difference", "0")]
    assert (row["status"], row["reason"]) == ("undefined", "n_below_minimum")
    assert not row["alarm"]


def test_small_counts_are_not_shown():
    """Where no count below 11 may be published, a figure of such a table has a reason and no value."""
    found = judged([80, 20, 20, 80, 85, 15, 7, 93], minimum=11)
    row = found.loc[("equal_opportunity_difference", "0")]
    assert np.isnan(row["value"])
    assert row["reason"] == "fewer_than_11_people"


def test_questions_are_distinct_rates_of_distinct_sides():
    """Everybody: selection, accuracy, TPR, TNR, PPV and F1's rate; each side: selection, TPR, FPR, PPV."""
    both = [tables(each, REFERENCE, [cells(SAME)], CUT) for each in sides([WHO])]
    assert asked(both, STANDARD) == 6 + 2 * 4
    assert asked(both, ["disparate_impact"]) == 6 + 2
    assert set(figures(both[0], STANDARD)) == {
        "selection_rate",
        "accuracy",
        "balanced_accuracy",
        "precision",
        "recall",
        "f1",
    }


def test_without_privileged_levels_each_is_compared_with_all_others():
    """Three levels make three comparisons, whose own sides are the levels."""
    found = sides([groups("g", ["A", "B", "C"], [])])
    assert [each.comparison for each in found] == ["", "A", "B", "C"]
    assert [each.own() for each in found[1:]] == [[(0, level)] for level in "ABC"]
    assert by_label(found[1], REFERENCE, CUT)[0].tolist() == [[800, 200], [200, 800]]
    assert Sides("", "", ("",)).code(REFERENCE).tolist() == [0] * 8


def test_the_trend_is_weighted_least_squares():
    """Numpy's weighted polynomial gives the same slope; a waiting period is left out, two are too few."""
    rows = [
        {"status": "judged", "value": v, "low": v - w, "high": v + w} for v, w in [(1, 1), (2, 1), (2.5, 2), (5, 0.5)]
    ]
    found = trend(rows, 0.95)
    expected = np.polyfit(range(4), [1, 2, 2.5, 5], 1, w=[1, 1, 0.5, 2])[0]
    assert found["slope"] == pytest.approx(expected)
    assert found["slope_low"] < expected < found["slope_high"]
    assert np.isnan(trend([*rows[:2], {**rows[2], "status": "waiting"}], 0.95)["slope"])
