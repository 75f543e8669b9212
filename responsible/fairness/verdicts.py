"""Verdicts: which measures are judged, their intervals against declared limits, and what these cost the best
classifier.
"""

from __future__ import annotations

import math
from typing import Annotated, Self

import numpy as np
from pydantic import Field, field_validator, model_validator

from responsible.fairness.measures import KNOWN, Line, ordered, standard
from responsible.limits import Limits, Verdict
from responsible.statistics.count_figures import Estimate
from responsible.statistics.intervals import Inference, Interval
from responsible.statistics.rates import Counts, divide, rate
from responsible.statistics.sample_size import growth
from responsible.validation import Params, did_you_mean


class Fairness(Params):
    """Which measures are computed, the limits they are judged by, and the lowest accuracy a model is of use at (for
    ``infeasible``).

    ``measures``: those that are computed besides the ones with ``limits``, which alone are judged. Without the list the
    standard measures are, and each of them must have limits.
    """

    accuracy_floor: Annotated[float, Field(ge=0, le=1)]
    limits: dict[str, Limits]
    measures: list[str] | None = None

    @field_validator("limits")
    @classmethod
    def _with_their_own(cls, limits: dict[str, Limits]) -> dict[str, Limits]:
        return {name: own for name, measure in KNOWN.items() if (own := measure.limits)} | limits

    @model_validator(mode="after")
    def _known(self) -> Self:
        """Refuse measures that do not exist, and standard ones without limits, declared or their own."""
        for key, names in (("limits", self.limits), ("measures", self.measures or ())):
            for name in names:
                if name not in KNOWN:
                    raise ValueError(f"{key}.{name} is not a measure{did_you_mean(name, KNOWN)}")
        if self.measures is None and (lacking := [name for name in standard() if name not in self.limits]):
            remedy = "add a minimum or maximum, or list under measures what is to be computed"
            raise ValueError(f"limits for {', '.join(lacking)} are missing; {remedy}")
        return self

    @property
    def chosen(self) -> list[str]:
        """The measures that are computed, in the order of the registry."""
        return ordered({*self.limits, *(self.measures or ())})


_Side = tuple[int, float, float]  # 1 above the line, -1 below; intercept; slope


def verdict(
    interval: Interval, limits: Limits, best_accuracy_high: float | None = None, floor: float | None = None
) -> Verdict:
    """Judge the whole interval (floats), not the point, against the limits.

    ``pass`` when all of it lies inside, bounds included; otherwise ``infeasible`` when even the upper interval end of
    the accuracy that any classifier could reach under the limits (:func:`best_accuracy`) is below the accuracy
    ``floor``; ``fail`` when all of it lies outside; ``insufficient_evidence`` when it straddles a limit or is
    undefined: too little data is never a pass.
    """
    unreachable = best_accuracy_high is not None and floor is not None and best_accuracy_high < floor
    return limits.judge(interval.low, interval.high, unreachable=unreachable)


TO_DO = {
    "infeasible": "Reconsider the label or the limit. No model can meet this limit with this label.",
    "fail": "Mitigate the difference, or change what is decided.",
    "insufficient_evidence": "Collect more data. This is not a pass.",
    "pass": "Nothing now. Review the limits when the use changes.",
}
"""What is to be done about a verdict, the worst first."""
MOST = 1e12  # more rows than anybody has: the estimate lies at the limit for all that can be known
POWER = 0.8
"""With which probability the rows that are asked for would decide, if the estimate held."""


def rows_needed(
    found: Estimate, limits: Limits, judged: Verdict, supports: tuple[int, int], inference: Inference
) -> dict[str, int | None]:
    """``needed_unprivileged`` and ``needed_privileged``: the rows that would decide a verdict of insufficient evidence.

    ``supports`` are the fewest rows a rate of the measure rests on in each group (with its label, or selected): both
    are to grow alike, by :func:`~responsible.statistics.sample_size.growth`. A measure with too few rows to be reported
    needs the minimum first. None where the verdict is another one, where no number of rows would decide because the
    estimate lies at a limit, and where nothing is known.
    """
    more: list[int | None] = [None, None]
    if judged == "insufficient_evidence" and found.reason == "n_below_minimum":
        more = [max(rows, inference.minimum_denominator) for rows in supports]
    elif judged == "insufficient_evidence":
        ends = float(found.value), float(found.low), float(found.high)
        times = growth(*ends, (limits.low, limits.high), confidence=inference.confidence, power=POWER)
        more = [math.ceil(rows * times) if rows * times < MOST else None for rows in supports]
    return {"needed_unprivileged": more[0], "needed_privileged": more[1]}


