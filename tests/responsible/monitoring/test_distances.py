"""Distances: a table counted by hand, the published formulas, scipy, and what no drift looks like."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.spatial.distance import jensenshannon

from responsible.monitoring.distances import (
    DISTANCES,
    chi_square,
    jensen_shannon,
    kolmogorov_smirnov,
    no_drift,
    psi,
    total_variation,
)

COUNTS = st.lists(st.integers(1, 500), min_size=2, max_size=8)


def test_a_table_counted_by_hand():
    """Halves against a quarter and three quarters: every distance by pencil."""
    p, q = np.array([50, 50]), np.array([25, 75])
    assert psi(p, q) == pytest.approx(0.25 * np.log(3), abs=1e-12)
    assert total_variation(p, q) == pytest.approx(0.25)
    assert kolmogorov_smirnov(p, q) == pytest.approx(0.25)
    assert chi_square(p, q) == pytest.approx(200 * (50 * 75 - 50 * 25) ** 2 / (100 * 100 * 75 * 125))
    assert jensen_shannon(p, q) == pytest.approx(
        np.sqrt(
            (0.5 * np.log2(0.5 / 0.375) + 0.5 * np.log2(0.5 / 0.625) + 0.25 * np.log2(0.25 / 0.375)
             + 0.75 * np.log2(0.75 / 0.625)) / 2
        )
    )  # fmt: skip


@given(COUNTS, st.randoms(use_true_random=False))
def test_the_formulas_of_scipy_and_of_published_monitors(reference, random):
    """Jensen-Shannon and chi-square are scipy's, PSI is the sum over levels that Evidently and NannyML document."""
    period = [random.randint(1, 500) for _ in reference]
    p, q = (np.array(c) / sum(c) for c in (reference, period))
    assert jensen_shannon(reference, period) == pytest.approx(jensenshannon(p, q, base=2), abs=1e-7)
    assert psi(reference, period) == pytest.approx(sum((b - a) * np.log(b / a) for a, b in zip(p, q, strict=True)))
    assert total_variation(reference, period) == pytest.approx(max(0, (q - p)[q > p].sum()), abs=1e-12)
    expected = stats.chi2_contingency(np.array([reference, period]), correction=False).statistic
    assert chi_square(reference, period) == pytest.approx(expected, abs=1e-9)


def test_kolmogorov_smirnov_is_that_of_the_rows():
    """Counts of values give scipy's statistic of the rows they stand for."""
    rng = np.random.default_rng(1)
    p, q = rng.integers(0, 20, 30), rng.integers(0, 20, 30)
    rows = [np.repeat(np.arange(30), counts) for counts in (p, q)]
    assert kolmogorov_smirnov(p, q) == pytest.approx(stats.ks_2samp(*rows).statistic, abs=1e-12)


def test_many_periods_at_once_are_each_alone():
    """Leading axes pass through."""
    rng = np.random.default_rng(2)
    p, q = rng.integers(0, 50, 6), rng.integers(0, 50, (4, 6))
    for distance in DISTANCES.values():
        np.testing.assert_allclose(distance(p, q), [distance(p, row) for row in q])


def test_levels_that_one_side_lacks():
    """PSI stays finite with half a row; a level nobody has changes nothing; without rows there is no distance."""
    assert psi([10, 0], [5, 5]) == pytest.approx(psi([10, 0.5], [5, 5]))
    for distance in DISTANCES.values():
        assert distance([5, 0, 7], [6, 0, 3]) == pytest.approx(distance([5, 7], [6, 3]))
        assert np.isnan(distance([3, 4], [0, 0]))
    assert total_variation([10, 0], [0, 10]) == pytest.approx(1)
    assert jensen_shannon([10, 0], [0, 10]) == pytest.approx(1)


@pytest.mark.parametrize(("n", "mean"), [(50, 0.29), (100, 0.16), (5_000, 0.004)])
def test_psi_without_drift_depends_on_n(n, mean):
    """Why fixed rules mislead: two samples of one distribution over ten bins have a PSI that falls with n."""
    rng = np.random.default_rng(3)
    first, second = rng.multinomial(n, [0.1] * 10, size=(2, 4_000))
    assert psi(first, second).mean() == pytest.approx(mean, rel=0.5)


def test_the_no_drift_level_is_kept_in_the_share_it_says(seed):
    """Of samples without drift, about one in twenty lies above the level that was found from it and the reference."""
    rng = np.random.default_rng(seed)
    shares, names = [0.4, 0.3, 0.2, 0.1], ("psi", "total_variation", "jensen_shannon", "chi_square")
    above = np.zeros(len(names))
    for _ in range(300):
        reference, period = rng.multinomial(2_000, shares), rng.multinomial(300, shares)
        levels = no_drift(names, reference, period, 300, rng)
        above += [DISTANCES[name](reference, period) > levels[name] for name in names]
    assert (stats.binomtest(int(k), 300, 0.05).pvalue > 0.001 for k in above)
    assert (above / 300 < 0.10).all()


def test_the_no_drift_level_of_kolmogorov_smirnov_is_his_own():
    """1.358 √(1/n + 1/m) at 95 %; nothing without rows."""
    found = no_drift(["kolmogorov_smirnov"], np.array([50, 50]), np.array([20, 80]), 10, np.random.default_rng(1))
    assert found["kolmogorov_smirnov"] == pytest.approx(1.3581 * np.sqrt(2 / 100), rel=1e-4)
    assert np.isnan(no_drift(["psi"], np.array([0, 0]), np.array([2, 8]), 10, np.random.default_rng(1))["psi"])
