import numpy as np
import pytest

from responsible.fairness.groups import Inference
from responsible.healthcare import approval_rates, waiting_times
from responsible.healthcare.parts import by_part
from tests.support.planted import INFERENCE, LIMITS, planted, who


def test_a_part_is_audited_as_if_it_were_alone():
    """Values of a part are those of the audit of its cases alone, and intervals have their width up to the draws."""
    cases = planted(3000, np.random.default_rng(1))
    part = np.where(cases["f.clinic"] == "North", "N", "other")
    exact = Inference(confidence=0.95, replicates=4000, minimum_denominator=10)
    rng = np.random.default_rng(0)
    found = by_part(cases, who("requester"), part, list(LIMITS), inference=exact, rng=rng)
    north, own = cases[part == "N"], found[found["part"] == "N"].set_index(["scope", "measure"])
    alone = approval_rates.compare(north, who("requester"), LIMITS, exact, rng).set_index(["scope", "measure"])
    assert set(own["n"]) == {len(north)}
    for place, row in alone.iterrows():
        assert own.loc[place, "value"] == pytest.approx(row["value"])
        assert own.loc[place, "high"] - own.loc[place, "low"] == pytest.approx(row["high"] - row["low"], rel=0.1)
        assert own.loc[place, "error"] == pytest.approx((row["high"] - row["low"]) / 3.92, rel=0.1)
    wait = waiting_times.compare(north, who("requester"), LIMITS, exact, rng).iloc[0]
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
