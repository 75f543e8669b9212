"""Capped assignment against trying everything, its bounds, and the price of representation."""

import itertools

import numpy as np
import pytest

from responsible.clustering.partition import nearest, squared
from responsible.segmentation.capped_assignment import Caps, capped
from responsible.segmentation.price_of_fairness import frontier
from tests.support.people import planted

CENTRES = np.array([[0.0], [4.0]])


def tiny(seed, people=7, segments=2):
    rng = np.random.default_rng(seed)
    points = rng.normal(0, 3, (people, 2))
    return squared(points, rng.normal(0, 3, (segments, 2))), rng.permutation(np.arange(people) % 2)


def honours(labels, codes, cap, kept):
    sizes = np.bincount(labels, minlength=len(kept))
    counts = np.array([np.bincount(labels[codes == c], minlength=len(kept)) for c in np.unique(codes)])
    return (sizes >= kept).all() and (counts <= cap * sizes + 1e-9).all()


def brute_force(costs, codes, cap, kept):
    """Least cost of all assignments that honour the cap, infinite when none does."""
    n, k = costs.shape
    every = (np.array(labels) for labels in itertools.product(range(k), repeat=n))
    allowed = (costs[np.arange(n), labels].sum() for labels in every if honours(labels, codes, cap, kept))
    return min(allowed, default=np.inf)


@pytest.mark.parametrize("cap", [0.5, 0.6, 0.7, 0.85, 1.0])
@pytest.mark.parametrize(("people", "segments"), [(7, 2), (8, 2), (6, 3)])
def test_tiny_cases_are_solved_exactly(cap, people, segments):
    """The cost is that of the best of all assignments of whole people, for three tables each; or there is none."""
    for seed in range(3):
        costs, codes = tiny(seed, people, segments)
        kept = np.ones(segments, dtype=int)
        least = brute_force(costs, codes, cap, kept)
        found = capped(costs, codes, cap, kept)
        assert found.cost == pytest.approx(least) if np.isfinite(least) else found.labels is None
        if found.labels is not None:
            assert honours(found.labels, codes, cap, kept)
            assert found.bound <= found.cost + 1e-9


def test_without_a_cap_everybody_goes_to_the_nearest_centre():
    """A cap of 1 binds nobody."""
    points, _ = planted()
    costs = squared(points, points[:4])
    found = capped(costs, np.arange(300) % 2, 1.0, np.zeros(4, dtype=int))
    assert found.labels.tolist() == costs.argmin(axis=1).tolist()


def test_a_cap_below_the_population_share_is_infeasible():
    """When 8 of 10 are A, no assignment has at most 70 % A everywhere: it says so, without labels."""
    found = capped(np.zeros((10, 2)), np.array([0] * 8 + [1] * 2), 0.7, np.ones(2, dtype=int))
    assert (found.state, found.labels) == ("infeasible", None)
    assert np.isnan(found.cost)


def test_parts_of_people_may_do_what_whole_people_cannot():
    """Two segments of three people can only be half and half by halving people: not found, which is not infeasible."""
    found = capped(np.ones((3, 1)), np.array([0, 0, 1]), 0.66, np.zeros(1, dtype=int))
    assert found.state == "infeasible"
    odd = capped(np.ones((6, 2)), np.array([0, 0, 0, 1, 1, 1]), 0.5, np.array([3, 3]))
    assert odd.state == "not_found"


def test_segments_keep_their_people():
    """Emptying a segment would be cheap; `kept` forbids it."""
    points = np.array([[0.0], [0.1], [0.2], [0.3], [2.5]])
    costs, codes = squared(points, CENTRES), np.array([0, 1, 0, 1, 0])
    assert capped(costs, codes, 0.7, np.array([0, 0])).labels.tolist() == [0] * 5
    kept = capped(costs, codes, 0.7, np.array([2, 2]))
    assert np.bincount(kept.labels).tolist() == [3, 2]


def test_large_cases_come_near_the_bound():
    """With 300 people the cost is within one percent of what no assignment can beat, and the cap holds."""
    points, of = planted()
    costs = squared(points, np.array([points[of == k].mean(axis=0) for k in range(3)]))
    codes = np.where(np.random.default_rng(0).random(300) < 0.9, of == 0, of == 1).astype(int)
    found = capped(costs, codes, 0.75, np.full(3, 20))
    assert honours(found.labels, codes, 0.75, np.full(3, 20))
    assert found.bound <= found.cost <= found.bound * 1.01


def test_the_frontier_prices_each_cap():
    """Stricter caps cost more inertia and move more people; a loose one costs nothing; the labels meet the cap."""
    points, of = planted()
    centres = np.array([points[of == k].mean(axis=0) for k in range(3)])
    codes = (of == 0).astype(int)
    caps = Caps(minimum=0.6, maximum=1.0, step=0.1, rows=300, keep=0.3)
    free, prices = frontier(points, centres, codes, 2, caps=caps, rng=np.random.default_rng(0))
    known = [p for p in prices if p.state == "feasible"]
    assert [p.cap for p in prices] == [0.6, 0.7, 0.8, 0.9, 1.0]
    assert prices[0].state == "infeasible"
    assert np.isnan(prices[0].silhouette)
    assert (np.diff([p.inertia_ratio for p in known]) < 0).all()
    assert (np.diff([p.moved for p in known]) < 0).all()
    assert all(p.highest <= p.cap + 1e-9 for p in known)
    assert known[-1].inertia_ratio == pytest.approx(1.0)
    assert (known[-1].moved, known[-1].silhouette) == (0.0, pytest.approx(free))
    assert (nearest(points, centres) == of).all()


def test_a_segment_without_anyone_has_no_highest_share():
    """A centre that nobody drawn is near leaves an empty segment, which hides no figure of the others."""
    points, _ = planted()
    centres = np.array([points.mean(axis=0) - 1e3, points.mean(axis=0)])
    caps = Caps(minimum=1.0, maximum=1.0, step=0.1, rows=50, keep=0.5)
    codes = np.arange(len(points)) % 2
    _, (price,) = frontier(points, centres, codes, 2, caps=caps, rng=np.random.default_rng(0))
    assert 0.5 <= price.highest < 1


def test_caps_are_a_grid_of_shares():
    """Both ends included; the wrong way round is an error."""
    assert Caps(minimum=0.65, maximum=0.8, step=0.05, rows=100, keep=0).values() == [0.65, 0.7, 0.75, 0.8]
    with pytest.raises(ValueError, match="minimum must be <= maximum"):
        Caps(minimum=0.9, maximum=0.8, step=0.05, rows=100, keep=0)
