"""Colours of findings: by verdict on limits and adjusted test, never green for what is not known."""

import numpy as np
import pandas as pd
import pytest

from responsible.healthcare import rag_status


@pytest.mark.parametrize(
    ("value", "verdict", "p", "expected"),
    [
        (-0.20, "fail", 0.001, "RED"),
        (-0.20, "fail", np.nan, "RED"),
        (-0.12, "insufficient_evidence", 0.001, "RED"),
        (-0.12, "insufficient_evidence", 0.2, "AMBER"),
        (-0.08, "insufficient_evidence", 0.001, "AMBER"),
        (-0.03, "pass", 0.001, "AMBER"),
        (-0.03, "pass", 0.2, "GREEN"),
        (np.nan, "insufficient_evidence", np.nan, "AMBER"),
    ],
)
def test_colour(value, verdict, p, expected):
    """RED when beyond a limit for sure or shown to be; GREEN only when inside for sure and not shown to differ."""
    row = pd.Series({"value": value, "minimum": -0.1, "maximum": 0.1, "verdict": verdict, "p_adjusted": p})
    assert rag_status.colour(row, 0.05) == expected


def test_one_sided_limits_and_rows_without_limits():
    """A missing bound is no bound, and a row that has no limits has no colour."""
    table = pd.DataFrame(
        {
            **dict.fromkeys(("attribute", "scope", "measure", "comparison", "farthest"), ""),
            "value": [5.0, 5.0],
            "minimum": [None, None],
            "maximum": [2.0, None],
            "verdict": ["fail", ""],
            "p_adjusted": [0.001, 0.001],
        }
    )
    assert rag_status.coloured(table, 0.05)["finding"].tolist() == ["RED", ""]
