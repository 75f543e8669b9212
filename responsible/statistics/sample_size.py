"""How many rows it takes: for an interval to decide between limits, and for a test to find a difference of rates."""

from __future__ import annotations

import math
from collections.abc import Callable

import scipy

from responsible.statistics.intervals import quantile


def growth(
    value: float, low: float, high: float, limits: tuple[float, float], *, confidence: float, power: float
) -> float:
    """By how much the rows must grow for the interval to lie on one side of each limit with probability ``power``.

    The estimate ``value`` is taken for true, errors shrink with the root of the rows, and the half width towards a
    limit is z standard errors. Outside the limits, d away from the nearer one, the growth is ((z + z_power)/z ·
    half/d)²; inside, the g with Φ(d₁√g/s₁ − z) + Φ(d₂√g/s₂ − z) − 1 = power, which is the same where only the nearer
    limit counts. Infinite at a limit, NaN for an undefined estimate. ``limits`` are −∞ or ∞ where there is none.
    """
    if math.isnan(value + low + high):
        return math.nan
    z = quantile(confidence)
    # each limit's distance in standard errors of the rows there are, on the side of the interval that faces it
    below, above = (_errors(*pair, z) for pair in ((value - limits[0], value - low), (limits[1] - value, high - value)))
    if 0 in (below, above):
        return math.inf
    if below < 0 or above < 0:
        distance, half = (limits[0] - value, high - value) if below < 0 else (value - limits[1], value - low)
        return ((z + float(scipy.special.ndtri(power))) / _errors(distance, half, z)) ** 2
    if math.isinf(below) and math.isinf(above):
        return 0.0

    def decided(root: float) -> float:
        return float(scipy.special.ndtr(below * root - z) + scipy.special.ndtr(above * root - z)) - 1 - power

    most = (z + float(scipy.special.ndtri((1 + power) / 2))) / min(below, above)
    return _root(decided, most * 1e-9, 2 * most) ** 2


def _errors(distance: float, half: float, z: float) -> float:
    if abs(distance) < 1e-9:  # at the limit, but for rounding
        return 0.0
    return math.copysign(math.inf, distance) if half == 0 or math.isinf(distance) else distance * z / half


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    """Where ``function`` changes sign between ``low`` and ``high``, halved until no number lies between them."""
    rises = function(high) > 0
    while low < (middle := (low + high) / 2) < high:
        low, high = (low, middle) if (function(middle) > 0) == rises else (middle, high)
    return high


def detectable(difference: float, base_rate: float, confidence: float, power: float) -> float:
    """Rows in each of two groups for a two-sided test to find p₂ − p₁ = ``difference`` at p₁ = ``base_rate``.

    n = (z √(2 p̄ (1 − p̄)) + z_power √(p₁(1 − p₁) + p₂(1 − p₂)))² / d² with p̄ their mean (Fleiss, Levin & Paik 2003,
    eq. 4.14, without continuity correction). ValueError unless both rates lie strictly between 0 and 1 and differ.
    """
    other = base_rate + difference
    if difference == 0 or not (0 < base_rate < 1 and 0 < other < 1):
        raise ValueError(f"two different rates strictly between 0 and 1 are needed, got {base_rate:g} and {other:g}")
    mean = (base_rate + other) / 2
    null = math.sqrt(2 * mean * (1 - mean))
    own = math.sqrt(base_rate * (1 - base_rate) + other * (1 - other))
    return float((quantile(confidence) * null + float(scipy.special.ndtri(power)) * own) ** 2 / difference**2)


def shown(n: float, others: float, base_rate: float, confidence: float, power: float) -> float:
    """The smallest difference of rates that ``n`` rows, against ``others`` at ``base_rate``, show; in (0, 1).

    The d with z √(p̄ (1 − p̄) (1/n + 1/m)) + z_power √(p₁(1 − p₁)/m + p₂(1 − p₂)/n) = d, p₁ the rate of the m others,
    p₂ = p₁ ± d on the side where rates vary more (towards a half and beyond), p̄ the mean over all rows: what
    :func:`detectable` asks for, of groups of any sizes. NaN where a group has no rows, the rate is 0 or 1, or no rate
    differs enough.
    """
    if min(n, others) <= 0 or not 0 < base_rate < 1:
        return math.nan
    sign, most = (1, 1 - base_rate) if base_rate <= 0.5 else (-1, base_rate)
    z, z_power = quantile(confidence), float(scipy.special.ndtri(power))

    def lacking(difference: float) -> float:
        other = base_rate + sign * difference
        mean = (n * other + others * base_rate) / (n + others)
        null = math.sqrt(mean * (1 - mean) * (1 / n + 1 / others))
        return (
            z * null + z_power * math.sqrt(base_rate * (1 - base_rate) / others + other * (1 - other) / n) - difference
        )

    return _root(lacking, 0.0, most) if lacking(most) < 0 else math.nan
