"""What groups can be given: ROCs of counts, bounds by linear programs, and pairs of thresholds."""

import itertools

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.stats import norm

from responsible.alternatives.attainable import bound
from responsible.alternatives.polytope import LINEAR, best, best_pair, least, limited, roc, tolerated
from responsible.fairness.measures import MEASURES
from responsible.limits import Limits

SCORE = np.array([0.1, 0.1, 0.4, 0.4, 0.7, 0.7, 0.9, 0.9])
LABEL = np.array([0, 1] * 4)
U = roc(SCORE, LABEL, np.array([5, 1, 4, 2, 1, 3, 0, 1]))
P = roc(SCORE, LABEL, np.array([2, 1, 3, 2, 2, 6, 1, 5]))


def gaussian(separation, rows=4_000_000):
    """The ROC of scores N(0, 1) with label 0 and N(separation, 1) with label 1, on a fine grid."""
    grid = np.arange(-6, 6 + separation, 0.01)
    n = [np.round(rows * 0.01 * norm.pdf(grid, mean)) for mean in (0, separation)]
    score, label = np.tile(grid, 2), np.repeat([0, 1], len(grid))
    return roc(score, label, np.concatenate(n).astype(int))


def test_hand_counted_roc():
    """Ten rows of either label: who is selected from each score on, as counted by hand; and the hull's corners."""
    assert U.threshold.tolist() == [np.inf, 0.9, 0.7, 0.4, 0.1]
    np.testing.assert_allclose(U.points[:, 1], [0, 1 / 7, 4 / 7, 6 / 7, 1])  # TPR
    np.testing.assert_allclose(U.points[:, 2], [0, 0, 1 / 10, 5 / 10, 1])  # FPR
    np.testing.assert_allclose(U.points[:, 0], [0, 1 / 17, 5 / 17, 11 / 17, 1])  # selection
    assert U.errors().tolist() == [7, 6, 4, 6, 10]
    assert U.errors((1.0, 3.0)).tolist() == [21, 18, 10, 8, 10]
    assert roc(SCORE, LABEL, np.array([5, 1, 1, 5, 5, 1, 1, 5])).hull().threshold.tolist() == [np.inf, 0.9, 0.4, 0.1]


def within(name, u, p, limits):
    """Whether points (..., 3) of both groups are within the limits, by the measure of their counts."""
    counts = []
    for x, (n, m) in ((u, U.rows), (p, P.rows)):
        rows = np.stack([n - n * x[..., 2], n * x[..., 2], m - m * x[..., 1], m * x[..., 1]], axis=-1)
        counts.append(rows.reshape(*x.shape[:-1], 2, 2))
    value = MEASURES[name].compute(*counts)
    return (limits.low - 1e-9 <= value) & (value <= limits.high + 1e-9)


@pytest.mark.parametrize(
    ("name", "limits"),
    [
        *((name, Limits(minimum=-0.1, maximum=0.1)) for name in LINEAR),
        ("disparate_impact", Limits(minimum=0.8, maximum=1.25)),
        ("average_absolute_odds_difference", Limits(maximum=0.1)),
        ("statistical_parity_difference", Limits(minimum=-0.3)),
    ],
)
def test_bound_is_what_mixtures_reach(name, limits):
    """The program's mixture is within the limits by the measure itself, and no mixture of a lattice does better."""
    reached, share_u, share_p = best(U.hull(), P.hull(), limited(name, limits))
    assert within(name, share_u @ U.hull().points, share_p @ P.hull().points, limits)
    lattice = [
        curve.points[a] * (1 - w) + curve.points[b] * w
        for curve in (U, P)
        for a, b in itertools.combinations(range(5), 2)
        for w in np.linspace(0, 1, 21)
    ]
    u, p = np.array(lattice).reshape(2, -1, 3)
    cost = [n * x[:, 2] + m * (1 - x[:, 1]) for x, (n, m) in ((u, U.rows), (p, P.rows))]
    errors = (cost[0][:, None] + cost[1])[within(name, *np.broadcast_arrays(u[:, None], p[None]), limits)]
    assert reached <= errors.min() + 1e-9
    assert reached >= errors.min() - 0.35  # the lattice is coarse


@pytest.mark.parametrize("name", [*LINEAR, "disparate_impact", "average_absolute_odds_difference"])
def test_corners_give_what_the_program_gives(name):
    """On drawn ROCs and limits, also ones that leave parity out or on one side, the least cost is the program's."""
    rng, infeasible = np.random.default_rng(4), 0
    for _ in range(40):
        label = np.tile([0, 1], 6)
        u, p = (roc(rng.random(12).round(1), label, rng.integers(1, 9, 12)).hull() for _ in "up")
        low, high = np.sort(rng.uniform(-0.6, 0.9, 2)) + (0.5 if name == "disparate_impact" else 0.0)
        low = None if rng.random() < 0.2 or name.startswith("average_absolute") else float(max(low, -0.99))
        high = None if rng.random() < 0.2 and low is not None else float(max(abs(high), low or 0.0) + 1e-9)
        if name == "disparate_impact":
            low = None if low is None else max(low, 0.0)
        costs = (1.0, float(rng.uniform(0.5, 3)))
        rows = limited(name, Limits(minimum=low, maximum=high))
        program, corners = best(u, p, rows, costs), least(u, p, rows, costs)
        assert (program is None) == (corners is None)
        infeasible += program is None
        assert program is None or corners == pytest.approx(program[0], abs=1e-7)
    assert infeasible < 30


