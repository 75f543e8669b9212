"""The search: what is found where something was planted, what is claimed where nothing was, and what is refused."""

import numpy as np
import pandas as pd
import pytest

from responsible.alternatives.answer import Compared, outcome, size_of
from responsible.alternatives.candidates import Candidate, Workshop, planned
from responsible.alternatives.choice import choose, dominators
from responsible.alternatives.material import Learner, Material
from responsible.alternatives.parameters import Alternatives
from responsible.alternatives.searching import QUALITY, prepared, search
from responsible.alternatives.tables import Expected, joint, selected
from responsible.fairness.verdicts import Fairness
from responsible.limits import Limits
from responsible.measures.costs import Costs
from responsible.statistics.count_figures import Estimate
from responsible.statistics.intervals import wilson
from responsible.validation import InputError
from tests.support.populations import LOGISTIC, SEARCHED, SURE, material, people

FAIRNESS = Fairness(
    accuracy_floor=0.6,
    measures=[],
    limits={"disparate_impact": Limits(minimum=0.8, maximum=1.25), "predictive_parity_difference": Limits(maximum=0.1)},
)


def found(seed, *, planted, rows=9_000):
    own, _ = prepared(
        material(people(np.random.default_rng(seed), rows, planted=planted)), SEARCHED, None, SURE, seed=seed
    )
    return own.answer(*own.validation(), None)


def rates(seeds):
    planted = [found(seed, planted=True).outcome for seed in seeds]
    nothing = [found(seed, planted=False).outcome for seed in seeds]
    return planted.count("yes"), planted.count("no"), nothing.count("yes")


def test_a_planted_alternative_is_found_and_none_is_claimed_where_there_is_none():
    """Of eight planted ones at least seven are found and none denied; of eight without any, none is claimed."""
    yes, denied, claimed = rates(range(8))
    assert yes >= 7
    assert (denied, claimed) == (0, 0)


@pytest.mark.heavy
def test_both_error_rates_over_two_hundred_seeds():
    """The interval of the share that is missed lies below 10 %, and that of false claims below 5 %."""
    yes, denied, claimed = rates(range(200))
    assert wilson(200 - yes, 200, 0.95).high < 0.1
    assert wilson(denied, 200, 0.95).high < 0.05
    assert wilson(claimed, 200, 0.95).high < 0.05


QUALITIES, GAPS = np.array([0.90, 0.895, 0.88, 0.90, np.nan]), np.array([0.30, 0.20, 0.05, 0.30, 0.0])


def test_the_choice_by_hand():
    """Within two points the third wins, within one the second, and with the second barred nobody."""
    eligible = np.ones(5, dtype=bool)
    two = choose(QUALITIES, GAPS, eligible, SEARCHED)
    assert (int(two.instead), int(two.alternative), two.near.tolist()) == (0, 2, [True, True, True, True, False])
    one = SEARCHED.model_copy(update={"within": 0.01})
    assert int(choose(QUALITIES, GAPS, eligible, one).alternative) == 1
    assert int(choose(QUALITIES, GAPS, np.array([True, False, True, True, True]), one).alternative) == -1
    assert int(choose(QUALITIES, GAPS, eligible, one, instead=2).alternative) == -1  # it is the least disparate itself
    many = choose(np.stack([QUALITIES, QUALITIES]), np.stack([GAPS, GAPS * 0.1]), eligible, SEARCHED)
    assert many.alternative.tolist() == [2, 2]


def test_domination_by_hand():
    """The first is beaten by nobody; a worse one of equal disparity is beaten; equals do not beat each other."""
    quality, gap = np.array([0.9, 0.8, 0.8, 0.7]), np.array([0.3, 0.3, 0.1, 0.1])
    assert dominators(quality, gap, np.ones(4, dtype=bool)).tolist() == [-1, 2, -1, 2]
    assert dominators(np.array([0.9, 0.9]), np.array([0.1, 0.1]), np.ones(2, dtype=bool)).tolist() == [-1, -1]


def compared(gain, loss):
    nothing = Estimate(0.0, 0.0, 0.0, 0.0, "")
    return Compared(nothing, nothing, nothing, Estimate(*loss, 0.0, ""), Estimate(*gain, 0.0, ""))


