"""Training under a constraint: the gaps, the costs, and mixtures against an independent solver."""

import numpy as np
import pytest

from responsible.alternatives.candidates import Workshop
from responsible.alternatives.reductions import gaps
from tests.support.populations import material, people

SIDE, LABEL, N = np.array([0, 0, 1, 1, 2]), np.array([0, 1, 0, 1, 1]), np.array([6, 2, 1, 3, 9])


@pytest.mark.parametrize(
    ("constraint", "expected"),
    [
        ("demographic_parity", [[6 / 8, 2 / 8, -1 / 4, -3 / 4, 0]]),
        ("equal_opportunity", [[0, 1, 0, -1, 0]]),
        ("equalized_odds", [[0, 1, 0, -1, 0], [1, 0, -1, 0, 0]]),
    ],
)
def test_hand_counted_gaps(constraint, expected):
    """Each cell's part in the difference of rates; whoever is outside of the audit has none."""
    np.testing.assert_allclose(gaps(constraint, SIDE, LABEL, N), expected)


@pytest.fixture(scope="module")
def planted():
    return Workshop(material(people(np.random.default_rng(1), 6_000, planted=0.35)), "group")


def figures(workshop, said, constraint):
    """Training error and largest gap of what a mixture says."""
    own = workshop.material
    n, side = own.rows("train"), own.sides["group"]
    error = (n * np.where(own.label == 1, 1 - said, said)).sum() / n.sum()
    return error, np.abs(gaps(constraint, side, own.label, n) @ said).max()


@pytest.mark.parametrize("constraint", ["demographic_parity", "equal_opportunity", "equalized_odds"])
def test_mixtures_meet_their_tolerance_and_cost_more_the_stricter_it_is(planted, constraint):
    """Every tolerance is met on training rows, errors fall as it widens, and a wide one gives the plain model back."""
    reductions = planted._constrained(constraint)
    found = [figures(planted, reductions.mixture(t), constraint) for t in (0.0, 0.02, 0.05, 0.9)]
    for (_, gap), tolerance in zip(found, (0.0, 0.02, 0.05, 0.9), strict=True):
        assert gap <= tolerance + 1e-9
    errors = [error for error, _ in found]
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] <= figures(planted, (planted.plain >= 0.5).astype(float), constraint)[0] + 1e-12


def test_what_a_multiplier_costs(planted):
    """Without multipliers the cost of a yes is an error gained or avoided; with one, the gap at its price is added."""
    reductions = planted._constrained("demographic_parity")
    said = reductions.first[2].astype(float)[reductions.learner.design.row]
    base = (reductions.n * reductions.label).sum() / reductions.n.sum()
    error, _ = figures(planted, said, "demographic_parity")
    assert base + reductions.costs(np.zeros(1)) @ said == pytest.approx(error)
    priced = base + reductions.costs(np.array([0.3])) @ said
    assert priced == pytest.approx(error + 0.3 * (reductions.gaps @ said)[0])


def test_a_candidate_does_not_depend_on_the_others(planted):
    """A mixture for one tolerance alone says the same of every cell as one that comes after others."""
    own = planted.material
    alone = Workshop(own, "group")._constrained("equalized_odds").mixture(0.05)
    several = Workshop(own, "group")._constrained("equalized_odds")
    after = [several.mixture(tolerance) for tolerance in (0.0, 0.2, 0.05)][-1]
    np.testing.assert_array_equal(alone, after)


@pytest.mark.peers
@pytest.mark.filterwarnings("ignore::Warning")
@pytest.mark.parametrize("tolerance", [0.05, 0.1])
def test_as_accurate_as_fairlearns_exponentiated_gradient(planted, tolerance):
    """On the same rows expanded and to the same gap, the error is at most theirs, within half a point."""
    from fairlearn.reductions import DemographicParity, ExponentiatedGradient
    from sklearn.linear_model import LogisticRegression

    own = planted.material
    rows = np.repeat(np.arange(len(own.label)), own.rows("train"))
    matrix = own.learner("logistic")
    x, label, side = matrix.matrix[matrix.design.row][rows], own.label[rows], own.sides["group"][rows]
    share = np.bincount(side) / len(side)
    bound = tolerance * share.max()  # they compare each group with everybody
    peer = ExponentiatedGradient(LogisticRegression(C=1.0), DemographicParity(difference_bound=bound), eps=bound / 10)
    peer.fit(x, label, sensitive_features=side)
    said = peer._pmf_predict(x)[:, 1]
    theirs = np.where(label == 1, 1 - said, said).mean()
    ours, gap = figures(planted, planted._constrained("demographic_parity").mixture(tolerance), "demographic_parity")
    assert gap <= tolerance + 1e-9
    assert ours <= theirs + 0.005
