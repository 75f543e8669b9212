"""Intervals: multinomial replicates of count tables, percentile intervals over them, Wilson intervals for single
rates.

Drawing n rows with replacement and tabulating them is exactly a draw from Multinomial(n, counts / n), so counts are
drawn, never rows. Everything that varies with the rows varies with the draw: group sizes, labels and predictions
together. Rows in clusters are not multinomial: see :mod:`.jackknife`. A confidence is a fraction: 0.95, not 95.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import scipy
from numpy.typing import ArrayLike
from pydantic import Field

from responsible.statistics.rates import Counts, divide
from responsible.validation import Params

UNDEFINED_MOST = 0.05
"""An interval becomes undefined when more than this share of its replicates was."""


class Inference(Params):
    """How sure: ``confidence`` of every two-sided interval (a fraction) and the number of multinomial ``replicates``.

    ``minimum_denominator``: the fewest rows that each rate of a comparison must rest on before its value is reported.
    """

    confidence: Annotated[float, Field(gt=0, lt=1)]
    replicates: Annotated[int, Field(ge=100, le=1_000_000)]
    minimum_denominator: Annotated[int, Field(ge=1, le=1_000_000)]


@dataclass(frozen=True)
class Interval:
    """A two-sided interval; ``undefined_share`` is the share of replicates without a value. Floats, or arrays of one
    shape.

    ``low`` and ``high`` are NaN when the interval is undefined.
    """

    low: Any
    high: Any
    undefined_share: Any = 0.0


def quantile(confidence: float) -> float:
    """The standard normal quantile z of a two-sided interval: 1.96 at 0.95. ValueError unless 0 < confidence < 1."""
    return float(scipy.special.ndtri(1 - _tail(confidence)))


def _tail(confidence: float) -> float:
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must be a fraction between 0 and 1, got {confidence!r}")
    return (1 - confidence) / 2


def wilson(successes: ArrayLike, n: ArrayLike, confidence: float) -> Interval:
    """Wilson's score interval for ``successes`` of ``n``, elementwise; inside [0, 1], NaN where n is 0.

    (p + z²/2n ± z √(p(1−p)/n + z²/4n²)) / (1 + z²/n) with p = successes/n (Wilson 1927; Brown, Cai & DasGupta 2001,
    eq. 4).
    """
    share, z = divide(successes, n), quantile(confidence)
    slack = divide(z * z, n)
    centre = (share + slack / 2) / (1 + slack)
    half = np.sqrt(slack * share * (1 - share) + slack * slack / 4) / (1 + slack)
    low = np.where(np.equal(successes, 0), np.where(np.isnan(share), np.nan, 0.0), centre - half)
    high = np.where(np.equal(successes, n), np.where(np.isnan(share), np.nan, 1.0), centre + half)
    return Interval(low[()], high[()], np.isnan(share).astype(float)[()])


def bonferroni(confidence: float, family: int) -> float:
    """The confidence 1 − (1 − c)/k of each of ``family`` intervals, at which all hold at once in the share c."""
    return 1 - (1 - confidence) / max(family, 1)


def replicates(
    counts: Counts,
    number: int,
    rng: np.random.Generator,
    event_axes: int | None = None,
    *,
    probabilities: Counts | None = None,
) -> Counts:
    """``number`` multinomial draws of a whole table of integers: ``(number, *counts.shape)``, each draw with the
    table's total.

    The last ``event_axes`` axes (all by default) are the outcomes of one draw, groups included; tables along the axes
    before them are drawn independently. The cell probabilities are ``counts / total``, or proportional to
    ``probabilities`` of the same shape (for example :func:`half_counts`), while the number of rows stays the total of
    ``counts``. A table without rows draws zeros.
    """
    counts = np.asarray(counts)
    if not np.issubdtype(counts.dtype, np.integer):
        raise ValueError(f"counts must be whole numbers of rows, got {counts.dtype}; pass weights as probabilities")
    split = 0 if event_axes is None else counts.ndim - event_axes
    flat = counts.reshape(*counts.shape[:split], -1)
    weights = (flat if probabilities is None else np.asarray(probabilities).reshape(flat.shape)).astype(float)
    # Cells nobody can fall into are left out: faster, and rounding of the shares can then never put a row there.
    live = weights.reshape(-1, flat.shape[-1]).any(axis=0)
    # A cell's draws lie side by side in memory: what is computed of them adds and divides cells, for all draws at once.
    drawn = np.zeros((number, *flat.shape), dtype=np.int64, order="F")
    if live.any():
        shares = np.nan_to_num(divide(weights, weights.sum(axis=-1, keepdims=True)))[..., live]
        drawn[..., live] = rng.multinomial(flat.sum(axis=-1), shares, size=(number, *flat.shape[:-1]))
    return drawn.reshape(number, *counts.shape)


def half_counts(counts: Counts, models: int = 2) -> Counts:
    """The table with half a row in each empty cell of a group and label that has rows: a float copy, same shape.

    With ``models=1`` (``counts[..., g, y, ŷ]``) those are the predictions nobody has; with 2 (joint counts ``[..., g,
    y, a, b]``) the two disagreements of the models. Labels without rows in a group stay empty, for a rate there is
    undefined. Only for the very table a figure is computed on: half a row in each of many levels that are pooled
    afterwards would move the pooled rate.

    A rate of exactly 0 or 1, such as a TPR of 12/12, gives replicates that never vary and an interval of width zero,
    which reads as certainty; so does a change between models that disagree on no row. Half a row (Haldane 1956,
    Anscombe 1956) where nobody was seen gives the replicates some doubt; :mod:`.count_figures` adds the rest.
    """
    counts = np.asarray(counts)
    empty = (counts == 0) & (counts.sum(axis=tuple(range(-models, 0)), keepdims=True) > 0)
    return counts + 0.5 * (empty if models == 1 else empty & ~np.eye(2, dtype=bool))


def percentile(draws: np.ndarray, confidence: float) -> Interval:
    """The percentile interval over axis 0 of ``draws`` ``(number, ...)``: its (1 ∓ confidence)/2 quantiles, linear
    between draws.

    Undefined (NaN) draws are left out and their share is reported; the interval is NaN when more than 5 % of them are
    undefined. Only for signed comparisons: percentiles of max − min over groups, or of an absolute value, never
    contain 0, whatever the truth; see :func:`absolute`.
    """
    draws, tail = np.asarray(draws, dtype=float), _tail(confidence)
    defined = np.count_nonzero(~np.isnan(draws), axis=0)
    share = (len(draws) - defined) / len(draws)
    places = [q * np.maximum(defined - 1, 0) for q in (tail, 1 - tail)]
    near = np.unique([np.floor(places), np.ceil(places)]).astype(int)
    ordered = np.partition(draws, near, axis=0)  # as if sorted there; NaN comes last
    low, high = (_order_statistic(ordered, place) for place in places)
    usable = (share <= UNDEFINED_MOST) & (defined > 0)
    return Interval(np.where(usable, low, np.nan)[()], np.where(usable, high, np.nan)[()], share)


def including(interval: Interval, estimate: np.ndarray | float) -> Interval:
    """The interval, stretched where needed so that it holds the point ``estimate``; undefined ends stay undefined.

    Replicates drawn from :func:`half_counts` are centred half a row off the estimate; on few rows their percentile
    interval can miss the estimate itself, as when 12/12 in one model is set against 0/12 in the other.
    """
    low, high = np.minimum(interval.low, estimate), np.maximum(interval.high, estimate)
    known = np.isnan(estimate)
    return Interval(
        np.where(known, interval.low, low)[()], np.where(known, interval.high, high)[()], interval.undefined_share
    )


def along(gaps: np.ndarray, point: np.ndarray) -> np.ndarray:
    """The mean of ``gaps`` ``(number, ..., k)`` over the last axis, each times the sign of its estimate in ``point``
    ``(..., k)``.
    """
    return np.asarray((gaps * np.where(point < 0, -1, 1)).mean(axis=-1))


def absolute(gaps: np.ndarray, point: np.ndarray, confidence: float) -> Interval:
    """The interval of the mean of k absolute gaps: replicates ``(number, ..., k)``, estimates ``(..., k)``, both
    signed.

    The lower end is the percentile of the mean of signed gaps (:func:`along`), cut at 0, and 0 while no single gap is
    beyond doubt, that is while the percentile interval of each, at the Bonferroni confidence 1 − (1 − c)/k, contains 0:
    percentiles of the absolute mean would lie above 0 always. The upper end is that percentile, because no mean of
    signed gaps exceeds the mean of absolute ones, in a replicate or in the population.
    """
    whole, above = percentile(along(gaps, point), confidence), percentile(np.abs(gaps).mean(axis=-1), confidence)
    each = percentile(gaps, bonferroni(confidence, gaps.shape[-1]))
    doubtful = ((each.low <= 0) & (each.high >= 0)).all(axis=-1)
    low = np.where(doubtful & ~np.isnan(whole.low), 0.0, np.maximum(whole.low, 0.0))
    return Interval(low[()], above.high, whole.undefined_share)


def _order_statistic(ordered: np.ndarray, position: np.ndarray) -> np.ndarray:
    if ordered.ndim == 1:
        first, second = ordered[math.floor(position)], ordered[math.ceil(position)]
        return np.asarray(first + (position - math.floor(position)) * (second - first))
    below = np.floor(position).astype(int)
    above = np.ceil(position).astype(int)
    first, second = (np.take_along_axis(ordered, index[None], axis=0)[0] for index in (below, above))
    return np.asarray(first + (position - below) * (second - first))
