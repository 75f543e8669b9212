"""Partitions by hand, by scikit-learn and by brute force."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from responsible.clustering import partition
from responsible.clustering.partition import (
    adjusted_rand,
    contingency,
    inertia,
    jaccard,
    means,
    nearest,
    silhouettes,
    squared,
)
from tests.support.people import planted

POINTS, OF = planted(120)
LINE = np.array([[0.0], [2.0], [10.0], [12.0]])
PAIRS = np.array([0, 0, 1, 1])
labelings = st.integers(2, 40).flatmap(
    lambda n: st.tuples(*(st.lists(st.integers(0, 4), min_size=n, max_size=n) for _ in range(2)))
)


def test_adjusted_rand_by_hand():
    """Hubert and Arabie's index from a table counted by hand: S = 2, A = 4, B = 3, all 15 pairs."""
    first, second = np.array([0, 0, 0, 1, 1, 2]), np.array([0, 0, 1, 1, 1, 2])
    expected = 4 * 4 / 15
    assert contingency(first, second).tolist() == [[2, 1, 0], [0, 2, 0], [0, 0, 1]]
    assert adjusted_rand(first, second) == pytest.approx((2 - expected) / (4 - expected))


@given(labelings)
def test_adjusted_rand_is_scikit_learns(pair):
    """The same number as sklearn.metrics.adjusted_rand_score, degenerate partitions included."""
    first, second = (np.array(x) for x in pair)
    assert adjusted_rand(first, second) == pytest.approx(metrics.adjusted_rand_score(first, second), abs=1e-12)


@given(labelings, st.permutations(range(5)), st.randoms(use_true_random=False))
def test_adjusted_rand_knows_neither_names_nor_order(pair, names, random):
    """Renaming clusters, reordering points and swapping the two partitions change nothing."""
    first, second = (np.array(x) for x in pair)
    order = random.sample(range(len(first)), len(first))
    renamed = np.array(names)[first]
    assert adjusted_rand(second[order], renamed[order]) == pytest.approx(adjusted_rand(first, second), abs=1e-12)


def test_adjusted_rand_counts_outliers_as_one_more_cluster():
    """Label −1 is a name like any other: two partitions that part the same points are equal."""
    assert adjusted_rand(np.array([-1, -1, 0, 0]), np.array([1, 1, 0, 0])) == 1.0


def test_silhouettes_by_hand():
    """On a line with two pairs: the first point has a = 2 and b = 11, the second a = 2 and b = 9."""
    expected = [9 / 11, 7 / 9, 7 / 9, 9 / 11]
    np.testing.assert_allclose(silhouettes(LINE, PAIRS[None])[:, 0], expected, rtol=1e-9)


def test_silhouettes_are_scikit_learns():
    """The same values as sklearn.metrics.silhouette_samples, for several partitions of the same points at once."""
    rng = np.random.default_rng(1)
    many = np.stack([OF, rng.integers(0, 4, len(OF)), rng.integers(0, 2, len(OF))])
    expected = np.stack([metrics.silhouette_samples(POINTS, labels) for labels in many], axis=1)
    np.testing.assert_allclose(silhouettes(POINTS, many), expected, atol=1e-7)


def test_tiles_do_not_change_silhouettes(monkeypatch):
    """Distances are computed tile by tile, the last one smaller, which does not show in the values."""
    whole = silhouettes(POINTS, OF[None])
    monkeypatch.setattr(partition, "TILE", 7)
    np.testing.assert_allclose(silhouettes(POINTS, OF[None]), whole, atol=1e-9)


def test_silhouettes_without_a_neighbour():
    """0 for a point alone in its cluster and for an outlier; undefined when there is one cluster only."""
    labels = np.array([[0, 0, 1, -1], [0, 0, 0, 0]])
    found = silhouettes(LINE, labels)
    assert found[2:, 0].tolist() == [0.0, 0.0]
    assert (found[:2, 0] > 0.5).all()
    assert np.isnan(found[:, 1]).all()


def test_inertia_is_within_sums_of_squares():
    """Two pairs two apart: 1 + 1 + 1 + 1; an outlier counts from the mean of everybody, here 6."""
    assert inertia(LINE, PAIRS) == pytest.approx(4.0)
    assert inertia(LINE, np.array([0, 0, 0, -1])) == pytest.approx(16 + 4 + 36 + 36)
    assert inertia(LINE, np.zeros(4, dtype=int)) == pytest.approx(36 + 16 + 16 + 36)


def test_means_and_nearest():
    """Means of clusters by hand, NaN for an empty one; every point is nearest to the centre of its pair."""
    centres = means(LINE, PAIRS, 3)
    assert centres[:2].ravel().tolist() == [1.0, 11.0]
    assert np.isnan(centres[2]).all()
    assert nearest(LINE, centres[:2]).tolist() == PAIRS.tolist()


def test_squared_distances_are_those_of_the_definition():
    """Computed from norms and products, equal to the sums of squared differences, and never negative."""
    expected = ((POINTS[:, None] - POINTS[None, :50]) ** 2).sum(axis=2)
    np.testing.assert_allclose(squared(POINTS, POINTS[:50]), expected, atol=1e-10)
    assert squared(POINTS, POINTS).min() >= 0


def test_jaccard_by_hand():
    """{0,1,2} is nearest to {0,1} of {0,1}, {2,3}: 2/3; {3,4} to {2,3}: 1/3; an empty cluster is undefined."""
    first, second = np.array([0, 0, 0, 1, 1]), np.array([0, 0, 1, 1, -1])
    np.testing.assert_allclose(jaccard(first, second, 3), [2 / 3, 1 / 3, np.nan])


@given(labelings)
def test_jaccard_is_the_best_of_all_pairs(pair):
    """The same as looking at every pair of clusters as sets."""
    first, second = (np.array(x) for x in pair)
    sets = [[set(np.flatnonzero(x == k)) for k in range(5)] for x in (first, second)]
    best = [max(len(a & b) / len(a | b) if a | b else 0 for b in sets[1]) if a else np.nan for a in sets[0]]
    np.testing.assert_allclose(jaccard(first, second, 5), best)


def test_blocks_cover_every_row_once(monkeypatch):
    """Slices touch, do not overlap and end at the last row, however wide a row is."""
    monkeypatch.setattr(partition, "BLOCK", 10)
    for rows, width in itertools.product((1, 9, 23), (1, 4, 50)):
        covered = [i for part in partition.blocks(rows, width) for i in range(rows)[part]]
        assert covered == list(range(rows))
