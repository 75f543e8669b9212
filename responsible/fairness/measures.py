"""Fairness measures between two groups, each one line over the rates; every one is *unprivileged against privileged*.

``u`` and ``p`` are ``counts[..., y, ŷ]`` of the unprivileged and the privileged group. A measure is NaN where a rate
it needs has a zero denominator, or where a ratio divides by a rate of zero;
:func:`~responsible.statistics.count_figures.reasons` says why.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from responsible.limits import Limits
from responsible.statistics.count_figures import CountFigure
from responsible.statistics.rates import RATES, Counts, divide, parts, rate

if TYPE_CHECKING:
    from responsible.statistics.significance import Test

Compare = Callable[[Counts, Counts], np.ndarray]
TestOf = Callable[[Counts, Counts], "Test"]
Line = Callable[[float], tuple[float, float]]
Pair = tuple[Counts, Counts]
"""Unprivileged and privileged tables, each ``(..., 2, 2)``."""


@dataclass(frozen=True, kw_only=True)
class Measure:
    """A comparison of two groups, and everything that is known of it: to add one is to add an entry to MEASURES.

    ``compute(u, p)`` maps two tables ``(..., 2, 2)`` to ``(...)``; ``rates`` are the rates whose denominators carry it.
    ``formula`` is the definition and ``unit`` what its values are, in words. ``test(u, p)`` tests ``hypothesis``;
    measures of one hypothesis have one test. A ``ratio`` is 1 at parity, a difference 0.

    ``line`` is the feasibility rule of a measure of selection rates: a limit v is the line r_u = intercept + slope ·
    r_p of the two rates, and ``line(v)`` is (intercept, slope). None: a classifier without errors is at parity,
    whatever the base rates. ``zero_privileged`` is the reason code when the measure divides by the privileged group's
    rate and that rate is zero. ``gaps`` are the signed differences whose absolute values the measure averages, if it
    is one of that kind. ``limits`` hold where the parameters declare none; None: they must declare some.
    """

    compute: Compare
    rates: tuple[str, ...]
    formula: str
    unit: str
    hypothesis: str
    test: TestOf
    ratio: bool = False
    line: Line | None = None
    zero_privileged: str | None = None
    gaps: tuple[Compare, ...] = ()
    limits: Limits | None = None

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
        """Whether it takes the true labels, which a measure of selection rates alone does not."""
        return self.rates != ("selection_rate",)

    @property
    def figure(self) -> CountFigure:
        """The measure as a figure of tables ``(..., side, y, ŷ)`` whose sides are unprivileged and privileged."""
        figure = CountFigure(
            _of_sides(self.compute),
            tuple(map(RATES.__getitem__, self.rates)),
            tuple(map(_of_sides, self.gaps)),
            bounds=self.bounds,
        )
        return replace(figure, code=self.zero_privileged) if self.zero_privileged else figure

    def distance(self, value: float) -> float:
        """How far ``value`` is from parity, in [0, ∞]; a ratio and its reciprocal are equally far."""
        if not self.ratio:
            return abs(value)
        return abs(math.log(value)) if value > 0 else math.inf


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

    def test(u: Counts, p: Counts) -> Test:
        from responsible.statistics import significance  # scipy.stats: only who tests pays for it

        events, rows = parts(np.stack([u, p]), rate_name)
        return significance.independence(np.stack([rows - events, events], axis=-1))

    return test


def _equalized_odds(u: Counts, p: Counts) -> Test:
    from responsible.statistics import significance

    return significance.equalized_odds(u, p)


def _average(tpr: np.ndarray, fpr: np.ndarray) -> np.ndarray:
    return (fpr + tpr) / 2


_tpr, _fpr = difference("true_positive_rate"), difference("false_positive_rate")

MEASURES: dict[str, Measure] = {
    "statistical_parity_difference": Measure(
        compute=difference("selection_rate"),
        rates=("selection_rate",),
        formula="selection rate u − selection rate p",
        unit="difference of selection rates",
        hypothesis="equal selection rates",
        test=equal("selection_rate"),
        line=lambda v: (v, 1.0),
    ),
    "disparate_impact": Measure(
        compute=ratio("selection_rate"),
        rates=("selection_rate",),
        formula="selection rate u / selection rate p",
        unit="ratio of selection rates",
        hypothesis="equal selection rates",
        test=equal("selection_rate"),
        ratio=True,
        line=lambda v: (0.0, v),
        zero_privileged="no_predicted_positives",
    ),
    "equal_opportunity_difference": Measure(
        compute=_tpr,
        rates=("true_positive_rate",),
        formula="TPR u − TPR p",
        unit="difference of true positive rates",
        hypothesis="equal true positive rates",
        test=equal("true_positive_rate"),
    ),
    "average_odds_difference": Measure(
        compute=lambda u, p: _average(_tpr(u, p), _fpr(u, p)),
        rates=("true_positive_rate", "false_positive_rate"),
        formula="½ [(FPR u − FPR p) + (TPR u − TPR p)]",
        unit="mean difference of true and false positive rates",
        hypothesis="equalized odds",
        test=_equalized_odds,
    ),
    "average_absolute_odds_difference": Measure(
        compute=lambda u, p: _average(np.abs(_tpr(u, p)), np.abs(_fpr(u, p))),
        rates=("true_positive_rate", "false_positive_rate"),
        formula="½ [|FPR u − FPR p| + |TPR u − TPR p|]",
        unit="mean absolute difference of true and false positive rates",
        hypothesis="equalized odds",
        test=_equalized_odds,
        gaps=(_tpr, _fpr),
    ),
    "predictive_parity_difference": Measure(
        compute=difference("positive_predictive_value"),
        rates=("positive_predictive_value",),
        formula="PPV u − PPV p",
        unit="difference of positive predictive values",
        hypothesis="equal predictive values",
        test=equal("positive_predictive_value"),
    ),
}
"""Every measure by its name in metrics files.

The same numbers elsewhere: AIF360 0.6.1 (``ClassificationMetric`` and ``aif360.sklearn.metrics``) for all but the
absolute one, which is fairlearn's ``equalized_odds_difference(agg="mean")``; fairlearn's other measures are absolute
values. Average odds can cancel, so the absolute average stands beside it. Sources: Feldman et al. 2015 (disparate
impact), Hardt, Price & Srebro 2016 (equal opportunity, equalized odds), Chouldechova 2017 (predictive parity), Bellamy
et al. 2018 (AIF360, average odds).
"""
