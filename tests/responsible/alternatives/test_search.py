"""The search: what is found where something was planted, what is claimed where nothing was, and what is refused."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest

from responsible.alternatives.answer import concluded, outcome
from responsible.alternatives.candidates import Workshop, planned
from responsible.alternatives.choice import choose, dominators
from responsible.alternatives.material import Learner
from responsible.alternatives.paired import Compared, narrowed, size_of, turned
from responsible.alternatives.parameters import Alternatives
from responsible.alternatives.recipes import Candidate
from responsible.alternatives.searching import QUALITY, prepared, search
from responsible.alternatives.tables import Expected, joint, selected
from responsible.fairness.verdicts import Fairness
from responsible.limits import Limits
from responsible.measures.costs import Costs
from responsible.statistics.count_figures import Estimate
from responsible.statistics.intervals import wilson
from responsible.validation import InputError
from tests.support.populations import LOGISTIC, SEARCHED, SURE, material, people, truth, weights

FAIRNESS = Fairness(
    accuracy_floor=0.6,
    measures=[],
    limits={"disparate_impact": Limits(minimum=0.8, maximum=1.25), "predictive_parity_difference": Limits(maximum=0.1)},
)


FEW = SEARCHED.model_copy(update={"strengths": [0.5], "tolerances": [0.0]})
STRONG, FAINT = 0.02, 0.095  # the least reduction that matters, well below the planted one of 0.0995, and close to it


class Told(NamedTuple):
    """What was said of one population, and whether that is true of everybody: see :func:`rates`."""

    outcome: str
    exists: bool
    wrong: bool


def told(own, planted, least):
    """The answer to the best candidate, beside the truth about the very models that were fitted."""
    own = replace(own, given=own.given.model_copy(update={"least": least}))
    answer = own.answer(*own.validation(), None)
    quality, gap = truth(own, planted)
    names = [each.name for each in own.candidates]
    to = names.index(answer.instead)
    there = own.eligible & (quality >= quality[to] - own.given.within) & (gap <= gap[to] - least)
    said = names.index(answer.alternative) if answer.outcome == "yes" else to
    wrong = said != to and (gap[said] >= gap[to] or quality[said] < quality[to] - own.given.within)
    return Told(answer.outcome, bool(there.any()), bool(wrong))


def rates(seeds, rows=20_000):
    """Populations by kind, each with its answers: an alternative well above what matters, just above, and none."""
    out = {"strong": [], "faint": [], "none": []}
    for seed in seeds:
        for planted in (0.35, 0.0):
            table = material(people(np.random.default_rng(seed), rows, planted=planted))
            own, _ = prepared(table, FEW, None, SURE, seed=seed)
            kinds = (("strong", STRONG), ("faint", FAINT)) if planted else (("none", STRONG),)
            for kind, least in kinds:
                out[kind].append(told(own, planted, least))
    return out


def share(found, outcome_, *, exists):
    """How often something is said of the populations in which an alternative exists, or in which none does."""
    own = [each.outcome == outcome_ for each in found if each.exists == exists]
    return wilson(sum(own), len(own), 0.95)


def test_a_planted_alternative_is_found_and_none_is_claimed_where_there_is_none():
    """Of eight planted ones at least seven are found and none denied; of eight without any, none is claimed."""
    found = rates(range(8))
    assert [each.outcome for each in found["strong"]].count("yes") >= 7
    assert not [each for each in found["strong"] + found["faint"] if each.exists and each.outcome == "no"]
    assert [each.outcome for each in found["none"]].count("yes") == 0
    assert [each.outcome for each in found["none"]].count("no") >= 5


@pytest.mark.heavy
def test_error_rates_over_two_hundred_seeds():
    """With power for it, less than 10 % are missed; less than 5 % are denied, claimed falsely, or lose too much."""
    found = rates(range(200))
    assert share(found["strong"], "yes", exists=True).low > 0.9
    assert share(found["strong"], "no", exists=True).high < 0.05
    assert share(found["faint"], "no", exists=True).high < 0.05
    assert share(found["none"], "yes", exists=False).high < 0.05
    said = [each for own in found.values() for each in own if each.outcome == "yes"]
    assert wilson(sum(each.wrong for each in said), len(said), 0.95).high < 0.05


@pytest.fixture(scope="module")
def fitted():
    return prepared(material(people(np.random.default_rng(0), 60_000, planted=0.35)), FEW, None, SURE, seed=0)[0]


def drawn(own, rows, rng):
    """The same search with test rows drawn from everybody."""
    split, weight = own.material.cells["split"].to_numpy() == "test", weights(own, 0.35)
    n = np.where(split, rng.multinomial(rows, weight * split / weight[split].sum()), own.material.cells["n"])
    return replace(own, material=replace(own.material, cells=own.material.cells.assign(n=n)))


def test_the_rows_that_are_said_to_tell_do(fitted):
    """At the number of test rows that is printed for the true changes, 80 % of samples say yes."""
    names, rng = [each.name for each in fitted.candidates], np.random.default_rng(1)
    pair = names.index("logistic regression, unmitigated"), names.index("logistic regression, without badge")
    pilot, (_, gap) = drawn(fitted, 20_000, rng).compare(*pair, "group"), truth(fitted, 0.35)
    exact = [gap[pair[0]] - gap[pair[1]], gap[pair[0]] + gap[pair[1]]]
    few = 100  # rows on which the same errors are √200 times as large, around the true changes
    gains = tuple(
        replace(
            own, value=true, low=true + (own.low - own.value) * 200**0.5, high=true + (own.high - own.value) * 200**0.5
        )
        for own, true in zip(pilot.gains, exact, strict=True)
    )
    said, needed = outcome(replace(pilot, gains=gains), 0.02, 0.02, few, 0.95)
    assert said == "cannot_be_told"
    each = [drawn(fitted, needed, rng).compare(*pair, "group") for _ in range(400)]
    yes = sum(outcome(own, 0.02, 0.02, needed, 0.95)[0] == "yes" for own in each)
    assert wilson(yes, 400, 0.99).low < 0.8 < wilson(yes, 400, 0.99).high


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


NOTHING = Estimate(0.0, 0.0, 0.0, 0.0, "")


def compared(loss, *gains):
    return Compared(
        NOTHING, NOTHING, NOTHING, Estimate(*loss, 0.0, ""), tuple(Estimate(*own, 0.0, "") for own in gains)
    )


LITTLE = (0.0, -0.01, 0.01)
DOUBTFUL = (0.03, -0.01, 0.07)
UNLIKELY = (0.0, -0.03, 0.03)


@pytest.mark.parametrize(
    ("loss", "gains", "expected"),
    [
        ((-0.01, -0.02, 0.0), [(0.1, 0.05, 0.15), (0.2, 0.1, 0.3)], "yes"),
        ((-0.05, -0.07, -0.03), [(0.1, 0.05, 0.15), (0.2, 0.1, 0.3)], "no"),  # more is lost than 0.02
        (LITTLE, [(0.0, -0.01, 0.01), (0.2, 0.1, 0.3)], "no"),  # 0.02 are not gained
        (LITTLE, [UNLIKELY, (9.0, 8.9, 9.1)], (0.03, 0.02)),
        (LITTLE, [DOUBTFUL, (9.0, 8.9, 9.1)], (0.04, 0.03)),
        (LITTLE, [DOUBTFUL], (0.04, 0.03)),
        ((-0.03, -0.05, -0.01), [UNLIKELY, (9.0, 8.9, 9.1)], (0.02, 0.01, 0.03, 0.02)),  # the loss or the gain
    ],
)
def test_the_answer_by_hand(loss, gains, expected):
    """Yes, no, or how many rows would tell: 1,000 times the square of (1.96 + 0.84) / 1.96 · half width / distance."""
    said, needed = outcome(compared(loss, *gains), 0.02, 0.02, 1_000, 0.95)
    if isinstance(expected, str):
        assert (said, needed) == (expected, None)
        return
    pairs = zip(expected[::2], expected[1::2], strict=True)
    exact = min(1_000 * ((1.959964 + 0.841621) / 1.959964 * half / distance) ** 2 for half, distance in pairs)
    assert said == "cannot_be_told"
    assert needed == pytest.approx(exact, rel=0.001)


def test_both_gains_must_be_shown_together():
    """Of two gains as doubtful as each other, each is shown in 90 % where both are to be shown in 80 %."""
    _, needed = outcome(compared(LITTLE, DOUBTFUL, DOUBTFUL), 0.02, 0.02, 1_000, 0.95)
    assert needed == pytest.approx(1_000 * ((1.959964 + 1.281552) / 1.959964 * 0.04 / 0.03) ** 2, rel=0.001)


def test_the_conclusion_by_hand():
    """Yes is said of the chosen one alone; no needs every candidate ruled out; otherwise the open ones are counted."""
    yes, no, open_, never = ("yes", None), ("no", None), ("cannot_be_told", 500), ("cannot_be_told", None)
    assert concluded(1, {1: yes, 2: open_}) == ("yes", 0, None)
    assert concluded(1, {1: no, 2: no}) == ("no", 0, None)
    assert concluded(-1, {1: no, 2: no}) == ("no", 0, None)
    assert concluded(-1, {1: no, 2: open_, 3: ("cannot_be_told", 900)}) == ("cannot_be_told", 2, 900)
    assert concluded(1, {1: open_, 2: ("cannot_be_told", 900)}) == ("cannot_be_told", 2, 500)
    assert concluded(1, {1: no, 2: yes}) == ("cannot_be_told", 1, None)  # it was not chosen
    assert concluded(-1, {1: open_, 2: never}) == ("cannot_be_told", 2, None)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_narrower_gap_by_hand(sign):
    """From 0.1 to −0.02 the gap narrows by 0.08; the sum's half width is that of the parallelogram law."""
    ends = [(0.1, 0.04, 0.16), (-0.02, -0.05, 0.01), (-0.12, -0.17, -0.07)]
    each = [Estimate(*own, 0.0, "") for own in ends]
    each = each if sign == 1 else [turned(own) for own in each]
    less, more = narrowed(*each)
    assert (less.value, less.low, less.high) == pytest.approx((0.12, 0.07, 0.17))
    half = (2 * 0.06**2 + 2 * 0.03**2 - 0.05**2) ** 0.5
    assert (more.value, more.low, more.high) == pytest.approx((0.08, 0.08 - half, 0.08 + half))
    found = Compared(NOTHING, NOTHING, NOTHING, NOTHING, (less, more)).disparity_change
    assert (found.value, found.low, found.high) == pytest.approx((-0.08, -min(0.17, 0.08 + half), -(0.08 - half)))


