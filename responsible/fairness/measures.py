"""Fairness measures between two groups, each one line over the rates; every one is *unprivileged against privileged*.

``u`` and ``p`` are ``counts[..., y, ŷ]`` of the unprivileged and the privileged group. A measure is NaN where a rate
it needs has a zero denominator, or where a ratio divides by a rate of zero; :func:`undefined` gives the reason.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from responsible.statistics import intervals
from responsible.statistics.rates import RATES, Counts, divide, parts, rate

Compare = Callable[[Counts, Counts], np.ndarray]
Pair = tuple[Counts, Counts]
"""Unprivileged and privileged tables, each ``(..., 2, 2)``."""


@dataclass(frozen=True)
class Measure:
    """A comparison of two groups.

    ``compute(u, p)`` maps two tables ``(..., 2, 2)`` to ``(...)``. ``fair`` is the value at parity, ``formula`` the
    definition in words a table can show, ``hypothesis`` what the significance test beside it tests, ``rates`` the
    rates whose denominators carry the measure. ``zero_privileged`` is the reason code when the measure divides by the
    privileged group's rate and that rate is zero. ``gaps`` are the signed differences whose absolute values the
    measure averages, if it is one of that kind.
    """

    compute: Compare
    fair: float
    formula: str
    hypothesis: str
    rates: tuple[str, ...]
    zero_privileged: str | None = None
    gaps: tuple[Compare, ...] = ()


def difference(rate_name: str) -> Compare:
    """``rate_u − rate_p``: in [−1, 1], 0 is parity, negative when the unprivileged group has the lower rate."""
    return lambda u, p: rate(u, rate_name) - rate(p, rate_name)


def ratio(rate_name: str) -> Compare:
    """``rate_u / rate_p``: in [0, ∞), 1 is parity, undefined when ``rate_p`` is zero (also when both rates are)."""
    return lambda u, p: divide(rate(u, rate_name), rate(p, rate_name))


def _average(tpr: np.ndarray, fpr: np.ndarray) -> np.ndarray:
    return (fpr + tpr) / 2


_tpr, _fpr = difference("true_positive_rate"), difference("false_positive_rate")

MEASURES: dict[str, Measure] = {
    "statistical_parity_difference": Measure(
        compute=difference("selection_rate"),
        fair=0.0,
        formula="selection rate u − selection rate p",
        hypothesis="equal selection rates",
        rates=("selection_rate",),
    ),
    "disparate_impact": Measure(
        compute=ratio("selection_rate"),
        fair=1.0,
        formula="selection rate u / selection rate p",
        hypothesis="equal selection rates",
        rates=("selection_rate",),
        zero_privileged="no_predicted_positives",
    ),
    "equal_opportunity_difference": Measure(
        compute=_tpr,
        fair=0.0,
        formula="TPR u − TPR p",
        hypothesis="equal true positive rates",
        rates=("true_positive_rate",),
    ),
    "average_odds_difference": Measure(
        compute=lambda u, p: _average(_tpr(u, p), _fpr(u, p)),
        fair=0.0,
        formula="½ [(FPR u − FPR p) + (TPR u − TPR p)]",
        hypothesis="equalized odds",
        rates=("true_positive_rate", "false_positive_rate"),
    ),
    "average_absolute_odds_difference": Measure(
        compute=lambda u, p: _average(np.abs(_tpr(u, p)), np.abs(_fpr(u, p))),
        fair=0.0,
        formula="½ [|FPR u − FPR p| + |TPR u − TPR p|]",
        hypothesis="equalized odds",
        rates=("true_positive_rate", "false_positive_rate"),
        gaps=(_tpr, _fpr),
    ),
    "predictive_parity_difference": Measure(
        compute=difference("positive_predictive_value"),
        fair=0.0,
        formula="PPV u − PPV p",
        hypothesis="equal predictive values",
        rates=("positive_predictive_value",),
    ),
}
"""Every measure by its name in metrics files.

