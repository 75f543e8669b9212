"""Calibration intercept and slope: against statsmodels, by hand, and by simulation."""

import numpy as np
import pytest

from responsible.analyses.calibration_models import INTERCEPT, SLOPE, calibration_models, fitted
from responsible.fairness.groups import groups
from responsible.measures.scores import Scored
from responsible.statistics.intervals import Inference

INFERENCE = Inference(confidence=0.95, replicates=100, minimum_denominator=5)
WHO = groups("sex", ["m", "w"], ["m"])


def simulated(rng, rows, base=0.3, intercept=0.0, slope=1.0):
    """Scores, labels that follow the recalibrated ones, and one row each."""
    score = rng.beta(3 * base, 3 * (1 - base), rows).clip(1e-5, 1 - 1e-5)
    odds = np.exp(intercept) * (score / (1 - score)) ** slope
    label = (rng.random(rows) < odds / (1 + odds)).astype(int)
    return score, label, np.ones(rows, dtype=int)


def by_figure(scored, code):
    table = calibration_models(scored, [(WHO, code)], INFERENCE)
    return table.set_index(["group", "figure"])


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("base", [0.03, 0.5, 0.97])
def test_estimates_and_errors_are_statsmodels(seed, base):
    """Both models are statsmodels' binomial GLM, with the logit of the score as regressor or as offset."""
    sm = pytest.importorskip("statsmodels.api")
    score, label, counts = simulated(np.random.default_rng(seed), 400, base, 0.5, 0.7)
    counts = np.random.default_rng(seed + 100).integers(1, 4, 400)
    x = np.log(score / (1 - score))
    family = {"family": sm.families.Binomial(), "freq_weights": counts}
    slope = sm.GLM(label, sm.add_constant(x), **family).fit(tol=1e-12)
    inside = sm.GLM(label, np.ones(400), offset=x, **family).fit(tol=1e-12)
    assert fitted(score, label, counts, slope=True) == pytest.approx((slope.params[1], slope.bse[1]), rel=1e-6)
    assert fitted(score, label, counts, slope=False) == pytest.approx((inside.params[0], inside.bse[0]), rel=1e-6)


def test_intercept_by_hand():
    """One score of .5 and 30 of 40 with label 1: the odds are 3, so a = log 3 with error √(1/30 + 1/10)."""
    found = fitted(np.array([0.5, 0.5]), np.array([0, 1]), np.array([10, 30]), slope=False)
    assert found == pytest.approx((np.log(3), np.sqrt(1 / 30 + 1 / 10)))


def test_groups_are_judged_apart():
    """Scores right for men and too high for women: the intercept of women lies below 0, and that of men includes it."""
    rng = np.random.default_rng(5)
    men, women = simulated(rng, 3_000), simulated(rng, 3_000, intercept=-1)
    score, label, counts = (np.concatenate(pair) for pair in zip(men, women, strict=True))
    found = by_figure(Scored({"a": score}, label, counts, label), np.repeat([0, 1], 3_000))
    assert found.loc[("m", INTERCEPT), "low"] < 0 < found.loc[("m", INTERCEPT), "high"]
    assert found.loc[("w", INTERCEPT), "high"] < -0.7
    assert found.loc[("w", SLOPE), "low"] < 1 < found.loc[("w", SLOPE), "high"]
    assert found.loc[("", INTERCEPT), "n"] == 6_000


@pytest.mark.parametrize(
    ("score", "label", "reason"),
    [
        (np.linspace(0.1, 0.9, 40), np.ones(40, dtype=int), "no_negatives"),
        (np.linspace(0.1, 0.9, 40), np.zeros(40, dtype=int), "no_positives"),
        (np.linspace(0.1, 0.9, 40), np.repeat([0, 1], [37, 3]), "n_below_minimum"),
        (np.linspace(0.1, 0.9, 40), np.repeat([0, 1], 20), "separated"),
    ],
)
def test_undefined_is_said(score, label, reason):
    """Without one of the labels, with few of one, and where the scores part the labels, there is no slope."""
    found = by_figure(Scored({"a": score}, label, np.ones(40, dtype=int), label), np.zeros(40, dtype=int))
    assert found.loc[("m", SLOPE), "reason"] == reason
    assert np.isnan(found.loc[("m", SLOPE), ["value", "low", "high"]].astype(float)).all()
    assert found.loc[("w", SLOPE), "reason"] == "group_absent"


@pytest.mark.slow
@pytest.mark.parametrize("base", [0.05, 0.5, 0.95])
@pytest.mark.parametrize("rows", [300, 3_000])
def test_coverage(base, rows, seed):
    """Intervals hold the true intercept and slope in at least .91 of samples less simulation error."""
    rng, held = np.random.default_rng(seed), np.zeros(2)
    for _ in range(300):
        score, label, counts = simulated(rng, rows, base)
        for i, (slope, truth) in enumerate(((False, 0.0), (True, 1.0))):
            value, error = fitted(score, label, counts, slope=slope)
            held[i] += abs(value - truth) <= 1.959964 * error
    assert (held / 300 > 0.91 - 0.035).all()
