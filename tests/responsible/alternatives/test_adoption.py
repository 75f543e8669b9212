"""Adopting a candidate: which names are one, which are refused and why, and what the adopted model learns."""

import numpy as np
import pytest

from responsible.alternatives.candidates import Adoption, Workshop, adoption
from responsible.alternatives.recipes import Candidate, declared, named
from responsible.mitigation.reweighing import Reweigh, Weights, row_weights
from responsible.validation import InputError
from tests.support.populations import SEARCHED, material, people

REWEIGH = Reweigh(attributes=["group"], groups="privileged", empty_cells="refuse")
FEATURES = ["age", "job", "job, and town", "town and job"]
KNOWN = SEARCHED.model_copy(update={"estimators": ["logistic", "trees"]}), REWEIGH, ["group"], FEATURES


def test_every_candidate_that_is_trained_once_can_be_adopted_by_its_name():
    """Reweighing and constraints without randomisation come back as they are, with or without the estimator's name."""
    fit = [c for c in declared(*KNOWN[:3]) if c.recipe in ("reweighing", "reductions") and not c.random]
    fit = [c for c in fit if c.estimator == "logistic"]
    assert {c.recipe for c in fit} == {"reweighing", "reductions"}
    for own in fit:
        assert named(own.name, *KNOWN) == named(own.name.removeprefix("logistic regression, "), *KNOWN) == own


@pytest.mark.parametrize(
    "dropped", [("age",), ("job, and town",), ("job", "town and job"), ("age", "job, and town", "town and job")]
)
def test_any_features_can_be_left_out_whatever_their_names(dropped):
    """Names with commas and with *and* in them are told apart from lists."""
    own = Candidate("dropping", dropped=dropped)
    assert named(own.name, *KNOWN) == own


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "logistic regression, without agee",
            "is no candidate of docs/alternatives.md; did you mean 'logistic regression, without age'",
        ),
        ("without age and age", "is no candidate"),
        ("logistic regression, without age, job, job, and town and town and job", "leaves no feature; keep one"),
        ("logistic regression, unmitigated", "is the baseline already"),
        ("boosted trees, unmitigated", "trees have no coefficients and no reasons yet; .* judged by their predictions"),
        (
            "logistic regression, a threshold for each group for equal selection rates within 0",
            "looks at the attribute when it decides, which may be unlawful; it is a bound",
        ),
        (
            "logistic regression, trained for equal selection rates within 0 (randomised)",
            "decides on some people at random, .* adopt '.* trained for equal selection rates within 0 without rand",
        ),
    ],
)
def test_what_cannot_be_adopted(name, said):
    """An unknown name, and a candidate that no model file holds, are refused with the reason and what to do."""
    with pytest.raises(InputError, match=rf"^models\.adopted: .*{said}"):
        named(name, *KNOWN)


@pytest.fixture(scope="module")
def planted():
    return material(people(np.random.default_rng(1), 6_000, planted=0.35))


CONSTRAINED = [(c, t) for c in ("demographic_parity", "equal_opportunity", "equalized_odds") for t in (0.0, 0.05)]


@pytest.mark.parametrize(("constraint", "tolerance"), CONSTRAINED)
def test_the_best_fit_is_that_of_a_count_over_the_pool(planted, constraint, tolerance):
    """Of all fits, the fewest errors within the tolerance; without any, the narrowest gap."""
    shop = Workshop(planted, "group")
    pool, n = shop._constrained(constraint), planted.rows("train")
    own_pool = pool._solved(tolerance)
    own = Candidate("reductions", setting=tolerance, constraint=constraint)
    said = shop.said(own)
    row = pool.learner.design.row
    fits = [fit[row] for fit, asked in zip(own_pool.said, own_pool.asked, strict=True) if asked is not None]
    errors = [int((n * (fit != planted.label)).sum()) for fit in fits]
    widest = [max(abs(float(gap @ fit)) for gap in pool.gaps) for fit in fits]
    inside = [at for at in range(len(fits)) if widest[at] <= tolerance + 1e-9]
    at = min(inside, key=lambda i: errors[i]) if inside else min(range(len(fits)), key=lambda i: widest[i])
    assert (said == fits[at])[n > 0].all()


