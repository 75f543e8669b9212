import numpy as np
import pytest
from scipy import stats

from responsible.statistics.means import Moments, mean_draws, median_draws, size_draws, student, welch

UNEVEN = np.array([1.0, 1, 2, 5, 5, 5, 9, 30])


@pytest.mark.parametrize("confidence", [0.9, 0.95])
def test_welch_is_scipys(confidence):
    """Difference, interval and p are those of scipy's unequal-variance t test."""
    rng = np.random.default_rng(1)
    a, b = rng.gamma(2, 3, 40), rng.normal(5, 1, 25)
    found = Moments.of(np.append(a, b), np.repeat([0, 1], [40, 25]), np.eye(2, dtype=bool))
    u, p = (Moments(found.n[[side]], found.mean[[side]], found.variance[[side]]) for side in (0, 1))
    found = welch(u, p, confidence)
    theirs = stats.ttest_ind(a, b, equal_var=False)
    ends = theirs.confidence_interval(confidence)
    np.testing.assert_allclose(np.ravel(found), [a.mean() - b.mean(), ends.low, ends.high, theirs.pvalue])


def test_a_mean_has_scipys_interval():
    """Mean, interval and p of a mean of 0 are those of scipy's one-sample t test; equal values have no interval."""
    values = np.random.default_rng(2).gamma(2, 3, 30)
    cells, one = np.zeros(30, dtype=int), np.ones((1, 1), dtype=bool)
    theirs = stats.ttest_1samp(values, 0.0)
    ends = theirs.confidence_interval(0.9)
    found = student(Moments.of(values, cells, one), 0.9)
    np.testing.assert_allclose(np.ravel(found), [values.mean(), ends.low, ends.high, theirs.pvalue])
    assert np.isnan(student(Moments.of(np.ones(30), cells, one), 0.9)[1]).all()


def test_moments_of_overlapping_groups():
    """Groups may overlap; one value has no variance and none no mean."""
    inside = np.array([[1] * 8, [1, 0, 0, 0, 0, 0, 0, 1], [0, 0, 0, 0, 0, 0, 1, 0], [0] * 8], dtype=bool)
    found = Moments.of(UNEVEN + 1e6, np.arange(8), inside)
    np.testing.assert_array_equal(found.n, [8, 2, 1, 0])
    np.testing.assert_allclose(found.mean - 1e6, [58 / 8, 15.5, 9, np.nan], rtol=1e-9)
    np.testing.assert_allclose(found.variance, [UNEVEN.var(ddof=1), 29**2 / 2, np.nan, np.nan])


@pytest.mark.parametrize("variance", [0.0, 4.0])
def test_equal_values_of_a_group_are_no_proof(variance):
    """When one group does not vary there is a difference and neither an interval nor a p, whatever the other does."""
    still, other = (Moments(np.array([3.0]), np.array([m]), np.array([v])) for m, v in ((2.0, 0.0), (5.0, variance)))
    for u, p, difference in ((still, other, -3), (other, still, 3), (still, still, 0)):
        value, *rest = (float(x[0]) for x in welch(u, p, 0.95))
        assert value == difference
        assert np.isnan(rest).all()


@pytest.mark.parametrize("size", [7, 8])
@pytest.mark.parametrize("statistic", ["mean", "median"])
def test_draws_are_a_row_bootstrap(size, statistic):
    """Means and medians of 20,000 resamples are distributed as those of resampled rows, odd and even sizes alike."""
    rng = np.random.default_rng(5)
    draw = {"mean": mean_draws, "median": median_draws}[statistic]
    ours = draw(UNEVEN, np.full(20_000, size), rng)
    rows = getattr(np, statistic)(rng.choice(UNEVEN, (20_000, size)), axis=1)
    values = np.unique(np.append(ours, rows).round(9))
    gap = [np.mean(ours <= v + 1e-9) - np.mean(rows <= v + 1e-9) for v in values]
    assert np.abs(gap).max() < 1.95 * np.sqrt(2 / 20_000)  # Kolmogorov-Smirnov at .001, conservative under ties


def test_many_distinct_values_keep_mean_and_spread():
    """Pooling 5,000 distinct values into 512 keeps the mean exactly and the spread of the draws within one percent."""
    rng = np.random.default_rng(2)
    values = rng.lognormal(2, 1, 5000)
    ours = mean_draws(values, np.full(4000, 5000), rng)
    error = values.std() / np.sqrt(5000)
    assert ours.mean() == pytest.approx(values.mean(), abs=4 * error / np.sqrt(4000))
    assert ours.std() == pytest.approx(error, rel=0.04)


def test_a_resample_without_cases_has_no_statistic():
    """Size 0 gives NaN, and sizes are those of a multinomial draw of all cases."""
    rng = np.random.default_rng(2)
    assert np.isnan(mean_draws(UNEVEN, np.array([0, 3]), rng)).tolist() == [True, False]
    assert np.isnan(median_draws(UNEVEN, np.array([0, 3]), rng)).tolist() == [True, False]
    sizes = size_draws(np.array([30, 70]), 2000, rng)
    assert (sizes.sum(axis=1) == 100).all()
    assert sizes[:, 0].mean() == pytest.approx(30, abs=4 * np.sqrt(21 / 2000))
