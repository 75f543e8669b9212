"""Measures of scores: means over the rows of two groups, *unprivileged minus privileged*, with Welch's interval.

A cell is a score with its number of rows; arrays are ``(m,)``. Cells may be split or merged without changing a result.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy

from responsible.measures.definition import Known
from responsible.names import NO_SCORES
from responsible.statistics import jackknife
from responsible.statistics.count_figures import Estimate
from responsible.statistics.intervals import Inference, Interval, quantile, wilson

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
STILL = "no_variation"
"""All values of a group are equal, so nothing says how sure their mean is."""
UNPAIRED = "scores_not_paired"
"""The scores of the two models are counted apart, so that nobody knows both of a row."""


@dataclass(frozen=True, kw_only=True)
class ScoreMeasure(Known):
    """The difference of two groups' means of ``value(score, label)``; ``labelled``: it takes the labels."""

    value: Callable[[Array, Ints], Array]
    labelled: bool

    @property
    def needs_labels(self) -> bool:
        """Whether it takes the true labels."""
        return self.labelled

    @property
    def bounds(self) -> tuple[float, float]:
        """The least and the greatest value: the mean of a score lies in [0, 1], that of label − score in [−1, 1]."""
        return (-2.0, 2.0) if self.labelled else (-1.0, 1.0)


SCORE_MEASURES: dict[str, ScoreMeasure] = {
    "mean_score_difference": ScoreMeasure(
        value=lambda score, _: score,
        labelled=False,
        formula="mean score u − mean score p",
        unit="difference of mean scores",
        hypothesis="equal mean scores",
        meaning="How much higher is the unprivileged group scored on average, whatever the threshold?",
    ),
    "calibration_difference": ScoreMeasure(
        value=lambda score, label: label - score,
        labelled=True,
        formula="(share with label 1 − mean score) u − (share with label 1 − mean score) p",
        unit="difference of what happens beyond the mean score",
        hypothesis="equal calibration in the large",
        meaning="How much more does the score understate what happens to the unprivileged group?",
    ),
}
"""Every measure of scores by its name in metrics files.

The mean score is the "generalized selection rate" of AIF360's ``sklearn`` API and Kleinberg, Mullainathan & Raghavan's
(2017) balance without the label; the calibration difference compares calibration in the large (Van Calster et al.
2019), their condition A over all scores together.
"""


@dataclass(frozen=True, eq=False)
class Scored:
    """Scored cells: ``scores`` by model, 0/1 ``label``, ``counts`` of rows, ``code`` of the level, −1 for none, and the
    groups of ``clusters`` of :mod:`.jackknife`, if rows come in any; each (m,).
    """

    scores: Mapping[str, Array]
    label: Ints
    counts: Ints
    code: Ints
    clusters: Ints | None = None


@dataclass(frozen=True, eq=False)
class _Sides:
    """A value of each cell and the cells of either side, (2, m) bool: unprivileged, privileged."""

    values: Array
    counts: Ints
    member: npt.NDArray[np.bool_]

    def moments(self) -> tuple[Array, Array, Array]:
        """Rows, mean and sample variance (n − 1) of either side, each (2,); NaN where undefined."""
        weights = self.member * self.counts
        with np.errstate(invalid="ignore", divide="ignore"):
            n = weights.sum(axis=1)
            mean = weights @ self.values / n
            spread = (weights * (self.values - mean[:, None]) ** 2).sum(axis=1)
            return n.astype(float), mean, spread / (n - 1)

    def difference(self, kept: npt.NDArray[np.bool_]) -> float:
        """The difference of means over the cells ``kept``."""
        mean = _Sides(self.values, self.counts * kept, self.member).moments()[1]
        return float(mean[0] - mean[1])


