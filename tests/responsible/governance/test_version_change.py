"""The change of a figure: paired and independent intervals, and which way is better."""

import math

import numpy as np
import pandas as pd
import pytest

from responsible.fairness.groups import groups
from responsible.fairness.measures import MEASURES
from responsible.fairness.verdicts import Fairness
from responsible.governance.evidence import Evidence
from responsible.governance.version_change import Change, better, independent, paired
from responsible.limits import Limits
from responsible.statistics.intervals import Inference
from responsible.statistics.probability_metrics import SCORES

INFERENCE = Inference(confidence=0.95, replicates=2000, minimum_denominator=1)
FAIRNESS = Fairness(accuracy_floor=0.5, limits={name: Limits(minimum=0.0, maximum=2.0) for name in MEASURES})


def people(rows=3000, worse=0.0, seed=1):
    """One row a person: label, group, scores of two versions; the new one is ``worse`` lower for group u."""
    rng = np.random.default_rng(seed)
    label, level = rng.integers(0, 2, rows), np.where(rng.random(rows) < 0.5, "u", "p")
    old = 0.3 * label + rng.random(rows) * 0.7
    new = np.clip(old + rng.normal(0, 0.02, rows) - worse * (level == "u"), 0, 1)
    return pd.DataFrame({"n": 1, "a.sex": level, "old": old, "new": new}), label


def changes(test, label, decide_at=(0.5, 0.5)):
    return paired(
        test,
        label,
        [groups("sex", ["u", "p"], ["p"])],
        decide_at,
        fairness=FAIRNESS,
        inference=INFERENCE,
        rng=np.random.default_rng(0),
    )


def test_a_lowered_group_is_a_real_change_for_the_worse():
    """Scores of the unprivileged lowered by a tenth: selection falls for them, on the point and beyond chance."""
    test, label = people(worse=0.1)
    found = changes(test, label)["sex.disparate_impact", ""]
    u = (test["a.sex"] == "u").to_numpy()
    ratio = {v: (test[v][u] >= 0.5).mean() / (test[v][~u] >= 0.5).mean() for v in ("old", "new")}
    assert found.value == pytest.approx(ratio["new"] - ratio["old"])
    assert found.low < found.value < found.high < 0
    assert found.real
    assert better("disparate_impact", ratio["old"], ratio["new"]) is False


def test_a_jitter_is_noise():
    """A version that moves scores at random changes no measure beyond chance."""
    found = changes(*people())
    assert not found["sex.disparate_impact", ""].real
    assert not found["sex.equal_opportunity_difference", ""].real
    assert not found["accuracy", ""].real


def test_the_same_scores_change_nothing():
    """Every change is exactly 0; that of predictions, which may differ on the next row, has a width."""
    test, label = people()
    for (figure, _), change in changes(test.assign(new=test["old"]), label).items():
        assert change.value == 0
        assert not change.real
        assert (change.low == change.high == 0) if figure in SCORES else (change.low < 0 < change.high), figure


def test_the_decision_threshold_of_each_version_counts():
    """The same scores cut at another place are other predictions."""
    test, label = people()
    found = changes(test.assign(new=test["old"]), label, (0.5, 0.9))["accuracy", ""]
    expected = ((test["old"] >= 0.9) == label).mean() - ((test["old"] >= 0.5) == label).mean()
    assert found.value == pytest.approx(expected)
    assert found.high < 0


@pytest.mark.parametrize("figure", SCORES)
def test_changes_of_scores_are_differences_of_the_figures(figure):
    """The point of a paired change is the new figure minus the old one, however the figure is computed."""
    test, label = people(400, worse=0.05)
    value = {v: SCORES[figure].value(test[v].to_numpy(), label, 1 - label) for v in ("old", "new")}
    assert changes(test, label)[figure, ""].value == pytest.approx(value["new"] - value["old"], abs=1e-12)


@pytest.mark.parametrize("figure", SCORES)
def test_intervals_of_scores_agree_with_a_bootstrap_of_rows(figure):
    """Second witness: the width of the interval is that of 400 resamplings of people, within a sixth."""
    test, label = people(500, worse=0.05)
    rng, drawn = np.random.default_rng(3), []
    for _ in range(400):
        pick = rng.integers(0, len(test), len(test))
        one, y = test.iloc[pick], label[pick]
        drawn.append(
            SCORES[figure].value(one["new"].to_numpy(), y, 1 - y)
            - SCORES[figure].value(one["old"].to_numpy(), y, 1 - y)
        )
    found = changes(test, label)[figure, ""]
    assert found.high - found.low == pytest.approx(2 * 1.96 * np.std(drawn), rel=1 / 6)


