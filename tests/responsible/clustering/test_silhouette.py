"""Mean silhouettes: exact up to a size, an interval that covers the exact value above it."""

import numpy as np
import pytest
from sklearn.metrics import silhouette_score

from responsible.clustering.partition import silhouettes
from responsible.clustering.silhouette import Sampling, mean_silhouettes, silhouette_differences
from tests.support.people import planted

POINTS, OF = planted(600)
OTHER = np.where(POINTS[:, 0] > 3, 1, 0)


def test_up_to_the_size_it_is_exact():
    """All points are used, the interval has no width, and scikit-learn gives the same."""
    found = mean_silhouettes(POINTS, [OF, OTHER], Sampling(rows=600, subsamples=3), np.random.default_rng(0), 0.95)
    for one, labels in zip(found, (OF, OTHER), strict=True):
        assert one.value == pytest.approx(silhouette_score(POINTS, labels), abs=1e-9)
        assert (one.low, one.high, one.rows, one.exact) == (one.value, one.value, 600, True)


def test_above_the_size_the_interval_covers():
    """Of 200 intervals from 4 subsamples of 100 among 600 points, about 95 % hold the exact value."""
    truth = silhouettes(POINTS, OTHER[None]).mean()
    sampling = Sampling(rows=100, subsamples=4)
    found = [mean_silhouettes(POINTS, [OTHER], sampling, np.random.default_rng(i), 0.95)[0] for i in range(200)]
    covered = np.mean([one.low <= truth <= one.high for one in found])
    assert 0.90 <= covered <= 0.99
    assert found[0].rows == 400
    assert not found[0].exact


def test_differences_are_paired():
    """The difference of two partitions on the same points varies less than either; with itself it is exactly 0."""
    sampling = Sampling(rows=100, subsamples=4)
    one, other = mean_silhouettes(POINTS, [OF, OTHER], sampling, np.random.default_rng(3), 0.95)
    against, itself = silhouette_differences(POINTS, [OF, OTHER, OF], sampling, np.random.default_rng(3), 0.95)
    assert against.value == pytest.approx(one.value - other.value)
    assert (itself.value, itself.low, itself.high) == (0.0, 0.0, 0.0)
