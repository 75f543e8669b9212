import numpy as np
import pandas as pd
import pytest

from responsible.healthcare import approval_rates, replay, waiting_times
from responsible.healthcare.replay import justified_first
from responsible.statistics.intervals import Inference
from tests.support.planted import INFERENCE, LIMITS, planted, who

EXACT = Inference(confidence=0.95, replicates=4000, minimum_denominator=10)


def test_before_is_the_audit_and_after_is_the_audit_of_the_rule():
    """Values before and after are those the audit gives for the old and the new decisions, and the change is their
    difference.
    """
    cases, rng = planted(1500, np.random.default_rng(1)), np.random.default_rng(0)
    after = justified_first(cases)
    found = replay.replayed(cases, after, who("requester"), list(LIMITS), inference=INFERENCE, rng=rng)
    for key, table in (
        ("before", cases),
        ("after", cases.assign(outcome=after["outcome"], duration=after["duration"])),
    ):
        tables = (approval_rates.approval_rates, waiting_times.waiting_times)
        own = [f(table, who("requester"), LIMITS, INFERENCE, rng) for f in tables]
        audit = pd.concat(own).set_index(["scope", "measure"])["value"]
        values = found.set_index(["scope", "measure"])[key]
        assert values.to_dict() == pytest.approx({place: audit[place] for place in values.index})
    assert found["change"].tolist() == pytest.approx((found["after"] - found["before"]).tolist())
    assert ((found["change_low"] <= found["change"]) & (found["change"] <= found["change_high"])).all()


def test_the_change_is_paired():
    """A rule that decides as before changes nothing, though both values are uncertain; the next cases might differ, so
    the interval is narrower than theirs and not empty.
    """
    cases = planted(2000, np.random.default_rng(2))
    found = replay.replayed(
        cases,
        cases[["outcome", "duration"]],
        who("requester"),
        list(LIMITS),
        inference=INFERENCE,
        rng=np.random.default_rng(0),
    )
    assert (found["change"] == 0).all()
    found = found[found["measure"] != "mean_wait_difference"]
    width, before = (found[f"{end}_high"] - found[f"{end}_low"] for end in ("change", "before"))
    assert ((width > 0) & (width < 0.9 * before)).all()


def test_the_interval_of_the_change_is_that_of_paired_rows():
    """The multinomial interval of the change in approval has the width of the normal one of paired rows."""
    cases = planted(3000, np.random.default_rng(3))
    after = justified_first(cases)
    found = replay.replayed(
        cases, after, who("requester"), list(LIMITS)[:1], inference=EXACT, rng=np.random.default_rng(0)
    ).iloc[0]
    moved = (after["outcome"] - cases["outcome"]).groupby(cases["a.requester"])
    error = np.sqrt((moved.var(ddof=0) / moved.size()).sum())
    assert found["change_high"] - found["change_low"] == pytest.approx(2 * 1.96 * error, rel=0.05)


def test_justification_first_closes_the_gap_for_equal_need():
    """With more approvals than necessary requests, the rule approves every necessary one of both groups."""
    cases = planted(5000, np.random.default_rng(4))
    after = justified_first(cases)
    found = replay.replayed(
        cases, after, who("requester"), list(LIMITS), inference=INFERENCE, rng=np.random.default_rng(0)
    ).set_index(["scope", "measure"])
    primary = found.loc[("urgent", "equal_opportunity_difference")]
    assert primary["before_high"] < 0
    assert primary["after"] == 0
    assert primary["change_low"] > 0


def test_too_few_cases_say_so():
    """A comparison with too few cases has neither values nor intervals but a reason, for measures and waits alike."""
    cases = planted(300, np.random.default_rng(6))
    surgeons = cases.index[cases["a.requester"] == "Surgeon"]
    few = cases.drop(index=surgeons[5:])
    found = replay.replayed(
        few, justified_first(few), who("requester"), list(LIMITS), inference=INFERENCE, rng=np.random.default_rng(0)
    )
    assert set(found.loc[found["scope"] == "all", "reason"]) == {"n_below_minimum"}
    assert found.loc[found["scope"] == "all", ["before", "after_low", "change"]].isna().all().all()


def by_hand() -> pd.DataFrame:
    """Six requests of which three are approved, with the priorities and minutes below."""
    return pd.DataFrame(
        {
            "id": ["a", "b", "c", "d", "e", "f"],
            "outcome": [1, 0, 1, 0, 0, 1],
            "merit": [0, 1, 0, 1, 0, 0],
            "urgency": [0, 0, 1, 0, 0, 1],
            "priority": [9.0, 1, 5, 2, 9, 7],
            "duration": [10.0, 20, 30, np.nan, 40, 50],
        }
    )


def test_need_comes_first_then_priority_then_the_earlier_id():
    """D and b are necessary; of the others a and e have priority 9, and a has the smaller id: b, d, a are approved.
    Known minutes go shortest to f and c (urgent, by priority), then b (necessary), then a, e.
    """
    found = justified_first(by_hand())
    assert found["outcome"].tolist() == [1, 1, 0, 1, 0, 0]
    assert found["duration"].tolist() == pytest.approx([40, 30, 20, np.nan, 50, 10], nan_ok=True)


def test_without_need_priority_alone_decides():
    """A table without need or urgency is ordered by priority; one without ids by the earlier row."""
    found = justified_first(by_hand().drop(columns=["merit", "urgency", "id", "duration"]))
    assert found["outcome"].tolist() == [1, 0, 0, 0, 1, 1]
    assert list(found) == ["outcome"]


def test_as_many_approvals_and_the_same_minutes():
    """The number of approvals and the multiset of known minutes stay; no case without a duration gets one."""
    cases = planted(500, np.random.default_rng(0))
    cases.loc[::7, "duration"] = np.nan
    found = justified_first(cases)
    assert found["outcome"].sum() == cases["outcome"].sum()
    np.testing.assert_allclose(np.sort(found["duration"].dropna()), np.sort(cases["duration"].dropna()))
    assert found["duration"].isna().equals(cases["duration"].isna())


def test_the_rule_is_blind_to_groups():
    """Other requesters, premiums and places change nothing, nor does the order of the rows."""
    cases = planted(400, np.random.default_rng(1)).assign(id=lambda t: t.index.astype(str).str.zfill(4))
    found = justified_first(cases)
    others = cases.assign(**{c: cases[c].to_numpy()[::-1] for c in cases if c.startswith("a.")})
    pd.testing.assert_frame_equal(found, justified_first(others))
    order = np.random.default_rng(2).permutation(400)
    pd.testing.assert_frame_equal(found, justified_first(cases.iloc[order]).sort_index())


def test_no_priority_no_replay():
    """Without a priority there is no rule to replay."""
    with pytest.raises(KeyError, match="priority"):
        justified_first(by_hand().drop(columns="priority"))
