"""Levelling down: a gap between two groups that closed because the better-off group lost, while the other did not gain.

A limit on a gap alone is met that way too (Mittelstadt, Wachter & Russell 2023, doi 10.36645/mtlr.30.1.unfairness).
Plain Python on rates with their intervals, because the gate asks.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from responsible.governance.evidence import Evidence, difference

Pair = tuple[Evidence, Evidence]
"""The same rate of two groups, in [0, 1]; more of it is better for who is in the group."""

RATES = ("selection_rate", "true_positive_rate", "positive_predictive_value")  # not errors, of which less is better


def pooled(levels: Sequence[tuple[float, Evidence]]) -> Evidence:
    """The rate of several levels together, from each one's number of rows and rate.

    p = Σ wᵢ pᵢ, wᵢ = nᵢ / Σ n, with ends p − √Σ wᵢ² (pᵢ − lᵢ)² and p + √Σ wᵢ² (uᵢ − pᵢ)²: the square-and-add rule for a
    weighted sum (Zou, Huang & Zhang 2009, eq. 4), which keeps what the levels' intervals allow for. A level without
    rows has no weight; undefined without any row, or where the rate of a level with rows is not published.
    """
    rows = sum(n for n, _ in levels)
    shares = [(n / rows, rate) for n, rate in levels if n]
    if not shares:
        return Evidence(math.nan)
    value = sum(w * rate.value for w, rate in shares)
    below = math.hypot(*(w * (rate.value - rate.low) for w, rate in shares))
    above = math.hypot(*(w * (rate.high - rate.value) for w, rate in shares))
    return Evidence(value, value - below, value + above)


def levelled_down(before: Pair, after: Pair) -> int | None:
    """Which of the two groups, 0 or 1, lost so that the gap shrank; None when that did not happen or is not shown.

    The better-off group is the one with the higher rate before. The gap is smaller afterwards, the interval of the
    better-off group's change lies below 0, that of the other's does not lie above 0, and the other rose by less than
    the better-off fell. Changes are taken for independent, which never calls a change shown that pairing would not.
    """
    better = int(before[1].value > before[0].value)
    lost, other = (difference(before[side], after[side]) for side in (better, 1 - better))
    if any(math.isnan(end) for change in (lost, other) for end in change):
        return None
    shrank = abs(after[0].value - after[1].value) < abs(before[0].value - before[1].value)
    return better if shrank and lost[2] < 0 and not other[1] > 0 and other[0] < -lost[0] else None
