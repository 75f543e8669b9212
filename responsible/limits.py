"""Limits: the values a figure may take, and what an interval says about them; on plain floats, without numpy."""

from __future__ import annotations

import math
from typing import Literal, Self

from pydantic import model_validator

from responsible.validation import Params

Verdict = Literal["pass", "fail", "insufficient_evidence", "infeasible"]


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
