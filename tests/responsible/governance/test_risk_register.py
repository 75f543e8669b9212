"""The risk register: scores counted by hand, the promises of its bands, and its order."""

import itertools
import math
from datetime import date

import pandas as pd
import pytest

from responsible.fairness.measures import MEASURES
from responsible.governance.evidence import Evidence
from responsible.governance.policy import Policy, Rule, judge
from responsible.governance.risk import HARMS, LIKELIHOOD, TREATMENTS, Risk, harm_of
from responsible.governance.risk_register import (
    bands,
    from_findings,
    from_guarantees,
    from_policy,
    from_search,
    from_segments,
    register,
)
from responsible.statistics.rates import PERFORMANCE

PASSES = {"pass", "GREEN", "balanced", "guarantee"}
FAILS = {"fail", "infeasible", "RED", "one-sided", "no guarantee"}
DAYS = {"red": 7, "amber": 30}
DI, ACCURACY = "evaluate_fairness.sex.reweighed.disparate_impact", "reweigh.accuracy"


def risk(finding, harm="allocation", must=False, name="r"):
    return Risk("budget", name, name, "f", harm, finding, finding, must=must)


def budget(_):
    return "budget"


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


@pytest.mark.parametrize(
    ("verdict", "score", "band", "to_do"),
    [
        ("pass", 4, "low", ""),
        ("insufficient_evidence", 12, "medium", "Run `make alternatives` again, for this model or with more rows."),
        ("fail", 20, "high", "Adopt it (`models.adopted`), or write down why not."),
    ],
)
def test_a_search_for_alternatives_is_a_risk_with_its_answer(verdict, score, band, to_do):
    """A model that was to be had is a high risk; the answer stands beside it, and a rule on it is the same risk."""
    found = from_search(verdict, "Yes: without age.", "metrics/alternatives.json")
    assert (found.score, found.band, found.about, found.treatment) == (score, band, "Yes: without age.", to_do)
    rule = Rule(metric="alternatives.available", judged_on="point", severity="warn", maximum=0, owner="board")
    judged = judge(
        Policy(insufficient_evidence="block", rules={"search": rule}, tolerances={}),
        {"alternatives.available": {"": Evidence(0.0)}},
        date.min,
    )
    rows = register([*from_policy(judged, budget), found])
    assert (len(rows), rows["owner"][0], rows["score"][0]) == (1, "board", score)


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
        "impact": {"metric": DI, "minimum": 0.8, "severity": "block", "treatment": "less of it", "residual": "low"},
        "accuracy": {"metric": ACCURACY, "minimum": 0.8, "severity": "warn"},
    }
    for name, rule in rules.items():
        rule |= {"judged_on": "interval", "reason": f"why {name}", "owner": f"owner of {name}"}
    rules["impact"]["due"] = "2026-06-30"
    if evidence.pop("excepted", False):
        rules["impact"]["exception"] = {"until": "2099-01-01", "justification": "because"}
    policy = Policy.model_validate({"insufficient_evidence": "block", "rules": rules, "tolerances": {}}, strict=True)
    figures = {DI: {"": evidence["impact"]}, ACCURACY: {"": evidence["accuracy"]}}
    return judge(policy, figures, date(2026, 1, 1))


def test_rules_become_risks():
    """A rule's risk says what it is about, who owns it, and where its number stands."""
    good, bad = Evidence(0.9, 0.85, 0.95), Evidence(0.5, 0.4, 0.6)
    impact, accuracy = from_policy(judged(impact=bad, accuracy=good), budget)
    assert impact == Risk(
        "budget", DI, "Impact", DI, "allocation", "fail", "fail", must=True,
        owner="owner of impact", about="why impact", treatment="less of it", due="2026-06-30", residual="low",
    )  # fmt: skip
    assert (impact.score, accuracy.score) == (25, 3)
    assert (accuracy.harm, accuracy.finding, accuracy.must) == ("quality of service", "pass", False)


def test_an_exception_does_not_make_harm_less_likely():
    """An excepted rule keeps the likelihood of what was found, and says that it is excepted."""
    bad = Evidence(0.5, 0.4, 0.6)
    undecided, failing = Evidence(math.nan, reason="no_positives"), bad
    for evidence, likelihood in ((failing, 5), (undecided, 3)):
        found = from_policy(judged(impact=evidence, accuracy=bad, excepted=True), budget)[0]
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
    found = from_findings(table, "a.csv", DAYS)
    assert [(r.name, r.harm, r.verdict, r.about, r.score, r.due) for r in found] == [
        ("sex: statistical parity difference", "allocation", "RED", "2 of 3 comparisons are RED", 20,
         "7 days after the audit"),
        ("sex: equal opportunity difference", "quality of service", "AMBER", "1 of 2 comparisons is AMBER", 12,
         "30 days after the audit"),
    ]  # fmt: skip
    named = from_findings(table, "a.csv", DAYS, lambda name: {"sex": "gender"}.get(name, name))
    assert [r.name.split(":")[0] for r in named] == ["gender", "gender"]
    assert [r.must for r in from_findings(table.drop(columns="primary"), "a.csv", DAYS)] == [False, False]
    assert from_findings(table.assign(finding=math.nan), "a.csv", DAYS) == []
    assert from_findings(pd.DataFrame(columns=["switched_off"]), "a.csv", DAYS) == []