def compare(
    measure: ScoreMeasure,
    model: str,
    found: Scored,
    side: Ints,
    inference: Inference,
    *,
    before: str = "",
    elsewhere: Collection[str] = (),
) -> tuple[Estimate, str, float]:
    """The measure of ``model``, or its change since the model ``before``, with the method and p of its test.

    ``side`` (m,) is 0 unprivileged, 1 privileged, −1 neither. Welch's (1947) interval of the difference of means, of
    the rows' own changes for a change, so that it is paired. Where labels are rare, each side's error is at least
    Wilson's for its share with label 1. Undefined with the reason ``no_scores``, ``scores_not_paired`` (``before`` is
    among the models ``elsewhere``, whose scores are counted apart),
    ``group_absent``, ``n_below_minimum`` or, where all values of a side are equal, ``no_variation``. Of clustered rows
    the interval is stretched to the jackknife's.
    """
    if not {model, before or model} <= found.scores.keys():
        return _without(UNPAIRED if model in found.scores and before in elsewhere else NO_SCORES)
    values = measure.value(found.scores[model], found.label)
    if before:
        values = values - measure.value(found.scores[before], found.label)
    sides = _Sides(values, found.counts, np.stack([side == 0, side == 1]))
    n, mean, variance = sides.moments()
    if reason := _reason(n, variance, inference.minimum_denominator):
        return _without(reason)
    parts = variance / n
    error, freedom = float(np.sqrt(parts.sum())), float(parts.sum() ** 2 / (parts**2 / (n - 1)).sum())
    value = float(mean[0] - mean[1])
    half = float(scipy.special.stdtrit(freedom, (1 + inference.confidence) / 2)) * error
    down, up = _rare(found, sides, inference.confidence) if measure.labelled and not before else (0.0, 0.0)
    low, high = measure.bounds if not before else (-2.0, 2.0)
    ends = Interval(max(value - np.hypot(half, down), low), min(value + np.hypot(half, up), high), 0.0)
    if found.clusters is not None:
        return _clustered(value, ends, error, sides, clusters=found.clusters, inference=inference)
    p = float(2 * scipy.special.stdtr(freedom, -abs(value) / error))
    return Estimate(value, ends.low, ends.high, 0.0, ""), "welch", p


def _reason(n: Array, variance: Array, minimum: int) -> str:
    if n.min() == 0:
        return "group_absent"
    if n.min() < max(minimum, 2):
        return "n_below_minimum"
    return STILL if np.min(variance) <= 0 else ""


def _without(reason: str) -> tuple[Estimate, str, float]:
    return Estimate(np.nan, np.nan, np.nan, 0.0, reason), "undefined", np.nan


def _rare(found: Scored, sides: _Sides, confidence: float) -> tuple[float, float]:
    """How much farther down and up Wilson's intervals of the shares with label 1 reach than normal ones, squared and
    added over both sides.
    """
    weights = sides.member * found.counts
    n, k = weights.sum(axis=1), weights @ found.label
    share, ends, z = k / n, wilson(k, n, confidence), quantile(confidence)
    normal = z * z * share * (1 - share) / n
    below, above = (np.maximum(distance**2 - normal, 0.0) for distance in (share - ends.low, ends.high - share))
    return float(np.sqrt(below[0] + above[1])), float(np.sqrt(above[0] + below[1]))


def _clustered(
    value: float, ends: Interval, error: float, sides: _Sides, *, clusters: Ints, inference: Inference
) -> tuple[Estimate, str, float]:
    support = min(np.unique(clusters[own & (sides.counts > 0)]).size for own in sides.member)
    if support < inference.minimum_denominator or support < 2:
        return _without(jackknife.FEW)
    values, free = jackknife.of_cells(sides.difference, clusters), (-2.0, 2.0)
    found = jackknife.stretched(
        ends, np.asarray(value), values, support=np.asarray(support), confidence=inference.confidence, bounds=free
    )
    wide = max(error, float(jackknife.errors(values, np.asarray(value))))
    p = float(2 * scipy.special.stdtr(support - 1, -abs(value) / wide))
    return Estimate(value, float(found.low), float(found.high), 0.0, ""), "jackknife", p
