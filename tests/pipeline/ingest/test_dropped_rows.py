"""Dropped rows by level against tables counted by hand, and the test of an unequal drop against scipy."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from pipeline.ingest import dropped_rows
from responsible.names import ATTRIBUTE
from responsible.tabular.columns import REASON, made

LEVELS = ["attribute", "level", "kept", "dropped"]


def test_rows_by_level_counted_by_hand():
    """Cells count with their n; a level that cannot be told is one of its own."""
    rows = pd.DataFrame(
        {
            made(ATTRIBUTE + "sex"): ["F", "F", "M", None],
            REASON: [None, "age: not a number", None, "too few fields"],
            "n": [3, 2, 5, 1],
        }
    )
    assert dropped_rows.by_level(rows, [ATTRIBUTE + "sex"]).to_numpy().tolist() == [
        ["sex", "F", 3, 2],
        ["sex", "M", 5, 0],
        ["sex", "unreadable", 0, 1],
    ]
    assert dropped_rows.by_level(rows, []).columns.tolist() == LEVELS


def test_each_level_against_everybody_else():
    """Pearson's chi-square where counts are large and Fisher's test where not, Holm's p over both attributes."""
    levels = pd.DataFrame(
        [
            ("sex", "F", 300, 100),
            ("sex", "M", 390, 10),
            ("sex", "unreadable", 0, 7),
            ("race", "a", 500, 72),
            ("race", "b", 185, 35),
            ("race", "c", 5, 3),
        ],
        columns=LEVELS,
    )
    found = dropped_rows.unequal(levels)
    assert found["level"].tolist() == ["F", "M", "a", "b", "c"]
    assert found["share"].tolist() == pytest.approx([1 / 4, 1 / 40, 72 / 572, 35 / 220, 3 / 8])
    assert found["rest"].tolist() == pytest.approx([1 / 40, 1 / 4, 38 / 228, 75 / 580, 107 / 792])
    by_scipy = [
        stats.chi2_contingency([[300, 100], [390, 10]], correction=False).pvalue,
        stats.chi2_contingency([[300, 100], [390, 10]], correction=False).pvalue,
        stats.chi2_contingency([[500, 72], [190, 38]], correction=False).pvalue,
        stats.chi2_contingency([[185, 35], [505, 75]], correction=False).pvalue,
        stats.fisher_exact([[5, 3], [685, 107]]).pvalue,
    ]
    order = np.argsort(by_scipy)
    running, expected = 0.0, [0.0] * 5
    for rank, i in enumerate(order):
        running = max(running, by_scipy[i] * (5 - rank))
        expected[i] = min(running, 1.0)
    assert found["p_adjusted"].tolist() == pytest.approx(expected)


def test_a_single_level_has_nobody_to_be_compared_with():
    """The test is undefined, not passed and not failed."""
    levels = pd.DataFrame([("sex", "F", 300, 100)], columns=LEVELS)
    assert np.isnan(dropped_rows.unequal(levels)["p_adjusted"][0])
