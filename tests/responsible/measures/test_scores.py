"""Measures of scores: by hand, by statsmodels and AIF360, by brute force, and by simulation."""

import logging

import numpy as np
import pandas as pd
import pytest

from responsible.measures.scores import SCORE_MEASURES, Scored, compare
from responsible.statistics.intervals import Inference

MEAN, CALIBRATION = SCORE_MEASURES
INFERENCE = Inference(confidence=0.95, replicates=1_000, minimum_denominator=2)
# Four women with scores .2 .4 .6 .8, of whom two have label 1; two men with .5 and .9, both with label 1.
SCORE, LABEL = np.array([0.2, 0.4, 0.6, 0.8, 0.5, 0.9]), np.array([0, 0, 1, 1, 1, 1])
SIDE = np.array([0, 0, 0, 0, 1, 1])
HAND = Scored({"a": SCORE, "b": SCORE**2}, LABEL, np.ones(6, dtype=int), SIDE)


def found(name, scored, side, model="a", before="", **changes):
    """Estimate, method and p of a measure."""
    return compare(SCORE_MEASURES[name], model, scored, side, INFERENCE.model_copy(update=changes), before=before)


def simulated(rng, rows, base, shift=0.0, spread=2.0):
    """Cells of one row each whose scores are right on average for side 1 and understate side 0 by ``shift``."""
    side = (rng.random(rows) < 0.5).astype(int)
    truth = rng.beta(spread * base, spread * (1 - base), rows)
    label = (rng.random(rows) < np.clip(truth + shift * (side == 0), 0, 1)).astype(int)
    return Scored({"a": truth}, label, np.ones(rows, dtype=int), side), side


def test_by_hand():
    """Mean scores .5 and .7 differ by −.2; shares .5 and 1 exceed their mean scores by 0 and .3: −.3."""
    assert found(MEAN, HAND, SIDE)[0].value == pytest.approx(-0.2)
    assert found(CALIBRATION, HAND, SIDE)[0].value == pytest.approx(0 - 0.3)


def test_a_change_is_that_of_the_same_rows():
    """Scores squared: means .3 and .53, so the gap moves from −.2 to −.23 and the calibration gap the other way."""
    assert found(MEAN, HAND, SIDE, "b", "a")[0].value == pytest.approx(-0.03)
    assert found(CALIBRATION, HAND, SIDE, "b", "a")[0].value == pytest.approx(0.03)


@pytest.mark.peers
def test_interval_and_test_are_statsmodels_welch():
    """On many rows without rare labels: value, both ends and p of statsmodels' unequal-variance t-test."""
    from statsmodels.stats.weightstats import CompareMeans

    scored, side = simulated(np.random.default_rng(1), 400, 0.4)
    for name, values in ((MEAN, scored.scores["a"]), (CALIBRATION, scored.label - scored.scores["a"])):
        estimate, method, p = found(name, scored, side)
        theirs = CompareMeans.from_data(values[side == 0], values[side == 1])
        low, high = theirs.tconfint_diff(usevar="unequal")
        assert (method, p) == ("welch", pytest.approx(theirs.ttest_ind(usevar="unequal")[1]))
        assert estimate.value == pytest.approx(values[side == 0].mean() - values[side == 1].mean())
        # Wilson's interval of the shares with label 1 reaches a little farther than the normal one
        slack = 1e-9 if name == MEAN else 0.005
        assert low - slack <= estimate.low <= low + 1e-12
        assert high - 1e-12 <= estimate.high <= high + slack


@pytest.mark.peers
def test_mean_score_is_aif360s_smoothed_selection_of_probabilities():
    """The mean score of a group is AIF360's generalized false positive and true positive rate, weighted by label."""
    logging.disable(logging.WARNING)
    try:
        from aif360.sklearn.metrics import base_rate, generalized_fnr, generalized_fpr
    finally:
        logging.disable(logging.NOTSET)
    scored, side = simulated(np.random.default_rng(2), 500, 0.3)
    means = []
    for group in (0, 1):
        own, score = pd.Series(scored.label[side == group]), scored.scores["a"][side == group]
        share = base_rate(own)
        means.append(share * (1 - generalized_fnr(own, score)) + (1 - share) * generalized_fpr(own, score))
    assert found(MEAN, scored, side)[0].value == pytest.approx(means[0] - means[1])


