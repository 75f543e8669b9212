"""Decision thresholds: cuts counted by hand and by brute force, net benefit, costs, and bands by simulation."""

import numpy as np
import pandas as pd
import pytest

from responsible.analyses import decision_threshold
from responsible.analyses.decision_threshold import ALL, BENEFIT, GRID, best, curves, net_benefit
from responsible.fairness.groups import groups
from responsible.fairness.measures import MEASURES
from responsible.measures.costs import Costs
from responsible.measures.scores import Scored
from responsible.statistics.intervals import Inference
from tests.support import reference

COSTS = Costs(false_positive=1, false_negative=5)
INFERENCE = Inference(confidence=0.95, replicates=500, minimum_denominator=1)
WHO = groups("sex", ["m", "w"], ["m"])
MEASURED = ["statistical_parity_difference", "equal_opportunity_difference", "mean_score_difference"]
# Ten people: five men, then five women
SCORE = np.array([0.9, 0.8, 0.4, 0.3, 0.1, 0.7, 0.55, 0.5, 0.2, 0.05])
LABEL = np.array([1, 1, 1, 0, 0, 1, 0, 1, 0, 0])
CODE = np.repeat([0, 1], 5)
TEN = Scored({"a": SCORE}, LABEL, np.ones(10, dtype=int), CODE)


def drawn(found=TEN, code=CODE, costs=COSTS, seed=1, **changes):
    inference = INFERENCE.model_copy(update=changes)
    rng = np.random.default_rng(seed)
    return curves("a", found, [(WHO, code)], MEASURED, costs=costs, inference=inference, rng=rng)


def simulated(rng, rows):
    """Scores of two groups, right on average."""
    code = (rng.random(rows) < 0.4).astype(int)
    score = np.round(rng.beta(2, 3 + code), 3)
    return Scored({"a": score}, (rng.random(rows) < score).astype(int), np.ones(rows, dtype=int), code)


def test_by_hand():
    """At .5 six are right of the men (.9, .8 yes; .4 wrong) and women: accuracy .8, one FP and one FN cost 6 in ten."""
    at = drawn().query("threshold == 0.5").set_index("figure")["value"]
    # yes: .9 .8 .7 .5 rightly, .55 wrongly; no: .4 wrongly
    assert at["accuracy"] == pytest.approx(0.8)
    assert at["cost"] == pytest.approx((1 * 1 + 5 * 1) / 10)
    assert at[BENEFIT] == pytest.approx(4 / 10 - 1 / 10)
    assert at[ALL] == pytest.approx(5 / 10 - 5 / 10)
    assert at["statistical_parity_difference"] == pytest.approx(3 / 5 - 2 / 5)
    assert at["equal_opportunity_difference"] == pytest.approx(1 - 2 / 3)


def test_every_cut_is_brute_force():
    """At each of 99 thresholds every figure is that of the rows with a score of at least it."""
    found = simulated(np.random.default_rng(4), 300)
    table = drawn(found, found.code).set_index(["figure", "threshold"])["value"]
    for t in GRID:
        yes = (found.scores["a"] >= t).astype(int)
        rows = list(zip(found.label, yes, strict=True))
        u, p = ([row for row, c in zip(rows, found.code, strict=True) if c == side] for side in (1, 0))
        assert table["accuracy", t] == pytest.approx(reference.RATES["accuracy"](rows))
        for name in MEASURED[:2]:
            assert table[name, t] == pytest.approx(reference.MEASURES[name](u, p), nan_ok=True)
        tp, fp = (sum(1 for y, h in rows if h and y == label) for label in (1, 0))
        assert table[BENEFIT, t] == pytest.approx((tp - fp * t / (1 - t)) / 300)


def test_cells_stand_for_their_rows():
    """Cells with counts give the curve of the rows they stand for."""
    counts = np.arange(1, 11)
    rows = np.repeat(np.arange(10), counts)
    cells = drawn(Scored({"a": SCORE}, LABEL, counts, CODE))
    whole = drawn(Scored({"a": SCORE[rows]}, LABEL[rows], np.ones(len(rows), dtype=int), CODE[rows]), CODE[rows])
    pd.testing.assert_frame_equal(cells, whole)


