import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import pdist, squareform

from responsible.datasets.healthcare import draw
from responsible.fairness import individual as s
from responsible.fairness.like_cases import SLACK, Pairs, degrees, losses


def brute(where, outcome, threshold):
    """The published loop over all pairs, as a matrix: like pairs, and those of them decided unlike."""
    like = squareform(1 - pdist(where)) > threshold + SLACK
    np.fill_diagonal(like, val=False)
    unlike = like & (outcome[:, None] != outcome[None, :])
    return like, unlike


def cases(n, k, seed, levels=0):
    """Random points with weights 1/k, on a grid when ``levels`` is given, and random outcomes."""
    rng = np.random.default_rng(seed)
    unit = rng.integers(0, levels, (n, k)) / (levels - 1) if levels else rng.random((n, k))
    names = [f"f{i}" for i in range(k)]
    return s.points(pd.DataFrame(unit, columns=names), dict.fromkeys(names, 1 / k)), rng.integers(0, 2, n)


def test_similarity_by_hand():
    """Two features of weight 0.64 and 0.36, apart by 0.5 and 0: distance 0.4, so the similarity of the pair is 0.6."""
    where = s.points(pd.DataFrame({"a": [0.0, 0.5], "b": [1.0, 1.0]}), {"a": 0.64, "b": 0.36})
    assert s.closest(where, np.array([0, 1]), 0.5, 1)["similarity"].tolist() == pytest.approx([0.6])


def test_like_pairs_by_hand():
    """Of three cases on a line at 0, 0.05 and 0.2, one pair is closer than 0.1, and it was decided unlike."""
    where = np.array([[0.0], [0.05], [0.2]])
    assert s.like_pairs(where, np.array([1, 0, 1]), 0.9) == Pairs(3, 1, 1, 1.0)
    assert s.like_pairs(where, np.array([1, 1, 0]), 0.9) == Pairs(3, 1, 0, 0.0)


def test_a_pair_on_the_boundary_is_not_above_it():
    """A distance of exactly 1 − threshold, whichever side rounding puts it on, is not like; a hair less is."""
    for start in (0.0, 0.1, 0.3, 0.7):
        where = np.array([[start], [start + 0.1]])
        assert s.like_pairs(where, np.array([1, 0]), 0.9).pairs == 0
        assert s.like_pairs(where - np.array([[0.0], [1e-6]]), np.array([1, 0]), 0.9).pairs == 1


