"""What if: the figures of an evaluation, and those of a brute-force count of rows, people, populations and limits."""

import time
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from responsible.fairness.evaluation import ScoredCells, evaluate
from responsible.fairness.groups import groups
from responsible.fairness.measures import MEASURES, SCORE_MEASURES, standard
from responsible.fairness.verdicts import Fairness
from responsible.limits import Limits
from responsible.names import POOLED, Judged
from responsible.statistics.intervals import Inference
from responsible.validation import InputError
from responsible.what_if import Case, Question, answer, quality

SURE = Inference(confidence=0.9, replicates=400, minimum_denominator=5)
LIMITS = {name: Limits(minimum=0.8 if MEASURES[name].ratio else -0.1, maximum=1.25) for name in standard()}
FAIR = Fairness(accuracy_floor=0.7, limits=LIMITS)


@pytest.fixture
def cells():
    """600 cells of 1 to 8 rows: five levels, of which the first is privileged and the last excluded."""
    rng = np.random.default_rng(5)
    table = pd.DataFrame({"a.group": rng.choice(list("abcde"), 600), "n": rng.integers(1, 9, 600)})
    label = (rng.random(600) < np.where(table["a.group"] == "a", 0.7, 0.4)).astype(np.int64)
    score = np.clip(0.35 * label + 0.6 * rng.random(600), 0, 1).round(2)
    return table, label, score


@pytest.fixture
def who(cells):
    """The groups of the table."""
    return groups("group", cells[0]["a.group"], ["a"], ["e"])


def of(cells, who, current=0.5, **more):
    table, label, score = cells
    return Case.of(table, label, score, who, current, **more)


def ask(threshold=0.5, fairness=FAIR, inference=SURE, **more):
    return Question(threshold, fairness, inference, **more)


def rows(cells):
    """(level, label, score) of every single row."""
    table, label, score = cells
    return [(a, y, s) for a, n, y, s in zip(table["a.group"], table["n"], label, score, strict=True) for _ in range(n)]


def rate(people, cut, level, *, given):
    """Share selected among the rows of ``level`` for which ``given(label)``; an exact fraction."""
    own = [s >= cut for a, y, s in people if a in level and given(y)]
    return Fraction(sum(own), len(own))


@pytest.mark.parametrize("threshold", [0.5, 0.37, 0.8])
def test_it_has_the_figures_of_an_evaluation(cells, who, threshold):
    """Every column of the headline comparison equals that of evaluate to the last digit, and so do rates and counts."""
    table, label, score = cells
    models = Judged(("own",), "own")
    rng = (np.random.default_rng(3) for _ in range(2))
    decisions = {"own": score >= threshold}
    told = evaluate(table, label, [who], decisions, [], models=models, fairness=FAIR, inference=SURE, rng=next(rng))
    found = answer(of(cells, who), ask(threshold), next(rng))
    whole = told.fairness[told.fairness["comparison"] == POOLED].reset_index(drop=True)
    same = [name for name in found.measures if name != "today" and not name.startswith("simultaneous")]
    assert len(same) >= 16
    pd.testing.assert_frame_equal(found.measures[same], whole[same], check_dtype=False, rtol=0, atol=0)
    pd.testing.assert_frame_equal(found.rates, told.group_rates.drop(columns="model"))
    then = found.confusion[found.confusion["when"] == "then"].drop(columns="when").reset_index(drop=True)
    pd.testing.assert_frame_equal(then, told.confusion.drop(columns="model"))
    assert found.effective == table["n"].sum()


def test_it_counts_as_single_rows_do(cells, who):
    """Measures, confusion, performance and affected people equal those counted row by row in exact fractions."""
    people, kept = rows(cells), "abcd"
    found = answer(of(cells, who), ask(0.62), np.random.default_rng(1))
    value = found.measures.set_index("measure")
    for column, cut in (("today", 0.5), ("value", 0.62)):
        selected = [rate(people, cut, level, given=lambda _: True) for level in ("bcd", "a")]
        true = [rate(people, cut, level, given=bool) for level in ("bcd", "a")]
        assert value.loc["statistical_parity_difference", column] == pytest.approx(float(selected[0] - selected[1]))
        assert value.loc["disparate_impact", column] == pytest.approx(float(selected[0] / selected[1]))
        assert value.loc["equal_opportunity_difference", column] == pytest.approx(float(true[0] - true[1]))
    for row in found.affected.itertuples():
        own = [(y, s) for a, y, s in people if a == row.level]
        assert (row.rows, row.more) == (len(own), 0)
        assert row.fewer == sum(0.5 <= s < 0.62 for _, s in own)
        assert row.fewer_right == sum(0.5 <= s < 0.62 and y for y, s in own)
    for row in found.confusion.itertuples():
        cut = {"today": 0.5, "then": 0.62}[row.when]
        own = [(y, s >= cut) for a, y, s in people if a == row.level]
        assert [row.tp, row.fp, row.fn, row.tn] == [
            own.count(x) for x in ((1, True), (0, True), (1, False), (0, False))
        ]
    right = Fraction(sum((s >= 0.62) == y for a, y, s in people if a in kept), sum(a in kept for a, *_ in people))
    assert found.performance.set_index("figure").loc["accuracy", "then"] == pytest.approx(float(right))


