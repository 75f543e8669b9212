"""Figures of count tables with their intervals, by one rule for every line of work: estimate, interval and reason.

A table is ``counts[..., side, y, ŷ]``: the groups a figure compares (one or two sides), their labels and predictions;
a joint table ``[..., side, y, a, b]`` has the predictions of two models. It is the very table the figure is computed
on, pooled already: half rows and doubts belong there, not in the levels or strata it was pooled from.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from responsible.statistics import jackknife
from responsible.statistics.count_tables import Draws
from responsible.statistics.few_rows import agreed, doubted, unseen
from responsible.statistics.intervals import (
    Inference,
    Interval,
    absolute,
    along,
    bonferroni,
    including,
    percentile,
)
from responsible.statistics.rates import PERFORMANCE, PERFORMANCE_RATES, Counts, Rate, parts

Compute = Callable[[Counts], np.ndarray]


@dataclass(frozen=True)
class CountFigure:
    """``compute`` maps tables ``(..., side, y, ŷ)`` to ``(...)``; ``rates`` are those of each side that it rests on.

    ``gaps``: the signed differences, each of the rate in its place, whose absolute values it averages, or of which it
    is the ``largest`` (it then lies in [0, 1]). ``code`` is the reason when it is undefined although all its rates are
    defined, as a ratio to a rate of 0 is. ``bounds`` are the least and the greatest value it can have.
    """

    compute: Compute
    rates: tuple[Rate, ...]
    gaps: tuple[Compute, ...] = ()
    largest: bool = False
    code: str = "undefined"
    bounds: tuple[float, float] = (0.0, 1.0)


@dataclass(frozen=True)
class Estimate:
    """A figure with its interval; floats and a text, or arrays of one shape.

    ``reason`` says why there is no value (then value and ends are NaN); it is empty when there is one.
    ``undefined_share`` is the share of replicates without a value.
    """

    value: Any
    low: Any
    high: Any
    undefined_share: Any
    reason: Any


def performance_figure(name: str) -> CountFigure:
    """A figure of PERFORMANCE over the rows of all sides together: give it tables with one side."""
    return CountFigure(lambda table: PERFORMANCE[name](table.sum(axis=-3)), PERFORMANCE_RATES[name])


def interval(figure: CountFigure, table: Counts, draws: Draws, confidence: float) -> Interval:
    """The interval of ``figure`` at ``table`` from its replicates :func:`drawn`; it always holds the estimate.

    Percentiles, or :func:`~.intervals.absolute` for a mean of absolute gaps, :func:`_largest` for the largest. A rate
    that is exactly 0 or 1 leaves at least Wilson's doubt: he puts the far end at k/(n + z²) or (k + z²)/(n + z²), as if
    z² rows of the kind not seen had been added. So the figure is recomputed with such rows for each of these rates, and
    the interval reaches as far as the root of the sum of the squared moves, the square-and-add rule (Newcombe 1998; Zou
    & Donner 2008). A mean of absolute gaps reaches at least as far as the interval of the signed mean, which it bounds.

    Of clustered rows this is stretched to the width of the jackknife's (:func:`.jackknife.stretched`).
    """
    estimate = figure.compute(table)
    if figure.largest:
        return _largest(figure, table, draws, confidence)
    if not figure.gaps:
        found = percentile(figure.compute(draws.tables), confidence)
    else:
        found = absolute(_gaps(figure, draws.tables), _gaps(figure, table), confidence)
    doubts = unseen(figure.rates, table, confidence, draws.parts)
    found = including(doubted(found, figure.compute, table, doubts), estimate)
    if draws.parts is not None:
        values, support = _signed(figure, jackknife.deleted(draws.parts), table), _support(figure, draws)
        found = jackknife.stretched(
            found, estimate, values, support=support, confidence=confidence, bounds=figure.bounds
        )
    if not figure.gaps:
        return found
    mean = replace(figure, compute=lambda t: _gaps(figure, t).mean(axis=-1), gaps=(), bounds=(-1.0, 1.0))
    signed = interval(mean, table, draws, confidence)
    high = np.maximum(found.high, np.maximum(-signed.low, signed.high))
    return Interval(found.low, np.minimum(high, 1.0)[()], found.undefined_share)


def _largest(figure: CountFigure, table: Counts, draws: Draws, confidence: float) -> Interval:
    """Of the largest absolute gap: what the signed gaps' intervals that hold at once leave; or the mean's end."""
    sure, pairs = bonferroni(confidence, len(figure.gaps)), zip(figure.gaps, figure.rates, strict=True)
    each = [interval(CountFigure(gap, (rate,), bounds=(-1.0, 1.0)), table, draws, sure) for gap, rate in pairs]
    mean = replace(figure, compute=lambda t: np.abs(_gaps(figure, t)).mean(axis=-1), largest=False)
    bounded = interval(mean, table, draws, confidence)
    low = np.max([np.maximum(0.0, np.maximum(one.low, -one.high)) for one in each], axis=0)
    high = np.max([bounded.high, *(np.maximum(-one.low, one.high) for one in each)], axis=0)
    return Interval(low[()], high[()], bounded.undefined_share)


def change_interval(figure: CountFigure, joint: Counts, draws: Draws, confidence: float) -> Interval:
    """The interval of the figure's change between two models, b minus a, from replicates of their joint table.

    Percentiles of the paired change. Where the models disagree on none of the rows that a rate of a side can rest on,
    it reaches at least Wilson's doubt about a rate of 0, as :func:`interval` does. The change of a mean of absolute
    gaps varies with their signs at the estimate, and is kept within what the two models' own intervals allow.
    """
    views = [(joint.sum(axis=axis), draws.sum(axis=axis)) for axis in (-1, -2)]
    before, after = (_signed(figure, drawn.tables, point) for point, drawn in views)
    compute, doubts = _change_of(figure), agreed(figure.rates, joint, confidence, draws.parts)
    found = including(doubted(percentile(after - before, confidence), compute, joint, doubts), compute(joint))
    if draws.parts is not None:
        old, new = (_signed(figure, jackknife.deleted(d.parts), point) for point, d in views if d.parts is not None)
        support = np.minimum(*(_support(figure, drawn) for _, drawn in views))
        free = (-np.inf, np.inf)
        found = jackknife.stretched(
            found, compute(joint), new - old, support=support, confidence=confidence, bounds=free
        )
    if not figure.gaps:
        return found
    most = [interval(figure, point, drawn, confidence).high for point, drawn in views]
    return Interval(np.maximum(found.low, -most[0]), np.minimum(found.high, most[1]), found.undefined_share)


def estimate(figure: CountFigure, table: Counts, draws: Draws, inference: Inference) -> Estimate:
    """Value, interval and reason of a figure at ``table``; ``reason`` as in :func:`reasons`."""
    found = interval(figure, table, draws, inference.confidence)
    why = reasons(figure, table, inference.minimum_denominator)
    if draws.parts is not None:
        few = np.equal(why, "") & (_support(figure, draws) < inference.minimum_denominator)
        why = np.where(few, jackknife.FEW, why)[()]
    return _reported(figure.compute(table), found, why)


def change(figure: CountFigure, joint: Counts, draws: Draws, inference: Inference) -> Estimate:
    """The change of a figure from model a to b; undefined for the reason of the first of them that has one."""
    before, after = (reasons(figure, joint.sum(axis=axis), inference.minimum_denominator) for axis in (-1, -2))
    found = change_interval(figure, joint, draws, inference.confidence)
    why = np.where(np.equal(before, ""), after, before)
    if draws.parts is not None:
        fewest = np.minimum(*(_support(figure, draws.sum(axis)) for axis in (-1, -2)))
        why = np.where(np.equal(why, "") & (fewest < inference.minimum_denominator), jackknife.FEW, why)
    return _reported(_change_of(figure)(joint), found, why[()])


def reasons(figure: CountFigure, table: Counts, minimum: int) -> Any:
    """Why the figure has no value to report, ``(...)`` of text, "" where it has one.

    ``group_absent`` when a side has no rows; then the code of the first rate without rows in its denominator on a side;
    then the figure's own; then ``n_below_minimum`` when a denominator has fewer than ``minimum`` rows on a side.
    """
    rows = [parts(table, rate)[1].min(axis=-1) for rate in figure.rates]
    tests = [(table.sum(axis=(-2, -1)).min(axis=-1) == 0, "group_absent")]
    tests += [(n == 0, rate.empty) for n, rate in zip(rows, figure.rates, strict=True)]
    tests += [(np.isnan(figure.compute(table)), figure.code), (np.min(rows, axis=0) < minimum, "n_below_minimum")]
    found = np.select([np.asarray(when) for when, _ in tests], [code for _, code in tests], default="")
    return found.astype(object)[()]


def _reported(value: np.ndarray, found: Interval, reason: Any) -> Estimate:
    known = np.equal(reason, "")
    value, low, high = (np.where(known, end, np.nan)[()] for end in (value, found.low, found.high))
    return Estimate(value, low, high, found.undefined_share, reason)


def _support(figure: CountFigure, draws: Draws) -> np.ndarray:
    return jackknife.supports(figure.rates, np.asarray(draws.parts))


def _gaps(figure: CountFigure, tables: Counts) -> np.ndarray:
    return np.moveaxis(np.stack([gap(tables) for gap in figure.gaps]), 0, -1)


def _signed(figure: CountFigure, draws: Counts, table: Counts) -> np.ndarray:
    """Replicates of the figure; absolute gaps with the signs of its estimate, to vary on both sides of it."""
    if not figure.gaps:
        return figure.compute(draws)
    gaps, point = _gaps(figure, draws), _gaps(figure, table)
    if figure.largest:
        which = np.argmax(np.nan_to_num(np.abs(point)), axis=-1)[..., None]
        gaps, point = (np.take_along_axis(each, at, axis=-1) for each, at in ((gaps, which[None]), (point, which)))
    return along(gaps, point)


def _change_of(figure: CountFigure) -> Compute:
    return lambda joint: figure.compute(joint.sum(axis=-2)) - figure.compute(joint.sum(axis=-1))
