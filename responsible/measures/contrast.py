"""Contrasts: the test that a weighted sum of rates of independent groups is zero."""

from __future__ import annotations

import numpy as np
import scipy

from responsible.statistics.significance import Test


def contrast(events: np.ndarray, rows: np.ndarray, weights: np.ndarray) -> Test:
    """Is Σ ``weights`` · rate of zero? ``events`` of ``rows`` are those of k independent groups, all ``(k,)``.

    z² of Price and Bonett's (2004) estimate, which adds 2/k events and 2/k others to each group, so that a rate of 0 or
    1 keeps an error. The statistic is z², the effect √(z² / n). Undefined when a group has no rows.
    """
    if (rows == 0).any():
        return Test(np.nan, np.nan, np.nan, "undefined")
    total = rows + 4 / len(rows)
    share = (events + 2 / len(rows)) / total
    statistic = float(weights @ share) ** 2 / float(weights**2 @ (share * (1 - share) / total))
    effect = float(np.sqrt(statistic / rows.sum()))
    return Test(statistic, float(scipy.special.chdtrc(1, statistic)), min(effect, 1.0), "contrast")
