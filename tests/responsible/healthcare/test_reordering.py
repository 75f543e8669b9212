import numpy as np
import pandas as pd
import pytest

from responsible.healthcare.reordering import justified_first
from tests.support.planted import planted


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
