"""The test that a sum of rates is zero: against Price and Bonett's formula by hand, statsmodels, and its size."""

import numpy as np
import pytest

from responsible.fairness.measures import MEASURES
from responsible.measures.contrast import contrast
from responsible.statistics.jackknife import GROUPS
from tests.support import reference

BALANCED = MEASURES["balanced_accuracy_difference"]


def test_by_hand():
    """8 of 10 and 3 of 8: with 1 event and 1 other added to each, 9/12 and 4/10, z² = .35² / (.1875/12 + .24/10)."""
    found = contrast(np.array([8, 3]), np.array([10, 8]), np.array([1.0, -1.0]))
    assert found.statistic == pytest.approx(0.35**2 / (0.1875 / 12 + 0.24 / 10))
    assert found.method == "contrast"


@pytest.mark.peers
def test_two_rates_agree_with_statsmodels():
    """Of two rates it is the test behind statsmodels' Agresti-Caffo interval: p below .05 just when 0 is outside."""
    from statsmodels.stats.proportion import confint_proportions_2indep

    rng = np.random.default_rng(3)
    for _ in range(200):
        n = rng.integers(5, 60, 2)
        k = rng.binomial(n, rng.random(2))
        low, high = confint_proportions_2indep(k[0], n[0], k[1], n[1], method="agresti-caffo")
        assert (contrast(k, n, np.array([1.0, -1.0])).p < 0.05) == (not low <= 0 <= high)


def test_a_group_without_rows_is_not_tested():
    """Without rows of one label there is no balanced accuracy to compare: p is undefined, not 1."""
    found = BALANCED.test(np.array([[5, 5], [0, 0]]), np.array([[5, 5], [5, 5]]))
    assert found.method == "undefined"
    assert np.isnan(found.p)


def test_rates_that_differ_and_cancel_are_not_found():
    """TPR .9 and TNR .5 against TPR .5 and TNR .9 have one balanced accuracy, which the test does not reject."""
    found = BALANCED.test(reference.confusion(90, 50, 50, 10), reference.confusion(50, 10, 90, 50))
    assert found.p == pytest.approx(1)
    assert (
        MEASURES["equalized_odds_difference"]
        .test(reference.confusion(90, 50, 50, 10), reference.confusion(50, 10, 90, 50))
        .p
        < 1e-6
    )


def test_clustered_rows_have_the_jackknifes_p():
    """Each group of clusters alike: the error is at least that of independent rows, and a difference of 0 has p 1."""
    parts = np.tile(np.array([[[6, 2], [1, 5]], [[6, 2], [1, 5]]]), (GROUPS, 1, 1, 1))
    assert BALANCED.clustered(parts) == pytest.approx(1)
    parts[:, 0, 1] = [3, 3]
    assert BALANCED.clustered(parts) < 1e-6


@pytest.mark.slow
@pytest.mark.parametrize("rates", [(0.02, 0.98), (0.5, 0.5), (0.9, 0.7)])
@pytest.mark.parametrize("rows", [(10, 12, 15, 30), (200, 40, 300, 25)])
def test_size(rates, rows, seed):
    """Where balanced accuracies are equal, at most .05 of samples are rejected, simulation error included."""
    rng, n, shares = np.random.default_rng(seed), np.array(rows), np.repeat(rates, 2)
    k = rng.binomial(n, shares, (2_000, 4))
    weights = np.array([0.5, -0.5, 0.5, -0.5])
    rejected = np.mean([contrast(each, n, weights).p < 0.05 for each in k])
    assert rejected < 0.05 + 0.015