The same numbers elsewhere: AIF360 0.6.1 (``ClassificationMetric`` and ``aif360.sklearn.metrics``) for all but the
absolute one, which is fairlearn's ``equalized_odds_difference(agg="mean")``; fairlearn's other measures are absolute
values. They differ where a measure is undefined. Average odds can cancel, so the absolute average, in [0, 1], stands
beside it. Sources: Feldman et al. 2015 (disparate impact), Hardt, Price & Srebro 2016 (equal opportunity, equalized
odds), Chouldechova 2017 (predictive parity), Bellamy et al. 2018 (AIF360, average odds).
"""


def undefined(name: str, u: Counts, p: Counts, minimum: int = 1) -> str | None:
    """Why the measure ``name`` of two tables ``(2, 2)`` has no value to report; None when it has one.

    ``group_absent`` when a group has no rows; then the first rate of the measure with an empty denominator in either
    group: ``no_positives``, ``no_negatives``, ``no_predicted_positives`` (also a disparate impact whose privileged
    group has nobody selected); then ``n_below_minimum`` when a denominator has fewer than ``minimum`` rows in either
    group. The denominators are rows for selection rates, label 1 for TPR, label 0 for FPR, selected rows for PPV.
    """
    if np.sum(u) == 0 or np.sum(p) == 0:
        return "group_absent"
    measure = MEASURES[name]
    smallest = {key: min(int(parts(u, key)[1]), int(parts(p, key)[1])) for key in measure.rates}
    if empty := [RATES[key].empty for key, rows in smallest.items() if rows == 0]:
        return empty[0]
    if measure.zero_privileged and parts(p, measure.rates[0])[0] == 0:
        return measure.zero_privileged
    return "n_below_minimum" if min(smallest.values()) < minimum else None


def signed(name: str, draws: Pair, point: Pair) -> np.ndarray:
    """Replicates ``(number, ...)`` of the measure, in which absolute gaps are replaced by gaps times the sign at
    ``point``.

    That makes a mean of absolute gaps vary around its estimate as a signed difference does, below zero too. For all
    other measures these are its plain replicates.
    """
    if not (gaps := MEASURES[name].gaps):
        return MEASURES[name].compute(*draws)
    return intervals.along(_stack(gaps, draws), _stack(gaps, point))


def _stack(gaps: tuple[Compare, ...], tables: Pair) -> np.ndarray:
    return np.stack([gap(*tables) for gap in gaps], axis=-1)


def interval(name: str, draws: Pair, point: Pair, confidence: float) -> intervals.Interval:
    """The interval of the measure at ``point`` from replicates ``draws`` ``(number, ...)``: percentiles, except that a
    mean of absolute gaps takes :func:`~responsible.statistics.intervals.absolute`, because its percentiles would never
    contain 0.
    """
    if not (gaps := MEASURES[name].gaps):
        return intervals.percentile(MEASURES[name].compute(*draws), confidence)
    return intervals.absolute(_stack(gaps, draws), _stack(gaps, point), confidence)


def change_interval(
    name: str, draws: tuple[Pair, Pair], point: tuple[Pair, Pair], confidence: float
) -> intervals.Interval:
    """The interval of the measure's change between two models, second minus first, from paired replicates.

    ``draws`` and ``point`` hold the tables of both models; the draws must be of the same rows, that is of joint
    counts. For a mean of absolute gaps the truth is held less exactly near parity: at 95 % in 92 % of simulated data
    sets when one model is at exact parity and the other is not, in 99 % when both are.
    """
    before, after = (signed(name, d, p) for d, p in zip(draws, point, strict=True))
    return intervals.percentile(after - before, confidence)


def pool(counts: Counts, privileged: np.ndarray) -> tuple[Counts, Counts]:
    """Sum ``counts[..., g, y, ŷ]`` over the groups outside and inside ``privileged`` ``(g,)``: two tables ``(..., 2,
    2)``, (u, p).
    """
    counts, privileged = np.asarray(counts), np.asarray(privileged, dtype=bool)
    return counts[..., ~privileged, :, :].sum(axis=-3), counts[..., privileged, :, :].sum(axis=-3)
