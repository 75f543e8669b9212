"""Which measures are computed and judged: by default six, and whatever the parameters name."""

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from responsible.fairness.disparity import Fairness, disparities
from responsible.fairness.evaluation import ScoredCells, evaluate
from responsible.fairness.groups import groups
from responsible.fairness.measures import KNOWN, standard
from responsible.limits import Limits
from responsible.names import MODELS
from responsible.statistics.intervals import Inference
from tests.support import reference

TENTH = Limits(minimum=-0.1, maximum=0.1)
SIX = dict.fromkeys(standard(), TENTH)
INFERENCE = Inference(confidence=0.95, replicates=500, minimum_denominator=5)
WHO = groups("race", ["Caucasian", "African-American"], ["Caucasian"])
JOINT = np.zeros((2, 2, 2, 2), dtype=int)
for h in (0, 1):
    JOINT[:, :, h, h] = np.stack([reference.COMPAS[level] for level in WHO.levels])[:, :, h]


def audited(**chosen):
    """The table of the pooled comparison, by model and measure."""
    found = disparities(JOINT, WHO, Fairness(accuracy_floor=0.5, **chosen), INFERENCE, np.random.default_rng(1))
    return found[found["comparison"] == "all unprivileged"].set_index(["model", "measure"])


def test_by_default_six_are_computed():
    """Parameters that give limits to the six standard measures get these, in the registry's order, and no other."""
    assert list(dict.fromkeys(audited(limits=SIX).index.get_level_values("measure"))) == standard()


def test_a_measure_with_limits_is_judged():
    """FPR 805/1795 against 349/1488 lies beyond a tenth: computed because it has limits, and it fails."""
    row = audited(limits=SIX | {"false_positive_rate_difference": TENTH}).loc[
        ("baseline", "false_positive_rate_difference")
    ]
    assert row["value"] == pytest.approx(805 / 1795 - 349 / 1488)
    assert (row["verdict"], row["maximum"], row["best_accuracy"]) == ("fail", 0.1, 1)


def test_a_named_measure_without_limits_has_interval_and_test_and_no_verdict():
    """It is not judged, so nothing passes or fails, and no rows are needed for a verdict."""
    row = audited(limits=SIX, measures=["false_omission_rate_ratio"]).loc[("baseline", "false_omission_rate_ratio")]
    assert row["value"] == pytest.approx((532 / 1522) / (461 / 1600))
    assert row["low"] < row["value"] < row["high"]
    assert (row["verdict"], row["simultaneous_verdict"], row["method"]) == ("", "", "chi-square")
    assert row[["minimum", "maximum", "best_accuracy", "needed_unprivileged"]].isna().all()
    assert row["p"] < 0.01


def test_a_list_replaces_the_six():
    """With a list, exactly what it names and what has limits is computed, in the registry's order."""
    chosen = Fairness(accuracy_floor=0, limits={"disparate_impact": TENTH}, measures=["mean_score_difference"])
    assert chosen.chosen == ["disparate_impact", "mean_score_difference"]


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ({"limits": {"disparate_impact": TENTH}}, "limits for statistical_parity_difference, equal_opp"),
        ({"limits": SIX | {"false_positve_rate_ratio": TENTH}}, "did you mean 'false_positive_rate_ratio'"),
        ({"limits": SIX, "measures": ["equalised_odds_difference"]}, "did you mean 'equalized_odds_difference'"),
    ],
)
def test_what_cannot_be_is_refused(chosen, said):
    """A standard measure without limits, and a name that is no measure, are refused with a remedy."""
    with pytest.raises(ValidationError, match=said):
        Fairness(accuracy_floor=0.5, **chosen)


def test_measures_of_scores_come_from_the_cells():
    """Mean scores of women .2 and of men .6, with shares .1 and .5 of label 1: −.4 and 0, judged by the same rule."""
    rows = [("w", s, y) for s, y in [(0.1, 0), (0.3, 0)] * 45 + [(0.1, 1), (0.3, 1)] * 5]
    rows += [("m", s, y) for s, y in [(0.5, 0), (0.7, 0)] * 25 + [(0.5, 1), (0.7, 1)] * 25]
    test = pd.DataFrame(rows, columns=["a.sex", "baseline", "label"]).assign(n=1)
    moved = np.where(test["a.sex"] == "w", np.tile([1, 1.5, 0.5, 1], 50), np.tile([1, -1], 100))
    test["reweighed"] = test["baseline"] + 0.1 * moved
    scored = ScoredCells(test, test["label"].to_numpy(), {m: test[m].to_numpy() for m in MODELS})
    found = evaluate(
        test,
        test["label"].to_numpy(),
        [groups("sex", ["m", "w"], ["m"])],
        {model: score >= 0.5 for model, score in scored.scores.items()},
        [scored],
        fairness=Fairness(accuracy_floor=0.5, limits=SIX | {"mean_score_difference": TENTH}, measures=list(KNOWN)),
        inference=INFERENCE,
        rng=np.random.default_rng(1),
    ).fairness.drop_duplicates(["model", "measure"])
    value = found.set_index(["model", "measure"])["value"]
    assert value["baseline", "mean_score_difference"] == pytest.approx(-0.4)
    assert value["baseline", "calibration_difference"] == pytest.approx((0.1 - 0.2) - (0.5 - 0.6))
    assert value["change", "mean_score_difference"] == pytest.approx(0.1)
    judged = found.set_index(["model", "measure"]).loc[("baseline", "mean_score_difference")]
    assert (judged["verdict"], judged["method"], judged["support_unprivileged"]) == ("fail", "welch", 100)
    assert judged["p_adjusted"] < 0.001
    assert set(found["measure"]) == set(KNOWN)