def test_the_gains_are_as_sure_as_a_bootstrap_of_rows(fitted):
    """The half widths of both gains are those of rows drawn again, within 10 %."""
    own = drawn(fitted, 6_000, np.random.default_rng(5))
    found = own.compare(0, 3, "group")
    side, label, n = own.material.sides["group"], own.material.label, own.material.rows("test")
    counts, _ = joint(own.material, side, "test", own.said[:, 0], own.said[:, 3])
    draws = (
        np.random.default_rng(2).multinomial(n.sum(), counts.ravel() / n.sum(), size=4_000).reshape(-1, *counts.shape)
    )
    rate = lambda who, axis: draws[:, who].sum(axis=(1, axis))[:, 1] / draws[:, who].sum(axis=(1, 2, 3))  # noqa: E731
    first, second = (rate(1, axis) - rate(0, axis) for axis in (3, 2))
    assert label.max() == 1
    for gain, theirs in zip(found.gains, (first - second, first + second), strict=True):
        half = np.diff(np.quantile(theirs, [0.025, 0.975]))[0] / 2
        assert (gain.high - gain.low) / 2 == pytest.approx(half, rel=0.1)


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
    return material(people(np.random.default_rng(1), 6_000, planted=0.35))


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
    """An undeclared attribute, a group without a label, one level alone, no validation row, an empty cell of a cross,
    and no feature left, are each said with what to do.
    """
    with pytest.raises(InputError, match=r"alternatives\.attribute: 'grup' is not declared .*did you mean 'group'"):
        prepared(planted, SEARCHED.model_copy(update={"attribute": "grup"}), None, SURE, seed=1)
    rows = people(np.random.default_rng(1), 500, planted=0.35)
    lacking = rows[~((rows["group"] == "a") & (rows["label"] == 1) & (rows["split"] == "valid"))]
    with pytest.raises(InputError, match="group: no unprivileged valid row has label 1"):
        prepared(material(lacking), SEARCHED, None, SURE, seed=1)
    with pytest.raises(InputError, match="no level is left to compare"):
        prepared(material(rows[rows["group"] == "b"]), SEARCHED, None, SURE, seed=1)
    with pytest.raises(InputError, match="no test row has label 1"):
        prepared(material(rows[(rows["label"] == 0) | (rows["split"] != "test")]), SEARCHED, None, SURE, seed=1)
    with pytest.raises(InputError, match=r"no valid row; .* raise prepare\.split\.valid, or name some valid"):
        prepared(material(rows[rows["split"] != "valid"]), SEARCHED, None, SURE, seed=1)
    with pytest.raises(InputError, match="leaves no feature"):
        planted.without(["merit", "badge"])
    untrained = rows[~((rows["group"] == "a") & (rows["label"] == 1) & (rows["split"] == "train"))]
    with pytest.raises(
        InputError, match=r"candidate “logistic regression, reweighed by group at strength 0\.5”: reweigh"
    ):
        Workshop(material(untrained), "group").score(Candidate("reweighing", setting=0.5, attributes=("group",)))
    told = rows.drop(columns="merit")
    with pytest.raises(InputError, match=r"nothing is left without badge, .* or tell it; declare other features"):
        planned(SEARCHED, material(told), SURE)
    noisy = told.assign(
        badge=np.where(np.random.default_rng(2).random(len(told)) < 0.15, 1 - told["badge"], told["badge"])
    )
    with pytest.raises(InputError, match=r"set alternatives\.proxies above 0\.8\d+, or declare other features"):
        planned(SEARCHED, material(noisy), SURE)