@pytest.mark.parametrize(
    ("gain", "loss", "expected"),
    [
        ((-0.1, -0.15, -0.05), (-0.01, -0.02, 0.0), ("yes", None)),
        ((-0.1, -0.15, -0.05), (-0.05, -0.07, -0.03), ("no", None)),  # more is lost than 0.02
        ((0.0, -0.01, 0.01), (0.0, -0.01, 0.01), ("no", None)),  # 0.02 are not gained
        ((0.0, -0.03, 0.03), (0.0, -0.01, 0.01), ("cannot_be_told", 4_600)),
        ((-0.03, -0.07, 0.01), (0.0, -0.01, 0.01), ("cannot_be_told", 3_633)),
    ],
)
def test_the_answer_by_hand(gain, loss, expected):
    """Yes, no, or how many rows would tell: 1,000 times the square of (1.96 + 0.84) / 1.96 · half width / distance."""
    outcome_, needed = outcome(compared(gain, loss), 0.02, 0.02, 1_000, 0.95)
    half, distance = (gain[2] - gain[0], 0.02 if gain[0] == 0 else 0.03)
    assert outcome_ == expected[0]
    if outcome_ == "cannot_be_told":
        exact = 1_000 * ((1.959964 + 0.841621) / 1.959964 * half / distance) ** 2
        assert needed == pytest.approx(exact, rel=0.001)


def test_shares_in_whole_rows():
    """Shares of cells become whole rows whose running total is within half a row of its expectation."""
    said, n = np.array([0.3, 1.0, 0.5, 0.0, 0.25, 0.9]), np.array([1, 4, 3, 5, 2, 1])
    chosen = selected(said, n, np.arange(6))
    assert chosen[[1, 3]].tolist() == [4, 0]
    assert ((chosen >= 0) & (chosen <= n)).all()
    mixed = [0, 2, 4, 5]
    assert np.abs(np.cumsum(chosen[mixed]) - np.cumsum((said * n)[mixed])).max() <= 0.5 + 1e-9


@pytest.fixture(scope="module")
def planted():
    return material(people(np.random.default_rng(1), 6_000, planted=True))


def test_counts_are_those_of_the_rows(planted):
    """Joint counts of two candidates equal a count over expanded rows; expected ones have the same totals."""
    side, label, n = planted.sides["group"], planted.label, planted.rows("test")
    first, second = (planted.cells["x.merit"] > 0).to_numpy(float), (planted.cells["x.badge"] > 0.5).to_numpy(float)
    counts, parts = joint(planted, side, "test", first, second)
    rows = np.repeat(np.arange(len(n)), n)
    for cell in np.ndindex(2, 2, 2, 2):
        truth = zip((side, label, first, second), cell, strict=True)
        assert counts[cell] == np.logical_and.reduce([values[rows] == at for values, at in truth]).sum()
    assert parts is None
    size = size_of("statistical_parity_difference")
    expected = Expected(planted, "test", first[:, None], {"gap": ("group", size)})
    direct = [counts[g, :, 1].sum() / counts[g].sum() for g in (0, 1)]
    assert expected.values()["gap"][0] == pytest.approx(abs(direct[0] - direct[1]), abs=1e-9)


def test_replicates_are_as_wide_as_a_bootstrap_of_rows(planted):
    """The spread of an expected figure over replicates is that of rows drawn with replacement, within 5 %."""
    said = (planted.cells["x.merit"] > 0).to_numpy(float)
    size = size_of("equal_opportunity_difference")
    own = Expected(planted, "valid", said[:, None], {"gap": ("group", size)})
    ours = own.drawn(2_000, np.random.default_rng(0))["gap"][:, 0]
    rng, n = np.random.default_rng(1), planted.rows("valid")
    rows = np.repeat(np.arange(len(n)), n)
    theirs = []
    for _ in range(2_000):
        at = rng.choice(rows, len(rows))
        kept = planted.label[at] == 1
        by = [said[at][kept & (planted.sides["group"][at] == g)].mean() for g in (0, 1)]
        theirs.append(abs(by[0] - by[1]))
    assert np.std(ours) == pytest.approx(np.std(theirs), rel=0.07)


def test_trees_on_counts_are_trees_on_rows(planted):
    """Boosted trees fitted to cells with counts score every cell as a fit to the expanded rows does."""
    learner, n = planted.learner("trees"), planted.rows("train").astype(float)
    ours = learner.score(n, planted.label)
    rows = np.repeat(np.arange(len(n)), planted.rows("train"))
    expanded = Learner(
        type(learner.design)(learner.design.x, np.arange(len(rows))), learner.matrix, learner.levels, LOGISTIC
    )
    from sklearn.ensemble import HistGradientBoostingClassifier

    trees = HistGradientBoostingClassifier(
        max_iter=100,
        max_leaf_nodes=15,
        min_samples_leaf=1,
        l2_regularization=1.0,
        early_stopping=False,
        categorical_features=list(expanded.levels),
        random_state=0,
    )
    matrix = learner.matrix[learner.design.row]
    trees.fit(matrix[rows], planted.label[rows])
    np.testing.assert_allclose(ours, trees.predict_proba(matrix)[:, 1], atol=1e-6)


