"""Rare levels merged, against a table counted by hand."""

import pandas as pd

from responsible.tabular.levels import RARE, merged


def test_rare_levels_counted_by_hand():
    """Rows are sums of n: a level at the least number stays, Missing always does."""
    levels = pd.Series(["a", "b", "a", "c", "Missing", "d"])
    n = pd.Series([2, 2, 3, 5, 1, 0])
    assert merged(levels, n, 5).tolist() == ["a", RARE, "a", "c", "Missing", RARE]
