import numpy as np
import pandas as pd
import pytest
from scipy import stats

from responsible.healthcare import approval_rates, waiting_times
from responsible.healthcare.robustness import CHANGE, EARLIER, Steadiness, at_once, by_part, folds, held_out, months
from responsible.statistics.intervals import Inference
from responsible.validation import InputError
from tests.support.planted import INFERENCE, LIMITS, planted, who

RULES = Steadiness(folds=5, last_months=3)
SPD = "statistical_parity_difference"


def test_folds_are_an_even_split():
    """Five folds of 1,003 cases have 200 or 201 of them, whatever the seed, and the same seed gives the same folds."""
    cases = planted(1003, np.random.default_rng(0))
    one, two = (
        folds(cases, who("requester"), list(LIMITS), RULES, inference=INFERENCE, rng=np.random.default_rng(1))
        for _ in "ab"
    )
    pd.testing.assert_frame_equal(one, two)
    sizes = one[(one["scope"] == "all") & (one["measure"] == SPD)]
    assert sizes["part"].tolist() == ["1", "2", "3", "4", "5"]
    assert sorted(sizes["n"]) == [200, 200, 201, 201, 201]


def test_months_are_in_order():
    """Each month is a part, in order, with the cases of that month; no months, no rows."""
    cases = planted(2000, np.random.default_rng(0))
    found = months(cases, who("requester"), [SPD], inference=INFERENCE, rng=np.random.default_rng(1))
    own = found[found["scope"] == "all"].set_index("part")["n"]
    assert own.to_dict() == cases["month"].value_counts().sort_index().to_dict()
    assert own.index.is_monotonic_increasing
    without = cases.drop(columns="month")
    arguments = {"inference": INFERENCE, "rng": np.random.default_rng(1)}
    assert months(without, who("requester"), [SPD], **arguments).empty
    assert held_out(without, who("requester"), [SPD], RULES, **arguments).empty


def test_a_change_in_the_last_months_is_seen():
    """Where the bias stops in the last three months, the difference to the earlier ones is about .10 and clear of 0."""
    rng = np.random.default_rng(2)
    before, after = planted(12000, rng), planted(12000, rng, bias=0)
    cases = pd.concat([before[before["month"] < "2024-10"], after[after["month"] >= "2024-10"]], ignore_index=True)
    found = held_out(cases, who("requester"), [SPD], RULES, inference=INFERENCE, rng=rng)
    change = found[(found["part"] == CHANGE) & (found["scope"] == "all")].iloc[0]
    earlier, last = (found[(found["part"] == p) & (found["scope"] == "all")].iloc[0] for p in ("earlier", "last"))
    assert change["value"] == pytest.approx(last["value"] - earlier["value"])
    assert change["error"] == pytest.approx(np.sqrt(last["error"] ** 2 + earlier["error"] ** 2))
    assert 0 < change["low"] < 0.1 < change["high"]
    assert (change["n"], earlier["n"] + last["n"]) == (len(cases), len(cases))


def test_too_few_months_are_refused():
    """Holding out all months leaves nothing to compare with, and the message says how many there are."""
    cases = planted(100, np.random.default_rng(0)).assign(month="2024-01")
    with pytest.raises(InputError, match="last_months must leave an earlier month of 1, got 3"):
        held_out(cases, who("requester"), [SPD], RULES, inference=INFERENCE, rng=np.random.default_rng(0))


def test_a_part_is_audited_as_if_it_were_alone():
    """Values of a part are those of the audit of its cases alone, and intervals have their width up to the draws."""
    cases = planted(3000, np.random.default_rng(1))
    part = np.where(cases["f.clinic"] == "North", "N", "other")
    exact = Inference(confidence=0.95, replicates=4000, minimum_denominator=10)
    rng = np.random.default_rng(0)
    found = by_part(cases, who("requester"), part, list(LIMITS), inference=exact, rng=rng)
    north, own = cases[part == "N"], found[found["part"] == "N"].set_index(["scope", "measure"])
    alone = approval_rates.approval_rates(north, who("requester"), LIMITS, exact, rng).set_index(["scope", "measure"])
    assert set(own["n"]) == {len(north)}
    for place, row in alone.iterrows():
        assert own.loc[place, "value"] == pytest.approx(row["value"])
        assert own.loc[place, "high"] - own.loc[place, "low"] == pytest.approx(row["high"] - row["low"], rel=0.1)
        assert own.loc[place, "error"] == pytest.approx((row["high"] - row["low"]) / 3.92, rel=0.1)
    wait = waiting_times.waiting_times(north, who("requester"), LIMITS, exact, rng).iloc[0]
    assert own.loc[("all", "mean_wait_difference"), "value"] == pytest.approx(wait["value"])
    assert own.loc[("all", "mean_wait_difference"), "low"] == pytest.approx(wait["low"], abs=0.05)


def test_small_parts_say_so():
    """A part with too few cases, or with a group absent, has no value but a reason; the others keep theirs."""
    cases = planted(600, np.random.default_rng(2))
    part = np.array(["b"] * 600)
    part[cases.index[cases["a.requester"] == "GP"][:20]] = "a"
    part[:6] = "c"
    rng = np.random.default_rng(0)
    found = by_part(cases, who("requester"), part, list(LIMITS), inference=INFERENCE, rng=rng)
    reasons = found[found["scope"] == "all"].groupby("part")["reason"].agg(set)
    assert reasons["a"] == {"group_absent"}
    assert reasons["c"] <= {"group_absent", "n_below_minimum", "no_positives"}
    assert "" not in reasons["c"]
    assert reasons["b"] == {""}
    assert found.loc[found["reason"] != "", ["value", "low", "high", "error"]].isna().all().all()


def test_roles_that_are_absent_leave_the_rest():
    """Without need, urgency and durations only the approval difference is left."""
    cases = planted(300, np.random.default_rng(3))[["outcome", "a.requester"]]
    part = np.repeat(["a", "b"], 150)
    found = by_part(cases, who("requester"), part, list(LIMITS), inference=INFERENCE, rng=np.random.default_rng(0))
    assert found["measure"].unique().tolist() == ["statistical_parity_difference"]
    assert found["part"].tolist() == ["a", "b"]


def test_intervals_of_all_changes_hold_at_once():
    """Of three changes, one undefined, two are judged at 97.5 %; values of the parts keep their intervals."""
    held = pd.DataFrame({
        "part": [CHANGE, CHANGE, CHANGE, EARLIER], "value": [0.2, 0.0, np.nan, 0.5], "error": [0.1, 0.1, np.nan, 0.1],
        "low": [0.0, -0.2, np.nan, 0.3], "high": [0.4, 0.2, np.nan, 0.7],
    })  # fmt: skip
    found = at_once(held, 0.95)
    z = stats.norm.isf(0.05 / 4)
    np.testing.assert_allclose(found["low"].iloc[[0, 1, 3]], [0.2 - 0.1 * z, -0.1 * z, 0.3])
    np.testing.assert_allclose(found["high"].iloc[[0, 1, 3]], [0.2 + 0.1 * z, 0.1 * z, 0.7])
    assert at_once(pd.DataFrame(), 0.95).empty
