"""Tables without segments are not called segmented, true clusters are, and groups of one column are named as its own."""

import pytest

from benchmarks.coverage_segments import CLUSTERS, ONE_COLUMN, WITHOUT, called

ROWS, DRAWS = 120, 12
ALARMS = 2  # of 12 tables; at a true rate of 5 % more come about once in 50 runs


@pytest.mark.parametrize("kind", [*WITHOUT, *ONE_COLUMN])
def test_tables_without_segments_are_rarely_called_segmented(kind, seed):
    """At most 5 % of tables: skewed, correlated or both, unimodal in every column, or with groups in one only."""
    draw = {**WITHOUT, **ONE_COLUMN}[kind]
    assert called(draw, rows=ROWS, draws=DRAWS, seed=seed) * DRAWS <= ALARMS


@pytest.mark.parametrize("kind", CLUSTERS)
def test_clusters_apart_in_two_features_are_found(kind, seed):
    """Two clusters far apart in two features at least are segments in every one of 12 tables."""
    assert called(CLUSTERS[kind], rows=ROWS, draws=DRAWS, seed=seed) == 1
