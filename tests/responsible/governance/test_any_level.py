"""Rules about any level: every level must meet the limits, by intervals that hold for all levels at once."""

import math
from dataclasses import replace
from datetime import date

import pytest

from responsible.governance.evidence import WHOLE, Evidence, places
from responsible.governance.policy import Policy, judge
from responsible.limits import Limits, decisive
from responsible.validation import InputError

TODAY = date(2026, 5, 1)
DI = "evaluate_fairness.race.reweighed.disparate_impact"
RULE = {
    "metric": DI,
    "level": "any",
    "minimum": 0.8,
    "maximum": 1.25,
    "judged_on": "interval",
    "severity": "block",
    "reason": "four fifths",
    "owner": "board",
}


def level(value, low, high, wide, **more):
    """A figure with its own interval and the one that holds for all levels at once."""
    own = Evidence(value, low, high, **more)
    return replace(own, among=replace(own, low=wide[0], high=wide[1]))


FAIR, LOW = level(1.0, 0.95, 1.05, (0.9, 1.1)), level(0.6, 0.5, 0.7, (0.45, 0.75))
CLOSE = level(0.9, 0.82, 1.0, (0.78, 1.05))
UNKNOWN = Evidence(math.nan, reason="n_below_minimum", among=Evidence(math.nan, reason="n_below_minimum"))


def found(levels, insufficient="block", **rule):
    policy = Policy(insufficient_evidence=insufficient, rules={"one": RULE | rule}, tolerances={})
    (judged,) = judge(policy, {DI: levels}, TODAY)
    return judged


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ({"a": FAIR, "b": FAIR}, ("pass", "a", False)),
        ({"a": FAIR, "b": LOW}, ("fail", "b", True)),
        ({"a": CLOSE, "b": FAIR}, ("insufficient_evidence", "a", True)),  # alone it would pass
        ({"a": FAIR, "b": UNKNOWN}, ("insufficient_evidence", "b", True)),
        ({"a": CLOSE, "b": UNKNOWN}, ("insufficient_evidence", "a", True)),
        ({"a": LOW, "b": level(0.4, 0.3, 0.5, (0.2, 0.6))}, ("fail", "b", True)),
        ({"a": LOW, "b": level(2.0, 1.8, 2.2, (1.7, 2.4))}, ("fail", "b", True)),  # twice is farther than .6 times
    ],
)
def test_the_worst_level_decides(levels, expected):
    """Pass when all pass, fail when one fails, else undecided; shown is the level that decides, with its wide ends."""
    judged = found({WHOLE: Evidence(0.99, 0.98, 1.0), **levels})
    assert (judged.verdict, judged.evidence.level, judged.blocks) == expected
    chosen = levels[expected[1]].among
    assert (judged.evidence.low, judged.evidence.high) == pytest.approx((chosen.low, chosen.high), nan_ok=True)


def test_limits_that_no_model_can_meet_for_a_level():
    """A level whose table found the rule's limits out of reach makes it infeasible for all."""
    barred = replace(LOW, among=replace(LOW.among, forbidden=Limits(minimum=0.8, maximum=1.25)))
    assert found({"a": level(0.5, 0.4, 0.6, (0.3, 0.7)), "b": barred}).verdict == "infeasible"


def test_without_a_reference_group_no_level_means_any():
    """Where the whole is that of any level, a rule without a level judges each of them."""
    levels = {WHOLE: Evidence(1.0, 0.9, 1.1, level="a"), "a": FAIR, "b": LOW}
    judged = found(levels, level=None)
    assert (judged.verdict, judged.evidence.level, judged.rule.label) == ("fail", "b", DI)
    assert places(None, levels) == ["a", "b"]
    assert places(None, {WHOLE: FAIR, "a": LOW}) == [WHOLE]
    assert places("any", {WHOLE: FAIR, "a": LOW}) == ["a"]


def test_points_need_no_interval():
    """A rule on the point judges every level's value; one on the interval is refused where none hold at once."""
    bare = {"a": Evidence(0.9, 0.7, 1.1), "b": Evidence(0.85, 0.6, 1.2)}
    assert found(bare, judged_on="point").verdict == "pass"
    with pytest.raises(InputError, match="has no intervals that hold for all levels at once; name one level, or set"):
        found(bare)


def test_what_has_no_levels_has_none_to_judge():
    """Any level of a figure that has no levels is refused."""
    with pytest.raises(InputError, match="has no level 'any'; leave the level out"):
        found({WHOLE: FAIR})


@pytest.mark.parametrize(
    ("limits", "value", "expected"),
    [
        (Limits(minimum=-0.1, maximum=0.1), 0.15, 0.05),
        (Limits(minimum=-0.1, maximum=0.1), -0.15, 0.05),
        (Limits(minimum=-0.1, maximum=0.1), 0.02, -0.08),
        (Limits(minimum=0.8, maximum=1.25), 0.4, math.log(2)),
        (Limits(minimum=0.8, maximum=1.25), 2.5, math.log(2)),
        (Limits(minimum=0.8, maximum=1.25), 0.0, math.inf),
        (Limits(maximum=2), 3.0, 1.0),
        (Limits(maximum=2), -3.0, -5.0),
        (Limits(minimum=0.0, maximum=0.1), 0.01, -0.09),  # never negative, so nothing is near to 0
        (Limits(minimum=0.0, maximum=0.1), -0.02, 0.02),
        (Limits(minimum=0.8), math.nan, -math.inf),
    ],
)
def test_how_far_beyond(limits, value, expected):
    """Distances by hand: differences in their unit, ratios in logarithms, negative inside, nowhere when undefined."""
    assert limits.beyond(value) == pytest.approx(expected)


def test_equals_are_decided_by_the_first():
    """Of equally bad and equally far figures the first decides."""
    assert decisive([("pass", 0.1), ("fail", 0.3), ("fail", 0.3), ("insufficient_evidence", 9.0)]) == 1
