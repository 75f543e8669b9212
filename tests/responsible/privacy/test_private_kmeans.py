import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import log_ndtr
from sklearn.cluster import KMeans
from sklearn.metrics import pairwise_distances_argmin

from responsible.privacy.domain import DIAMETER
from responsible.privacy.gaussian_mechanism import composed, delta, sigma
from responsible.privacy.private_kmeans import (
    Curator,
    counts_and_sums,
    noise_deviation,
    private_kmeans,
    starting_centres,
)
from responsible.statistics.intervals import quantile


class Silence:
    """Noise of zero wherever the mechanism noises an answer (k, d+1), seeded draws for its starting centres."""

    def __init__(self, seed, k, d):
        self.rng, self.answer = np.random.default_rng(seed), (k, d + 1)

    def standard_normal(self, size):
        return np.zeros(size) if size == self.answer else self.rng.standard_normal(size)


def ball(n, d, seed):
    """Points of the unit ball, many of them on its sphere."""
    x = np.random.default_rng(seed).normal(size=(n, d))
    return x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1)


def blobs(n, seed):
    """Three tight clusters in the ball, and their centres."""
    rng = np.random.default_rng(seed)
    centres = np.array([[-0.5, -0.3], [0.5, -0.3], [0.0, 0.6]])
    return centres[rng.integers(0, 3, n)] + 0.05 * rng.normal(size=(n, 2)), centres


def test_question_counted_by_hand():
    """Two points are nearest to the first centre, one to the second, none to the third."""
    points = np.array([[0.1, 0.2], [0.3, -0.4], [-0.6, 0.0]])
    centres = np.array([[0.2, 0.0], [-0.5, 0.0], [0.0, -1.0]])
    assert counts_and_sums(points, centres) == pytest.approx(np.array([[2, 0.4, -0.2], [1, -0.6, 0.0], [0, 0, 0]]))


@given(st.integers(0, 2**32 - 1), st.integers(1, 5), st.integers(1, 4))
def test_sensitivity_of_a_round_is_at_most_two(seed, k, d):
    """Whatever the table, the centres and the person replaced, a round's numbers move by at most 2 in all."""
    rng = np.random.default_rng(seed)
    points, centres = ball(20, d, rng), rng.normal(size=(k, d))
    before = counts_and_sums(points, centres)
    for newcomer in ball(20, d, rng):
        points[0] = newcomer
        assert np.linalg.norm(counts_and_sums(points, centres) - before) <= DIAMETER + 1e-9


def test_sensitivity_by_brute_force_is_exactly_two():
    """Over all pairs of a grid that holds the circle's ends, and centres that part or join them, the most is 2."""
    angles = np.arange(8) * np.pi / 4
    grid = np.vstack([np.zeros((1, 2)), *(r * np.c_[np.cos(angles), np.sin(angles)] for r in (0.5, 1))])
    rest = ball(10, 2, 0)
    worst = {}
    for name, centres in {"one": np.zeros((1, 2)), "two": np.array([[0.5, 0], [-0.5, 0.0]])}.items():
        answers = [counts_and_sums(np.vstack([rest, x]), centres) for x in grid]
        worst[name] = max(np.linalg.norm(a - b) for a in answers for b in answers)
    assert worst == pytest.approx({"one": 2, "two": 2})


@pytest.mark.parametrize("rounds", [1, 4, 9])
@pytest.mark.parametrize("budget", [0.1, 1, 10])
def test_all_rounds_together_keep_the_budget(budget, rounds):
    """The noise of the rounds composes to the multiplier that (ε, δ) asks for, no more and no less."""
    deviation = noise_deviation(budget, 1e-5, rounds)
    assert composed([deviation / DIAMETER] * rounds) == pytest.approx(sigma(budget, 1e-5))


def losses(points, neighbour, runs, deviation, rounds):
    """Logarithms of p(published | points) / p(published | neighbour) of independent runs on ``points``."""
    found = []
    for run in range(runs):
        result = private_kmeans(Curator(points), 2, deviation, rounds, np.random.default_rng([12, run]))
        loss = 0.0
        for centres, answer in zip(result.asked, result.answers, strict=True):
            far, near = (((answer - counts_and_sums(x, centres)) ** 2).sum() for x in (neighbour, points))
            loss += (far - near) / (2 * deviation**2)
        found.append(loss)
    return np.array(found)


@pytest.mark.slow
@pytest.mark.parametrize("rounds", [1, 3])
def test_privacy_loss_on_worst_neighbours_is_what_is_accounted(rounds):
    """On tables that differ in one person moved across the whole ball, the measured δ(ε) is the accounted one.

    Published numbers are drawn 6,000 times, their likelihood under both tables is known exactly, and δ(ε) is the mean
    of max(0, 1 − e^(ε − loss)): within four standard errors of the formula at each of several ε, and not below what a
    mechanism with 10 % more noise would show.
    """
    points = ball(12, 2, 3)
    points[0], neighbour = [1.0, 0.0], points.copy()
    neighbour[0] = [-1.0, 0.0]
    multiplier, runs = 1.0, 6_000
    loss = losses(points, neighbour, runs, DIAMETER * math.sqrt(rounds) * multiplier, rounds)
    for budget in (0.0, 0.5, 1.0, 2.0):
        shown = np.maximum(0, 1 - np.exp(budget - loss))
        error = 4 * shown.std() / math.sqrt(runs)
        assert abs(shown.mean() - delta(multiplier, budget)) < error
        assert shown.mean() > delta(1.1 * multiplier, budget)