@given(
    n=st.sampled_from([0, 1, 2, 30, 60, 130, 400]),
    k=st.integers(1, 5),
    seed=st.integers(0, 999),
    levels=st.sampled_from([0, 2, 3, 6]),
    threshold=st.sampled_from([0.0, 0.5, 0.7, 0.8, 0.9, 0.95]),
)
@settings(max_examples=80, deadline=None)
def test_tiles_agree_with_all_pairs(n, k, seed, levels, threshold):
    """Counts and degrees equal the brute-force matrix on continuous and gridded points, ties and twins included."""
    where, outcome = cases(n, k, seed, levels)
    like, unlike = brute(where, outcome, threshold) if n > 1 else (np.zeros((n, n), bool),) * 2
    found = s.like_pairs(where, outcome, threshold)
    assert (found.pairs, found.violations) == (like.sum() // 2, unlike.sum() // 2)
    near = degrees(where, outcome, threshold)
    assert [near.like.tolist(), near.unlike.tolist()] == [like.sum(1).tolist(), unlike.sum(1).tolist()]


def test_no_like_pair_means_no_rate():
    """Without a like pair the violation rate is undefined, not 0: nothing was compared."""
    assert np.isnan(s.like_pairs(np.array([[0.0], [1.0]]), np.array([0, 1]), 0.9).rate)
    assert np.isnan(s.rate_interval(np.zeros(2, int), np.zeros(2, int), 0.95).low)


def test_order_of_cases_does_not_matter():
    """The same cases in another order give the same counts and the same closest violations."""
    where, outcome = cases(300, 3, 5)
    order = np.random.default_rng(1).permutation(300)
    assert s.like_pairs(where, outcome, 0.9) == s.like_pairs(where[order], outcome[order], 0.9)
    first, second = (s.closest(where[o], outcome[o], 0.9, 5)["similarity"] for o in (np.arange(300), order))
    assert first.tolist() == second.tolist()


@given(n=st.integers(2, 50), seed=st.integers(0, 99), most=st.integers(1, 8), levels=st.sampled_from([0, 4]))
@settings(max_examples=40, deadline=None)
def test_closest_violations_are_the_nearest_of_all(n, seed, most, levels):
    """The listed similarities are the highest among all violating pairs, and each pair is a violation."""
    where, outcome = cases(n, 3, seed, levels)
    _, unlike = brute(where, outcome, 0.7)
    expected = np.sort(1 - squareform(pdist(where))[np.triu(unlike)])[::-1][:most]
    found = s.closest(where, outcome, 0.7, most)
    np.testing.assert_allclose(found["similarity"].to_numpy(dtype=float), expected, atol=1e-9)
    assert (outcome[found["refused"].astype(int)] == 0).all()
    assert (outcome[found["approved"].astype(int)] == 1).all()
    assert not found[["refused", "approved"]].duplicated().any()


def test_losses_count_pairs_between_group_and_others():
    """Lost and won are the violating pairs across the groups, by brute force; their difference is the signed sum."""
    where, outcome = cases(200, 2, 3)
    member = np.random.default_rng(4).random(200) < 0.4
    _, unlike = brute(where, outcome, 0.9)
    refused, approved = np.nonzero(unlike & (outcome == 0)[:, None])
    lost, won = (int((member[refused] == m).astype(int) @ (member[approved] != m)) for m in (True, False))
    near = degrees(where, outcome, 0.9, np.column_stack([member, ~member]))
    for side, within in zip((member, ~member), near.within.T, strict=True):
        assert within.tolist() == (unlike & side).sum(1).tolist()
    found = losses(
        outcome, member, unlike=near.unlike, within=near.within[:, 0], strata=np.zeros(200, int), draws=200,
        rng=np.random.default_rng(0),
    )  # fmt: skip
    assert (found.lost, found.won) == (lost, won)
    assert found.share == pytest.approx(lost / (lost + won))
    assert (np.where(outcome == 0, 1, -1) * unlike.sum(1))[member].sum() == lost - won


def test_the_permutation_is_one_of_rows():
    """The p-value agrees with shuffling the labels of whole rows within strata, within simulation error."""
    where, outcome = cases(150, 2, 8)
    rng = np.random.default_rng(9)
    member, strata = rng.random(150) < 0.3, rng.integers(0, 3, 150)
    near = degrees(where, outcome, 0.9, member[:, None])
    unlike = near.unlike
    value = np.where(outcome == 0, 1, -1) * unlike
    sums = []
    for _ in range(4000):
        shuffled = member.copy()
        for stratum in range(3):
            shuffled[strata == stratum] = rng.permutation(member[strata == stratum])
        sums.append(value[shuffled].sum())
    centre = np.mean(sums)
    expected = np.mean(np.abs(np.array(sums) - centre) >= abs(value[member].sum() - centre))
    found = losses(outcome, member, unlike=unlike, within=near.within[:, 0], strata=strata, draws=4000, rng=rng)
    assert found.p == pytest.approx(expected, abs=0.04)


@pytest.mark.slow
def test_losses_without_bias_alarm_at_the_nominal_rate():
    """With outcomes independent of the group, p is below 0.1 in about a tenth of the tables."""
    alarms = 0
    for seed in range(200):
        where, outcome = cases(200, 3, seed)
        rng = np.random.default_rng(1000 + seed)
        member = rng.random(200) < 0.3
        near = degrees(where, outcome, 0.8, member[:, None])
        found = losses(
            outcome, member, unlike=near.unlike, within=near.within[:, 0], strata=np.zeros(200, int), draws=199, rng=rng
        )
        alarms += found.p < 0.1
    assert 8 <= alarms <= 34  # binomial(200, 0.1) with probability 0.999


@pytest.mark.slow
def test_the_interval_of_the_violation_rate_covers_the_truth():
    """With approval a coin of 0.3 whatever the features, 2·0.3·0.7 of like pairs differ, as intervals say."""
    covered = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        where, _ = cases(400, 3, seed)
        near = degrees(where, (rng.random(400) < 0.3).astype(int), 0.85)
        interval = s.rate_interval(near.like, near.unlike, 0.95)
        covered += interval.low <= 0.42 <= interval.high
    assert 0.90 <= covered / 200 <= 0.99


def test_consistency_by_hand():
    """On a line 0, 1, 3, 7 with outcomes 1, 1, 0, 0 and one neighbour: only the third differs from its nearest."""
    where = np.array([[0.0], [1.0], [3.0], [7.0]])
    outcome = np.array([1, 1, 0, 0])
    assert s.consistency(where, outcome, 1) == 0.75
    assert s.consistency(where, outcome, 1, with_itself=True) == 1.0
    assert np.isnan(s.consistency(where, outcome, 4))


def test_consistency_with_more_twins_than_neighbours():
    """Eight equal cases: whichever of them are the neighbours, the case itself is not, and all agree."""
    assert s.consistency(np.zeros((8, 2)), np.ones(8, int), 3) == 1.0


@pytest.mark.parametrize("neighbours", [1, 5, 20])
def test_consistency_agrees_with_sorting_all_distances(neighbours):
    """The mean over the k nearest others, found by sorting every distance."""
    where, outcome = cases(120, 4, 2)
    distance = squareform(pdist(where))
    np.fill_diagonal(distance, np.inf)
    nearest = np.argsort(distance, axis=1)[:, :neighbours]
    expected = 1 - np.abs(outcome - outcome[nearest].mean(axis=1)).mean()
    assert s.consistency(where, outcome, neighbours) == pytest.approx(expected, abs=1e-12)


@pytest.mark.peers
def test_consistency_agrees_with_aif360_in_its_convention():
    """AIF360 counts a case as its own neighbour: the same number with ``with_itself``."""
    metrics = pytest.importorskip("aif360.sklearn.metrics")
    where, outcome = cases(300, 4, 7)
    expected = metrics.consistency_score(where, outcome, n_neighbors=5)
    assert s.consistency(where, outcome, 5, with_itself=True) == pytest.approx(expected, abs=1e-12)


def test_weights_must_be_whole():
    """Weights that do not sum to 1 would make 1 − distance mean something else in each table."""
    settings_ = {"threshold": 0.9, "neighbours": 5, "permutations": 100, "listed": 3}
    with pytest.raises(ValueError, match=r"weights must sum to 1, got 0\.9"):
        s.Similarity(weights={"a": 0.5, "b": 0.4}, **settings_)
    assert s.Similarity(weights={"a": 0.5, "b": 0.5}, **settings_).threshold == 0.9


@pytest.mark.slow
def test_blocks_do_not_change_the_answer_on_the_sample():
    """5,000 sample cases: equal to the brute-force matrix over all 12.5 million pairs."""
    table = pd.DataFrame(next(iter(draw(5000, 1))))
    names = ["clinical_necessity", "emergency", "time_sensitivity", "historical_alignment", "diagnostic_uncertainty"]
    where = s.points(table[names].astype(float), dict.fromkeys(names, 0.2))
    outcome = table["approved"].to_numpy(dtype=np.int64)
    like = pdist(where) < 0.1 - SLACK
    unlike = like & (pdist(outcome[:, None].astype(float)) > 0)
    found = s.like_pairs(where, outcome, 0.9)
    assert (found.pairs, found.violations) == (int(like.sum()), int(unlike.sum()))


def test_consistency_does_not_depend_on_the_order_of_rows(seed):
    """Ties at the k-th distance count in parts, so any order of the rows gives the same figure to the last digits."""
    rng = np.random.default_rng(seed)
    where, outcome = rng.integers(0, 4, (60, 2)) / 4.0, rng.integers(0, 2, 60)
    for itself in (False, True):
        orders = [rng.permutation(60) for _ in range(8)]
        found = [s.consistency(where[o], outcome[o], 5, with_itself=itself) for o in orders]
        assert found == pytest.approx([found[0]] * 8, abs=1e-12)


def test_consistency_with_ties_by_hand():
    """A (0, 0) has three neighbours at distance 1 of whom k = 2 count: each by ⅔, their mean outcome is ⅔."""
    where, outcome = np.array([[0.0, 0.0], [1.0, 0.0], [-1.0, 0.0], [0.0, 1.0]]), np.array([1, 0, 1, 1])
    # (1, 0) and (−1, 0): (0, 0), then (0, 1) at √2; (0, 1): (0, 0), then half of each of the other two at √2
    expected = 1 - np.mean([1 / 3, 1.0, 0.0, abs(1 - (1 + 0.5) / 2)])
    assert s.consistency(where, outcome, 2) == pytest.approx(expected)