def test_pairing_narrows_the_interval():
    """What the two versions have in common cancels: the paired interval of AUC is narrower than the independent one."""
    test, label = people(500)
    each = [SCORES["roc_auc"].interval(test[v].to_numpy(), label, 1 - label, 0.95) for v in ("old", "new")]
    points = [SCORES["roc_auc"].value(test[v].to_numpy(), label, 1 - label) for v in ("old", "new")]
    apart = independent(*(Evidence(v, i.low, i.high) for v, i in zip(points, each, strict=True)))
    together = changes(test, label)["roc_auc", ""]
    assert together.value == pytest.approx(apart.value)
    assert together.high - together.low < 0.5 * (apart.high - apart.low)


def test_cells_and_rows_give_the_same_points():
    """A cell that stands for three people counts three times."""
    test, label = people(60)
    thrice = pd.concat([test] * 3, ignore_index=True)
    cells, rows = changes(test.assign(n=3), label), changes(thrice, np.tile(label, 3))
    for place, change in cells.items():
        assert change.value == pytest.approx(rows[place].value, abs=1e-12, nan_ok=True), place


def test_a_class_that_is_absent_leaves_the_auc_undefined():
    """With one label only there is no pair to rank; nothing is shown, so nothing is real."""
    test, _ = people(50)
    found = changes(test, np.ones(50, dtype=np.int64))["roc_auc", ""]
    assert math.isnan(found.low)
    assert not found.real


def test_independent_figures_square_and_add():
    """By hand: 0.5 [0.4, 0.7] to 0.9 [0.6, 1.0] is +0.4, less √(0.3² + 0.2²), plus √(0.1² + 0.1²)."""
    found = independent(Evidence(0.5, 0.4, 0.7), Evidence(0.9, 0.6, 1.0))
    assert (found.value, found.low, found.high) == pytest.approx((0.4, 0.4 - math.sqrt(0.13), 0.4 + math.sqrt(0.02)))


def test_independent_normal_intervals_give_the_normal_interval_of_the_difference():
    """Second witness: symmetric intervals of half-widths 3 and 4 make one of 5."""
    found = independent(Evidence(10, 7, 13), Evidence(10, 6, 14))
    assert (found.low, found.high) == pytest.approx((-5, 5))


@pytest.mark.parametrize("ends", [(math.nan, 0.7), (0.4, math.nan)])
def test_an_undefined_end_shows_nothing(ends):
    """A figure without interval has no interval of change."""
    assert not independent(Evidence(0.5, *ends), Evidence(0.9, 0.8, 1.0)).real


@pytest.mark.parametrize(
    ("figure", "old", "new", "expected"),
    [
        ("disparate_impact", 0.5, 0.9, True),
        ("disparate_impact", 1.0, 1.3, False),
        ("disparate_impact", 0.5, 2.0, None),
        ("disparate_impact", 0.0, 0.1, True),
        ("equal_opportunity_difference", -0.3, 0.2, True),
        ("equal_opportunity_difference", 0.1, -0.1, None),
        ("accuracy", 0.9, 0.8, False),
        ("roc_auc", 0.8, 0.9, True),
        ("log_loss", 0.3, 0.2, True),
        ("brier", 0.1, 0.2, False),
        ("accuracy", 0.9, 0.9, None),
        ("accuracy", math.nan, 0.9, None),
        ("effective_rows", 10, 20, None),
    ],
)
def test_better_is_nearer_to_parity_or_higher_or_a_lower_loss(figure, old, new, expected):
    """A ratio and its reciprocal are equally far from parity; of other figures nobody can say."""
    assert better(figure, old, new) is expected


def test_real_means_that_zero_lies_outside():
    """An interval that ends at 0 still holds it."""
    assert [Change(0.1, low, high).real for low, high in ((0.01, 0.2), (-0.2, -0.01), (0, 0.2), (-0.1, 0.1))] == [
        True,
        True,
        False,
        False,
    ]


@pytest.mark.parametrize("ends", [(0.1, 0.01, 0.2), (0.1, -0.01, 0.2), (-0.1, -0.3, -0.02), (0.0, -0.1, 0.1)])
def test_the_p_of_a_change_agrees_with_its_interval(ends):
    """The p that an interval implies is below 5 % just where the interval excludes 0; twice 1.96 errors give .0001."""
    change = Change(*ends)
    assert (change.p(0.95) < 0.05) == change.real
    assert Change(0.2, 0.1, 0.3).p(0.95) == pytest.approx(8.9e-5, rel=0.01)
