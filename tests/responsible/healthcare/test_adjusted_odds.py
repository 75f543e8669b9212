import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.discrete.discrete_model import Logit

from responsible.fairness.groups import groups
from responsible.healthcare.adjusted_odds import bands, odds
from tests.support.planted import planted, who


def test_bands_by_hand():
    """Two bands of eight requests: GPs get 1 of 2 and 2 of 3 approved, surgeons 2 of 2 and 0 of 1; an absent level in a
    band has no rate.
    """
    cases = pd.DataFrame(
        {
            "outcome": [1, 0, 1, 1, 0, 1, 1, 0],
            "priority": [1.0, 2, 3, 4, 5, 6, 7, 8],
            "a.requester": ["GP", "GP", "Surgeon", "Surgeon", "GP", "GP", "GP", "Surgeon"],
        }
    )
    found = bands(cases, who("requester"), 2, 0.95).set_index(["band", "level"])
    assert found.loc[("[1, 4]", "GP"), ["n", "approved"]].tolist() == [2, 1]
    assert found.loc[("[5, 8]", "GP"), ["n", "approved"]].tolist() == [3, 2]
    assert found.loc[("[1, 4]", "Surgeon"), ["n", "approved"]].tolist() == [2, 2]
    ends = stats.binomtest(2, 3).proportion_ci(method="wilson")
    assert found.loc[("[5, 8]", "GP"), ["low", "high"]].tolist() == pytest.approx(list(ends))
    without = bands(cases.iloc[:7], who("requester"), 2, 0.95).set_index(["order", "level"])
    assert without.loc[(1, "Surgeon"), "n"] == 0
    assert np.isnan(without.loc[(1, "Surgeon"), "rate"])
    assert bands(cases.drop(columns="priority"), who("requester"), 2, 0.95).empty


def test_the_unadjusted_ratio_is_that_of_the_table():
    """Without factors, the odds ratio, and its interval are those of the two by two table, and
    the difference that of the rates.
    """
    cases = planted(3000, np.random.default_rng(1))
    row = odds(cases, who("requester"), 0.95, 10).iloc[0]
    table = pd.crosstab(cases["a.requester"], cases["outcome"]).to_numpy()[:, ::-1]
    theirs = stats.contingency.odds_ratio(table, kind="sample")
    assert row["odds_ratio"] == pytest.approx(theirs.statistic)
    ends = theirs.confidence_interval()
    assert row[["low", "high"]].tolist() == pytest.approx([ends.low, ends.high], rel=1e-3)
    rates = cases.groupby("a.requester")["outcome"].mean()
    assert row["difference"] == pytest.approx(rates["GP"] - rates["Surgeon"])


def test_the_adjusted_ratio_is_statsmodels():
    """The adjusted ratio, p and difference are those of statsmodels' formula interface with HC0 errors and its marginal
    effect of the indicator.
    """
    cases = planted(2000, np.random.default_rng(2))
    row = odds(cases, who("requester"), 0.95, 10).iloc[1]
    data = cases.assign(gp=(cases["a.requester"] == "GP").astype(int))
    fit = Logit.from_formula("outcome ~ gp + priority + merit + urgency", data).fit(disp=0, cov_type="HC0")
    assert row["odds_ratio"] == pytest.approx(np.exp(fit.params["gp"]))
    assert row["p"] == pytest.approx(fit.pvalues["gp"], rel=1e-5)
    assert row[["low", "high"]].tolist() == pytest.approx(np.exp(fit.conf_int().loc["gp"]).tolist())
    effect = fit.get_margeff(dummy=True).summary_frame().loc["gp"]
    assert row["difference"] == pytest.approx(effect["dy/dx"])
    ends = effect[["Conf. Int. Low", "Cont. Int. Hi."]].tolist()
    assert row[["difference_low", "difference_high"]].tolist() == pytest.approx(ends)
    assert row["given"] == "priority, merit, urgency"


