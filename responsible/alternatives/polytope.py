"""What groups can be given: each group's ROC from counts, and the best rule whose rates meet linear constraints.

A group's rule with randomisation is a mixture of thresholds, so its rates are a mixture of points of its ROC, and the
best pair of mixtures is a linear program over the hulls' corners (Hardt, Price & Srebro 2016, section 4).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from responsible.alternatives.parameters import Constraint
from responsible.limits import Limits

Array = npt.NDArray[np.float64]
Side = tuple[float, float, float]  # of selection rate, TPR and FPR
ANY = (1.0, 1.0)  # what a wrong yes and a wrong no cost, where accuracy decides


class Row(NamedTuple):
    """A constraint ``u · rates of the unprivileged − p · rates of the privileged ≤ most``."""

    u: Side
    p: Side
    most: float


@dataclass(frozen=True, eq=False)
class Roc:
    """Points of a group: ``selection, tpr, fpr`` (k, 3) when everybody with a score of ``threshold`` (k,) or more is
    selected, falling; the first selects nobody (∞). ``rows`` are those with label 0 and 1.
    """

    threshold: Array
    points: Array
    rows: tuple[float, float]

    def errors(self, costs: tuple[float, float] = ANY) -> Array:
        """What the wrong answers at each point cost, in rows times ``costs`` of a wrong yes and a wrong no: (k,)."""
        negatives, positives = self.rows
        return np.asarray(costs[0] * negatives * self.points[:, 2] + costs[1] * positives * (1 - self.points[:, 1]))

    def hull(self) -> Roc:
        """The corners of the upper hull alone: no mixture of others has as high a TPR at its FPR."""
        kept: list[int] = []
        x, y = self.points[:, 2], self.points[:, 1]
        for i in range(len(x)):
            while len(kept) > 1:
                a, b = kept[-2:]
                if (x[b] - x[a]) * (y[i] - y[a]) - (y[b] - y[a]) * (x[i] - x[a]) < -1e-15:
                    break
                kept.pop()
            kept.append(i)
        return Roc(self.threshold[kept], self.points[kept], self.rows)

    def thinned(self, most: int) -> Roc:
        """At most ``most`` points, evenly among those there are."""
        kept = np.unique(np.linspace(0, len(self.threshold) - 1, most).round().astype(int))
        return Roc(self.threshold[kept], self.points[kept], self.rows)


def roc(score: Array, label: npt.NDArray[np.int64], n: npt.NDArray[np.int64]) -> Roc:
    """The ROC of cells with ``score``, 0/1 ``label`` and ``n`` rows, each (m,); both labels have rows."""
    levels, place = np.unique(-score[n > 0], return_inverse=True)
    both = [np.bincount(place, weights=(n * (label == y))[n > 0], minlength=len(levels)) for y in (0, 1)]
    fp, tp = (np.concatenate([[0.0], np.cumsum(each)]) for each in both)
    points = np.column_stack([(fp + tp) / (fp[-1] + tp[-1]), tp / tp[-1], fp / fp[-1]])
    return Roc(np.concatenate([[np.inf], -levels]), points, (float(fp[-1]), float(tp[-1])))


SELECTION, TPR, FPR = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)
COMPARED: dict[Constraint, tuple[Side, ...]] = {
    "demographic_parity": (SELECTION,),
    "equal_opportunity": (TPR,),
    "equalized_odds": (TPR, FPR),
}
LINEAR: dict[str, Side] = {
    "statistical_parity_difference": SELECTION,
    "equal_opportunity_difference": TPR,
    "average_odds_difference": (0.0, 0.5, 0.5),
}


def _scaled(side: Side, by: float) -> Side:
    return side[0] * by, side[1] * by, side[2] * by


def tolerated(constraint: Constraint, tolerance: float) -> list[Row]:
    """That each rate which the constraint compares differs by at most ``tolerance``."""
    return [Row(_scaled(rate, s), _scaled(rate, s), tolerance) for rate in COMPARED[constraint] for s in (1.0, -1.0)]


def limited(measure: str, limits: Limits) -> list[Row] | None:
    """That a measure lies within limits; None where that is not linear in the rates (precision, F1)."""
    low, high = limits.minimum, limits.maximum
    if measure == "disparate_impact":
        rows = [Row(_scaled(SELECTION, -1.0), _scaled(SELECTION, -low), 0.0)] if low is not None else []
        return rows + ([Row(SELECTION, _scaled(SELECTION, high), 0.0)] if high is not None else [])
    if measure == "average_absolute_odds_difference":
        if high is None or (low or 0) > 0:
            return None
        signs = [(0.0, t, f) for t in (0.5, -0.5) for f in (0.5, -0.5)]
        return [Row(each, each, high) for each in signs]
    if measure not in LINEAR:
        return None
    own = LINEAR[measure]
    rows = [Row(_scaled(own, -1.0), _scaled(own, -1.0), -low)] if low is not None else []
    return rows + ([Row(own, own, high)] if high is not None else [])


def best(u: Roc, p: Roc, rows: Sequence[Row], costs: tuple[float, float] = ANY) -> tuple[float, Array, Array] | None:
    """Least cost of the wrong answers in both groups, and the mixture of points of each, (k_u,) and (k_p,); None where
    no rule meets the constraints.
    """
    from scipy.optimize import linprog

    total, (k, j) = sum(u.rows) + sum(p.rows), (len(u.threshold), len(p.threshold))
    cost = np.concatenate([u.errors(costs), p.errors(costs)]) / total
    left = [np.concatenate([u.points @ np.array(row.u), -(p.points @ np.array(row.p))]) for row in rows]
    sums = np.repeat([[1.0, 0.0], [0.0, 1.0]], [k, j], axis=0).T
    right = [row.most for row in rows]
    found = linprog(cost, left or None, right or None, sums, [1.0, 1.0], bounds=(0, 1), method="highs")
    if not found.success:
        return None
    return float(found.fun * total), np.asarray(found.x[:k]), np.asarray(found.x[k:])


def least(u: Roc, p: Roc, rows: Sequence[Row], costs: tuple[float, float] = ANY) -> float | None:
    """The first value of :func:`best` alone, without a program where all constraints compare one rate of each group.

    The least cost of a group at a value of its rate is the lower hull of its points. So the cost within the constraints
    is convex and piecewise linear in the second group's rate, and its least value is at a corner.
    """
    if not rows or (rate := _compared(rows)) is None:
        found = best(u, p, rows, costs)
        return found and found[0]
    (a, ours), (b, theirs) = (_lower(curve.points @ np.array(rate[0]), curve.errors(costs)) for curve in (u, p))
    corners = [b, *((own * a - row.most) / other for row, own, other in zip(rows, *rate[1:], strict=True) if other)]
    corners += [np.zeros(1)] if len(rows) > 1 else []
    at = np.concatenate(corners)
    at = at[(at >= b[0]) & (at <= b[-1])]
    low, high = np.full(len(at), a[0]), np.full(len(at), a[-1])
    for row, own, other in zip(rows, *rate[1:], strict=True):
        end = (row.most + other * at) / own
        low, high = (low, np.minimum(high, end)) if own > 0 else (np.maximum(low, end), high)
    met = low <= high + 1e-12
    chosen = np.clip(a[np.argmin(ours)], low[met], np.maximum(low[met], high[met]))
    total = np.interp(chosen, a, ours) + np.interp(at[met], b, theirs)
    return float(total.min()) if met.any() else None


def _compared(rows: Sequence[Row]) -> tuple[Side, list[float], list[float]] | None:
    """The rate that all rows compare, and the factor of each row for either group; None where they compare several."""
    rate = next(own for own in (*LINEAR.values(), FPR, rows[0].u) if _factor(rows[0].u, own) is not None)
    u, p = ([_factor(each, rate) for each in sides] for sides in zip(*((row.u, row.p) for row in rows), strict=True))
    factors = [own for own in u if own], [own for own in p if own is not None]
    return (rate, *factors) if len(factors[0]) == len(factors[1]) == len(rows) else None


def _factor(side: Side, rate: Side) -> float | None:
    """By what ``side`` is a multiple of ``rate``; None where it is none."""
    factor = sum(a * b for a, b in zip(side, rate, strict=True)) / sum(b * b for b in rate)
    return factor if all(abs(a - factor * b) < 1e-12 for a, b in zip(side, rate, strict=True)) else None


def _lower(x: Array, y: Array) -> tuple[Array, Array]:
    """The corners of the lower hull of points, from left to right."""
    order, kept = np.lexsort((y, x)), list[int]()
    for i in order[np.append(True, np.diff(x[order]) > 0)]:
        while len(kept) > 1:
            a, b = kept[-2:]
            if (x[b] - x[a]) * (y[i] - y[a]) - (y[b] - y[a]) * (x[i] - x[a]) > 0:
                break
            kept.pop()
        kept.append(i)
    return x[kept], y[kept]


def best_pair(u: Roc, p: Roc, rows: Sequence[Row], costs: tuple[float, float] = ANY) -> tuple[int, int]:
    """The places of the two thresholds, one in each group and none at random, that cost least within the constraints.

    Selecting nobody in either group meets every tolerance, so there is always a pair.
    """
    met = np.ones((len(u.threshold), len(p.threshold)), dtype=bool)
    for row in rows:
        met &= (u.points @ np.array(row.u))[:, None] - (p.points @ np.array(row.p))[None] <= row.most + 1e-12
    cost = np.where(met, u.errors(costs)[:, None] + p.errors(costs)[None], np.inf)
    first, second = np.unravel_index(int(np.argmin(cost)), cost.shape)
    return int(first), int(second)
