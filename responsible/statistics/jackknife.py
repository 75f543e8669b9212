"""Delete-a-group jackknife: intervals and tests for rows that come in clusters, such as several of one person.

The clusters are hashed into G groups, so no cluster is in two. A figure θ is computed again without each of them, and
its variance is (G − 1)/G Σ (θ₍ᵣ₎ − θ)² (Kott 2001; Rust & Rao 1996), with Student's t for one degree of freedom less
than there are groups with rows that it rests on. ``parts`` are counts by group,
``(GROUPS, ...)``, the groups first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import scipy
from numpy.typing import ArrayLike

from responsible.names import CLUSTER_GROUPS
from responsible.statistics import intervals
from responsible.statistics.intervals import Interval, quantile
from responsible.statistics.rates import Counts, Rate, divide
from responsible.statistics.rates import parts as of_rate

GROUPS = CLUSTER_GROUPS
RATIO = (0.0, np.inf)
FEW = "clusters_below_minimum"
"""Why a figure has no interval and so is not reported: too few groups have rows that it rests on."""


def deleted(parts: Counts) -> Counts:
    """The whole table without each group in turn, ``(GROUPS, ...)``."""
    return np.asarray(parts.sum(axis=0) - parts)


def errors(values: np.ndarray, estimate: np.ndarray) -> np.ndarray:
    """The standard error of a figure from its ``values`` without each group, ``(GROUPS, ...)``; NaN if one is.

    Groups without rows change nothing, so they add nothing to the sum.
    """
    return np.asarray(np.sqrt((len(values) - 1) / len(values) * np.sum((values - estimate) ** 2, axis=0)))


def of_cells(figure: Callable[[np.ndarray], float], clusters: np.ndarray) -> np.ndarray:
    """``figure`` of the cells that stay, told by a mask (m,), without each group in turn, for a figure of scores."""
    return np.array([figure(clusters != group) for group in range(GROUPS)])


def supports(rates: Sequence[Rate], parts: Counts) -> np.ndarray:
    """The fewest groups that have rows in the denominator of a rate, over rates and sides of ``(GROUPS, ..., side, y,
    ŷ)``: (...).
    """
    held = [(of_rate(parts, rate)[1] > 0).sum(axis=0).min(axis=-1) for rate in rates]
    return np.asarray(np.min(held, axis=0))


def stretched(
    found: Interval,
    estimate: np.ndarray,
    values: np.ndarray,
    *,
    support: np.ndarray,
    confidence: float,
    bounds: tuple[float, float] = (-1.0, 1.0),
) -> Interval:
    """The interval ``found`` of independent rows, stretched about the estimate to the width of the jackknife's.

    With many rows that is θ ∓ t s. With few, the shape that suits counts stays: its longer side, Wilson's doubt about
    rates of 0 and 1. It is never narrower than that of independent rows, as if the design effect were at least 1 (Korn
    & Graubard 1998), and stays within ``bounds``. A ratio, in (0, ∞), is stretched as a logarithm.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        if bounds == RATIO and np.all(np.nan_to_num(found.low, nan=1.0) > 0):
            logs, free = Interval(np.log(found.low), np.log(found.high), found.undefined_share), (-np.inf, np.inf)
            logs = stretched(
                logs, np.log(estimate), np.log(values), support=support, confidence=confidence, bounds=free
            )
            return Interval(np.exp(logs.low), np.exp(logs.high), found.undefined_share)
        margin = _t(support, confidence) * errors(values, estimate)
        half = (found.high - found.low) / 2
        times = np.maximum(np.where(half > 0, margin / half, 1.0), 1.0)
        low, high = estimate - times * (estimate - found.low), estimate + times * (found.high - estimate)
    return Interval(np.maximum(low, bounds[0])[()], np.minimum(high, bounds[1])[()], found.undefined_share)


def _t(support: np.ndarray, confidence: float) -> np.ndarray:
    """Student's quantile for as many degrees of freedom as there are groups but one."""
    return np.asarray(scipy.special.stdtrit(np.maximum(support - 1, 1), (1 + confidence) / 2))


def design_effects(successes: Counts, rows: Counts, confidence: float) -> np.ndarray:
    """How many rows count as one in the rate of ``successes`` among ``rows``, both ``(GROUPS, ...)``; at least 1.

    The jackknife's variance over p(1 − p)/n, times (t/z)² for few groups. For a rate of 0 or 1, or of one group, of
    which it says nothing, n over the number of groups with rows: the most that clusters can do.
    """
    k, n = successes.sum(axis=0), rows.sum(axis=0)
    share, held = divide(k, n), (rows > 0).sum(axis=0)
    variance = errors(divide(deleted(successes), deleted(rows)), share) ** 2
    wider = (_t(held, confidence) / quantile(confidence)) ** 2
    effect = divide(variance * n, share * (1 - share)) * wider
    return np.maximum(np.where((k == 0) | (k == n) | np.isnan(effect), divide(n, np.maximum(held, 1)), effect), 1.0)


def wilson(successes: ArrayLike, rows: ArrayLike, confidence: float, parts: tuple[Counts, Counts] | None) -> Interval:
    """Wilson's interval; with ``parts``, both counts by group of clusters, of the rows over their design effect."""
    effect = 1.0 if parts is None else design_effects(*parts, confidence)
    return intervals.wilson(np.asarray(successes) / effect, np.asarray(rows) / effect, confidence)


def equal_rates(rates: Sequence[Rate], parts: Counts) -> float:
    """P of the hypothesis that both sides of ``(GROUPS, side, y, ŷ)`` have the same ``rates``: the least p of one
    of them times their number (Bonferroni). NaN where a side has rows in fewer than two groups.

    Of one rate, Student's t of the difference, whose error is the larger of the jackknife's and that of independent
    rows with the pooled rate.
    """
    return float(np.minimum(1.0, len(rates) * np.min([_equal_rate(rate, parts) for rate in rates])))  # NaN stays NaN


def _equal_rate(rate: Rate, parts: Counts) -> float:
    k, n = (part.sum(axis=0) for part in of_rate(parts, rate))
    support = int(supports((rate,), parts))
    if support < 2:
        return float("nan")

    def difference(tables: Counts) -> np.ndarray:
        return np.asarray(np.subtract(*np.moveaxis(divide(*of_rate(tables, rate)), -1, 0)))

    pooled, found = k.sum() / n.sum(), difference(parts.sum(axis=0))
    independent = np.sqrt(pooled * (1 - pooled) * (1 / n).sum())
    error = float(np.fmax(errors(difference(deleted(parts)), found), independent))
    return float(2 * scipy.special.stdtr(support - 1, -abs(found) / error)) if error > 0 else 1.0


def is_zero(figure: Callable[[Counts], np.ndarray], rates: Sequence[Rate], parts: Counts) -> float:
    """P of the hypothesis that ``figure`` of ``(GROUPS, side, y, ŷ)``, a mean of differences of ``rates``, is zero.

    Student's t, whose error is the larger of the jackknife's and that of independent rows. NaN where a side has rows in
    fewer than two groups.
    """
    support, whole = int(supports(rates, parts)), parts.sum(axis=0)
    if support < 2:
        return float("nan")
    found, variance = figure(whole), 0.0
    for rate in rates:
        k, n = of_rate(whole, rate)
        variance += float((k * (n - k) / n**3).sum()) / len(rates) ** 2
    error = float(np.fmax(errors(figure(deleted(parts)), found), np.sqrt(variance)))
    return float(2 * scipy.special.stdtr(support - 1, -abs(found) / error)) if error > 0 else 1.0
