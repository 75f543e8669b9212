"""responsible.governance.recommendation: the policy and the trivial answer decide what is recommended."""

import math

import pandas as pd
import pytest

from responsible.governance.policy import Policy
from responsible.governance.recommendation import objections

RULE = {"judged_on": "interval", "severity": "block", "reason": "why", "owner": "who"}
ACCURACY = RULE | {"metric": "reweigh.accuracy", "minimum": 0.8}
IMPACT = RULE | {"metric": "evaluate_fairness.education.reweighed.disparate_impact", "minimum": 0.8, "maximum": 1.25}


def policy(insufficient="block", **rules):
    return Policy(insufficient_evidence=insufficient, rules=rules, tolerances={"default": 0.1})


def figures(base, accuracy, impact, threshold=200.0):
    """The rows of one threshold; accuracy and disparate impact of the reweighed model as value, low, high."""
    of = {("data", "base_rate"): (base, base, base), ("reweighed", "accuracy"): accuracy}
    rows = [(threshold, *key, *ends, "") for key, ends in (of | {("reweighed", "disparate_impact"): impact}).items()]
    table = pd.DataFrame(rows, columns=["threshold", "model", "figure", "value", "low", "high", "reason"])
    return table.assign(level="", farthest="", simultaneous_low=math.nan, simultaneous_high=math.nan)


GOOD, FAIR = (0.9, 0.88, 0.92), (1.0, 0.95, 1.05)


@pytest.mark.parametrize(
    ("base", "accuracy", "impact", "missed", "no_better"),
    [
        (0.5, GOOD, FAIR, [], False),
        (0.6, (0.62, 0.6, 0.64), FAIR, ["accuracy"], True),  # 0.60 is no more than always yes
        (0.1, GOOD, FAIR, [], True),  # always no is right for 90 %
        (0.5, GOOD, (0.7, 0.6, 0.75), ["impact"], False),
        (0.5, GOOD, (0.85, 0.75, 0.95), ["impact"], False),  # straddles the limit: no pass
        (0.5, GOOD, (math.nan, math.nan, math.nan), ["impact"], False),
        (0.5, (math.nan, math.nan, math.nan), FAIR, ["accuracy"], True),
    ],
)
def test_blocking_rules_and_the_better_trivial_answer_speak_against_a_threshold(
    base, accuracy, impact, missed, no_better
):
    """The whole interval must meet each rule and lie above the better of always-yes and always-no."""
    found = objections(figures(base, accuracy, impact), policy(accuracy=ACCURACY, impact=IMPACT), "education")[200.0]
    assert [judgement.name for judgement in found.missed] == missed
    assert (found.no_better, found.none) == (no_better, not missed and not no_better)
    assert found.trivial == max(base, 1 - base)
    assert found.summary()["missed_rules"] == len(missed)


def test_only_blocking_rules_that_a_sweep_can_judge_count():
    """A warning, a rule on one level, on another attribute or on another stage says nothing about a threshold."""
    rules = {
        "warns": ACCURACY | {"severity": "warn"},
        "level": IMPACT | {"level": "Other"},
        "attribute": IMPACT | {"metric": "evaluate_fairness.gender.reweighed.disparate_impact"},
        "stage": RULE | {"metric": "healthcare_waits.premium.merit.mean_wait_difference", "maximum": 2},
    }
    table = figures(0.5, (0.6, 0.58, 0.62), (0.1, 0.05, 0.15))
    assert objections(table, policy(**rules), "education")[200.0].none


def test_missing_evidence_counts_as_the_policy_says():
    """With `insufficient_evidence: warn` an interval that straddles a limit speaks not against a threshold."""
    table = figures(0.5, GOOD, (0.85, 0.75, 0.95))
    assert objections(table, policy("warn", impact=IMPACT), "education")[200.0].none


def test_each_threshold_is_judged_by_its_own_figures():
    """Two thresholds in one table do not mix."""
    table = pd.concat([figures(0.5, GOOD, FAIR, 100.0), figures(0.5, GOOD, (0.1, 0.05, 0.2), 300.0)])
    found = objections(table, policy(impact=IMPACT), "education")
    assert (found[100.0].none, found[300.0].none) == (True, False)


def test_rules_on_every_level_are_judged_where_the_table_has_levels():
    """One level beyond the limit speaks against the threshold although the headline's own interval passes."""
    table = figures(0.5, GOOD, FAIR)
    levels = table[table["figure"] == "disparate_impact"].drop(columns="level")
    ends = {"simultaneous_low": [0.9, 0.5], "simultaneous_high": [1.1, 0.7]}
    own = pd.concat([levels, levels]).assign(level=["a", "b"], value=[1.0, 0.6], **ends)
    table.loc[table["figure"] == "disparate_impact", "farthest"] = "a"
    found = objections(pd.concat([table, own]), policy(impact=IMPACT), "education")[200.0]
    assert [(j.evidence.level, j.verdict) for j in found.missed] == [("b", "fail")]
    assert objections(table.assign(farthest=""), policy(impact=IMPACT | {"level": "any"}), "education")[200.0].none