def test_net_benefit_of_vickers_and_elkin():
    """Their example: 169 true and 232 false positives of 902 at a threshold of 10 % are a net benefit of .1588."""
    table = np.array([[[[902 - 169 - 232, 232], [0, 169]]]])
    value = net_benefit(np.array([0.1])).compute(table)
    assert value == pytest.approx((169 - 232 / 9) / 902)


def test_cost_is_bounded_and_undefined_nowhere():
    """A model that is always wrong in the dear way costs 5 a row, and one that is always right costs nothing."""
    assert COSTS.figure.compute(np.array([[[0, 0], [10, 0]]])) == 5
    assert COSTS.figure.compute(np.array([[[10, 0], [0, 10]]])) == 0


def test_best_is_chosen_on_one_part_and_judged_on_another():
    """With false negatives five times as dear the cut moves from .5 to .35, which catches .4: costs of .6 become .1."""
    found = best("a", TEN, TEN, 0.5, costs=COSTS, inference=INFERENCE, rng=np.random.default_rng(1))
    assert (found.figure, found.threshold, found.calibrated) == ("cost", 0.4, pytest.approx(1 / 6))
    assert (found.now.value, found.then.value) == pytest.approx((0.6, 0.1))
    assert found.change.value == pytest.approx(-0.5)
    assert found.change.low < -0.5 < found.change.high


def test_without_costs_accuracy_decides_and_a_tie_stays_near():
    """Accuracy is .9 from .31 to .4: the nearest to .5 is .4; from .35 nothing is better than staying."""
    found = best("a", TEN, TEN, 0.5, costs=None, inference=INFERENCE, rng=np.random.default_rng(1))
    assert (found.figure, found.threshold, found.then.value) == ("accuracy", 0.4, pytest.approx(0.9))
    stays = best("a", TEN, TEN, 0.35, costs=None, inference=INFERENCE, rng=np.random.default_rng(1))
    assert (stays.threshold, stays.change.value) == (0.35, 0)


def test_clusters_widen_the_bands():
    """Four equal rows of each person make bands about twice as wide as those of independent rows."""
    found = simulated(np.random.default_rng(6), 500)
    four = [np.repeat(each, 4) for each in (found.scores["a"], found.label, found.code)]
    plain = Scored({"a": four[0]}, four[1], np.ones(2_000, dtype=int), four[2])
    clustered = Scored(plain.scores, plain.label, plain.counts, plain.code, np.repeat(np.arange(500) % 100, 4))
    widths = [
        drawn(each, each.code).query("figure == 'accuracy' and threshold == 0.5").eval("high - low").iloc[0]
        for each in (plain, clustered)
    ]
    assert 1.5 < widths[1] / widths[0] < 2.6


@pytest.mark.slow
def test_bands_hold_the_truth(seed, monkeypatch):
    """At rare and at frequent answers the bands hold the population's figure in at least .91 of samples.

    Only the thresholds that are asked about are cut: replicates of more bins add up to those of fewer.
    """
    monkeypatch.setattr(decision_threshold, "GRID", np.array([0.05, 0.3, 0.6]))
    rng, held, known = np.random.default_rng(seed), {}, {}
    people = simulated(np.random.default_rng(99), 400_000)
    truth = drawn(people, people.code, replicates=100).set_index(["figure", "threshold"])["value"]
    for _ in range(200):
        found = simulated(rng, 800)
        table = drawn(found, found.code).set_index(["figure", "threshold"])
        for figure in ("accuracy", "cost", BENEFIT, *MEASURED[:2]):
            for t in decision_threshold.GRID:
                row = table.loc[(figure, t)]
                known[figure, t] = known.get((figure, t), 0) + (row["reason"] == "")
                held[figure, t] = held.get((figure, t), 0) + (row["low"] <= truth[figure, t] <= row["high"])
    assert min(known.values()) > 150
    assert {key: n / known[key] for key, n in held.items() if n / known[key] < 0.91 - 0.04} == {}


def test_only_measures_of_counts_have_a_curve():
    """A mean score has no threshold, so it has no rows."""
    assert set(drawn()["figure"]) & {*MEASURES, "mean_score_difference"} == set(MEASURED[:2])
