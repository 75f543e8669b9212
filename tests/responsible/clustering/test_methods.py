"""Clusterings find what was planted, and neither the order of rows nor the algorithm's names matter."""

import numpy as np
import pytest
from sklearn import cluster
from sklearn.mixture import GaussianMixture

from responsible.clustering.methods import Clusters, Dbscan, fit, refuse_indistinct
from responsible.clustering.partition import adjusted_rand
from responsible.clustering.scaling import scaling
from responsible.validation import InputError
from tests.support.people import CENTRES, clusters, planted

POINTS, OF = planted()
WIDE = Dbscan(radius=1.0, neighbours=5)
METHODS = ("kmeans", "mixture", "dbscan")


def fitted(method, points=POINTS, seed=0, k=3):
    return fit(points, method, k, starts=3, seed=seed, dbscan=WIDE)


@pytest.mark.parametrize("method", METHODS)
def test_planted_clusters_are_found(method):
    """Three clusters far apart come back whole, with their centres, also for new points of the same kind."""
    found = fitted(method)
    assert found.k == 3
    assert adjusted_rand(found.assign(POINTS), OF) > 0.98
    new, of = planted(200, seed=1)
    assert adjusted_rand(found.assign(new), of) > 0.9
    order = np.argsort(CENTRES.sum(axis=1))
    np.testing.assert_allclose(found.centres, CENTRES[order], atol=0.25)


@pytest.mark.parametrize("method", METHODS)
def test_the_order_of_the_rows_does_not_matter(method):
    """Clusters of shuffled rows are the same clusters under the same numbers."""
    order = np.random.default_rng(2).permutation(len(POINTS))
    np.testing.assert_array_equal(
        fitted(method, POINTS[order], seed=9).assign(POINTS), fitted(method, seed=4).assign(POINTS)
    )


@pytest.mark.parametrize("method", METHODS)
def test_clusters_are_numbered_from_low_to_high(method):
    """The sums of the centres' coordinates rise with the number, so the algorithm's own names do not show."""
    sums = fitted(method).centres.sum(axis=1)
    assert (np.diff(sums) > 0).all()


def test_dbscan_on_its_own_points_is_scikit_learns():
    """Core points have the labels of sklearn's DBSCAN, and so have outliers; no cluster at all is K = 0."""
    points = np.vstack([POINTS, [[40.0, 40.0, 40.0]]])
    model = cluster.DBSCAN(eps=1.0, min_samples=5).fit(points)
    ours = fitted("dbscan", points).assign(points)
    core = model.core_sample_indices_
    assert adjusted_rand(ours[core], model.labels_[core]) == 1.0
    np.testing.assert_array_equal(ours == -1, model.labels_ == -1)
    lonely = fit(POINTS, "dbscan", 0, starts=1, seed=0, dbscan=Dbscan(radius=1e-6, neighbours=5))
    assert lonely.k == 0
    assert (lonely.assign(POINTS) == -1).all()


def test_the_mixture_has_its_bic():
    """−2 log L + p log n with p = K − 1 + K d + K d (d + 1) / 2, from scikit-learn's likelihood."""
    found = fitted("mixture")
    model = GaussianMixture(3, n_init=3, random_state=0, reg_covar=1e-4).fit(POINTS)
    free = 2 + 3 * 3 + 3 * 3 * 4 / 2
    assert found.bic == pytest.approx(-2 * model.score(POINTS) * len(POINTS) + free * np.log(len(POINTS)), rel=1e-3)
    assert np.isnan(fitted("kmeans").bic)


def test_more_clusters_than_distinct_points_are_refused():
    """The error names the parameter, the number of distinct points and the remedy; as many are accepted."""
    points = np.repeat([[0.0], [1.0], [2.0]], 200, axis=0)
    with pytest.raises(InputError, match=r"clusters\.maximum must be at most .* distinct points, 3, got 4; lower it"):
        refuse_indistinct(points, 4)
    refuse_indistinct(points, 3)


def test_scaling_standardises_and_goes_back():
    """Mean 0 and standard deviation 1 (divided by n), and `undo` gives the values again; a constant is refused."""
    scaled = scaling(POINTS)
    z = scaled.apply(POINTS)
    np.testing.assert_allclose([z.mean(axis=0), z.std(axis=0)], [[0, 0, 0], [1, 1, 1]], atol=1e-12)
    np.testing.assert_allclose(scaled.undo(z), POINTS)
    with pytest.raises(InputError, match="feature 2: must vary, got one value in all 300 rows"):
        scaling(np.column_stack([POINTS[:, 0], np.ones(300)]))


def test_candidates_come_simplest_first():
    """Fewer clusters first, then the methods in their order; DBSCAN, which finds its own number, last."""
    tried = clusters(methods=["mixture", "dbscan", "kmeans"], maximum=3).candidates()
    assert tried == [("mixture", 2), ("kmeans", 2), ("mixture", 3), ("kmeans", 3), ("dbscan", 0)]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"minimum": 5}, "minimum must be <= maximum, got 5 and 4"),
        ({"methods": ["kmeans", "kmeans"]}, "methods must not repeat a value"),
        ({"methods": ["ward"]}, "kmeans"),
        ({"minimum": 1}, "greater than or equal to 2"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(change, message):
    """Every wrong parameter is an error that says the rule."""
    with pytest.raises(ValueError, match=message):
        Clusters.model_validate(clusters().model_dump() | change)
