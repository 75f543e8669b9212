"""When an alarm is raised: the error that all of them share, what would have been detected, the row of a figure.

An alarm needs an effect of a declared size and a p at or below one fixed level α / (H · m): the declared chance of any
false alarm, divided equally over the H periods of the horizon (alpha-spending, Lan & DeMets 1983, with a linear
spending function) and over the m questions that are asked of every period. By the union bound (Bonferroni) the chance
of one or more false alarms within the horizon is at most α, however the questions depend on each other.

Why this scheme and no sharper one. The questions do depend: all periods are compared with one reference, and features
go together. Nobody knows when a change will come, so no period is favoured. And the level is the same whatever else is
found: an alarm that was raised is never taken back because labels came later, and late labels are judged whenever they
come. Holm's method within a period would gain only where there are alarms already.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan, nan, sqrt
from typing import Any

import numpy as np
from scipy.special import ndtri
from scipy.stats import kstwobign

from responsible.monitoring.expectations import JUDGED, WAITING
from responsible.statistics.count_figures import Estimate
from responsible.statistics.intervals import quantile

POWER = 0.8
"""With which probability the change that is named as detectable raises an alarm."""
_REACH = float(ndtri(POWER))
UNDEFINED = "undefined"
OF_A_VALUE = (
    "value", "low", "high", "change", "change_low", "change_high", "limit_low", "limit_high", "effect", "p",
    "detectable",
)  # fmt: skip
Row = dict[str, Any]


@dataclass(frozen=True)
class Spending:
    """``error``: the chance of any false alarm in ``horizon`` periods, of ``questions`` asked of each."""

    error: float
    horizon: int
    questions: int

    @property
    def reach(self) -> float:
        """Standard errors beyond the bound of an alarm at which it is raised with the probability :data:`POWER`."""
        return _REACH

    @property
    def level(self) -> float:
        """The p at or below which a question may raise an alarm."""
        return self.error / (self.horizon * self.questions)

    def alarm(self, effect: float, p: float, least: float, *, levels: int = 1) -> bool:
        """Whether an effect (its size) of at least ``least`` is beyond chance; p is the least of ``levels`` tests."""
        return effect >= least and p * levels <= self.level

    def share_bound(self, share: float, n0: int, n1: int, least: float, *, levels: int = 1) -> float:
        """The change of a share that just raises an alarm, about: the declared size or, with fewer rows, z standard
        errors of the difference of two samples with this share. NaN when either has no rows.
        """
        return max(least, self.z(levels) * _error(share, n0, n1)) if min(n0, n1) else float("nan")

    def share_detected(self, share: float, n0: int, n1: int, least: float, *, levels: int = 1) -> float:
        """The change of a share that raises an alarm with the probability :data:`POWER`."""
        if not min(n0, n1):
            return float("nan")
        bound = self.share_bound(share, n0, n1, least, levels=levels)
        moved = [bound + _REACH * _error(share, n0, n1)]
        for _ in range(20):  # the period's own share decides its error, so the answer is a fixed point
            towards = share + moved[-1] if share + moved[-1] <= 1 else share - moved[-1]
            moved.append(bound + _REACH * sqrt(_variance(share, n0) + _variance(towards, n1)))
        return min(1.0, moved[-1])

    def gap_detected(self, n0: int, n1: int, least: float) -> float:
        """The same of a Kolmogorov-Smirnov gap, at a share of one half, where it is hardest."""
        if not min(n0, n1):
            return float("nan")
        critical = float(kstwobign.isf(self.level)) * sqrt(1 / n0 + 1 / n1)
        return min(1.0, max(least, critical) + _REACH * 0.5 * sqrt(1 / n0 + 1 / n1))

    def auc_detected(self, variance: float, least: float) -> float:
        """The same of an AUC, above one half; ``variance`` is that of two samples that rank alike."""
        error = sqrt(variance)
        return min(1.0, 0.5 + max(least, self.z(1, sides=1) * error) + _REACH * error)

    def z(self, levels: int = 1, sides: int = 2) -> float:
        """The standard normal quantile of an alarm: 4.0 where the level is 0.00006 on both sides."""
        return float(-ndtri(self.level / (sides * levels)))


def _variance(share: float, n: int) -> float:
    held = min(max(share, 0.5 / n), 1 - 0.5 / n)  # half a row: nobody is sure of a share of 0
    return held * (1 - held) / n


def _error(share: float, n0: int, n1: int) -> float:
    pooled = min(max(share, 0.5 / (n0 + n1)), 1 - 0.5 / (n0 + n1))
    return sqrt(pooled * (1 - pooled) * (1 / n0 + 1 / n1))


def judged(
    both: tuple[Estimate, Estimate],
    errors: tuple[float, float],
    p: float,
    *,
    spending: Spending,
    least: float,
    bounds: tuple[float, float],
) -> Row:
    """The row of a figure of the reference and of a period. ``errors`` are the standard error of its change, and the
    change beyond which it is beyond chance, about. An alarm is beyond both control limits, so by ``least`` or more, and
    has a p that is small enough: rates of both sides may move while their difference stays.
    """
    base, now = both
    value, start = float(now.value), float(base.value)
    error, beyond = errors
    bound = max(least, beyond) if not isnan(beyond) else nan
    effect = abs(value - start)
    return {
        "status": UNDEFINED if isnan(effect) else JUDGED,
        "value": value, "low": float(now.low), "high": float(now.high), "reason": now.reason or base.reason,
        "reference": start, "change": value - start, **_change(base, now),
        "limit_low": max(bounds[0], start - bound), "limit_high": min(bounds[1], start + bound),
        "effect": effect, "p": p, "alarm": spending.alarm(effect, p, bound),
        "detectable": bound + spending.reach * error,
    }  # fmt: skip


HIDDEN: Row = dict.fromkeys(OF_A_VALUE, nan) | {"status": UNDEFINED, "alarm": False}
WAITS_FOR_LABELS: Row = HIDDEN | {"status": WAITING, "reason": "labels_are_waited_for"}


def _change(base: Estimate, now: Estimate) -> Row:
    """The interval of the change between two independent samples, from their own intervals."""
    change = float(now.value) - float(base.value)
    down = sqrt((now.value - now.low) ** 2 + (base.high - base.value) ** 2)
    up = sqrt((now.high - now.value) ** 2 + (base.value - base.low) ** 2)
    return {"change_low": change - down, "change_high": change + up}


def trend(rows: Sequence[Row], confidence: float) -> Row:
    """``slope`` of a period with its interval: weighted least squares over the judged periods, each weighted by the
    inverse square of its interval's width; NaN with fewer than three.
    """
    judged = [(at, row) for at, row in enumerate(rows) if row["status"] == JUDGED]
    x, y, wide = np.array([(at, r["value"], r["high"] - r["low"]) for at, r in judged]).reshape(-1, 3).T
    if len(x) < 3 or not (wide > 0).all():
        return dict.fromkeys(("slope", "slope_low", "slope_high"), nan)
    weight = (2 * quantile(confidence) / wide) ** 2
    centred = x - np.average(x, weights=weight)
    spread = float(weight @ centred**2)
    slope, half = float(weight @ (centred * y)) / spread, quantile(confidence) / sqrt(spread)
    return {"slope": slope, "slope_low": slope - half, "slope_high": slope + half}