def test_segments_become_one_risk():
    """One-sided segments are one risk, less of one when each has a written reason; without any it passes."""
    shares = pd.DataFrame(
        [(1, "A", True, math.nan), (1, "B", False, math.nan), (2, "B", True, "women's clinic")],
        columns=["segment", "level", "flagged", "reason"],
    )
    (found,) = from_segments(shares, "s.csv", str.lower)
    assert (found.score, found.finding) == (10, "one-sided")
    assert found.about == "segment 1 is mostly a; segment 2 is mostly b; 1 without a written justification"
    assert [r.score for r in from_segments(shares.assign(reason="a reason"), "s.csv")] == [6]
    assert [r.score for r in from_segments(shares.assign(flagged=False), "s.csv")] == [2]


def test_promises_become_risks():
    """No finite ε is the worst, a guarantee that leaves an attacker most of what there is to gain is weak."""
    ledger = pd.DataFrame(
        [("taught", "t", 1.0, False, 0.9), ("central", "c", 1.0, True, 0.5), ("central", "c", 10.0, True, 0.51)],
        columns=["mechanism", "title", "epsilon", "guarantee", "advantage_cap"],
    )
    settings = {"chosen": ("taught", 1.0), "release": ("central", 1.0), "other": ("central", 10.0)}
    assert [(r.name, r.about, r.finding, r.score) for r in from_guarantees(ledger, settings, "l.csv")] == [
        ("Privacy of segments, chosen: taught noise, ε = 1", "t", "no guarantee", 20),
        ("Privacy of segments, release: central noise, ε = 1", "c", "guarantee", 5),
        ("Privacy of segments, other: central noise, ε = 10", "c", "weak guarantee", 12),
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


def ruled(**own):
    rule = {"metric": "healthcare_approvals.sex.all.equal_opportunity_difference", "minimum": -0.1, "level": "F"}
    rule |= {"severity": "warn", "judged_on": "interval", "reason": "equal need", "owner": "director"} | own
    return {"title": "Approval of women"} | rule


def of_rule(low, high, **own):
    policy = {"insufficient_evidence": "block", "rules": {"women": ruled(**own)}, "tolerances": {}}
    figures = {ruled()["metric"]: {"F": Evidence((low + high) / 2, low, high)}}
    judgements = judge(Policy.model_validate(policy, strict=True), figures, date(2026, 1, 1))
    return from_policy(judgements, lambda _: "healthcare")


def coloured(*colours, primary=True):
    rows = [("sex", "equal_opportunity_difference", colour, primary) for colour in colours]
    return from_findings(pd.DataFrame(rows, columns=["attribute", "measure", "finding", "primary"]), "a.csv", DAYS)


@pytest.mark.parametrize(
    ("ends", "colours", "expected"),
    [
        ((-0.05, 0.05), ("GREEN", "AMBER"), ("AMBER", "AMBER", 12, "30 days after the audit")),
        ((-0.15, 0.05), ("AMBER", "AMBER"), (*["insufficient_evidence"] * 2, 12, "30 days after the audit")),
        ((-0.15, 0.05), ("RED", "AMBER"), ("RED", "RED", 20, "7 days after the audit")),
        ((-0.30, -0.2), ("RED", "RED"), ("fail", "fail", 20, "7 days after the audit")),
        ((-0.05, 0.05), ("GREEN", "GREEN"), ("pass", "pass", 4, "")),
    ],
)
def test_a_rule_and_its_measure_are_one_line(ends, colours, expected):
    """A rule on a measure that the audit colours as well gives one line: title and owner of the rule, worst finding."""
    table = register([*of_rule(*ends), *coloured(*colours)])
    row = table.iloc[0]
    assert len(table) == 1
    assert (row["name"], row["owner"], bool(row["must"])) == ("Approval of women", "director", True)
    assert (row["finding"], row["verdict"], row["score"], row["due"]) == expected
    assert row["about"].startswith("equal need; ")


def test_two_rules_on_one_measure_are_one_line_with_both_owners():
    """The line has both titles and owners, the day of the first, and the higher of what each expects to be left."""
    first = of_rule(-0.3, -0.2, treatment="a", residual="low", due="2026-03-31")
    second = of_rule(-0.05, 0.05, level="F", title="Women", owner="board", treatment="b", residual="medium")
    row = register([*first, *second]).iloc[0]
    assert (row["name"], row["owner"]) == ("Approval of women; Women", "director; board")
    assert (row["treatment"], row["due"], row["residual"]) == ("a b", "2026-03-31", "medium")


def test_what_nobody_recorded_is_proposed_or_left_open():
    """Without words of people the treatment is the finding's, the owner that of the line, and what is left open."""
    table = register(coloured("RED"), {"healthcare": "medical director"})
    row = table.iloc[0]
    assert (row["owner"], row["treatment"], row["residual"]) == ("medical director", TREATMENTS["RED"], "")
    assert register(coloured("RED")).iloc[0]["owner"] == ""
    assert register(coloured("GREEN")).iloc[0]["residual"] == "low"
    assert set(TREATMENTS) == {*LIKELIHOOD, "excepted"}


def test_what_is_left_needs_what_is_done():
    """A residual risk without a treatment is refused, with what to do."""
    with pytest.raises(ValueError, match="residual is what a treatment leaves; add treatment, or leave residual out"):
        Rule.model_validate(ruled(residual="low"), strict=True)