def test_cells_stand_for_their_rows():
    """Cells with counts give what the rows they stand for give."""
    counts = np.array([3, 1, 2, 5, 4, 2])
    rows = np.repeat(np.arange(6), counts)
    whole = Scored({"a": SCORE[rows]}, LABEL[rows], np.ones(len(rows), dtype=int), SIDE[rows])
    cells = Scored({"a": SCORE}, LABEL, counts, SIDE)
    for name in SCORE_MEASURES:
        (one, _, p), (other, _, q) = found(name, whole, SIDE[rows]), found(name, cells, SIDE)
        assert (one.value, one.low, one.high, p) == pytest.approx((other.value, other.low, other.high, q))


@pytest.mark.parametrize(
    ("side", "score", "minimum", "reason"),
    [
        ([0, 0, 0, 0, -1, -1], SCORE, 2, "group_absent"),
        (SIDE, SCORE, 3, "n_below_minimum"),
        (SIDE, np.full(6, 0.5), 2, "no_variation"),
    ],
)
def test_undefined_is_said(side, score, minimum, reason):
    """A side without rows, with too few of them or with one score only has no value and says why."""
    scored = Scored({"a": score}, LABEL, np.ones(6, dtype=int), SIDE)
    estimate, method, p = found(MEAN, scored, np.asarray(side), minimum_denominator=minimum)
    assert (estimate.reason, method) == (reason, "undefined")
    assert np.isnan([estimate.value, estimate.low, estimate.high, p]).all()


def test_a_model_without_scores_says_so():
    """A model that decides without a score has no measure of scores, nor a change to one."""
    assert found(MEAN, HAND, SIDE, "vendor")[0].reason == "no_scores"
    assert found(MEAN, HAND, SIDE, "a", "vendor")[0].reason == "no_scores"


def test_scores_that_are_counted_apart_have_no_change():
    """Both models have scores, but nobody knows both of a row."""
    apart = compare(SCORE_MEASURES[MEAN], "a", HAND, SIDE, INFERENCE, before="vendor", elsewhere=("a", "vendor"))
    assert apart[0].reason == "scores_not_paired"


def test_clusters_widen():
    """Four equal rows of each person: the jackknife's interval is about twice that of independent rows."""
    rng = np.random.default_rng(5)
    scored, side = simulated(rng, 400, 0.4)
    many = Scored({"a": np.repeat(scored.scores["a"], 4)}, np.repeat(scored.label, 4), np.ones(1600, int), side)
    groups = Scored(many.scores, many.label, many.counts, side, np.repeat(np.arange(400) % 100, 4))
    for name in SCORE_MEASURES:
        (plain, _, p), (own, method, q) = (found(name, each, np.repeat(side, 4)) for each in (many, groups))
        assert method == "jackknife"
        assert 1.6 < (own.high - own.low) / (plain.high - plain.low) < 2.4
        assert q > p


@pytest.mark.slow
@pytest.mark.parametrize("rows", [200, 2_000])
@pytest.mark.parametrize("base", [0.02, 0.3, 0.98])
@pytest.mark.parametrize("shift", [0.0, 0.01])
def test_coverage_and_size(rows, base, shift, seed):
    """Intervals hold the truth in at least .91 of samples less simulation error, and tests reject as often as said."""
    rng, held, rejected, known = np.random.default_rng(seed), np.zeros(2), np.zeros(2), np.zeros(2)
    room = rng.beta(2 * base, 2 * (1 - base), 1_000_000)
    truths = {MEAN: 0.0, CALIBRATION: float((np.clip(room + shift, 0, 1) - room).mean())}
    for _ in range(400):
        scored, side = simulated(rng, rows, base, shift)
        for i, (name, truth) in enumerate(truths.items()):
            estimate, _, p = found(name, scored, side)
            known[i] += not estimate.reason
            held[i] += estimate.low <= truth <= estimate.high
            rejected[i] += p < 0.05
    assert (known > 390).all()
    assert (held / known > 0.91 - 0.03).all()
    if not shift:
        assert (rejected / known < 0.05 + 0.035).all()
