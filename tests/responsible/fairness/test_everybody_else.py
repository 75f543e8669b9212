"""Attributes without privileged levels: each level against everybody else, by hand, by peers, and by permutation."""

import logging
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from responsible.fairness.comparisons import adjust, comparisons, headlines, mirrored, questions, simultaneous
from responsible.fairness.disparity import disparities
from responsible.fairness.evaluation import summary
from responsible.fairness.groups import groups, weighing_groups
from responsible.fairness.measures import MEASURES, standard
from responsible.fairness.score_quality import score_quality
from responsible.fairness.verdicts import Fairness
from responsible.limits import Limits
from responsible.measures.scores import Scored
from responsible.names import ANY_LEVEL, CHANGE, POOLED, REST
from responsible.statistics.count_tables import tabulate
from responsible.statistics.intervals import Inference, percentile
from responsible.validation import InputError
from tests.support import reference

SPD, DI, EOD, AOD, AAOD, PPV = standard()
TENTH = Limits(minimum=-0.1, maximum=0.1)
FAIRNESS = Fairness(
    accuracy_floor=0.5, limits=dict.fromkeys(standard(), TENTH) | {DI: Limits(minimum=0.8, maximum=1.25)}
)
INFERENCE = Inference(confidence=0.95, replicates=2_000, minimum_denominator=1)
# [level, y, ŷ] of the baseline: of 20 a, 30 b and 50 c are selected 10, 9 and 35
BASELINE = np.array([[[8, 2], [2, 8]], [[15, 3], [6, 6]], [[10, 10], [5, 25]]])
JOINT = np.stack([BASELINE, np.zeros_like(BASELINE)], axis=-1)
JOINT[..., 1, 1], JOINT[..., 1, 0] = BASELINE[..., 1] - 1, 1  # the other model takes one selected row of each to 0
THREE, TWO = groups("team", ["a", "b", "c"], []), groups("team", ["a", "b"], [])


def audited(joint, who, inference=INFERENCE, seed=1):
    found = disparities(joint, who, FAIRNESS, inference, np.random.default_rng(seed))
    return found.set_index(["comparison", "model", "measure"]).sort_index()


def test_each_level_is_compared_with_all_others():
    """Every level stands against the other declared levels together; excluded ones are on neither side."""
    who = groups("team", ["a", "b", "c", "x"], [], exclude=["x"])
    found = comparisons(who)
    assert [(c.name, c.u.tolist(), c.p.tolist()) for c in found] == [
        ("a", [True, False, False], [False, True, True]),
        ("b", [False, True, False], [True, False, True]),
        ("c", [False, False, True], [True, True, False]),
    ]
    assert found[1].sides(who.code(["a", "b", "x"])).tolist() == [1, 0, -1]
    assert [c.name for c in headlines(who)] == ["a", "b", "c"]


def test_two_levels_are_one_question():
    """Of two levels each has the other as everybody else: one question, asked once and not widened."""
    assert [c.name for c in comparisons(TWO)] == ["a", "b"]
    assert [c.name for c in questions(TWO)] == ["a"]
    assert simultaneous(INFERENCE, TWO) == INFERENCE
    many = INFERENCE.model_copy(update={"replicates": 1_000_000})
    assert simultaneous(many, THREE).confidence == pytest.approx(1 - 0.05 / 3, abs=1e-5)


def test_the_tails_hold_what_they_say_with_few_replicates():
    """With 2,000 draws the ends for three levels leave .05 / 3 of new draws outside, on average of 300 experiments."""
    inference, rng = simultaneous(INFERENCE, THREE), np.random.default_rng(5)
    found = percentile(rng.random((2_000, 300)), inference.confidence)
    assert 1 - np.mean(found.high - found.low) == pytest.approx(0.05 / 3, abs=0.0006)


@pytest.mark.parametrize("name", [POOLED, ANY_LEVEL, REST, "any"])
def test_names_of_groups_are_refused(name):
    """A level that is called like a group of levels is refused, whether or not a level is privileged."""
    with pytest.raises(InputError, match="is the name of a group of levels"):
        groups("team", ["a", name], [])


def test_nobody_else_is_refused():
    """A single level that is not excluded has nobody to be compared with."""
    with pytest.raises(InputError, match="no level is left to compare with everybody else"):
        groups("team", ["a", "x"], [], exclude=["x"])


