"""Exact tests of shares, Kolmogorov's and the rank test: scipy, and the size at levels where approximations fail."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, stats

from responsible.measures import exact_tests
from responsible.measures.exact_tests import of_gap, of_levels, of_means, of_ranks, rank_variance, two_sided


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 60), st.integers(0, 60))
def test_twice_the_smaller_hypergeometric_tail(k0, rest0, k1, rest1):
    """As scipy's distribution gives it, for every table."""
    n0, n1 = k0 + rest0, k1 + rest1
    found = two_sided(k0, n0, k1, n1)
    if min(n0, n1) == 0:
        assert np.isnan(found)
        return
    drawn = stats.hypergeom(n0 + n1, k0 + k1, n1)
    assert found == pytest.approx(min(1, 2 * min(drawn.cdf(k1), drawn.sf(k1 - 1))), rel=1e-9, abs=1e-13)


def test_far_tails_and_many_rows():
    """Fisher's one-sided p in the far tail; at a million rows it is the normal's within a tenth, in milliseconds."""
    table = [[4_000, 16_000], [210, 1_290]]
    p = 2 * stats.fisher_exact(table, alternative="greater").pvalue
    assert two_sided(4_000, 20_000, 210, 1_500) == pytest.approx(p, rel=1e-6)
    z = (0.2012 - 0.2) / np.sqrt(0.2 * 0.8 * (1 / 2_000_000 + 1 / 1_000_000))
    assert two_sided(400_000, 2_000_000, 201_200, 1_000_000) == pytest.approx(2 * stats.norm.sf(z), rel=0.1)


def test_a_level_nobody_had_and_one_that_is_gone():
    """126 of 1,500 rows of a level that 20,000 lacked cannot be chance; 0 of 1,500 where 2 of 20,000 were is."""
    assert two_sided(0, 20_000, 126, 1_500) < 1e-100
    assert two_sided(2, 20_000, 0, 1_500) == 1
    np.testing.assert_allclose(of_levels(np.array([3, 7]), np.array([4, 1])), [two_sided(3, 10, 4, 5)] * 2)


@pytest.mark.parametrize("share", [0.002, 0.02, 0.3])
def test_the_size_is_kept_where_chi_square_breaks_it(share, seed):
    """At a level of one in a thousand and few expected rows the exact test stays below it."""
    rng = np.random.default_rng(seed)
    runs, n0, n1, level = 4_000, 2_000, 200, 0.001
    k0, k1 = rng.binomial(n0, share, runs), rng.binomial(n1, share, runs)
    alarms = sum(two_sided(int(a), n0, int(b), n1) <= level for a, b in zip(k0, k1, strict=True))
    assert stats.binomtest(alarms, runs, level, alternative="greater").pvalue > 0.001


def test_the_gap_is_kolmogorovs():
    """The asymptotic p of scipy's two-sample test, nothing without rows."""
    rng = np.random.default_rng(5)
    x, y = rng.normal(size=400), rng.normal(0.2, 1, 300)
    theirs = stats.ks_2samp(x, y, method="asymp")
    ours = stats.kstwobign.sf(np.sqrt(400 * 300 / 700) * theirs.statistic)
    assert of_gap(theirs.statistic, 400, 300) == pytest.approx(ours)
    assert of_gap(theirs.statistic, 400, 300) == pytest.approx(theirs.pvalue, rel=0.2)
    assert np.isnan(of_gap(0.2, 0, 5))


def test_ranks_are_mann_whitneys():
    """One-sided p with ties as scipy has it without continuity correction."""
    rng = np.random.default_rng(6)
    first, second = rng.integers(0, 8, 150), rng.integers(1, 9, 130)
    theirs = stats.mannwhitneyu(second, first, alternative="greater", use_continuity=False, method="asymptotic")
    counts = [np.bincount(rows, minlength=9) for rows in (first, second)]
    auc = theirs.statistic / (150 * 130)
    assert of_ranks(auc, rank_variance(*counts)) == pytest.approx(theirs.pvalue, rel=1e-9)
    assert np.isnan(of_ranks(0.6, rank_variance(np.array([0]), np.array([3]))))


