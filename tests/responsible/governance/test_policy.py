"""The policy: what a rule accepts, what its verdict rests on, and which faults of a policy are refused."""

import math
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from responsible.governance.answer import headline
from responsible.governance.evidence import Evidence
from responsible.governance.policy import Policy, Rule, judge
from responsible.limits import Limits
from responsible.validation import InputError, explain

TODAY = date(2026, 5, 1)
DI = "evaluate_fairness.sex.reweighed.disparate_impact"
RULE = {
    "metric": DI,
    "minimum": 0.8,
    "maximum": 1.25,
    "judged_on": "interval",
    "severity": "block",
    "reason": "four fifths",
    "owner": "board",
}
FIGURES = {
    DI: {"": Evidence(0.9, 0.85, 0.95), "Female": Evidence(0.7, 0.6, 0.75)},
    "group_rates.sex.reweighed.selection_rate": {"Female": Evidence(0.3, 0.2, 0.4), "Male": Evidence(0.5, 0.4, 0.6)},
    "reweigh.weights.effective_rows": {"": Evidence(400.0, inferred=False)},
}


def policy(insufficient="block", tolerances=None, **rules):
    return Policy(insufficient_evidence=insufficient, rules=rules, tolerances=tolerances or {})


def outcome(rule, figure, insufficient="block"):
    (found,) = judge(policy(insufficient, one=RULE | rule), {DI: {"": figure}}, TODAY)
    return found.verdict, found.blocks


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.85, 1.1, ("pass", False)),
        (0.8, 1.25, ("pass", False)),
        (0.3, 0.5, ("fail", True)),
        (1.3, 1.5, ("fail", True)),
        (0.7, 0.9, ("insufficient_evidence", True)),
        (math.nan, math.nan, ("insufficient_evidence", True)),
    ],
)
def test_a_rule_judges_the_whole_interval(low, high, expected):
    """Inside is a pass, outside a failure, and what straddles a limit or is undefined is never a pass."""
    assert outcome({}, Evidence(0.9, low, high)) == expected


def test_a_rule_may_judge_the_point():
    """A figure straddles as interval and passes as point; a point beyond fails, an undefined one does not pass."""
    straddling = Evidence(0.9, 0.7, 1.1)
    assert outcome({}, straddling) == ("insufficient_evidence", True)
    assert outcome({"judged_on": "point"}, straddling) == ("pass", False)
    assert outcome({"judged_on": "point"}, Evidence(0.79, 0.7, 1.1)) == ("fail", True)
    assert outcome({"judged_on": "point"}, Evidence(math.nan, reason="no_positives"))[0] == "insufficient_evidence"


def test_a_warning_never_blocks():
    """Severity warn keeps the verdict and lets the change go on."""
    assert outcome({"severity": "warn"}, Evidence(0.1, 0.05, 0.2)) == ("fail", False)


def test_what_cannot_be_decided_blocks_unless_the_policy_says_otherwise():
    """Insufficient evidence blocks by declaration, and is still called so when it does not."""
    straddling = Evidence(0.9, 0.7, 1.1)
    assert outcome({}, straddling, "warn") == ("insufficient_evidence", False)
    assert outcome({}, Evidence(0.1, 0.05, 0.2), "warn") == ("fail", True)


@pytest.mark.parametrize(
    ("limits", "low", "high", "expected"),
    [
        ({"minimum": 0.8, "maximum": 1.25}, 0.01, 0.05, "infeasible"),
        ({"minimum": 0.9, "maximum": 1.1}, 0.01, 0.05, "infeasible"),
        ({"minimum": 0.5, "maximum": 1.25}, 0.01, 0.05, "fail"),
        ({"minimum": 0.8, "maximum": None}, 0.01, 0.05, "fail"),
        ({"minimum": 0.8, "maximum": 1.25}, 0.7, 0.9, "infeasible"),
        ({"minimum": 0.5, "maximum": 1.25}, 0.7, 0.9, "pass"),
    ],
)
def test_infeasible_holds_for_limits_at_least_as_strict(limits, low, high, expected):
    """What is out of reach for some limits is so for narrower ones; of wider ones the table has said nothing."""
    forbidden = Limits(minimum=0.8, maximum=1.25)
    assert outcome(limits, Evidence((low + high) / 2, low, high, forbidden=forbidden))[0] == expected


def test_an_exception_holds_up_to_its_last_day():
    """It turns whatever is not a pass into excepted, keeps what was found, and leaves a pass alone."""
    rule = RULE | {"exception": {"until": "2026-05-01", "justification": "the new form ships in May"}}
    for figure, found in ((Evidence(0.1, 0.0, 0.2), "fail"), (Evidence(0.9, 0.7, 1.1), "insufficient_evidence")):
        (judged,) = judge(policy(one=rule), {DI: {"": figure}}, TODAY)
        assert (judged.verdict, judged.found, judged.blocks) == ("excepted", found, False)
    (judged,) = judge(policy(one=rule), FIGURES, TODAY)
    assert (judged.verdict, judged.found) == ("pass", "pass")


def test_an_expired_exception_is_an_error_even_where_the_rule_is_met():
    """The day after, nothing passes in silence: date, rule and remedy are named."""
    rule = RULE | {"exception": {"until": date(2026, 4, 30), "justification": "temporary"}}
    with pytest.raises(InputError) as caught:
        judge(policy(one=rule), FIGURES, TODAY)
    assert str(caught.value) == (
        "params.yaml: policy.rules.one.exception expired on 2026-04-30, today is 2026-05-01; "
        "meet the rule, or let its owner justify a new date"
    )
    assert judge(policy(one=rule), FIGURES, date.min)[0].verdict == "pass"