def test_privacy_loss_on_near_neighbours_is_smaller():
    """A person who moves a little can be told apart far less than the promise allows."""
    points = ball(12, 2, 3)
    points[0], neighbour = [0.5, 0.0], points.copy()
    neighbour[0] = [0.4, 0.0]
    loss = losses(points, neighbour, 500, DIAMETER, 1)
    assert np.maximum(0, 1 - np.exp(-loss)).mean() < 0.2 * delta(1.0, 0.0)


def test_an_attacker_who_sees_it_all_stays_below_the_cap():
    """The best test of "is it this table or its neighbour", run on 4,000 releases, gains no more than 2Φ(1/2σ) − 1."""
    points = ball(12, 2, 3)
    points[0], neighbour = [1.0, 0.0], points.copy()
    neighbour[0] = [-1.0, 0.0]
    deviation, runs = DIAMETER * math.sqrt(2) * 1.5, 2000
    hits = (losses(points, neighbour, runs, deviation, 2) > 0).mean()
    false = (losses(neighbour, points, runs, deviation, 2) < 0).mean()
    cap = 2 * math.exp(log_ndtr(1 / 3.0)) - 1
    assert hits - false <= cap + quantile(0.9999) * math.sqrt(0.5 / runs)
    assert hits - false > cap / 2


def test_planted_clusters_are_found_at_a_reasonable_budget():
    """With 3,000 people and ε = 1 each planted centre is found to within a twentieth of the ball."""
    points, centres = blobs(3000, 1)
    result = private_kmeans(Curator(points), 3, noise_deviation(1, 1e-5, 4), 4, np.random.default_rng(2))
    distance = np.linalg.norm(result.centres[:, None] - centres, axis=2)
    assert distance.min(axis=0).max() < 0.05
    assert result.counts == pytest.approx([1000] * 3, abs=150)


def test_without_noise_it_is_lloyds_algorithm():
    """With noise of zero the rounds are scikit-learn's Lloyd steps from the same starting centres."""
    points, _ = blobs(300, 4)
    result = private_kmeans(Curator(points), 3, 0.0, 6, Silence(5, 3, 2))
    theirs = KMeans(3, init=result.asked[0], n_init=1, max_iter=6, tol=0).fit(points)
    assert result.centres == pytest.approx(theirs.cluster_centers_)


def test_an_empty_cluster_is_drawn_anew_without_a_look_at_the_data():
    """Five centres for one heap: those with a small noisy count go to the starting ball, where nobody is."""
    heap, anew = np.full((500, 2), [0.9, 0.0]), 0
    for seed in range(20):
        result = private_kmeans(Curator(heap), 5, 1.0, 3, np.random.default_rng(seed))
        small = result.counts < 2
        anew += small.sum()
        assert np.linalg.norm(result.centres[small], axis=1).max() <= 0.5
        assert np.linalg.norm(result.centres - [0.9, 0.0], axis=1).min() < 0.02
    assert anew > 70  # of 80 empty ones


def test_starting_centres_do_not_depend_on_data_and_are_apart():
    """They are drawn from noise alone, inside half the ball, and farther apart than random points would be."""
    centres = starting_centres(4, 3, np.random.default_rng(1))
    assert np.linalg.norm(centres, axis=1).max() <= 0.5
    distance = np.linalg.norm(centres[:, None] - centres, axis=2)[np.triu_indices(4, 1)]
    assert distance.min() > 0.5


def test_centres_stay_in_the_ball_under_any_noise():
    """Noise far larger than the data gives centres in the ball, never elsewhere and never undefined."""
    result = private_kmeans(Curator(ball(30, 3, 0)), 4, 1e4, 5, np.random.default_rng(0))
    assert np.linalg.norm(result.centres, axis=1).max() <= 1 + 1e-12


def test_the_result_is_a_function_of_what_is_published():
    """Two tables with the same noisy answers in each round would give the same centres: replaying them does."""
    points, _ = blobs(300, 4)
    result = private_kmeans(Curator(points), 3, 5.0, 4, np.random.default_rng(9))
    sums, counts = result.answers[:, :, 1:], result.answers[:, :, :1]
    assert (counts >= 5).all()
    replayed = sums / counts
    assert replayed[:-1] == pytest.approx(result.asked[1:])
    assert replayed[-1] == pytest.approx(result.centres)


def test_same_generator_same_result_and_row_order_is_nothing():
    """A seeded generator reproduces the result, whatever the order of the rows."""
    points, _ = blobs(300, 4)
    runs = [private_kmeans(Curator(x), 3, 5.0, 4, np.random.default_rng(9)) for x in (points, points[::-1])]
    assert runs[0].centres == pytest.approx(runs[1].centres, abs=1e-12)


def test_points_outside_the_ball_are_refused():
    """A point outside would break the promise, so there is no result."""
    with pytest.raises(ValueError, match="points must lie in the unit ball"):
        private_kmeans(Curator(np.array([[1.0, 0.1]])), 1, 1.0, 1, np.random.default_rng(0))


def test_counts_and_sums_are_those_of_the_nearest_centres():
    """Over several blocks of rows, the same as numpy's sums over scikit-learn's nearest centres; the first in a tie."""
    rng = np.random.default_rng(4)
    points, centres = rng.uniform(-0.5, 0.5, (50_001, 3)), rng.uniform(-0.5, 0.5, (5, 3))
    labels = pairwise_distances_argmin(points, centres)
    expected = [[(labels == k).sum(), *points[labels == k].sum(axis=0)] for k in range(5)]
    np.testing.assert_allclose(counts_and_sums(points, centres), expected, atol=1e-9)
    assert counts_and_sums(points[:7], np.zeros((2, 3)))[:, 0].tolist() == [7, 0]