def test_people_are_affected_both_ways_by_thresholds_of_levels(cells, who):
    """A lower threshold of one level selects more of it, and the answer is marked as a bound; equal ones are none."""
    found = answer(of(cells, who), ask(0.6, by_level={"b": 0.4}), np.random.default_rng(1))
    people = rows(cells)
    affected = found.affected.set_index("level")
    assert affected.loc["b", "more"] == sum(a == "b" and 0.4 <= s < 0.5 for a, _, s in people) > 0
    assert affected.loc["b", "fewer"] == affected.loc["c", "more"] == 0
    assert affected.loc["c", "fewer"] == sum(a == "c" and 0.5 <= s < 0.6 for a, _, s in people) > 0
    assert found.bound
    assert not answer(of(cells, who), ask(0.6, by_level=dict.fromkeys("abcd", 0.6)), np.random.default_rng(1)).bound


def test_shares_weigh_rows_as_a_population_would(cells, who):
    """With a level at 60 %, pooled rates are those of rows that each stand for as many people as the share says."""
    people, shares = [row for row in rows(cells) if row[0] in "abcd"], {"b": 0.6}
    found = answer(of(cells, who), ask(0.5, shares=shares), np.random.default_rng(1))
    number = {level: sum(a == level for a, *_ in people) for level in "abcd"}
    rest = sum(n for level, n in number.items() if level != "b")
    weight = {level: Fraction(6, 10) / n if level == "b" else Fraction(4, 10) / rest for level, n in number.items()}
    selected = []
    for side in ("bcd", "a"):
        yes = sum(weight[a] for a, _, s in people if a in side and s >= 0.5)
        selected.append(yes / sum(weight[a] for a, *_ in people if a in side))
    value = found.measures.set_index("measure")["value"]
    assert value["statistical_parity_difference"] == pytest.approx(float(selected[0] - selected[1]), abs=1e-12)
    each = np.array([float(weight[a]) for a, *_ in people])
    assert found.effective == pytest.approx(each.sum() ** 2 / (each**2).sum())
    right = sum(weight[a] for a, y, s in people if (s >= 0.5) == y)
    assert found.performance.set_index("figure").loc["accuracy", "then"] == pytest.approx(float(right))
    assert (found.affected[["more", "fewer"]] == 0).all(axis=None)


def test_the_shares_of_today_change_nothing(cells, who):
    """Asked for the population that is there, every value stays, and all rows count."""
    case = of(cells, who)
    asked, plain = ask(0.45, shares=case.shares), ask(0.45)
    found, same = (answer(case, each, np.random.default_rng(1)) for each in (asked, plain))
    np.testing.assert_allclose(found.measures["value"], same.measures["value"], atol=1e-12)
    assert found.effective == pytest.approx(sum(case.n[case.code >= 0]))
    np.testing.assert_allclose(found.measures["low"], same.measures["low"], atol=0.03)
    np.testing.assert_allclose(found.measures["high"], same.measures["high"], atol=0.03)


def test_a_level_is_no_better_known_for_standing_for_more_people(cells, who):
    """Of two single levels neither values nor ends move with their shares, but for the draws."""
    case = of(cells, who)
    asked = [ask(0.5, shares={"b": share}, compared="b") for share in (0.05, 0.9)]
    few, many = (answer(case, each, np.random.default_rng(1)).measures for each in asked)
    for column in ("value", "low", "high", "support_unprivileged", "support_privileged"):
        np.testing.assert_allclose(few[column].astype(float), many[column].astype(float), atol=1e-9)