def test_a_lesson_costs_what_the_multipliers_say(planted):
    """Weighted errors of any answer differ from its Lagrangian by one constant; the weights sum to the rows."""
    pool, n = Workshop(planted, "group")._constrained("equalized_odds"), planted.rows("train")
    multipliers = np.array([0.4, -0.7])
    own, rng = pool.lesson(multipliers), np.random.default_rng(0)
    assert (own.weight * n).sum() == pytest.approx(n.sum())
    costs, unit = pool.costs(multipliers), np.abs(pool.costs(multipliers)).sum()
    answers = rng.integers(0, 2, size=(50, len(n)))
    weighted = [(own.weight * n * (said != own.label)).sum() / n.sum() * unit for said in answers]
    assert np.ptp(np.array(weighted) - answers @ costs) < 1e-12
    side = planted.sides["group"]
    for group, label in np.ndindex(2, 2):
        there = (side == group) & (planted.label == label) & (n > 0)
        assert np.ptp(own.weight[there]) < 1e-12
        assert np.ptp(own.label[there]) == 0


def test_what_is_adopted_is_what_the_search_fits(planted):
    """The lesson fitted to expanded rows by scikit-learn alone decides as the candidate, for each kind of recipe."""
    from sklearn.linear_model import LogisticRegression

    n = planted.rows("train")
    rows = np.repeat(np.arange(len(n)), n)
    for candidate in (
        Candidate("dropping", dropped=("badge",)),
        Candidate("reweighing", setting=0.5, attributes=("group",)),
        Candidate("reductions", setting=0.05, constraint="demographic_parity"),
    ):
        own = adoption(candidate.name, planted, SEARCHED.model_copy(update={"strengths": [0.5], "tolerances": [0.05]}))
        assert own.candidate == candidate
        weight, label = own.lesson(planted.label)
        learner = planted.without(candidate.dropped).learner("logistic")
        x = learner.matrix[learner.design.row]
        peer = LogisticRegression(C=planted.model.C, solver="newton-cholesky", tol=1e-9, max_iter=1_000)
        peer.fit(x[rows], label[rows], sample_weight=weight[rows])
        said = peer.predict_proba(x)[:, 1]
        np.testing.assert_allclose(own.workshop.score(candidate), said, atol=1e-6)


def test_without_a_search_there_is_no_candidate(planted):
    """The section that declares the search is asked for."""
    with pytest.raises(InputError, match=r"models\.adopted: a candidate is one of the section alternatives, which is"):
        adoption("without badge", planted, None)


def test_other_labels_of_the_same_people(planted):
    """At another label threshold the same recipe is learned from the labels there; a split without one is refused."""
    own = adoption("without badge", planted, SEARCHED)
    other = 1 - planted.label
    assert (own.lesson(other)[1] == other.astype(bool)).all()
    bound = Adoption(Candidate("reductions", setting=0.0, constraint="equal_opportunity"), own.workshop)
    with pytest.raises(InputError, match="no train row has label 1; choose another threshold"):
        bound.lesson(np.zeros_like(other))


def test_weights_by_group_are_those_of_reweighing(planted):
    """The table of an adopted candidate's weights is Kamiran and Calders' where the candidate is theirs, else all 1."""
    own = adoption("reweighed by group at strength 0.5", planted, SEARCHED.model_copy(update={"strengths": [0.5]}))
    (code, names), n = own.groups(), planted.rows("train")
    found = Weights.of(code, planted.label, n, own.lesson(planted.label)[0], len(names))
    given = planted.reweigh.model_copy(update={"strength": 0.5})
    theirs, same, _ = row_weights(code, planted.label, n, names, given)
    np.testing.assert_allclose(found.weights, theirs.weights)
    assert (found.counts == theirs.counts).all()
    assert names == same == ("unprivileged group", "privileged group")
    plain = adoption("without badge", planted, SEARCHED)
    whole = Weights.of(plain.groups()[0], planted.label, n, plain.lesson(planted.label)[0], 2)
    assert whole.summary() == {"largest": 1.0, "rows": n.sum(), "effective_rows": pytest.approx(n.sum())}