def test_robust_errors_by_the_sandwich():
    """The robust error is the root of (XᵀWX)⁻¹ Xᵀ diag(r²) X (XᵀWX)⁻¹, written out for group and merit."""
    cases = planted(800, np.random.default_rng(3))[["outcome", "merit", "a.requester"]]
    row = odds(cases, who("requester"), 0.95, 10).iloc[1]
    X = np.column_stack([np.ones(800), cases["a.requester"] == "GP", cases["merit"]]).astype(float)
    p = Logit(cases["outcome"], X).fit(disp=0).predict()
    bread = np.linalg.inv((X.T * (p * (1 - p))) @ X)
    cover = bread @ ((X.T * (cases["outcome"].to_numpy() - p) ** 2) @ X) @ bread
    width = np.log(row["high"] / row["low"]) / (2 * 1.959964)
    assert width == pytest.approx(np.sqrt(cover[1, 1]), rel=1e-5)


def test_a_score_that_explains_it_leaves_nothing():
    """Where approval depends on priority alone and GPs bring lower priorities, the unadjusted ratio is far below 1 and
    the adjusted one's interval holds 1, in about 95 of 100 tables.
    """
    rng, held, before = np.random.default_rng(4), [], []
    for _ in range(100):
        surgeon = rng.random(600) < 0.4
        priority = rng.normal(surgeon, 1)
        outcome = (rng.random(600) < 1 / (1 + np.exp(-priority))).astype(int)
        named = np.where(surgeon, "Surgeon", "GP")
        cases = pd.DataFrame({"outcome": outcome, "priority": priority, "a.requester": named})
        found = odds(cases, who("requester"), 0.95, 10).set_index("model")
        held.append(found.loc["adjusted", "low"] <= 1 <= found.loc["adjusted", "high"])
        before.append(found.loc["unadjusted", "high"] < 1)
    assert np.mean(before) > 0.9
    assert np.mean(held) == pytest.approx(0.95, abs=3 * np.sqrt(0.05 * 0.95 / 100))


def test_what_cannot_be_estimated_says_why():
    """A level that is always approved is separated, a rare one is below the minimum; the others keep their ratio."""
    rng = np.random.default_rng(5)
    levels = ["A"] * 100 + ["B"] * 100 + ["C"] * 40 + ["D"] * 4
    outcome = np.concatenate([rng.integers(0, 2, 200), np.ones(40, int), [0, 1, 0, 1]])
    cases = pd.DataFrame({"outcome": outcome, "a.race": levels, "merit": rng.integers(0, 2, 244)})
    found = odds(cases, groups("race", levels, ["A"]), 0.95, 10).set_index(["level", "model"])
    assert found["reason"].tolist() == ["", "separated", "n_below_minimum"] * 2
    assert found.loc[("B", "adjusted"), "odds_ratio"] > 0
    assert found.loc[["C", "D"], "odds_ratio"].isna().all()


def test_a_factor_that_decides_is_separated():
    """Where merit decides every case, there is no finite estimate and none is made up."""
    cases = planted(400, np.random.default_rng(6)).assign(outcome=lambda t: t["merit"])
    found = odds(cases, who("requester"), 0.95, 10).set_index("model")
    assert found["reason"].to_dict() == {"unadjusted": "", "adjusted": "separated"}
    assert np.isnan(found.loc["adjusted", "odds_ratio"])


def test_without_a_reference_group_it_is_a_regression_for_each_level():
    """Each clinic's odds ratio is that of its two by two table against all other clinics; of two levels one stands."""
    cases = planted(3000, np.random.default_rng(5)).rename(columns={"f.clinic": "a.clinic"})
    found = odds(cases, groups("clinic", ["North", "South", "West"], []), 0.95, 10)
    own = found[found["model"] == "unadjusted"].set_index("level")
    for clinic in ("North", "South", "West"):
        table = pd.crosstab(cases["a.clinic"] != clinic, cases["outcome"]).to_numpy()[:, ::-1]
        theirs = stats.contingency.odds_ratio(table, kind="sample")
        assert own.loc[clinic, "odds_ratio"] == pytest.approx(theirs.statistic, rel=1e-5)
        wide = theirs.confidence_interval(1 - 0.05 / 3)
        ends = own.loc[clinic, ["simultaneous_low", "simultaneous_high"]].tolist()
        assert ends == pytest.approx([wide.low, wide.high], rel=1e-3)
    two = odds(cases, groups("requester", ["GP", "Surgeon"], []), 0.95, 10)
    with_reference = odds(cases, who("requester"), 0.95, 10)
    assert two["level"].tolist() == ["GP"] * len(with_reference)
    np.testing.assert_allclose(two["odds_ratio"], with_reference["odds_ratio"])
