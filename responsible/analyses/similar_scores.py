"""A measure of scores among people who are alike in declared legitimate factors: within strata, and pooled over them.

The pooled difference is the mean of the strata's differences of means, weighted by n_u n_p / N as Mantel and Haenszel's
of rates: the coefficient of the group in a regression of the value on group and stratum. Its error is Welch's in each
stratum; a stratum with one row of a side has that side's variance of all other strata.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import stdtr, stdtrit

from responsible.analyses import factors
from responsible.analyses.scored_tables import scored
from responsible.analyses.similar_groups import COLUMNS, EVERY, NOBODY
from responsible.fairness.comparisons import Comparison
from responsible.fairness.groups import Groups
from responsible.measures.scores import SCORE_MEASURES, STILL, Scored, ScoreMeasure, compare
from responsible.names import ATTRIBUTE, FEATURE
from responsible.statistics import jackknife
from responsible.statistics.intervals import Inference, Interval
from responsible.statistics.rates import divide

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
APART = "scores_counted_apart"
"""Why there is no figure: the scores are counted by group and label, without the factors."""


@dataclass(frozen=True, eq=False)
class _Strata:
    """Rows, mean and sum of squares of either side of each stratum, each (strata, 2); NaN means of no rows."""

    n: Array
    mean: Array
    squares: Array

    @classmethod
    def of(cls, values: Array, counts: Ints, side: Ints, stratum: Ints, many: int) -> _Strata:
        cell, held = stratum * 2 + side, side >= 0

        def total(weights: Array) -> Array:
            return np.asarray(np.bincount(cell[held], weights=weights[held], minlength=2 * many), dtype=float)

        n = total(counts.astype(float))
        mean = divide(total(counts * values), n)
        squares = total(counts * (values - np.where(held, mean[np.where(held, cell, 0)], 0)) ** 2)
        return cls(*(each.reshape(many, 2) for each in (n, mean, squares)))

    @property
    def both(self) -> npt.NDArray[np.bool_]:
        """Which strata have rows of both sides."""
        return np.asarray((self.n > 0).all(axis=1))

    def pooled(self) -> float:
        """The weighted mean of the strata's differences; NaN where none has both sides."""
        n, gap = self.n[self.both], np.subtract(*self.mean[self.both].T)
        weight = n.prod(axis=1) / n.sum(axis=1)
        return float(divide(weight @ gap, weight.sum()))

    def error(self) -> tuple[float, float]:
        """The standard error of :meth:`pooled`, and its degrees of freedom by Satterthwaite."""
        n, squares = self.n[self.both], self.squares[self.both]
        free = n - 1
        overall = divide(squares.sum(axis=0), free.sum(axis=0))
        variance = np.where(free > 0, divide(squares, free), overall)
        weight = n.prod(axis=1) / n.sum(axis=1)
        parts = (weight[:, None] / weight.sum()) ** 2 * variance / n
        spread = np.nansum(divide(parts**2, free))
        return float(np.sqrt(parts.sum())), float(divide(parts.sum() ** 2, spread))


def similar_scores(
    frames: Iterable[pd.DataFrame],
    compared: tuple[Groups, Comparison],
    alike: Sequence[str],
    names: Iterable[str],
    inference: Inference,
) -> pd.DataFrame:
    """Those of the measures ``names`` that are of scores, of every model whose scores ``frames`` have (``s.`` columns),
    in every stratum of the factors ``alike`` and pooled over all: the columns of
    :func:`~responsible.analyses.similar_groups.similar_groups` and ``model``.

    Undefined with the reason ``scores_counted_apart`` where a frame lacks a factor.
    """
    measures = {name: SCORE_MEASURES[name] for name in names if name in SCORE_MEASURES}
    (who, versus), rows = compared, list[dict[str, object]]()
    for frame in frames if measures else ():
        found, side = scored(frame), versus.sides(who.codes(frame))
        if not all({FEATURE + name, ATTRIBUTE + name} & {*map(str, frame)} for name in alike):
            off: dict[str, object] = {"stratum": EVERY, "reason": APART}
            rows += [{"model": model, "measure": name, **off} for model in found.scores for name in measures]
            continue
        stratum, levels = factors.strata(factors.factors(frame, alike))
        for model in found.scores:
            for name, measure in measures.items():
                own = _measured(measure, model, found, (side, stratum), levels=levels, inference=inference)
                rows += [{"model": model, "measure": name} | row for row in own]
    return pd.DataFrame(rows).reindex(columns=["model", *COLUMNS])


def _measured(
    measure: ScoreMeasure,
    model: str,
    found: Scored,
    place: tuple[Ints, Ints],
    *,
    levels: Sequence[str],
    inference: Inference,
) -> list[dict[str, object]]:
    """The pooled row, and one of each stratum."""
    (side, stratum), values = place, measure.value(found.scores[model], found.label)
    table = _Strata.of(values, found.counts, side, stratum, len(levels))
    whole = _Strata.of(values, found.counts, side, np.zeros_like(stratum), 1)
    shares = {"strata": len(levels), "rows_compared": float(divide(table.n[table.both].sum(), table.n.sum()))}
    first = {"stratum": EVERY, "plain": whole.pooled()} | _sides(table.n[table.both].sum(axis=0))
    rows = [first | _pooled(table, measure, found, values, place, inference=inference) | shares]
    for s, level in enumerate(levels):
        own = compare(measure, model, found, np.where(stratum == s, side, -1), inference)[0]
        ends = {"value": own.value, "low": own.low, "high": own.high, "reason": own.reason}
        rows.append({"stratum": level} | _sides(table.n[s]) | ends | shares)
    return rows


def _sides(n: Array) -> dict[str, object]:
    return {"support_unprivileged": int(n[0]), "support_privileged": int(n[1])}


def _pooled(
    table: _Strata,
    measure: ScoreMeasure,
    found: Scored,
    values: Array,
    place: tuple[Ints, Ints],
    *,
    inference: Inference,
) -> dict[str, object]:
    fewest = table.n[table.both].sum(axis=0).min()
    if fewest < max(inference.minimum_denominator, 2):
        return {"reason": "n_below_minimum" if fewest else NOBODY}
    value, (error, freedom) = table.pooled(), table.error()
    if not error > 0:
        return {"reason": STILL}
    half, (low, high) = float(stdtrit(freedom, (1 + inference.confidence) / 2)) * error, measure.bounds
    ends, p = (
        Interval(max(value - half, low), min(value + half, high), 0.0),
        float(2 * stdtr(freedom, -abs(value) / error)),
    )
    if found.clusters is not None:
        side, stratum = place

        def without(kept: npt.NDArray[np.bool_]) -> float:
            return _Strata.of(values, found.counts * kept, side, stratum, len(table.n)).pooled()

        support = min(np.unique(found.clusters[(side == each) & (found.counts > 0)]).size for each in (0, 1))
        drawn, sure = jackknife.of_cells(without, found.clusters), inference.confidence
        at = np.asarray(value), drawn
        ends = jackknife.stretched(ends, *at, support=np.asarray(support), confidence=sure, bounds=measure.bounds)
        p = np.nan
    return {"value": value, "low": float(ends.low), "high": float(ends.high), "p": p, "reason": ""}