def test_a_level_has_its_own_figure():
    """The pooled figure passes where one level fails, and each rule reads the one it names."""
    found = judge(policy(pooled=RULE, female=RULE | {"level": "Female"}), FIGURES, TODAY)
    assert [(j.verdict, j.evidence.value) for j in found] == [("pass", 0.9), ("fail", 0.7)]
    assert found[1].rule.label == f"{DI} [Female]"


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (
            {"metric": "evaluate_fairness.sex.reweighed.disparate_impct"},
            f"metric: there is no figure 'evaluate_fairness.sex.reweighed.disparate_impct'; did you mean '{DI}'?",
        ),
        ({"level": "female"}, f"level: {DI} has no level 'female'; did you mean 'Female'?"),
        (
            {"metric": "group_rates.sex.reweighed.selection_rate"},
            (
                "level is missing: group_rates.sex.reweighed.selection_rate has one value per level; "
                "known: 'Female', 'Male', or any"
            ),
        ),
        (
            {"metric": "reweigh.weights.effective_rows"},
            "judged_on must be point: reweigh.weights.effective_rows has no interval",
        ),
        (
            {"metric": "reweigh.weights.effective_rows", "level": "Male"},
            "level: reweigh.weights.effective_rows has no level 'Male'; leave the level out",
        ),
    ],
)
def test_a_rule_on_what_does_not_exist_is_an_error(change, text):
    """A misspelt path or level names its nearest matches; it is never taken for met."""
    with pytest.raises(InputError) as caught:
        judge(policy(fine=RULE, one=RULE | change), FIGURES, TODAY)
    assert str(caught.value) == f"params.yaml: policy.rules.one.{text}"


def test_all_faults_are_told_at_once():
    """Two wrong rules and a wrong tolerance make three lines."""
    wrong = policy(a=RULE | {"metric": "x"}, b=RULE | {"level": "y"}, tolerances={"disparate_impcat": 0.1})
    with pytest.raises(InputError) as caught:
        judge(wrong, FIGURES, TODAY)
    lines = str(caught.value).splitlines()
    assert [line.split(":")[1].split()[0] for line in lines] == [
        "policy.rules.a.metric",
        "policy.rules.b.level",
        "policy.tolerances.disparate_impcat",
    ]


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"owner": 3}, "rules.one.owner must be text, got 3"),
        ({"confirmed_by": {"name": " ", "date": "2026-12-31"}}, "rules.one.confirmed_by.name"),
        ({"exception": {"until": "2026-12-31", "justification": " "}}, "rules.one.exception.justification"),
        (
            {"exception": {"until": "31.12.2026", "justification": "x"}},
            "must be a date such as 2026-12-31, got '31.12.2026'",
        ),
        ({"exception": {"until": "2026-12-31"}}, "rules.one.exception.justification is missing"),
        ({"minimum": None, "maximum": None}, "needs a minimum or a maximum"),
        ({"severity": "stop"}, "must be 'block' or 'warn', got 'stop'"),
        ({"judged_on": None}, "must be 'interval' or 'point', got None"),
        ({"limit": 3}, "rules.one.limit is not a known key"),
    ],
)
def test_a_rule_that_says_too_little_is_refused(change, text):
    """An exception, a confirmation and the limits must be whole, and the message says where they are not."""
    with pytest.raises(ValidationError) as caught:
        policy(one=RULE | change)
    assert text in explain(caught.value, "params.yaml: policy")


def test_a_policy_without_rules_is_refused():
    """An empty policy would pass whatever it is shown."""
    with pytest.raises(ValidationError):
        policy()


def test_the_headline_counts_what_blocks_and_names_the_rest():
    """Blocking rules come first, then what only needs attention, then exceptions."""
    excuse = {"until": "2026-12-31", "justification": "known"}
    rules = {
        "a": RULE | {"level": "Female"},
        "b": RULE,
        "c": RULE | {"level": "Female", "severity": "warn"},
        "d": RULE | {"level": "Female", "exception": excuse},
    }
    judged = judge(policy(**rules), FIGURES, TODAY)
    assert headline(judged) == (
        "Does not meet the policy. One blocking rule is not met: A. One more needs attention: C. One is excepted: D."
    )
    assert headline(judge(policy(b=RULE), FIGURES, TODAY)) == "Meets the policy. Every blocking rule is met."


def test_the_tolerance_is_by_figure_with_a_default():
    """The last part of the path decides, whatever stage and attribute it is of."""
    declared = policy(b=RULE, tolerances={"default": 0.01, "disparate_impact": 0.05})
    assert (declared.tolerance(DI), declared.tolerance("reweigh.accuracy")) == (0.05, 0.01)
    assert policy(b=RULE).tolerance(DI) == 0.0


@given(st.floats(-2, 2), st.floats(0, 2), st.floats(0, 1))
def test_a_stricter_rule_never_passes_what_a_wider_one_does_not(low, width, margin):
    """Property: narrowing the limits can only take passes away."""
    wide, narrow = Limits(minimum=-1.5, maximum=1.5), Limits(minimum=-1.5 + margin, maximum=1.5 - margin / 2)
    assert narrow.judge(low, low + width) != "pass" or wide.judge(low, low + width) == "pass"


def test_limits_are_part_of_a_rule():
    """A rule is judged as its limits are, so both can never say two things of one interval."""
    assert issubclass(Rule, Limits)
