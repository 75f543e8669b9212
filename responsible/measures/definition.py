"""What a fairness measure is: two groups compared by rates, with the test and the words that belong to it.

``u`` and ``p`` are ``counts[..., y, ŷ]`` of the unprivileged and the privileged group; every measure is *unprivileged
against privileged*. It is NaN where a rate it needs has a zero denominator, or where a ratio divides by a rate of zero;
:func:`~responsible.statistics.count_figures.reasons` says why.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from responsible.limits import Limits
from responsible.statistics import jackknife, significance
from responsible.statistics.count_figures import CountFigure
from responsible.statistics.rates import RATES, Counts, Rate, divide, parts, rate

Compare = Callable[[Counts, Counts], np.ndarray]
TestOf = Callable[[Counts, Counts], significance.Test]
Line = Callable[[float], tuple[float, float]]
Pair = tuple[Counts, Counts]
"""Unprivileged and privileged tables, each ``(..., 2, 2)``."""
ZERO = "divides_by_zero"
"""Why a ratio has no value: the privileged group's rate is 0."""


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is known of every measure, of counts or of scores.

    ``formula`` is the definition, ``unit`` what its values are, and ``meaning`` the question it answers, in words;
    ``hypothesis`` is what its test tests. A ``ratio`` is 1 at parity, a difference 0. ``rates`` are the rates whose
    denominators carry it, in the order of ``gaps``: the signed differences whose absolute values it averages, or of
    which it takes the ``largest``. ``standard``: it is computed where the parameters choose none; so is one with
    ``limits`` of its own, which hold where the parameters declare none. ``errorless``: a classifier without errors is
    at parity, or ``line`` says what it is; otherwise nobody knows what limits cost.
    """

    formula: str
    unit: str
    hypothesis: str
    meaning: str = ""
    rates: tuple[str, ...] = ()
    ratio: bool = False
    gaps: tuple[Compare, ...] = ()
    largest: bool = False
    standard: bool = False
    limits: Limits | None = None
    line: Line | None = None
    errorless: bool = True

    @property
    def rests_on(self) -> tuple[Rate, ...]:
        """The rates whose denominators carry it; that of all rows, where it names none."""
        return tuple(map(RATES.__getitem__, self.rates or ("selection_rate",)))

    @property
    def fair(self) -> float:
        """The value at parity."""
        return 1.0 if self.ratio else 0.0

    def shown(self, low: float, high: float) -> bool:
        """Whether an interval shows a difference at all, that is, excludes parity; false without an interval (NaN)."""
        return low > self.fair or high < self.fair

    @property
    def bounds(self) -> tuple[float, float]:
        """The least and the greatest value the measure can have."""
        return (0.0, math.inf) if self.ratio else (0.0, 1.0) if self.gaps else (-1.0, 1.0)

    @property
    def needs_labels(self) -> bool:
        """Whether it takes the true labels, which a measure of selection rates or scores alone does not."""
        return self.rates != ("selection_rate",)

    def distance(self, value: float) -> float:
        """How far ``value`` is from parity, in [0, ∞]; a ratio and its reciprocal are equally far."""
        if not self.ratio:
            return abs(value)
        return abs(math.log(value)) if value > 0 else math.inf


@dataclass(frozen=True, kw_only=True)
class Measure(Known):
    """A comparison of two groups by counts: to add one is to add an entry to MEASURES.

    ``compute(u, p)`` maps two tables ``(..., 2, 2)`` to ``(...)``. ``test(u, p)`` tests ``hypothesis``; measures of one
    hypothesis have one test.

    ``line`` is the feasibility rule of a measure of selection rates: a limit v is the line r_u = intercept + slope ·
    r_p of the two rates, and ``line(v)`` is (intercept, slope). None: a classifier without errors is at parity,
    whatever the base rates. ``zero_privileged`` is the reason code when the measure divides by the privileged group's
    rate and that rate is zero. ``summed``: the hypothesis is that the measure is zero, not that each of its rates is
    equal, so that the rates may differ and cancel.
    """

    compute: Compare
    test: TestOf
    summed: bool = False
    zero_privileged: str | None = None

    def clustered(self, parts: Counts) -> float:
        """P of the hypothesis from counts by group of clusters ``(GROUPS, side, y, ŷ)``: the jackknife's."""
        figure = self.figure
        if self.summed:
            return jackknife.is_zero(figure.compute, figure.rates, parts)
        return jackknife.equal_rates(figure.rates, parts)

    @property
    def figure(self) -> CountFigure:
        """The measure as a figure of tables ``(..., side, y, ŷ)`` whose sides are unprivileged and privileged."""
        figure = CountFigure(
            _of_sides(self.compute),
            self.rests_on,
            tuple(map(_of_sides, self.gaps)),
            largest=self.largest,
            bounds=self.bounds,
        )
        return replace(figure, code=self.zero_privileged) if self.zero_privileged else figure


def _of_sides(compare: Compare) -> Callable[[Counts], np.ndarray]:
    return lambda table: compare(table[..., 0, :, :], table[..., 1, :, :])


def difference(rate_name: str) -> Compare:
    """``rate_u − rate_p``: in [−1, 1], 0 is parity, negative when the unprivileged group has the lower rate."""
    return lambda u, p: rate(u, rate_name) - rate(p, rate_name)


def ratio(rate_name: str) -> Compare:
    """``rate_u / rate_p``: in [0, ∞), 1 is parity, undefined when ``rate_p`` is zero (also when both rates are)."""
    return lambda u, p: divide(rate(u, rate_name), rate(p, rate_name))


def equal(rate_name: str) -> TestOf:
    """The test that both groups have one rate: chi-square, or Fisher's where an expected count is small."""

    def test(u: Counts, p: Counts) -> significance.Test:
        events, rows = parts(np.stack([u, p]), rate_name)
        return significance.independence(np.stack([rows - events, events], axis=-1))

    return test


def equal_odds(u: Counts, p: Counts) -> significance.Test:
    """The test of equalized odds, :func:`~responsible.statistics.significance.equalized_odds`."""
    return significance.equalized_odds(u, p)


def equal_sums(*names: str) -> TestOf:
    """The test that both groups have one sum of the rates ``names``, each of other rows:
    :func:`~responsible.measures.contrast.contrast`.
    """

    def test(u: Counts, p: Counts) -> significance.Test:
        from responsible.measures import contrast

        found = [parts(np.stack([u, p]), name) for name in names]
        events, rows = (np.concatenate([each[part] for each in found]) for part in (0, 1))
        return contrast.contrast(events, rows, np.tile([1.0, -1.0], len(names)) / len(names))

    return test


def of_rate(name: str, called: str, rows: str, event: str) -> dict[str, Measure]:
    """The difference and the ratio of a rate that is ``event`` among ``rows``, in words; ``called`` is its letters."""
    plural = name.replace("_", " ") + "s"
    both: dict[str, Any] = {"rates": (name,), "hypothesis": f"equal {plural}", "test": equal(name)}
    return {
        f"{name}_difference": Measure(
            compute=difference(name),
            formula=f"{called} u − {called} p",
            unit=f"difference of {plural}",
            meaning=f"Of {rows}, how much larger is the share that {event} in the unprivileged group?",
            **both,
        ),
        f"{name}_ratio": Measure(
            compute=ratio(name),
            formula=f"{called} u / {called} p",
            unit=f"ratio of {plural}",
            meaning=f"Of {rows}, how many times as large is the share that {event} in the unprivileged group?",
            ratio=True,
            zero_privileged=ZERO,
            **both,
        ),
    }