def test_measures_counted_by_hand():
    """Of a 10 of 20 are selected, of everybody else 44 of 80: a ratio of .909 and a difference of −.05; c is 35/50
    against 19/50; TPR of b is 6/12 against 33/40.
    """
    found = audited(JOINT, THREE)["value"].unstack("measure").xs("baseline", level="model")
    assert found.loc["a", DI] == pytest.approx((10 / 20) / (44 / 80))
    assert found.loc["a", SPD] == pytest.approx(-0.05)
    assert found.loc["c", DI] == pytest.approx((35 / 50) / (19 / 50))
    assert found.loc["b", EOD] == pytest.approx(6 / 12 - 33 / 40)


@pytest.mark.parametrize("level", range(3))
def test_measures_against_everybody_elses_rows(level):
    """Every measure of every level equals the one counted from its rows and all other rows."""
    found = audited(JOINT, THREE)["value"]
    own, rest = BASELINE[level], np.delete(BASELINE, level, axis=0).sum(axis=0)
    for name in standard():
        expected = reference.MEASURES[name](reference.rows(own), reference.rows(rest))
        assert found[THREE.levels[level], "baseline", name] == pytest.approx(expected, abs=1e-12)


def test_the_change_is_paired():
    """The change of a level is its figure under the second model minus that under the first, and its interval is
    narrower than the two apart.
    """
    found = audited(JOINT, THREE)
    for level in THREE.levels:
        before, after, change = (found.loc[(level, model, SPD)] for model in ("baseline", "reweighed", CHANGE))
        assert change["value"] == pytest.approx(after["value"] - before["value"])
        assert change["high"] - change["low"] < before["high"] - before["low"]


def test_any_level_is_the_level_that_decides():
    """The headline is the level with the worst verdict, of those the one farthest out, with simultaneous ends:
    b's .467 is farther below .8 than c's 1.84 above 1.25.
    """
    found = audited(JOINT, THREE)
    row = found.loc[(ANY_LEVEL, "baseline", DI)]
    own = found.loc[("b", "baseline", DI)]
    assert (row["farthest"], row["value"]) == ("b", own["value"])
    assert (row["low"], row["high"]) == (own["simultaneous_low"], own["simultaneous_high"])
    assert row["low"] < own["low"] < own["high"] < row["high"]
    assert CHANGE not in found.loc[ANY_LEVEL].index.get_level_values("model")
    headline = summary(found.reset_index().assign(attribute="team"))["team"]["baseline"]
    assert (headline[DI], headline["farthest"][DI]) == (own["value"], "b")


def test_two_levels_mirror_each_other():
    """Differences of two levels are each other's negatives and ratios each other's inverse, intervals included."""
    found = audited(JOINT[:2], TWO)
    a, b = (found.loc[level].loc[["baseline", "reweighed", CHANGE]] for level in TWO.levels)
    differences = a.index.get_level_values("measure").isin([SPD, EOD, AOD, PPV])
    np.testing.assert_allclose(a.loc[differences, "low"], -b.loc[differences, "high"], atol=1e-12)
    np.testing.assert_allclose(
        a.loc[("baseline", DI), ["low", "high"]].astype(float),
        1 / b.loc[("baseline", DI), ["high", "low"]].astype(float), rtol=1e-3,
    )  # fmt: skip
    np.testing.assert_allclose(a["p"], b["p"])


def test_a_question_counts_once_in_the_family():
    """Holm counts two levels once, three levels three times, and "any level" as its level."""
    for joint, who, questions_ in ((JOINT[:2], TWO, 1), (JOINT, THREE, 3)):
        (found,) = adjust([audited(joint, who).reset_index().assign(attribute="team")], "model")
        distinct = found.dropna(subset=["p"]).query("comparison != @ANY_LEVEL")
        least = distinct.sort_values("p").iloc[0]
        family = 2 * questions_ * len({m.hypothesis for m in map(MEASURES.get, standard())})
        assert least["p_adjusted"] == pytest.approx(min(1, least["p"] * family))
        headline = found[found["comparison"] == ANY_LEVEL].merge(
            found, left_on=["farthest", "model", "measure"], right_on=["comparison", "model", "measure"]
        )
        np.testing.assert_array_equal(headline["p_adjusted_x"], headline["p_adjusted_y"])


def test_p_agrees_with_shuffled_rows():
    """The test of a level's selection rate agrees with 4,000 permutations of who belongs to it."""
    big = JOINT * 4
    p = audited(big, THREE).loc[("a", "baseline", SPD), "p"]
    member, selected = np.repeat([1, 0], [80, 320]), np.r_[np.repeat([1, 0], [40, 40]), np.repeat([1, 0], [176, 144])]
    rng, seen = np.random.default_rng(3), abs(40 / 80 - 176 / 320)
    shuffled = [rng.permutation(member) for _ in range(4_000)]
    gaps = [abs(selected[m == 1].mean() - selected[m == 0].mean()) for m in shuffled]
    assert p == pytest.approx(np.mean(np.array(gaps) >= seen - 1e-12), abs=0.06)


