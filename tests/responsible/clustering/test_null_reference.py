"""Tables without segments are not called segmented, true clusters are, and groups of one column are named as that."""

import numpy as np
import pytest
from scipy import stats

from benchmarks.coverage_segments import CLUSTERS, ONE_COLUMN, PARAMS, WITHOUT, called, judged
from responsible.clustering.null_reference import MARGINS, ONE_FEATURE, OWN, _own_margins, carrying_column

ROWS, DRAWS = 120, 12
ALARMS = 2  # of 12 tables; at a true rate of 5 % more come about once in 50 runs


QUICK = {"exponential", "correlated, mildly skewed", *ONE_COLUMN, "apart in 2 of 4"}


def kinds(names):
    """Parameters, of which all but a few are slow."""
    return [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in names]


@pytest.mark.parametrize("kind", kinds([*WITHOUT, *ONE_COLUMN]))
def test_tables_without_segments_are_rarely_called_segmented(kind, seed):
    """At most 5 % of tables: skewed, correlated or both, unimodal in every column, or with groups in one only."""
    draw = {**WITHOUT, **ONE_COLUMN}[kind]
    assert called(draw, rows=ROWS, draws=DRAWS, seed=seed) * DRAWS <= ALARMS


@pytest.mark.parametrize("kind", kinds(CLUSTERS))
def test_clusters_apart_in_two_features_are_found(kind, seed):
    """Two clusters far apart in two features at least are segments in every one of 12 tables."""
    assert called(CLUSTERS[kind], rows=ROWS, draws=DRAWS, seed=seed) == 1


@pytest.mark.parametrize("kind", ONE_COLUMN)
def test_the_one_column_that_shows_groups_is_named(kind, seed):
    """Wherever the columns' own values score as high, it is because of the first column, and that one is named."""
    found = [judged(ONE_COLUMN[kind], ROWS, seed + i) for i in range(2)]
    named = [one.column for one in found if MARGINS in one.doubts]
    assert named
    assert set(named) == {0}


def columns(draw, seed):
    """Which column carries a table, from independent columns as in its segmentation."""
    one = judged(draw, ROWS, seed)
    points = one.scaling.apply(draw(np.random.default_rng(seed).spawn(1)[0], ROWS))
    own, rng = one.reference["own_margins"], np.random.default_rng(seed)
    return carrying_column(points, "kmeans", PARAMS.clusters, PARAMS.reference, independent=own, rng=rng)


def test_no_column_is_named_where_several_show_something(seed):
    """Three skewed columns, or two of zeros and ones, share what they show; three normal ones show nothing."""
    two = lambda rng, rows: np.column_stack([rng.integers(0, 2, (rows, 2)), rng.standard_normal(rows)])  # noqa: E731
    assert [columns(draw, seed) for draw in (WITHOUT["exponential"], two)] == [None, None]


def test_one_feature_gets_no_answer(seed):
    """However clear its groups, one feature alone cannot show segments: that is the only reason given."""
    one = judged(lambda rng, rows: rng.standard_normal((rows, 1)) + 9 * rng.integers(0, 2, (rows, 1)), ROWS, seed)
    assert (one.doubts, one.column) == ([ONE_FEATURE], None)


@pytest.mark.parametrize("kind", OWN)
def test_own_margins_are_kept_to_the_last_value(kind, seed):
    """A table as long as the points has exactly their values in every column, in another order."""
    points = WITHOUT["correlated lognormal"](np.random.default_rng(seed), 500)
    table = _own_margins(points, 500)[kind](np.random.default_rng(seed + 1))
    np.testing.assert_array_equal(np.sort(table, axis=0), np.sort(points, axis=0))
    assert (table != points).mean() > 0.9


def test_rank_correlations_are_lost_or_kept(seed):
    """Shuffled columns are uncorrelated; those of the copula have scipy's rank correlations of the points."""
    points = WITHOUT["correlated lognormal"](np.random.default_rng(seed), 4000)
    lost, kept = (_own_margins(points, 4000)[kind](np.random.default_rng(seed)) for kind in OWN)
    np.testing.assert_allclose(stats.spearmanr(lost).statistic, np.eye(3), atol=0.08)
    np.testing.assert_allclose(stats.spearmanr(kept).statistic, stats.spearmanr(points).statistic, atol=0.08)