def test_blocks_of_terms_are_one_sum(monkeypatch):
    """The tail does not depend on how many of its terms are added at once."""
    whole = two_sided(300, 5_000, 130, 1_500)
    monkeypatch.setattr(exact_tests, "BLOCK", 3)
    assert two_sided(300, 5_000, 130, 1_500) == pytest.approx(whole, rel=1e-12)


@given(st.lists(st.integers(0, 9), min_size=2, max_size=7), st.lists(st.integers(0, 12), min_size=1, max_size=4))
def test_the_bound_of_means_is_never_below_the_permutation_test(reference, period):
    """All ways to draw the smaller sample are counted; the bound is the same whichever sample is the reference."""
    few, many = sorted((reference, period), key=len)
    values = np.array(reference + period, dtype=float)
    drawn = np.array([values[list(at)].mean() for at in combinations(range(len(values)), len(few))])
    tail = min((drawn >= np.mean(few) - 1e-9).mean(), (drawn <= np.mean(few) + 1e-9).mean())
    found = of_means(np.array(reference), np.array(period))
    assert found >= min(1.0, 2 * tail) - 1e-9
    if len(few) < len(many):
        assert found == pytest.approx(of_means(np.array(period), np.array(reference)))


def test_of_zeros_and_ones_it_is_chernoffs_bound():
    """40 of 100 beside 30 of 300: twice exp(-n KL) by hand; and of an extreme mean the share of it to the power n."""
    found = of_means(np.repeat([1.0, 0.0], [30, 270]), np.repeat([1.0, 0.0], [40, 60]))
    p, m = 70 / 400, 0.4
    assert found == pytest.approx(2 * np.exp(-100 * (m * np.log(m / p) + (1 - m) * np.log((1 - m) / (1 - p)))))
    assert of_means(np.zeros(50), np.ones(4)) == pytest.approx(2 * (4 / 54) ** 4)
    assert of_means(np.ones(5), np.ones(4)) == 1
    assert np.isnan(of_means(np.ones(5), np.array([])))


def test_the_supremum_is_what_an_optimizer_finds(seed):
    """Over t, of t m - K(t), by scipy; for normal waits it is exp(-z² / 2), about."""
    rng = np.random.default_rng(seed)
    then, now = rng.gamma(2, 5, 400), rng.gamma(2, 5, 80) + 2.5
    values = np.concatenate([then, now])
    cost = lambda t: np.log(np.mean(np.exp(t * (values - now.mean()))))  # noqa: E731
    best = optimize.minimize_scalar(cost, bounds=(0, 1), method="bounded", options={"xatol": 1e-10}).fun
    assert of_means(then, now) == pytest.approx(2 * np.exp(80 * best), rel=1e-6)
    x = rng.normal(size=5_000)
    z = 4 * np.sqrt(5_000 / 4_900)
    y = (x[:100] - x[:100].mean()) / x[:100].std() + z / 10
    assert np.log(of_means(x[100:], y) / 2) == pytest.approx(-8, rel=0.15)


def test_the_size_is_kept_where_students_test_breaks_it(seed):
    """Waits that are nearly always none and sometimes long: a t test is beyond one in a thousand far too often."""
    rng, runs, level = np.random.default_rng(seed), 1_000, 0.001
    drawn = [(rng.random((1_000, 1)) < 0.005) * 30.0 for _ in range(runs)]
    pairs = [(own[:960, 0], own[960:, 0]) for own in drawn]
    ours = sum(of_means(*pair) <= level for pair in pairs)
    assert stats.binomtest(ours, runs, level, alternative="greater").pvalue > 0.001
    theirs = sum(stats.ttest_ind(*pair).pvalue <= level for pair in pairs)
    assert theirs > 4 * runs * level
