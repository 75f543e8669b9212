import numpy as np
import pytest
from statsmodels.stats.contingency_tables import StratifiedTable

from responsible.statistics.mantel_haenszel import stratified


def counts(rng, strata=4):
    """Rows and events of two groups in a few strata."""
    n = rng.integers(8, 60, (2, strata)).astype(float)
    return n, rng.binomial(n.astype(int), 0.4).astype(float)


@pytest.mark.parametrize("seed", range(5))
def test_z_is_statsmodels_corrected_cochran_mantel_haenszel(seed):
    """The square of z is the corrected Cochran-Mantel-Haenszel statistic of statsmodels, and p is its p."""
    n, k = counts(np.random.default_rng(seed))
    tables = np.stack([np.stack([k[0], n[0] - k[0]]), np.stack([k[1], n[1] - k[1]])])
    theirs = StratifiedTable(tables).test_null_odds(correction=True)
    ours = stratified(n, k, n.sum(axis=0), k.sum(axis=0))
    assert ours.z[0] ** 2 == pytest.approx(theirs.statistic)
    assert ours.p[0] == pytest.approx(theirs.pvalue)
    assert ours.z[0] == pytest.approx(-ours.z[1])
    assert ours.difference[0] == pytest.approx(-ours.difference[1])


def test_difference_by_hand():
    """3/4 against 2/4 and 1/2 against 0/6: weights 4·4/8 = 2 and 2·6/8 = 1.5, difference (.25·2 + .5·1.5) / 3.5."""
    n, k = np.array([[4.0, 2], [4, 6]]), np.array([[3.0, 1], [2, 0]])
    found = stratified(n, k, n.sum(axis=0), k.sum(axis=0))
    assert found.difference[0] == pytest.approx((0.25 * 2 + 0.5 * 1.5) / 3.5)
    variances = np.array([3 / 64 + 2 * 2 / 64, 1 / 8])
    assert found.error[0] == pytest.approx(np.sqrt(4 * variances[0] + 2.25 * variances[1]) / 3.5)


def test_one_stratum_is_a_plain_difference():
    """Without conditions the difference is that of the rates and its interval the normal one."""
    n, k = np.array([[40.0], [160]]), np.array([[10.0], [80]])
    found = stratified(n, k, n.sum(axis=0), k.sum(axis=0))
    assert found.difference[0] == pytest.approx(-0.25)
    half = 1.959964 * np.sqrt(0.25 * 0.75 / 40 + 0.25 / 160)
    assert [x[0] for x in found.interval(0.95)] == pytest.approx([-0.25 - half, -0.25 + half])


def test_a_stratum_on_one_side_says_nothing():
    """Strata with rows only inside or only outside do not count; when all are such, the difference is undefined."""
    n, k = np.array([[4.0, 9], [4, 0]]), np.array([[3.0, 9], [2, 0]])
    both = stratified(n, k, n.sum(axis=0), k.sum(axis=0))
    assert both.difference[0] == pytest.approx(0.25)
    alone = stratified(n[:, 1:], k[:, 1:], n.sum(axis=0)[1:], k.sum(axis=0)[1:])
    assert np.isnan([alone.difference, alone.z, alone.p]).all()


def test_the_difference_is_covered_at_the_nominal_rate():
    """Within strata of base rates .2, .5 and .8 a planted .1 is covered about 95 times in 100."""
    rng = np.random.default_rng(8)
    base, n = np.array([0.2, 0.5, 0.8]), np.array([[60, 40, 30], [150, 170, 90]])
    k = rng.binomial(n, np.stack([base + 0.1, base]), (2000, 2, 3))
    own = stratified(n[0] + 0.0 * k[:, 0], k[:, 0], n.sum(axis=0), k.sum(axis=1))
    low, high = own.interval(0.95)
    assert np.mean((low <= 0.1) & (high >= 0.1)) == pytest.approx(0.95, abs=3 * np.sqrt(0.95 * 0.05 / 2000))