def test_limits_confidence_and_minimum_are_those_that_are_asked_for(cells, who):
    """Wider limits pass what narrower ones do not, more confidence is wider, and a high minimum leaves no value."""
    case = of(cells, who)
    wide = FAIR.model_copy(update={"limits": dict.fromkeys(LIMITS, Limits(minimum=-9, maximum=9))})
    assert set(answer(case, ask(fairness=wide), np.random.default_rng(1)).measures["verdict"]) == {"pass"}
    sure = SURE.model_copy(update={"confidence": 0.99})
    widths = [
        (found["high"] - found["low"]).to_numpy()
        for each in (SURE, sure)
        for found in [answer(case, ask(inference=each), np.random.default_rng(1)).measures]
    ]
    assert (widths[0] < widths[1]).all()
    many = SURE.model_copy(update={"minimum_denominator": 1_000_000})
    found = answer(case, ask(inference=many), np.random.default_rng(1)).measures
    assert set(found["reason"]) == {"n_below_minimum"}
    assert set(found["verdict"]) <= {"insufficient_evidence", "infeasible"}


def test_each_level_is_compared_where_none_is_privileged(cells):
    """The headline is "any level", whose row is that of the level that decides."""
    case = of(cells, groups("group", "abcd", []))
    found = answer(case, ask(0.5), np.random.default_rng(1)).measures
    assert list(dict.fromkeys(found["comparison"])) == ["any level", "a", "b", "c", "d"]
    head = found[found["comparison"] == "any level"]
    for row in head.itertuples():
        level = found[(found["comparison"] == row.farthest) & (found["measure"] == row.measure)]
        assert level["value"].item() == row.value


def test_without_labels_only_selection_is_known(cells, who):
    """Measures that need labels, confusion and performance are left out; the rest is as it is with labels."""
    table, _, score = cells
    found = answer(of((table, np.zeros(600, dtype=int), score), who, labelled=False), ask(), np.random.default_rng(1))
    assert set(found.measures["measure"]) == {"statistical_parity_difference", "disparate_impact"}
    assert len(found.confusion) == len(found.performance) == 0
    assert set(found.rates["rate"]) == {"selection_rate"}


def test_clustered_rows_get_the_ends_of_an_evaluation(cells, who):
    """With clusters the intervals are the jackknife's, as evaluate has them."""
    table, label, score = cells
    table = table.assign(cluster_group=np.random.default_rng(2).integers(0, 100, len(table)))
    models = Judged(("own",), "own")
    told = evaluate(
        *(table, label, [who], {"own": score >= 0.4}, []),
        models=models,
        fairness=FAIR,
        inference=SURE,
        rng=np.random.default_rng(3),
    ).fairness
    found = answer(of((table, label, score), who), ask(0.4), np.random.default_rng(3)).measures
    whole = told[told["comparison"] == POOLED]
    np.testing.assert_array_equal(found[["value", "low", "high"]], whole[["value", "low", "high"]])
    weighted = answer(of((table, label, score), who), ask(0.4, shares={"b": 0.5}), np.random.default_rng(3)).measures
    assert (weighted["low"] <= weighted["value"]).all()


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"threshold": 1.5}, r"^threshold: must be a score between 0 and 1, got 1\.5$"),
        ({"by_level": {"b": -1}}, r"^by_level\.b: must be a score between 0 and 1, got -1$"),
        ({"by_level": {"B": 0.5}}, r"^by_level: 'B' is not a level of group; did you mean"),
        ({"shares": {"b": 1}}, r"^shares\.b: must be between 0 and 1, both excluded, got 1$"),
        ({"shares": {"b": 0.7, "c": 0.6}}, r"^shares: must sum to at most 1, got 1\.3$"),
        ({"shares": {"b": 0.5, "c": 0.5}}, r"^shares: must sum to less than 1, for others need a share, got 1$"),
        ({"shares": dict.fromkeys("abcd", 0.2)}, r"^shares: must sum to 1, for no level is left, got 0\.8$"),
        ({"shares": {"e": 0.2}}, r"^shares: 'e' is not a level of group"),
        ({"compared": "f"}, r"^compared: 'f' is not a group of group"),
    ],
)
def test_what_cannot_be_asked_is_refused(cells, who, asked, message):
    """Each refusal names the key, the rule and the value."""
    with pytest.raises(InputError, match=message):
        answer(of(cells, who), ask(**asked), np.random.default_rng(1))


@pytest.mark.slow
def test_an_answer_about_200_000_cells_takes_a_fifth_of_a_second():
    """Of a processor, with the shipped number of replicates; the fastest of five, for other tests share its caches."""
    rng = np.random.default_rng(1)
    size = 200_000
    table = pd.DataFrame({"a.group": rng.choice(list("abcdef"), size), "n": rng.integers(1, 99, size)})
    label, score = rng.integers(0, 2, size), rng.random(size).round(9)
    case = Case.of(table, label, score, groups("group", "abcdef", ["a", "b"]), 0.5)
    assert len(case.n) > 0.99 * size
    sure = Inference(confidence=0.95, replicates=10_000, minimum_denominator=5)
    took = []
    for threshold in (0.1, 0.3, 0.5, 0.7, 0.9):
        begin = time.process_time()
        answer(case, ask(threshold, inference=sure), np.random.default_rng(1))
        took.append(time.process_time() - begin)
    assert min(took) < 0.2, took