@pytest.mark.parametrize("name", ["predictive_parity_difference", "false_discovery_rate_ratio"])
def test_no_bound_where_limits_are_not_linear(name):
    """Limits on precision have no bound, and neither has a mean of absolute gaps that must be large."""
    assert bound({0: U, 1: P}, name, Limits(maximum=0.1)) is None
    assert limited("average_absolute_odds_difference", Limits(minimum=0.1)) is None


@pytest.mark.parametrize("constraint", ["demographic_parity", "equal_opportunity", "equalized_odds"])
@pytest.mark.parametrize("tolerance", [0.0, 0.1, 0.3])
def test_pairs_of_thresholds_by_brute_force(constraint, tolerance):
    """The pair that is not randomised is the best of all 25, and randomisation never costs more."""
    rates = {"demographic_parity": [0], "equal_opportunity": [1], "equalized_odds": [1, 2]}[constraint]
    found = [
        (U.errors()[i] + P.errors()[j], i, j)
        for i in range(5)
        for j in range(5)
        if all(abs(U.points[i][r] - P.points[j][r]) <= tolerance + 1e-12 for r in rates)
    ]
    rows = tolerated(constraint, tolerance)
    i, j = best_pair(U, P, rows)
    assert U.errors()[i] + P.errors()[j] == min(found)[0]
    assert best(U, P, rows)[0] <= min(found)[0] + 1e-9


@pytest.mark.parametrize("tolerance", [0.0, 0.05, 0.1, 0.4])
def test_two_gaussian_groups_have_their_closed_frontier(tolerance):
    """Equal opportunity with separations 1 and 2: the bound is that of TPRs t and t + τ, best over t, to 1e-4."""
    u, p = gaussian(1.0), gaussian(2.0)

    def accuracy(rate, gap):
        rates = ((rate, 1.0), (rate + gap, 2.0))
        return sum(t + 1 - norm.cdf(norm.ppf(t) - d) for t, d in rates) / 4

    exact = max(
        -minimize_scalar(lambda t, g=g: -accuracy(t, g), bounds=(1e-6, 1 - 1e-6 - g), method="bounded").fun
        for g in np.linspace(0, tolerance, 21)
    )
    found = bound(
        {0: u.hull(), 1: p.hull()},
        "equal_opportunity_difference",
        Limits(minimum=-tolerance - 1e-9, maximum=tolerance + 1e-9),
    )
    assert found.within == pytest.approx(exact, abs=1e-4)
    assert found.free == pytest.approx((norm.cdf(0.5) + norm.cdf(1.0)) / 2, abs=1e-4)


@pytest.mark.peers
@pytest.mark.filterwarnings("ignore::Warning")
@pytest.mark.parametrize(
    ("constraint", "theirs"),
    [
        ("demographic_parity", "demographic_parity"),
        ("equal_opportunity", "true_positive_rate_parity"),
        ("equalized_odds", "equalized_odds"),
    ],
)
def test_randomised_ones_are_as_good_as_fairlearns(constraint, theirs):
    """At tolerance 0 the program is as accurate as fairlearn's ThresholdOptimizer on the same rows."""
    from fairlearn.postprocessing import ThresholdOptimizer
    from sklearn.base import BaseEstimator, ClassifierMixin

    class AsGiven(ClassifierMixin, BaseEstimator):
        def fit(self, x, y):  # noqa: ARG002 - as scikit-learn calls it
            self.classes_ = np.unique(y)
            return self

        def predict_proba(self, x):
            return np.column_stack([1 - x[:, 0], x[:, 0]])

    rng = np.random.default_rng(3)
    group = rng.integers(0, 2, 4_000)
    label = (rng.random(4_000) < 0.35 + 0.2 * group).astype(int)
    score = (1 / (1 + np.exp(-(2 * label - 1 + rng.normal(size=4_000) * (1.5 - 0.5 * group))))).round(2)
    one = np.ones(4_000, dtype=int)
    u, p = (roc(score, label, one * (group == g)) for g in (0, 1))
    ours = 1 - best(u.hull(), p.hull(), tolerated(constraint, 0.0))[0] / 4_000
    peer = ThresholdOptimizer(
        estimator=AsGiven().fit(score[:, None], label),
        constraints=theirs,
        objective="accuracy_score",
        predict_method="predict_proba",
        prefit=True,
    ).fit(score[:, None], label, sensitive_features=group)
    said = peer._pmf_predict(score[:, None], sensitive_features=group)[:, 1]
    assert ours == pytest.approx(np.where(label == 1, said, 1 - said).mean(), abs=2e-3)
