"""The risk register: scores counted by hand, the promises of its bands, and its order."""

import itertools
import math
from datetime import date

import pandas as pd
import pytest

from responsible.fairness.measures import MEASURES
from responsible.governance.evidence import Evidence
from responsible.governance.policy import Policy, judge
from responsible.governance.risk_register import (
    HARMS,
    LIKELIHOOD,
    Risk,
    bands,
    from_findings,
    from_guarantees,
    from_policy,
    from_segments,
    harm_of,
    register,
)
from responsible.statistics.rates import PERFORMANCE

PASSES = {"pass", "GREEN", "balanced", "guarantee"}
FAILS = {"fail", "infeasible", "RED", "one-sided", "no guarantee"}
DI, ACCURACY = "evaluate_fairness.sex.reweighed.disparate_impact", "reweigh.accuracy"


def risk(finding, harm="allocation", must=False, name="r"):
    return Risk("policy", name, "f", harm, finding, finding, must=must)


@pytest.mark.parametrize(
    ("finding", "harm", "must", "expected"),
    [
        ("pass", "allocation", True, (1, 5, 5, "low")),
        ("insufficient_evidence", "allocation", True, (3, 5, 15, "high")),
        ("insufficient_evidence", "quality of service", False, (3, 3, 9, "medium")),
        ("infeasible", "allocation", True, (5, 5, 25, "high")),
        ("fail", "quality of service", False, (5, 3, 15, "high")),
        ("RED", "quality of service", True, (5, 4, 20, "high")),
        ("AMBER", "allocation", False, (3, 4, 12, "medium")),
        ("one-sided", "representation", False, (5, 2, 10, "medium")),
        ("one-sided, justified", "representation", False, (3, 2, 6, "medium")),
        ("no guarantee", "privacy", True, (5, 5, 25, "high")),
    ],
)
def test_scores_by_hand(finding, harm, must, expected):
    """Likelihood from the finding, severity from the kind of harm and whether it must not be, and their product."""
    found = risk(finding, harm, must)
    assert (found.likelihood, found.severity, found.score, found.band) == expected


@pytest.mark.parametrize(("finding", "harm", "must"), list(itertools.product(LIKELIHOOD, HARMS, [False, True])))
def test_what_the_bands_promise(finding, harm, must):
    """What passes is low, what the data cannot decide never is, what fails is medium, and high where it must not."""
    found = risk(finding, harm, must)
    assert 1 <= found.likelihood <= 5
    assert 1 <= found.severity <= 5
    assert (found.band == "low") == (finding in PASSES)
    assert found.band == "high" or not (finding in FAILS and must)


def judged(**evidence):
    rules = {
        "impact": {"metric": DI, "minimum": 0.8, "severity": "block"},
        "accuracy": {"metric": ACCURACY, "minimum": 0.8, "severity": "warn"},
    }
    for name, rule in rules.items():
        rule |= {"judged_on": "interval", "reason": f"why {name}", "owner": f"owner of {name}"}
    if evidence.pop("excepted", False):
        rules["impact"]["exception"] = {"until": "2099-01-01", "justification": "because"}
    policy = Policy.model_validate({"insufficient_evidence": "block", "rules": rules, "tolerances": {}}, strict=True)
    figures = {DI: {"": evidence["impact"]}, ACCURACY: {"": evidence["accuracy"]}}
    return judge(policy, figures, date(2026, 1, 1))


def test_rules_become_risks():
    """A rule's risk says what it is about, who owns it, and where its number stands."""
    good, bad = Evidence(0.9, 0.85, 0.95), Evidence(0.5, 0.4, 0.6)
    impact, accuracy = from_policy(judged(impact=bad, accuracy=good))
    assert impact == Risk(
        "policy", "impact", DI, "allocation", "fail", "fail", must=True, owner="owner of impact", about="why impact"
    )
    assert (impact.score, accuracy.score) == (25, 3)
    assert (accuracy.harm, accuracy.finding, accuracy.must) == ("quality of service", "pass", False)


def test_an_exception_does_not_make_harm_less_likely():
    """An excepted rule keeps the likelihood of what was found, and says that it is excepted."""
    bad = Evidence(0.5, 0.4, 0.6)
    undecided, failing = Evidence(math.nan, reason="no_positives"), bad
    for evidence, likelihood in ((failing, 5), (undecided, 3)):
        found = from_policy(judged(impact=evidence, accuracy=bad, excepted=True))[0]
        assert (found.verdict, found.likelihood) == ("excepted", likelihood)