SCORED = FAIR.model_copy(update={"measures": ["mean_score_difference", "calibration_difference"]})


def test_no_threshold_moves_measures_of_scores(cells, who):
    """They equal those of evaluate at any threshold, and the differences of means counted row by row; limits judge."""
    table, label, score = cells
    people = rows(cells)
    limits = SCORED.limits | {"mean_score_difference": Limits(minimum=-0.01, maximum=0.01)}
    fairness = SCORED.model_copy(update={"limits": limits})
    scores = ScoredCells(table, label, {"own": score})
    told = evaluate(
        *(table, label, [who], {"own": score >= 0.4}, [scores]),
        models=Judged(("own",), "own"),
        fairness=fairness,
        inference=SURE,
        rng=np.random.default_rng(3),
    ).fairness
    own = told[(told["comparison"] == POOLED) & told["measure"].isin(SCORE_MEASURES)].reset_index(drop=True)
    for threshold in (0.4, 0.8):
        found = answer(of(cells, who), ask(threshold, fairness), np.random.default_rng(3)).measures
        found = found[found["measure"].isin(SCORE_MEASURES)].reset_index(drop=True)
        same = [n for n in found if n not in ("today", "best_accuracy") and not n.startswith("simultaneous")]
        same = [n for n in same if threshold == 0.4 or not n.startswith(("support", "needed"))]
        pd.testing.assert_frame_equal(found[same], own[same], check_dtype=False, rtol=1e-12)
        assert found["today"].tolist() == found["value"].tolist()
    means = [np.mean([s for a, _, s in people if a in side]) for side in ("bcd", "a")]
    off = [np.mean([y - s for a, y, s in people if a in side]) for side in ("bcd", "a")]
    assert own["value"].tolist() == pytest.approx([means[0] - means[1], off[0] - off[1]])
    assert own["verdict"].tolist() == ["fail", ""]


def test_another_population_weighs_scores_too(cells, who):
    """With a level at another share the mean is that of the levels' means by share, and certainty is not added."""
    people, shares = rows(cells), of(cells, who).shares
    asked = {"b": 0.6}
    found = answer(of(cells, who), ask(fairness=SCORED, shares=asked), np.random.default_rng(1)).measures
    row = found.set_index("measure").loc["mean_score_difference"]
    mean = {a: np.mean([s for x, _, s in people if x == a]) for a in "abcd"}
    rest = (1 - 0.6) / (1 - shares["b"])
    weight = {a: asked.get(a, shares[a] * rest) for a in "bcd"}
    wanted = sum(weight[a] * mean[a] for a in "bcd") / sum(weight.values()) - mean["a"]
    assert row["value"] == pytest.approx(wanted)
    kept = answer(of(cells, who), ask(fairness=SCORED, shares={"b": shares["b"]}), np.random.default_rng(1)).measures
    plain = answer(of(cells, who), ask(fairness=SCORED), np.random.default_rng(1)).measures
    columns = ["value", "low", "high"]
    for each in SCORE_MEASURES:
        got, wanted = (table.set_index("measure").loc[each, columns].astype(float) for table in (kept, plain))
        np.testing.assert_allclose(got, wanted, rtol=1e-9)
    before = plain.set_index("measure").loc["mean_score_difference"]
    assert row["high"] - row["low"] > before["high"] - before["low"]


def test_score_quality_is_that_of_an_evaluation(cells, who):
    """AUC and calibration of each group equal those of evaluate; without labels there is no row."""
    table, label, score = cells
    scores = [ScoredCells(table, label, {"own": score})]
    told = evaluate(
        *(table, label, [who], {"own": score >= 0.5}, scores),
        models=Judged(("own",), "own"),
        fairness=FAIR,
        inference=SURE,
        rng=np.random.default_rng(3),
    ).score_quality
    found = quality(of(cells, who), SURE.confidence)
    pd.testing.assert_frame_equal(found, told.drop(columns=["attribute", "model"]), rtol=1e-12)
    people = rows(cells)
    ones, zeros = ([s for a, y, s in people if a == "b" and y == one] for one in (1, 0))
    pairs = np.mean([(s > t) + 0.5 * (s == t) for s in ones for t in zeros])
    assert found.set_index("group").loc["b", "roc_auc"] == pytest.approx(pairs)
    assert quality(of(cells, who, labelled=False), SURE.confidence).empty
