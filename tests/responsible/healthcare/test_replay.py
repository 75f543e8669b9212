import numpy as np
import pandas as pd
import pytest
from scipy import stats

from responsible.fairness.groups import Inference
from responsible.healthcare import approval_rates, replay, waiting_times
from responsible.healthcare.reordering import justified_first
from tests.support.planted import INFERENCE, LIMITS, planted, who

EXACT = Inference(confidence=0.95, replicates=4000, minimum_denominator=10)


def test_before_is_the_audit_and_after_is_the_audit_of_the_rule():
    """Values before and after are those the audit gives for the old and the new decisions, and the change is their
    difference.
    """
    cases, rng = planted(1500, np.random.default_rng(1)), np.random.default_rng(0)
    after = justified_first(cases)
    found = replay.compare(cases, after, who("requester"), list(LIMITS), inference=INFERENCE, rng=rng)
    for key, table in (
        ("before", cases),
        ("after", cases.assign(outcome=after["outcome"], duration=after["duration"])),
    ):
        own = [f.compare(table, who("requester"), LIMITS, INFERENCE, rng) for f in (approval_rates, waiting_times)]
        audit = pd.concat(own).set_index(["scope", "measure"])["value"]
        values = found.set_index(["scope", "measure"])[key]
        assert values.to_dict() == pytest.approx({place: audit[place] for place in values.index})
    assert found["change"].tolist() == pytest.approx((found["after"] - found["before"]).tolist())
    assert ((found["change_low"] <= found["change"]) & (found["change"] <= found["change_high"])).all()


def test_the_change_is_paired():
    """A rule that decides as before changes nothing for certain, though both values are uncertain; half a row of doubt
    where nobody was seen keeps the interval a little wider than nothing.
    """
    cases = planted(2000, np.random.default_rng(2))
    found = replay.compare(
        cases,
        cases[["outcome", "duration"]],
        who("requester"),
        list(LIMITS),
        inference=INFERENCE,
        rng=np.random.default_rng(0),
    )
    assert (found["change"] == 0).all()
    assert ((found["change_high"] - found["change_low"]) < 0.15 * (found["before_high"] - found["before_low"])).all()


def test_the_interval_of_the_change_is_that_of_paired_rows():
    """The multinomial interval of the change in approval has the width of the normal one of paired rows."""
    cases = planted(3000, np.random.default_rng(3))
    after = justified_first(cases)
    found = replay.compare(
        cases, after, who("requester"), list(LIMITS)[:1], inference=EXACT, rng=np.random.default_rng(0)
    ).iloc[0]
    moved = (after["outcome"] - cases["outcome"]).groupby(cases["a.requester"])
    error = np.sqrt((moved.var(ddof=0) / moved.size()).sum())
    assert found["change_high"] - found["change_low"] == pytest.approx(2 * 1.96 * error, rel=0.05)


def test_justification_first_closes_the_gap_for_equal_need():
    """With more approvals than necessary requests, the rule approves every necessary one of both groups."""
    cases = planted(5000, np.random.default_rng(4))
    after = justified_first(cases)
    found = replay.compare(
        cases, after, who("requester"), list(LIMITS), inference=INFERENCE, rng=np.random.default_rng(0)
    ).set_index(["scope", "measure"])
    primary = found.loc[("urgent", "equal_opportunity_difference")]
    assert primary["before_high"] < 0
    assert primary["after"] == 0
    assert primary["change_low"] > 0


def test_levels_are_those_of_the_rows():
    """Rates, mean waits and paired changes of a level and scope are scipy's of its rows."""
    cases = planted(800, np.random.default_rng(5))
    after = justified_first(cases)
    found = replay.levels(cases, after, who("premium"), 0.95).set_index(["level", "scope", "figure"])
    own = (cases["a.premium"] == "Limited") & (cases["merit"] == 1)
    rate = found.loc[("Limited", "merit", "selection_rate")]
    assert (rate["n"], rate["before"]) == (own.sum(), pytest.approx(cases.loc[own, "outcome"].mean()))
    ends = stats.binomtest(int(after.loc[own, "outcome"].sum()), int(own.sum())).proportion_ci(method="wilson")
    assert rate[["after_low", "after_high"]].tolist() == pytest.approx(list(ends))
    wait, moved = found.loc[("Limited", "merit", "mean_wait")], (after["duration"] - cases["duration"])[own]
    ends = stats.ttest_1samp(moved, 0).confidence_interval()
    assert wait[["change", "change_low", "change_high"]].tolist() == pytest.approx([moved.mean(), *ends])


def test_too_few_cases_say_so():
    """A comparison with too few cases has neither values nor intervals but a reason, for measures and waits alike."""
    cases = planted(300, np.random.default_rng(6))
    surgeons = cases.index[cases["a.requester"] == "Surgeon"]
    few = cases.drop(index=surgeons[5:])
    found = replay.compare(
        few, justified_first(few), who("requester"), list(LIMITS), inference=INFERENCE, rng=np.random.default_rng(0)
    )
    assert set(found.loc[found["scope"] == "all", "reason"]) == {"n_below_minimum"}
    assert found.loc[found["scope"] == "all", ["before", "after_low", "change"]].isna().all().all()
