"""Feasibility: what the limits of a measure cost the best classifier, given the groups' sizes and base rates."""

from __future__ import annotations

import numpy as np

from responsible.limits import Limits
from responsible.measures.definition import Known, Line
from responsible.statistics.rates import Counts, divide, rate

_Side = tuple[int, float, float]  # 1 above the line, -1 below; intercept; slope


def attainable(u: Counts, p: Counts, measure: Known, limits: Limits, others: int = 0) -> np.ndarray:
    """The highest accuracy any classifier, even one that sees the labels, can have while ``measure`` meets the limits.

    ``u`` and ``p`` are ``counts[..., y, ŷ]``, of which only group sizes and base rates matter; the result is ``(...)``
    in [0, 1], NaN where a group has no rows. Selecting at rate r_g in a group with base rate b_g costs at least |r_g −
    b_g| errors a row, so the answer for statistical parity and disparate impact is 1 − min (s_u |r_u − b_u| + s_p |r_p
    − b_p|) over the rates within the limits, with s_g the groups' shares of rows. (For a ratio it is the supremum: r_p
    may tend to 0.) It is 0 when no pair of rates is within the limits. A perfect classifier has no errors to differ
    in: 1 for the other measures when the limits contain parity, else NaN.

    ``others`` are the rows of everybody outside the two groups. No limit on these two binds them, so all of them can be
    right, and the accuracy over everybody is 1 − (1 − best of the pair) · n_pair / (n_pair + others).
    """
    base_u, base_p = rate(u, "base_rate"), rate(p, "base_rate")
    defined = np.where(np.isnan(base_u + base_p), np.nan, 1.0)
    if (line := measure.line) is None:
        parity = measure.fair
        return np.asarray(defined * (1.0 if limits.low <= parity <= limits.high else np.nan))[()]
    pair = np.sum(u, axis=(-2, -1)) + np.sum(p, axis=(-2, -1))
    share_u = divide(np.sum(u, axis=(-2, -1)), pair)
    sides = _sides(line, limits)
    rates_u, rates_p = _corners(base_u, base_p, sides)
    cost = share_u * np.abs(rates_u - base_u) + (1 - share_u) * np.abs(rates_p - base_p)
    least = np.min(np.where(_within(rates_u, rates_p, sides), cost, 1.0), axis=0)
    return np.asarray(defined * (1 - least * divide(pair, pair + others)))[()]


def _sides(line: Line, limits: Limits) -> list[_Side]:
    bounds = [(1, limits.minimum), (-1, limits.maximum)]
    return [(sign, *line(value)) for sign, value in bounds if value is not None]


def _corners(base_u: np.ndarray, base_p: np.ndarray, sides: list[_Side]) -> tuple[np.ndarray, np.ndarray]:
    """Where a cost that is linear between its kinks can be least: crossings of kinks, limits and 0 and 1; two (corner,
    ...).
    """
    across = [base_u, np.zeros_like(base_u), np.ones_like(base_u)]
    along = [base_p, np.zeros_like(base_p), np.ones_like(base_p)]
    corners = [(r_u, r_p) for r_u in across for r_p in along]
    for _, intercept, slope in sides:
        corners += [(intercept + slope * r_p, r_p) for r_p in along]
        corners += [(r_u, (r_u - intercept) / slope) for r_u in across if slope != 0]
    return np.stack([r_u for r_u, _ in corners]), np.stack([r_p for _, r_p in corners])


def _within(rates_u: np.ndarray, rates_p: np.ndarray, sides: list[_Side]) -> np.ndarray:
    near = 1e-12  # corners lie on the limits themselves, so rounding must not push them out
    inside = (np.minimum(rates_u, rates_p) >= -near) & (np.maximum(rates_u, rates_p) <= 1 + near)
    for sign, intercept, slope in sides:
        inside &= sign * (rates_u - intercept - slope * rates_p) >= -near
    return np.asarray(inside)
