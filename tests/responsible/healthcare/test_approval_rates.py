import numpy as np
import pandas as pd
import pytest
from scipy import stats

from responsible.fairness.comparisons import adjust
from responsible.fairness.groups import groups
from responsible.healthcare import approval_rates
from responsible.healthcare.cases import selected
from responsible.names import ANY_LEVEL
from responsible.statistics.intervals import Inference
from tests.support.planted import INFERENCE, LIMITS, everybody, planted, who

SPD, EOD, PPV = list(LIMITS)[:3]


def by_hand() -> pd.DataFrame:
    """GP: 6 urgent (4 necessary, 2 of them approved, 1 of the others approved), 4 not (2 necessary, both approved).
    Surgeon: 5 urgent (4 necessary, all approved; the other refused), 5 not (1 necessary, refused; 2 of 4 approved).
    """
    rows = [("GP", 1, 1, 1, 2), ("GP", 1, 1, 0, 2), ("GP", 1, 0, 1, 1), ("GP", 1, 0, 0, 1)]
    rows += [("GP", 0, 1, 1, 2), ("GP", 0, 0, 0, 2)]
    rows += [("Surgeon", 1, 1, 1, 4), ("Surgeon", 1, 0, 0, 1)]
    rows += [("Surgeon", 0, 1, 0, 1), ("Surgeon", 0, 0, 1, 2), ("Surgeon", 0, 0, 0, 2)]
    table = pd.DataFrame(rows, columns=["a.requester", "urgency", "merit", "outcome", "n"])
    return table.loc[table.index.repeat(table["n"])].drop(columns="n").reset_index(drop=True)


LOW = Inference(confidence=0.95, replicates=200, minimum_denominator=1)


def test_measures_counted_by_hand():
    """SPD 5/10 − 6/10; EOD 4/6 − 4/5; predictive parity 4/5 − 4/6; among urgent ones
    3/6 − 4/5, 2/4 − 4/4 and 2/3 − 4/4.
    """
    found = approval_rates.approval_rates(by_hand(), who("requester"), LIMITS, LOW, np.random.default_rng(0))
    values = found.set_index(["scope", "measure"])["value"]
    expected = {
        ("all", SPD): -0.1,
        ("all", EOD): 4 / 6 - 4 / 5,
        ("all", PPV): 4 / 5 - 4 / 6,
        ("urgent", SPD): 3 / 6 - 4 / 5,
        ("urgent", EOD): -0.5,
        ("urgent", PPV): 2 / 3 - 1,
    }
    assert values.to_dict() == pytest.approx(expected)
    assert found.loc[found["primary"], ["scope", "measure"]].to_numpy().tolist() == [["urgent", EOD]]
    parity = found.iloc[0]
    assert parity[["count_unprivileged", "support_unprivileged"]].tolist() == [5, 10]
    assert parity[["count_privileged", "support_privileged"]].tolist() == [6, 10]


def test_tests_are_scipys():
    """Every p and Cramér’s V is scipy's chi-square, without correction, of the table each measure is about."""
    cases = planted(2000, np.random.default_rng(3))
    found = approval_rates.approval_rates(cases, who("requester"), LIMITS, INFERENCE, np.random.default_rng(0))
    for (scope, measure), row in found.set_index(["scope", "measure"]).iterrows():
        part = cases[selected(cases, scope)]
        given, event = {SPD: (None, "outcome"), EOD: ("merit", "outcome"), PPV: ("outcome", "merit")}[measure]
        part = part if given is None else part[part[given] == 1]
        table = pd.crosstab(part["a.requester"], part[event]).to_numpy()
        theirs = stats.chi2_contingency(table, correction=False)
        assert row["p"] == pytest.approx(theirs.pvalue, rel=1e-9)
        assert row["cramers_v"] == pytest.approx(stats.contingency.association(table, method="cramer"))
        assert row["method"] == "chi-square"


def test_small_tables_use_fisher():
    """With an expected count below 5, p is Fisher's: 2 of 4 against 4 of 4 necessary urgent requests."""
    found = approval_rates.approval_rates(by_hand(), who("requester"), LIMITS, LOW, np.random.default_rng(0))
    primary = found[found["primary"]].iloc[0]
    assert primary["method"] == "fisher"
    assert primary["p"] == pytest.approx(stats.fisher_exact([[2, 2], [0, 4]]).pvalue)


def test_too_few_cases_are_no_evidence():
    """Below the minimum denominator a measure has no value, says why, and is never a pass."""
    found = approval_rates.approval_rates(by_hand(), who("requester"), LIMITS, INFERENCE, np.random.default_rng(0))
    few = found[found["measure"] == EOD]
    assert few["reason"].tolist() == ["n_below_minimum"] * 2
    assert few[["value", "low", "high"]].isna().all().all()
    assert set(few["verdict"]) == {"insufficient_evidence"}


