import numpy as np
import pandas as pd
import pytest
from scipy import stats

from responsible.fairness.groups import groups
from responsible.healthcare.intersections import Intersections, table
from responsible.statistics.intervals import Inference
from responsible.statistics.significance import holm
from tests.support.planted import INFERENCE, everybody, planted

RULES = Intersections(depth=3, minimum=30)


def found(cases, rules=RULES, inference=INFERENCE):
    return table(cases, everybody(), rules, inference, np.random.default_rng(0)).set_index("group")


def test_all_combinations_are_listed():
    """Three attributes with two levels give 6 single, 12 double and 8 triple combinations; depth stops where it is
    told.
    """
    cases = planted(2000, np.random.default_rng(0))
    assert found(cases)["depth"].value_counts().to_dict() == {1: 6, 2: 12, 3: 8}
    assert len(found(cases, Intersections(depth=2, minimum=30))) == 18


def test_figures_are_those_of_the_rows():
    """Counts, difference, test and waits of a triple combination are those of its rows against all others."""
    cases = planted(3000, np.random.default_rng(1))
    row = found(cases).loc["requester=GP & premium=Limited & place=Rural"]
    inside = (cases[["a.requester", "a.premium", "a.place"]] == ["GP", "Limited", "Rural"]).all(axis=1)
    own, rest = cases[inside], cases[~inside]
    assert row[["n", "approved", "rest"]].tolist() == [len(own), own["outcome"].sum(), len(rest)]
    assert row["difference"] == pytest.approx(own["outcome"].mean() - rest["outcome"].mean())
    chi2 = stats.chi2_contingency(pd.crosstab(inside, cases["outcome"]), correction=False)
    assert row["p"] == pytest.approx(chi2.pvalue)
    welch = stats.ttest_ind(own["duration"], rest["duration"], equal_var=False)
    assert row["wait_difference"] == pytest.approx(own["duration"].mean() - rest["duration"].mean())
    assert row["wait_p"] == pytest.approx(welch.pvalue)
    ends = welch.confidence_interval()
    assert row[["wait_low", "wait_high"]].tolist() == pytest.approx([ends.low, ends.high])
    error = np.sqrt(sum(part["outcome"].var(ddof=0) / len(part) for part in (own, rest)))
    assert row["high"] - row["low"] == pytest.approx(2 * 1.96 * error, rel=0.1)


def test_small_combinations_stay_listed():
    """A combination below the minimum keeps its counts, has neither difference nor p, and is named insufficient
    evidence; nobody at all too. The family of Holm's adjustment is the tested ones.
    """
    cases = planted(400, np.random.default_rng(2))
    cases = cases[(cases["a.place"] == "Urban") | (cases["a.requester"] == "GP")]
    listed = found(cases)
    nobody = listed.loc["requester=Surgeon & place=Rural"]
    assert (nobody["n"], nobody["evidence"]) == (0, "insufficient_evidence")
    assert listed.loc[listed["n"] < 30, "evidence"].eq("insufficient_evidence").all()
    assert listed.loc[listed["n"] < 30, ["difference", "low", "p", "p_adjusted", "wait_p"]].isna().all().all()
    tested = listed[listed["evidence"] == ""]
    assert len(tested) < len(listed)
    np.testing.assert_allclose(tested["p_adjusted"], holm(tested["p"].to_numpy()))


def test_everyone_is_no_combination_to_compare():
    """A level that everyone has leaves nobody to compare with, and says so."""
    cases = planted(200, np.random.default_rng(3)).assign(**{"a.place": "Urban"})
    alone = found(cases).loc["place=Urban"]
    assert (alone["rest"], alone["evidence"]) == (0, "insufficient_evidence")


def test_a_table_without_durations_has_no_wait_columns():
    """Waits are left out, approvals stay; a level excluded from the audit names no combination but counts as rest."""
    cases = planted(500, np.random.default_rng(4)).drop(columns="duration")
    assert not [c for c in found(cases) if "wait" in c]
    cases["a.race"] = np.repeat(["A", "B", "X", "A", "B"], 100)
    race = groups("race", ["A", "B", "X"], ["A"], ["X"])
    listed = table(cases, [race], RULES, INFERENCE, np.random.default_rng(0)).set_index("group")
    assert listed["n"].to_dict() == {"race=A": 200, "race=B": 200}
    assert listed["rest"].tolist() == [300, 300]


def test_nobody_approved_has_an_interval_with_width():
    """A combination that nobody of is approved is still in doubt: its interval has width."""
    cases = planted(600, np.random.default_rng(5))
    inside = (cases["a.requester"] == "GP") & (cases["a.place"] == "Rural")
    row = found(cases.assign(outcome=cases["outcome"].where(~inside, 0))).loc["requester=GP & place=Rural"]
    assert row["approved"] == 0
    assert row["low"] < row["difference"] < row["high"]


def test_no_bias_gives_false_alarms_at_the_nominal_rate():
    """Without bias, any of the 26 combinations is called different in at most about 5 of 100 tables."""
    rng, alarms = np.random.default_rng(6), []
    quick = Inference(confidence=0.95, replicates=100, minimum_denominator=10)
    for _ in range(100):
        listed = table(planted(1000, rng, bias=0), everybody(), RULES, quick, rng)
        alarms.append(listed["p_adjusted"].min() < 0.05)
    assert np.mean(alarms) < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 100)
