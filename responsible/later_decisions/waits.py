"""Mean waits by period: of all cases, and of one group against another, with control limits from the reference.

A mean, or a difference of two, can only change when the waits of one of its sides do. So each side is one question,
tested by :func:`~responsible.measures.exact_tests.of_means`, as shares are in :mod:`responsible.monitoring.figures`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan, sqrt

import numpy as np
import numpy.typing as npt
import pandas as pd

from responsible.healthcare.cases import DURATION
from responsible.measures import exact_tests
from responsible.monitoring.alarms import WAITS
from responsible.monitoring.sides import EVERYBODY, Sides
from responsible.monitoring.spending import HIDDEN, Row, Spending, judged, trend
from responsible.statistics.count_figures import Estimate
from responsible.statistics.intervals import Inference
from responsible.statistics.means import STILL, Moments, student, welch
from responsible.tabular.levels import Disclosure

MEAN, GAP = "mean_wait", "mean_wait_difference"
Values = Sequence[npt.NDArray[np.float64]]


def asked(each: Sequence[Sides]) -> int:
    """How many questions waits are in a period: the distinct sides."""
    return len({(own.attribute, name) for own in each for name in own.names})


@dataclass(frozen=True)
class Waits:
    """What waits are judged with; ``least`` is the effect of an alarm in the unit of the duration."""

    periods: Sequence[str]
    spending: Spending
    least: float
    inference: Inference
    disclosure: Disclosure

    def rows(self, each: Sides, reference: pd.DataFrame, parts: Sequence[pd.DataFrame]) -> list[Row]:
        """A row for each period, with the columns of :meth:`responsible.monitoring.figures.Judge.rows`. Cases without a
        duration are left out. Intervals are Student's, of a difference Welch's.
        """
        then, found = _of_sides(each, reference), list[Row]()
        figure = MEAN if each.attribute == EVERYBODY else GAP
        place: Row = {"kind": WAITS, "attribute": each.attribute, "comparison": each.comparison, "figure": figure}
        for period, part in zip(self.periods, parts, strict=True):
            now = _of_sides(each, part)
            row = self._judged(then, now)
            hidden = {} if self.disclosure.safe([len(own) for own in now]) else HIDDEN | self._hidden()
            rows = sum(len(own) for own in now)
            found.append(place | {"period": period, "rows": rows, "labelled": 1.0} | row | hidden)
        slope = trend(found, self.inference.confidence)
        return [row | slope for row in found]

    def _hidden(self) -> Row:
        return {"reason": self.disclosure.reason}

    def _judged(self, then: Values, now: Values) -> Row:
        both = self._estimate(then), self._estimate(now)
        few = self.inference.minimum_denominator
        pairs = list(zip(then, now, strict=True))
        tests = [exact_tests.of_means(a, b) for a, b in pairs if min(len(a), len(b)) >= few]
        errors = (nan, nan)
        if len(tests) == len(pairs):
            beyond = max(exact_tests.mean_bound(a, len(a), len(b), self.spending.level) for a, b in pairs)
            errors = sqrt(sum(_spread(a, b) ** 2 * (1 / len(a) + 1 / len(b)) for a, b in pairs)), beyond
        p = min(tests, default=1.0)
        bounds = (-np.inf if len(then) > 1 else 0.0, np.inf)
        return judged(both, errors, p, spending=self.spending, least=self.least, bounds=bounds)

    def _estimate(self, values: Values) -> Estimate:
        least = min(len(own) for own in values)
        if least < self.inference.minimum_denominator:
            return Estimate(nan, nan, nan, 1.0, "n_below_minimum" if least else "group_absent")
        sides = [Moments.of(own, np.zeros(len(own), np.int64), np.ones((1, 1), np.bool_)) for own in values]
        sure = self.inference.confidence
        found = student(sides[0], sure) if len(sides) == 1 else welch(sides[0], sides[1], sure)
        value, low, high, _ = (float(own[0]) for own in found)
        return Estimate(nan, nan, nan, 1.0, STILL) if np.isnan(low) else Estimate(value, low, high, 0.0, "")


def _of_sides(each: Sides, cases: pd.DataFrame) -> Values:
    kept = cases[cases[DURATION].notna()]
    code, durations = each.code(kept), kept[DURATION].to_numpy(dtype=float)
    return [durations[code == side] for side in range(len(each.names))]


def _spread(then: npt.NDArray[np.float64], now: npt.NDArray[np.float64]) -> float:
    """The standard deviation within the two samples."""
    return sqrt((len(then) * np.var(then) + len(now) * np.var(now)) / (len(then) + len(now)))
