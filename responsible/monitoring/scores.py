"""Figures of scores by period: how well they rank and how close they come, of everybody and between groups.

Each is a mean, or the difference of two, of something of a row: the loss of its score, the score, its label less its
score. So the rows of a side are one question, tested by :func:`~responsible.measures.exact_tests.of_counted`. The area
under the ROC curve is two: of rows with label 1 the mean share of rows with label 0 that score lower, among those of
reference and period together, and of rows with label 0 the same the other way round. Given the rows of one label, those
of the other are exchangeable if nothing changed, so both tests hold at any size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, log, nan, sqrt

import numpy as np
import numpy.typing as npt
import pandas as pd

from responsible.measures import exact_tests
from responsible.measures.scores import SCORE_MEASURES, Scored, compare
from responsible.monitoring.batches import SCORE
from responsible.monitoring.figures import Judge, Row
from responsible.monitoring.sides import EVERYBODY, Sides, label, labelled
from responsible.monitoring.spending import HIDDEN, WAITS_FOR_LABELS, judged, trend
from responsible.statistics.count_figures import Estimate
from responsible.statistics.probability_metrics import SCORES, losses

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Question = tuple[Array, Ints, Ints]  # values, rising, with the rows of reference and period at each
AUC = "roc_auc"
BOUNDS = {AUC: (0.0, 1.0), "brier": (0.0, 1.0), "log_loss": (0.0, inf)}
_MODEL = "model"


@dataclass(frozen=True, eq=False)
class Part:
    """Scored cells: ``score``, 0/1 ``label``, ``side`` (-1 for neither) and ``n`` rows, each (m,)."""

    score: Array
    label: Ints
    side: Ints
    n: Ints

    @classmethod
    def of(cls, each: Sides, cells: pd.DataFrame, cut: int, *, labels: bool) -> Part:
        """Of the cells with a score, and with a label where ``labels`` are needed."""
        there = cells[cells[SCORE].notna()]
        there = labelled(there) if labels else there
        own = there[SCORE].to_numpy(dtype=float), label(there, cut), each.code(there), there["n"].to_numpy(np.int64)
        return cls(*own)

    @property
    def counts(self) -> Ints:
        """Rows by side and label, (sides, 2)."""
        kept = self.side >= 0
        place, size = 2 * self.side[kept] + self.label[kept], 2 * (int(self.side.max(initial=0)) + 1)
        return np.bincount(place, self.n[kept], size).astype(np.int64).reshape(-1, 2)


def names(each: Sides, measures: Sequence[str], *, labels: bool) -> dict[str, bool]:
    """The figures of scores of a comparison, and whether they need labels, as far as the reference has ``labels``."""
    if each.attribute == EVERYBODY:
        return dict.fromkeys(SCORES, True) if labels else {}
    own = {name: measure.needs_labels for name, measure in SCORE_MEASURES.items() if name in measures}
    return {name: needs for name, needs in own.items() if labels or not needs}


def asked(each: Sequence[Sides], measures: Sequence[str], *, labels: bool) -> int:
    """How many questions they are in a period: the distinct sides of each figure, and of the area both labels."""
    found = set()
    for own in each:
        for name in names(own, measures, labels=labels):
            found |= {(own.attribute, name, side) for side in ("0", "1") if name == AUC}
            found |= {(own.attribute, name, side) for side in own.names if name != AUC}
    return len(found)


def rows(
    judge: Judge, compared: Sequence[Sides], reference: pd.DataFrame, parts: Sequence[pd.DataFrame], cut: int
) -> list[Row]:
    """A row for each figure and period, as of :meth:`~.figures.Judge.rows`; both tables are cells with a score."""
    return [row for each in compared for row in _rows(judge, each, reference, parts, cut)]


def _rows(judge: Judge, each: Sides, reference: pd.DataFrame, parts: Sequence[pd.DataFrame], cut: int) -> list[Row]:
    out: list[Row] = []
    for name, needs in names(each, judge.measures, labels=not labelled(reference).empty).items():
        then, found = Part.of(each, reference, cut, labels=needs), list[Row]()
        base = _estimate(name, then, judge)
        for at, period in enumerate(judge.periods):
            now = Part.of(each, parts[at], cut, labels=needs)
            place: Row = {"attribute": each.attribute, "comparison": each.comparison, "figure": name, "period": period}
            place |= {"rows": int(now.n[now.side >= 0].sum()), "labelled": judge.labelled[at]}
            if needs and not judge.complete[at]:
                found.append(place | WAITS_FOR_LABELS)
                continue
            hidden = {} if judge.disclosure.safe(now.counts) else HIDDEN | {"reason": judge.disclosure.reason}
            found.append(place | _judged(name, (then, now), (base, _estimate(name, now, judge)), judge) | hidden)
        slope = trend(found, judge.inference.confidence)
        out += [row | slope for row in found]
    return out


def _judged(name: str, pair: tuple[Part, Part], both: tuple[Estimate, Estimate], judge: Judge) -> Row:
    least, spending, tests, square, beyond = judge.inference.minimum_denominator, judge.spending, [1.0], 0.0, 0.0
    for values, first, second in questions(name, *pair):
        n0, n1 = int(first.sum()), int(second.sum())
        if min(n0, n1) < max(least, 1):
            square = nan
            continue
        whole = first + second
        mean = whole @ values / whole.sum()
        variance = float(whole @ (values - mean) ** 2 / whole.sum())
        square += variance * (1 / n0 + 1 / n1)
        reach = sqrt(variance * 2 * log(2 / spending.level) / min(n0, n1)) * whole.sum() / max(n0, n1)
        # Where Chernoff's bound of a normal distribution is at the level. An area may move by half for each label.
        beyond = beyond + reach if name == AUC else max(beyond, reach)
        tests.append(exact_tests.of_counted(values, first, second))
    bounds = BOUNDS[name] if name in BOUNDS else SCORE_MEASURES[name].bounds
    errors = sqrt(square), nan if np.isnan(square) else beyond
    row = judged(both, errors, min(tests), spending=spending, least=judge.least, bounds=bounds)
    if name in SCORES:
        rows = [int(own.n[own.side >= 0].sum()) for own in pair]
        row["detectable"] = _detectable(name, float(both[0].value), errors, rows[1] / max(sum(rows), 1), judge)
    return row


def _detectable(name: str, start: float, errors: tuple[float, float], share: float, judge: Judge) -> float:
    """The loss of quality that raises an alarm with the power of :data:`~.spending.POWER`, by fixed point.

    ``errors`` are those without a change from ``start``; the period has a ``share`` of all rows. A worse period is a
    noisier one, and pooled in the test: the variance of its rows is taken to grow as value (1 − value), its bound (as
    the value of a log loss, which has none).
    """

    def spread(value: float) -> float:
        return value if name == "log_loss" else value * (1 - value) if abs(value - 0.5) < 0.5 else 0.0

    more, found = 1.0, nan
    for _ in range(20):
        bound = max(judge.least, errors[1] * sqrt(1 - share + share * more))
        found = bound + judge.spending.reach * errors[0] * sqrt(share + (1 - share) * more)
        moved = max(start - found, 0.5) if name == AUC else min(start + found, inf if name == "log_loss" else 0.5)
        more = max(spread(moved) / spread(start), 1.0) if spread(start) > 0 else 1.0
    return found


def questions(name: str, then: Part, now: Part) -> list[Question]:
    """What a figure is a mean of, row by row, of each side or of each label."""
    if name == AUC:
        return [_ranked(then, now, of) for of in (1, 0)]
    if name in SCORES:
        return [_together(_lost(name, then), _lost(name, now))]
    value = SCORE_MEASURES[name].value
    return [
        _together(*((value(own.score, own.label)[own.side == side], own.n[own.side == side]) for own in (then, now)))
        for side in (0, 1)
    ]


def _lost(name: str, own: Part) -> tuple[Array, Ints]:
    zero, one = losses(name, own.score)
    return np.where(own.label == 1, one, zero), own.n


def _ranked(then: Part, now: Part, of: int) -> Question:
    """Of the rows with label ``of`` the share of all others that they are ranked rightly against."""
    score, place = np.unique(np.concatenate([then.score, now.score]), return_inverse=True)
    where = place[: len(then.score)], place[len(then.score) :]
    counts = [
        [np.bincount(at[own.label == y], own.n[own.label == y], len(score)).astype(np.int64) for y in (0, 1)]
        for at, own in zip(where, (then, now), strict=True)
    ]
    others = counts[0][1 - of] + counts[1][1 - of]
    below = np.cumsum(others) - others / 2
    values = below / max(others.sum(), 1)
    return _together((values, counts[0][of]), (values, counts[1][of]))


def _together(then: tuple[Array, Ints], now: tuple[Array, Ints]) -> Question:
    values, place = np.unique(np.concatenate([then[0], now[0]]), return_inverse=True)
    cut = len(then[0])
    held = [np.bincount(at, n, len(values)) for at, n in ((place[:cut], then[1]), (place[cut:], now[1]))]
    return values, held[0].astype(np.int64), held[1].astype(np.int64)


def _estimate(name: str, own: Part, judge: Judge) -> Estimate:
    """The figure with its interval; undefined on too few rows, of the area on too few of either label."""
    if name in SCORE_MEASURES:
        scored = Scored({_MODEL: own.score}, own.label, own.n, own.side)
        return compare(SCORE_MEASURES[name], _MODEL, scored, own.side, judge.inference)[0]
    ones, zeros = own.n * own.label, own.n * (1 - own.label)
    few = min(ones.sum(), zeros.sum()) if name == AUC else own.n.sum()
    if few < judge.inference.minimum_denominator:
        return Estimate(nan, nan, nan, 1.0, "n_below_minimum")
    value = SCORES[name].value(own.score, ones, zeros)
    inside = SCORES[name].interval(own.score, ones, zeros, judge.inference.confidence)
    return Estimate(value, float(inside.low), float(inside.high), 0.0, "")
