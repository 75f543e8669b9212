import numpy as np
import pandas as pd
import pytest

from responsible.fairness.comparisons import adjust, comparisons
from responsible.fairness.groups import groups
from responsible.names import POOLED


def test_two_levels_are_one_comparison():
    """One unprivileged level is compared once, under its own name."""
    only = comparisons(groups("sex", ["Female", "Male"], ["Male"]))
    assert [(c.name, c.u.tolist(), c.p.tolist()) for c in only] == [("Female", [False, True], [True, False])]


def test_several_levels_are_pooled_first():
    """Three unprivileged levels give the pooled comparison and one each, all against the privileged levels together."""
    found = comparisons(groups("race", ["A", "B", "C", "W", "X"], ["W", "X"]))
    assert [c.name for c in found] == [POOLED, "A", "B", "C"]
    assert {tuple(c.p.tolist()) for c in found} == {(True, True, False, False, False)}
    u, p = found[0].split(np.arange(10).reshape(2, 5), axis=1)
    assert (u.tolist(), p.tolist()) == ([2 + 3 + 4, 7 + 8 + 9], [0 + 1, 5 + 6])


def test_sides_by_hand():
    """A case is unprivileged, privileged or neither; an excluded level is neither."""
    b = comparisons(groups("race", ["A", "B", "W"], ["W"]))[2]
    assert b.sides(np.array([0, 1, 2, -1])).tolist() == [1, -1, 0, -1]


def test_holm_over_the_whole_audit():
    """The family spans tables: Holm's adjusted p of .01, .02 and .04 in two tables are .03, .04 and .04; measures of
    one hypothesis count once and undefined tests do not count.
    """

    def table(rows):
        return pd.DataFrame(rows, columns=["attribute", "comparison", "scope", "hypothesis", "p"])

    one = table([("a", "u", "all", "rates", 0.01), ("a", "u", "all", "rates", 0.01), ("a", "u", "all", "ppv", np.nan)])
    two = table([("a", "u", "all", "waits", 0.04), ("a", "u", "urgent", "rates", 0.02)])
    first, second = adjust([one, two])
    assert first["p_adjusted"].tolist()[:2] == pytest.approx([0.03, 0.03])
    assert np.isnan(first["p_adjusted"].iloc[2])
    assert second["p_adjusted"].tolist() == pytest.approx([0.04, 0.04])