def test_strength_is_the_exponent_of_the_weights(planted):
    """Reweighing at 1 has Kamiran and Calders' weights, and at ½ their square roots."""
    workshop = Workshop(planted, "group")
    whole, half = (workshop._weights(Candidate("reweighing", setting=s, attributes=("group",))) for s in (1.0, 0.5))
    n, side = planted.rows("train"), planted.sides["group"]
    table = np.zeros((2, 2))
    np.add.at(table, (side, planted.label), n)
    expected = (table.sum(1, keepdims=True) * table.sum(0) / table.sum() / table)[side, planted.label]
    np.testing.assert_allclose(whole, expected)
    np.testing.assert_allclose(half, np.sqrt(expected))


def test_the_whole_search(planted):
    """Every candidate has a row, thresholds by group are never the answer, and the same seed gives the same table."""
    first, again = (search(planted, SEARCHED, FAIRNESS, SURE, seed=3) for _ in range(2))
    pd.testing.assert_frame_equal(first.table, again.table)
    assert first.table["candidate"].is_unique
    assert not first.table.loc[first.table["looks_at_attribute"], "eligible"].any()
    assert first.table["frequency"].sum() <= 1 + 1e-9
    assert first.statements["statement"].tolist() == ["attainable", ""]
    assert (first.statements["bound"].dropna() <= first.statements["free"].dropna() + 1e-12).all()
    climbing = first.bounds.groupby("measure")["bound"].apply(lambda own: own.is_monotonic_increasing)
    assert climbing.all()
    allowed = search(planted, SEARCHED.model_copy(update={"allow_group_thresholds": True}), FAIRNESS, SURE, seed=3)
    assert allowed.table["eligible"].all()


def test_declared_costs_decide(planted):
    """With costs, performance is the mean cost: lower is better, and a gain shows as a positive change."""
    costly = FAIRNESS.model_copy(update={"costs": Costs(false_positive=1.0, false_negative=3.0)})
    found_ = search(planted, SEARCHED, costly, SURE, seed=3)
    table = found_.table.set_index("candidate")
    best = found_.answers["best"].instead
    assert table.loc[best, f"valid_{QUALITY}"] == table.loc[table["eligible"], f"valid_{QUALITY}"].min()
    change = table[QUALITY] - table[QUALITY].iloc[1]
    np.testing.assert_allclose(table["performance_change"], -change, atol=1e-9)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("constraints", ["demographic_party"], "demographic_parity"),
        ("estimators", ["forest"], "logistic"),
        ("estimators", ["trees"], "must hold logistic"),
        ("tolerances", [-0.1], "greater than or equal to 0"),
        ("tolerances", [1.0], "less than 1"),
        ("strengths", [0.0], "greater than 0"),
        ("measure", "disparate_impact", "is a ratio"),
        ("measure", "equal_oportunity_difference", "did you mean 'equal_opportunity_difference'"),
        ("within", 0.0, "greater than 0"),
    ],
)
def test_parameters_that_are_refused(key, value, said):
    """An unknown recipe, estimator or measure, and a tolerance or strength out of range, are refused by name."""
    with pytest.raises(ValueError, match=said):
        Alternatives.model_validate(SEARCHED.model_dump() | {key: value}, strict=True)


def test_tables_that_are_refused(planted):
    """An undeclared attribute, a group without a label, one level alone, and no feature left, are each said."""
    with pytest.raises(InputError, match=r"alternatives\.attribute: 'grup' is not declared .*did you mean 'group'"):
        prepared(planted, SEARCHED.model_copy(update={"attribute": "grup"}), None, SURE, seed=1)
    rows = people(np.random.default_rng(1), 500, planted=True)
    lacking = rows[~((rows["group"] == "a") & (rows["label"] == 1) & (rows["split"] == "valid"))]
    with pytest.raises(InputError, match="group: no unprivileged valid row has label 1"):
        prepared(material(lacking), SEARCHED, None, SURE, seed=1)
    with pytest.raises(InputError, match="no level is left to compare"):
        prepared(material(rows[rows["group"] == "b"]), SEARCHED, None, SURE, seed=1)
    with pytest.raises(InputError, match="no test row has label 1"):
        material(rows[(rows["label"] == 0) | (rows["split"] != "test")])
    with pytest.raises(InputError, match="leaves no feature"):
        planted.without(["merit", "badge"])
    free = Material(planted.cells, planted.label, planted.kinds, planted.sensitive, LOGISTIC, planted.reweigh)
    assert ("merit", "badge") not in [c.dropped for c in planned(SEARCHED, free, SURE)]
