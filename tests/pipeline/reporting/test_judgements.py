"""Rules in words: each figure and limit in its own unit, and two statements that are kept apart."""

import pytest

from pipeline.reporting import judgements, tables
from pipeline.results.units import measured
from responsible.governance.evidence import Evidence
from responsible.governance.policy import Judgement, Rule

PARAMS = {"healthcare": {"duration": {"unit": "minutes"}}, "words": {"rows": {"budget": ["loan", "loans"]}}}


def rule(**limits):
    return Rule(metric="m", judged_on="interval", severity="warn", **limits)


@pytest.mark.parametrize(
    ("path", "ends", "limits", "value", "asked"),
    [
        ("evaluate_fairness.sex.reweighed.disparate_impact", (0.9, 0.8, 1.0), (0.8, 1.25), "0.900 times [0.800, 1.000]", "0.8 to 1.25 times"),  # noqa: E501 - a table
        ("evaluate_fairness.sex.reweighed.equal_opportunity_difference", (-0.041, -0.05, 0.01), (-0.1, 0.1), "−4.1 points [−5.0, 1.0]", "−10 to 10 points"),  # noqa: E501
        ("reweigh.accuracy", (0.953, 0.946, 0.959), (0.8, None), "95.3 % [94.6, 95.9]", "at least 80 %"),
        ("performance_change.accuracy", (-0.041, -0.048, -0.034), (-0.05, None), "−4.1 points [−4.8, −3.4]", "at least −5 points"),  # noqa: E501
        ("healthcare_waits.plan.merit.mean_wait_difference", (5.48, 5.39, 5.58), (None, 2), "5.5 minutes [5.4, 5.6]", "at most 2 minutes"),  # noqa: E501
        ("healthcare_odds.sex.adjusted", (0.6, 0.5, 0.7), (0.8, None), "0.600 times [0.500, 0.700]", "at least 0.8 times"),  # noqa: E501
        ("reweigh.f1", (0.5, 0.4, 0.6), (0.4, None), "0.500 [0.400, 0.600]", "at least 0.4"),
    ],
)  # fmt: skip
def test_figures_and_limits_are_in_the_unit_of_the_measure(path, ends, limits, value, asked):
    """Shares in per cent, their differences in points, ratios in times, waits in the unit of the parameters."""
    found = measured(path, Evidence(*ends), PARAMS)
    assert judgements.measured(found) == value
    assert judgements.asked(rule(minimum=limits[0], maximum=limits[1]), found.unit) == asked


def test_counts_are_of_what_a_row_is_called():
    """A number of rows is a number of loans where the table holds loans."""
    found = measured("reweigh.weights.effective_rows", Evidence(406.0, inferred=False), PARAMS)
    assert judgements.measured(found) == "406 loans"
    assert judgements.asked(rule(minimum=1000), found.unit) == "at least 1,000 loans"


@pytest.mark.parametrize(
    ("ends", "found", "differs", "exceeds"),
    [
        ((0.05, 0.02, 0.08), "pass", "yes", "no"),
        ((0.05, -0.02, 0.08), "pass", "no", "no"),
        ((0.09, 0.05, 0.13), "insufficient_evidence", "yes", "unclear"),
        ((0.2, 0.15, 0.25), "fail", "yes", "yes"),
        ((0.2, 0.15, 0.25), "infeasible", "yes", "yes"),
    ],
)
def test_a_difference_and_an_exceeded_limit_are_two_statements(ends, found, differs, exceeds):
    """A shown difference may keep its limits, and one that is not shown may still be undecided."""
    evidence = measured("evaluate_fairness.a.reweighed.statistical_parity_difference", Evidence(*ends), {})
    judged = Judgement("r", rule(minimum=-0.1, maximum=0.1), evidence, found, found, blocks=False)
    assert (judgements.differs(judged), tables.exceeds(judged.found)) == (differs, exceeds)


def test_limits_have_an_origin():
    """The rule's own source, and otherwise the file in which they are set."""
    evidence = Evidence(1.0, unit="times")
    own, other = (
        Judgement("r", rule(minimum=0.8, source=s), evidence, "pass", "pass", blocks=False)
        for s in ("four-fifths rule", None)
    )
    assert judgements.limits_and_origin(own) == "at least 0.8 times (four-fifths rule)"
    assert judgements.limits_and_origin(other) == "at least 0.8 times (set in params.yaml)"
