"""Limits: the values a figure may take, and what an interval says about them; on plain floats, without numpy."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, Self

from pydantic import model_validator

from responsible.validation import Params

Verdict = Literal["pass", "fail", "insufficient_evidence", "infeasible"]
WORST_FIRST: tuple[Verdict, ...] = ("infeasible", "fail", "insufficient_evidence", "pass")
EXCEEDED = {"pass": False, "insufficient_evidence": None, "fail": True, "infeasible": True}
"""Verdict → whether the limits are exceeded; None where the evidence does not decide."""


class Limits(Params):
    """The values of a measure that are acceptable, bounds included; one bound may be left out, not both."""

    minimum: float | None = None
    maximum: float | None = None

    @model_validator(mode="after")
    def _some_room(self) -> Self:
        if self.minimum is None and self.maximum is None:
            raise ValueError("needs a minimum or a maximum, got neither")
        if self.low >= self.high:
            raise ValueError(f"minimum must be < maximum, got {self.minimum} and {self.maximum}")
        return self

    @property
    def low(self) -> float:
        """The minimum, −∞ when there is none."""
        return -math.inf if self.minimum is None else self.minimum

    @property
    def high(self) -> float:
        """The maximum, ∞ when there is none."""
        return math.inf if self.maximum is None else self.maximum

    def judge(self, low: float, high: float, *, unreachable: bool = False) -> Verdict:
        """The verdict on everything between ``low`` and ``high``, NaN when there is no such interval.

        ``pass`` when all of it lies inside, bounds included; else ``infeasible`` when the limits are ``unreachable``;
        ``fail`` when all of it lies outside; ``insufficient_evidence`` when it straddles a bound or is undefined.
        """
        if self.low <= low and high <= self.high:
            return "pass"
        if unreachable:
            return "infeasible"
        return "fail" if high < self.low or low > self.high else "insufficient_evidence"

    def beyond(self, value: float) -> float:
        """How far ``value`` lies outside, negative inside, −∞ when undefined: in its own unit, or in logarithms where
        the minimum is positive, so that a ratio and its reciprocal are equally far. A minimum of 0 that is kept, beside
        a maximum, only says that the figure is never negative: nothing is near to it.
        """
        if math.isnan(value):
            return -math.inf
        low, high = self.low, self.high
        if low > 0:
            low, value, high = (math.log(x) if x > 0 else -math.inf for x in (low, value, high))
        elif low == 0 <= value and high < math.inf:
            low = -math.inf
        return max(low - value, value - high)


def decisive(each: Sequence[tuple[Verdict, float]]) -> int:
    """Which of several figures that must all meet their limits decides: the place of the first with the worst verdict,
    and of those the one farthest out. ``each`` has verdict and distance (:meth:`Limits.beyond`).
    """
    return min(range(len(each)), key=lambda i: (WORST_FIRST.index(each[i][0]), -round(each[i][1], 9)))