@pytest.mark.parametrize(
    ("absent", "left"),
    [
        (["merit"], [("all", SPD), ("urgent", SPD)]),
        (["urgency"], [("all", SPD), ("all", EOD), ("all", PPV)]),
        (["merit", "urgency"], [("all", SPD)]),
    ],
)
def test_an_absent_role_leaves_the_other_measures(absent, left):
    """A measure whose role is absent is not reported, and the others keep their values."""
    cases, generator = planted(500, np.random.default_rng(1)), np.random.default_rng
    full = approval_rates.approval_rates(cases, who("requester"), LIMITS, INFERENCE, generator(0))
    less = approval_rates.approval_rates(cases.drop(columns=absent), who("requester"), LIMITS, INFERENCE, generator(0))
    assert list(zip(less["scope"], less["measure"], strict=True)) == left
    full = full.set_index(["scope", "measure"])["value"]
    assert less["value"].tolist() == pytest.approx([full[key] for key in left])


def test_rates_by_hand():
    """Rates of every level with their counts: GPs get 5 of 10 approved and 4 of 6 necessary ones; of 5 approved, 4 were
    necessary.
    """
    found = approval_rates.rates(by_hand(), who("requester"), 0.95).set_index(["level", "scope", "rate"])
    assert found.loc[("GP", "all", "selection_rate"), ["count", "of"]].tolist() == [5, 10]
    assert found.loc[("GP", "all", "true_positive_rate"), ["count", "of"]].tolist() == [4, 6]
    assert found.loc[("GP", "all", "positive_predictive_value"), ["count", "of"]].tolist() == [4, 5]
    assert found.loc[("Surgeon", "urgent", "base_rate"), ["count", "of"]].tolist() == [4, 5]
    theirs = stats.binomtest(5, 10).proportion_ci(method="wilson")
    assert found.loc[("GP", "all", "selection_rate"), ["low", "high"]].tolist() == pytest.approx(list(theirs))


def test_the_planted_difference_is_covered_at_the_nominal_rate():
    """In 300 tables the 95 % interval of the planted −.10 among necessary (and urgent necessary) requests holds it
    about 95 times in 100: between 92 and 98, three standard errors.
    """
    rng, held = np.random.default_rng(12), []
    few = Inference(confidence=0.95, replicates=400, minimum_denominator=10)
    limits = {EOD: LIMITS[EOD]}
    for _ in range(300):
        found = approval_rates.approval_rates(planted(1500, rng), who("requester"), limits, few, rng)
        held.append(((found["low"] <= -0.10) & (found["high"] >= -0.10)).to_numpy())
    shares = np.mean(held, axis=0)
    assert (abs(shares - 0.95) < 3 * np.sqrt(0.95 * 0.05 / 300)).all(), shares


def test_no_bias_gives_false_alarms_at_the_nominal_rate():
    """Without any bias, Holm's adjusted p falls below .05 anywhere in the audit in at most about 5 of 100 tables (the
    three attributes and two scopes are one family), and not never.
    """
    rng, alarms = np.random.default_rng(7), []
    none = Inference(confidence=0.95, replicates=100, minimum_denominator=10)
    for _ in range(120):
        cases = planted(1200, rng, bias=0)
        tables = [approval_rates.approval_rates(cases, group, LIMITS, none, rng) for group in everybody()]
        (family,) = adjust([pd.concat(tables)])
        alarms.append(family["p_adjusted"].min() < 0.05)
    assert 0 < np.mean(alarms) < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 120)


def test_without_a_reference_group_by_hand():
    """Each requester against everybody else: two levels mirror each other, and "any level" is the one that decides."""
    alone = groups("requester", ["GP", "Surgeon"], [])
    found = approval_rates.approval_rates(by_hand(), alone, LIMITS, LOW, np.random.default_rng(0))
    own = found.set_index(["comparison", "scope", "measure"])
    assert own.loc[("GP", "all", EOD), "value"] == pytest.approx(4 / 6 - 4 / 5)
    assert own.loc[("Surgeon", "all", EOD), "value"] == pytest.approx(4 / 5 - 4 / 6)
    assert own.loc[("GP", "all", EOD), "low"] == pytest.approx(-own.loc[("Surgeon", "all", EOD), "high"])
    headline = own.loc[(ANY_LEVEL, "urgent", EOD)]
    assert headline[["farthest", "value"]].tolist() == ["GP", -0.5]
    (family,) = adjust([found])
    assert family["p_adjusted"].min() == pytest.approx(min(1, found["p"].min() * 6))  # three hypotheses, two scopes
