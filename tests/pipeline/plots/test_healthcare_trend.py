"""The monthly trend's title counts what it shows."""

import numpy as np
import pandas as pd

from pipeline.plots import healthcare


def test_a_trend_counts_the_months_that_have_a_value(monkeypatch):
    """Of 24 months 9 have too few cases: 12 of the 15 with a value lie below zero, not 12 of 24."""
    value = np.where(np.arange(24) < 12, -0.2, np.where(np.arange(24) < 15, 0.1, np.nan))
    months = pd.DataFrame({"attribute": "who", "comparison": "GP", "scope": "all", "measure": "m", "value": value})
    months = months.assign(low=value - 0.1, high=value + 0.1, part=[f"m{i:02}" for i in range(24)])
    titles = []
    plain = healthcare.figure_of
    monkeypatch.setattr(healthcare, "figure_of", lambda *a, **k: titles.append(a[4]) or plain(*a, **k))
    healthcare.trend(months, ["m"])
    assert titles[0].endswith("in 12 of 15 months")