def test_too_few_replicates_leave_the_ends_open():
    """A hundred replicates do not reach into the tails that three levels need: nothing is known, so nothing passes."""
    found = audited(JOINT, THREE, INFERENCE.model_copy(update={"replicates": 100}))
    assert np.isnan(found.loc["a"]["simultaneous_low"]).all()
    assert (found.loc[ANY_LEVEL, "verdict"] == "insufficient_evidence").all()


def test_score_quality_has_no_pools():
    """Ranking and calibration are of every level and of no pool where none is privileged."""
    code, label = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    own = Scored({"baseline": np.array([0.1, 0.8, 0.4, 0.6])}, label, np.ones(4, dtype=np.int64), code)
    found = score_quality(TWO, {"baseline": own}, bins=10, confidence=0.95)
    assert found["group"].unique().tolist() == ["a", "b"]


def test_reweighing_pools_needs_privileged_levels():
    """Pooled weights are refused by name; weights by level work."""
    cells = pd.DataFrame({"a.team": ["a", "b", "c"]})
    with pytest.raises(InputError, match=r"reweigh.groups: privileged needs privileged levels, which sensitive.team"):
        weighing_groups(cells, [THREE], "privileged")
    code, names = weighing_groups(cells, [THREE], "levels")
    assert (code.tolist(), names) == ([0, 1, 2], ("a", "b", "c"))


def test_mirrored_rows_are_named():
    """Of two levels the row that "any level" is not of is the mirror; with three levels none is."""
    key = {"attribute": "team", "scope": "all", "measure": "m", "farthest": ""}
    two = pd.DataFrame([key | {"comparison": ANY_LEVEL, "farthest": "b"}, *(key | {"comparison": c} for c in "ab")])
    three = pd.concat([two, pd.DataFrame([key | {"comparison": "c"}])], ignore_index=True)
    assert mirrored(two).tolist() == [False, True, False]
    assert not mirrored(three).any()


@pytest.fixture(scope="module")
def peers():
    logging.disable(logging.WARNING)
    try:
        import aif360.datasets
        import aif360.metrics
        import fairlearn.metrics
    finally:
        logging.disable(logging.NOTSET)
    return SimpleNamespace(datasets=aif360.datasets, metrics=aif360.metrics, fairlearn=fairlearn.metrics)


@pytest.mark.peers
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_the_peers_on_the_complement(peers):
    """AIF360 with all other levels as privileged groups has every measure; fairlearn's frame has the rates."""
    code = np.repeat(np.arange(3), BASELINE.sum(axis=(1, 2)))
    rows = np.array([pair for table in BASELINE for pair in reference.rows(table)])
    frame = pd.DataFrame({"team": code, "label": rows[:, 0], "prediction": rows[:, 1]}).astype(float)
    found = audited(JOINT, THREE)["value"]

    def dataset(column):
        own = frame[["team", column]].rename(columns={column: "label"})
        return peers.datasets.BinaryLabelDataset(
            df=own, label_names=["label"], protected_attribute_names=["team"],
        )  # fmt: skip

    rates = peers.fairlearn.MetricFrame(
        metrics=peers.fairlearn.selection_rate, y_true=frame["label"], y_pred=frame["prediction"],
        sensitive_features=(frame["team"] == 0).map({True: "a", False: REST}),
    ).by_group  # fmt: skip
    assert found["a", "baseline", SPD] == pytest.approx(rates["a"] - rates[REST])
    for level, name in enumerate(THREE.levels):
        others = [{"team": float(other)} for other in range(3) if other != level]
        metric = peers.metrics.ClassificationMetric(
            dataset("label"), dataset("prediction"), unprivileged_groups=[{"team": float(level)}],
            privileged_groups=others,
        )  # fmt: skip
        theirs = {
            SPD: metric.statistical_parity_difference(),
            DI: metric.disparate_impact(),
            EOD: metric.equal_opportunity_difference(),
            AOD: metric.average_odds_difference(),
            AAOD: metric.average_abs_odds_difference(),
            PPV: metric.difference(metric.positive_predictive_value),
        }
        assert {m: found[name, "baseline", m] for m in standard()} == pytest.approx(theirs)


def test_excluded_rows_count_in_no_comparison():
    """Tabulating leaves an excluded level out of everybody else."""
    who = groups("team", ["a", "b", "x"], [], exclude=["x"])
    table = tabulate(who.code(["a", "b", "x"]), len(who.levels), [[1, 0, 1], [1, 1, 1]], [3, 4, 5])
    assert table.sum() == 7