@pytest.mark.parametrize(
    ("metric", "harm"),
    [
        (DI, "allocation"), ("group_rates.sex.baseline.selection_rate", "allocation"),
        ("proxies.education.all others", "allocation"), ("healthcare_proxies.rural.scope", "allocation"),
        ("evaluate_fairness.sex.proxy_auc", "allocation"), (ACCURACY, "quality of service"),
        ("group_rates.sex.baseline.positive_predictive_value", "quality of service"),
        ("healthcare_audit.mean_wait_difference.premium", "quality of service"),
        ("cluster_privacy.one_sided_segments", "representation"), ("cluster_privacy.chosen.real_epsilon", "privacy"),
    ],
)  # fmt: skip
def test_kinds_of_harm(metric, harm):
    """How much a group is offered is allocation, errors and performance are quality of service; each figure has one."""
    assert harm_of(metric) == harm


def test_every_measure_has_its_harm():
    """Of all fairness measures only the two on selection rates are allocation, and no performance figure is."""
    kinds = {name: harm_of(f"evaluate_fairness.sex.reweighed.{name}") for name in MEASURES}
    assert {n for n, k in kinds.items() if k == "allocation"} == {"statistical_parity_difference", "disparate_impact"}
    assert {harm_of(f"reweigh.{name}") for name in PERFORMANCE} == {"quality of service"}


def test_findings_become_a_risk_for_each_attribute_and_measure():
    """The worst colour counts, descriptions without colour do not, and the primary definition must not fail."""
    table = pd.DataFrame(
        [
            ("sex", "statistical_parity_difference", "GREEN", False),
            ("sex", "statistical_parity_difference", "RED", False),
            ("sex", "statistical_parity_difference", "RED", False),
            ("sex", "equal_opportunity_difference", "AMBER", False),
            ("sex", "equal_opportunity_difference", "GREEN", True),
            ("sex", "median_wait_difference", "", False),
        ],
        columns=["attribute", "measure", "finding", "primary"],
    )
    found = from_findings(table, "a.csv")
    assert [(r.name, r.figure, r.harm, r.verdict, r.about, r.score) for r in found] == [
        ("sex: statistical_parity_difference", "a.csv", "allocation", "RED", "2 of 3 comparisons RED", 20),
        ("sex: equal_opportunity_difference", "a.csv", "quality of service", "AMBER", "1 of 2 comparisons AMBER", 12),
    ]
    assert [r.must for r in from_findings(table.drop(columns="primary"), "a.csv")] == [False, False]
    assert from_findings(table.assign(finding=math.nan), "a.csv") == []
    assert from_findings(pd.DataFrame(columns=["switched_off"]), "a.csv") == []


def test_segments_become_risks():
    """A one-sided segment is a risk, less of one with a written reason; without any there is one that passes."""
    shares = pd.DataFrame(
        [(1, "A", True, math.nan), (1, "B", False, math.nan), (2, "B", True, "women's clinic")],
        columns=["segment", "level", "flagged", "reason"],
    )
    found = from_segments(shares, "s.csv")
    assert [(r.name, r.score, r.about) for r in found] == [
        ("segment 1 is mostly A", 10, "no justification in writing"),
        ("segment 2 is mostly B", 6, "women's clinic"),
    ]
    assert [r.score for r in from_segments(shares.assign(flagged=False), "s.csv")] == [2]
    assert [r.score for r in from_segments(shares.assign(reason=math.nan), "s.csv")] == [10, 10]


def test_promises_become_risks():
    """No finite ε is the worst, a guarantee that leaves an attacker most of what there is to gain is weak."""
    ledger = pd.DataFrame(
        [("taught", "t", 1.0, False, 0.9), ("central", "c", 1.0, True, 0.5), ("central", "c", 10.0, True, 0.51)],
        columns=["mechanism", "title", "epsilon", "guarantee", "advantage_cap"],
    )
    settings = {"chosen": ("taught", 1.0), "release": ("central", 1.0), "other": ("central", 10.0)}
    assert [(r.name, r.about, r.finding, r.score) for r in from_guarantees(ledger, settings, "l.csv")] == [
        ("privacy of segments, chosen: taught, ε = 1", "t", "no guarantee", 20),
        ("privacy of segments, release: central, ε = 1", "c", "guarantee", 5),
        ("privacy of segments, other: central, ε = 10", "c", "weak guarantee", 12),
    ]


def test_the_register_is_in_order():
    """The highest score first, of equals the more severe, of those the one given first."""
    risks = [
        risk("fail", "quality of service", must=False, name="15 of 3"),
        risk("pass", name="4"),
        risk("insufficient_evidence", must=True, name="15 of 5"),
        risk("fail", "quality of service", must=False, name="15 of 3 as well"),
        risk("fail", name="20"),
    ]
    table = register(risks)
    assert table["name"].tolist() == ["20", "15 of 5", "15 of 3", "15 of 3 as well", "4"]
    assert table["score"].tolist() == [20, 15, 15, 15, 4]
    assert table["band"].tolist() == ["high"] * 4 + ["low"]
    assert (table["score"] == table["likelihood"] * table["severity"]).all()
    assert bands(table) == {"high": 4, "medium": 0, "low": 1}