def best_accuracy(u: Counts, p: Counts, measure: str, limits: Limits, others: int = 0) -> np.ndarray:
    """The highest accuracy any classifier, even one that sees the labels, can have while ``measure`` meets the limits.

    ``u`` and ``p`` are ``counts[..., y, ŷ]``, of which only group sizes and base rates matter; the result is ``(...)``
    in [0, 1], NaN where a group has no rows. Selecting at rate r_g in a group with base rate b_g costs at least |r_g −
    b_g| errors a row, so the answer for statistical parity and disparate impact is 1 − min (s_u |r_u − b_u| + s_p |r_p
    − b_p|) over the rates within the limits, with s_g the groups' shares of rows. (For a ratio it is the supremum: r_p
    may tend to 0.) It is 0 when no pair of rates is within the limits. A perfect classifier has no errors to differ
    in: 1 for the other measures when the limits contain parity, else NaN.

    ``others`` are the rows of everybody outside the two groups. No limit on these two binds them, so all of them can be
    right, and the accuracy over everybody is 1 − (1 − best of the pair) · n_pair / (n_pair + others).
    """
    base_u, base_p = rate(u, "base_rate"), rate(p, "base_rate")
    defined = np.where(np.isnan(base_u + base_p), np.nan, 1.0)
    if (line := KNOWN[measure].line) is None:
        parity = KNOWN[measure].fair
        return np.asarray(defined * (1.0 if limits.low <= parity <= limits.high else np.nan))[()]
    pair = np.sum(u, axis=(-2, -1)) + np.sum(p, axis=(-2, -1))
    share_u = divide(np.sum(u, axis=(-2, -1)), pair)
    sides = _sides(line, limits)
    rates_u, rates_p = _corners(base_u, base_p, sides)
    cost = share_u * np.abs(rates_u - base_u) + (1 - share_u) * np.abs(rates_p - base_p)
    least = np.min(np.where(_within(rates_u, rates_p, sides), cost, 1.0), axis=0)
    return np.asarray(defined * (1 - least * divide(pair, pair + others)))[()]


def _sides(line: Line, limits: Limits) -> list[_Side]:
    bounds = [(1, limits.minimum), (-1, limits.maximum)]
    return [(sign, *line(value)) for sign, value in bounds if value is not None]


def _corners(base_u: np.ndarray, base_p: np.ndarray, sides: list[_Side]) -> tuple[np.ndarray, np.ndarray]:
    """Where a cost that is linear between its kinks can be least: crossings of kinks, limits and 0 and 1; two (corner,
    ...).
    """
    across = [base_u, np.zeros_like(base_u), np.ones_like(base_u)]
    along = [base_p, np.zeros_like(base_p), np.ones_like(base_p)]
    corners = [(r_u, r_p) for r_u in across for r_p in along]
    for _, intercept, slope in sides:
        corners += [(intercept + slope * r_p, r_p) for r_p in along]
        corners += [(r_u, (r_u - intercept) / slope) for r_u in across if slope != 0]
    return np.stack([r_u for r_u, _ in corners]), np.stack([r_p for _, r_p in corners])


def _within(rates_u: np.ndarray, rates_p: np.ndarray, sides: list[_Side]) -> np.ndarray:
    near = 1e-12  # corners lie on the limits themselves, so rounding must not push them out
    inside = (np.minimum(rates_u, rates_p) >= -near) & (np.maximum(rates_u, rates_p) <= 1 + near)
    for sign, intercept, slope in sides:
        inside &= sign * (rates_u - intercept - slope * rates_p) >= -near
    return np.asarray(inside)
