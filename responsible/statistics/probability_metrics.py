"""Scores: how well predicted probabilities rank and how close they come, from counts over cells.

A cell is a score with its numbers of rows with label 1 (``positives``) and label 0 (``negatives``); each is an array
``(m,)``. Cells of one score may be split or merged and their order changed without changing a result, and the results
equal those on rows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

from responsible.statistics import jackknife
from responsible.statistics.intervals import Interval, quantile
from responsible.statistics.rates import divide

Array = np.ndarray


@dataclass(frozen=True)
class Score:
    """A figure of scored cells: ``value(score, positives, negatives)`` and ``interval(…, confidence)``."""

    value: Callable[[Array, Array, Array], float]
    interval: Callable[[Array, Array, Array, float], Interval]


@dataclass(frozen=True, eq=False)
class Calibration:
    """Scores against outcomes by bin, arrays ``(bins,)``: ``minimum`` ≤ score < ``maximum`` (the last bin holds 1
    too).

    ``n`` rows, ``positives`` of them with label 1; ``score`` their mean score, ``observed`` the share of label 1 with
    its Wilson interval ``low`` to ``high``. Bins without rows are listed, with NaN.
    """

    minimum: Array
    maximum: Array
    n: Array
    positives: Array
    score: Array
    observed: Array
    low: Array
    high: Array


def _pooled(score: Array, positives: Array, negatives: Array) -> tuple[Array, Array, Array]:
    """Distinct scores ascending, and the positives and negatives at each; cells without rows are left out."""
    score, positives, negatives = (np.asarray(a) for a in (score, positives, negatives))
    held = positives + negatives > 0
    distinct, place = np.unique(score[held], return_inverse=True)
    tally = [np.bincount(place, rows[held], len(distinct)) for rows in (positives, negatives)]
    return distinct, tally[0], tally[1]


def _below(rows: Array) -> Array:
    """Rows with a lower score plus half of those with the same, for rows by ascending distinct score."""
    return np.asarray(np.cumsum(rows) - rows / 2)


def roc_auc(score: Array, positives: Array, negatives: Array) -> float:
    """Area under the ROC curve: the share of (positive, negative) pairs that are ranked rightly, a tie counting half.

    In [0, 1]; 0.5 is chance; NaN without positives or without negatives (Hanley & McNeil 1982).
    """
    _, positive, negative = _pooled(score, positives, negatives)
    return float(divide(positive @ _below(negative), positive.sum() * negative.sum()))


def auc_interval(score: Array, positives: Array, negatives: Array, confidence: float) -> Interval:
    """Interval for :func:`roc_auc`: DeLong's variance, symmetric on the logit scale, so inside [0, 1].

    var = S₁₀/P + S₀₁/N, with S the sample variances of each positive's share of negatives below it and each negative's
    share of positives above it (DeLong, DeLong & Clarke-Pearson 1988, eq. 5). NaN with fewer than 2 positives or 2
    negatives. It reaches at least as far as half a row more of either class, ranked last or first, could move the area;
    and where the rows of a class rank alike, so that their variance is zero, as far as z² such rows, which for areas
    of 0 and 1 is Wilson's interval of min(P, N) rows.
    """
    _, positive, negative = _pooled(score, positives, negatives)
    p, n = positive.sum(), negative.sum()
    if min(p, n) < 2:
        return Interval(np.nan, np.nan, 1.0)
    auc, z = roc_auc(score, positives, negatives), quantile(confidence)
    spreads = _variance(_below(negative) / n, positive), _variance(1 - _below(positive) / p, negative)
    extra = [(z * z if spread == 0 else 0.5) / rows for spread, rows in zip(spreads, (p, n), strict=True)]
    low, high = min(auc / (1 + more) for more in extra), max((auc + more) / (1 + more) for more in extra)
    if auc in (0.0, 1.0):
        return Interval(low, high)
    half = z * np.sqrt(spreads[0] / p + spreads[1] / n) / (auc * (1 - auc))
    return Interval(min(low, float(expit(logit(auc) - half))), max(high, float(expit(logit(auc) + half))))


def _variance(values: Array, rows: Array) -> float:
    """Sample variance (n − 1) of ``values`` that stand for ``rows`` rows each, two or more in all."""
    n = rows.sum()
    return float((values - values @ rows / n) ** 2 @ rows / (n - 1))


def calibration(
    score: Array, positives: Array, n: Array, bins: int, confidence: float = 0.95, *, clusters: Array | None = None
) -> Calibration:
    """Mean score against observed share of label 1 in ``bins`` bins of equal width over [0, 1]; ``n`` are all rows of
    a cell. ``clusters`` (m,) are the groups of clusters of :mod:`.jackknife`, if rows come in any.
    """
    score, positives, n = (np.asarray(a) for a in (score, positives, n))
    if np.any(positives > n) or np.any((score < 0) | (score > 1)):
        raise ValueError("calibration: needs positives <= n and scores in [0, 1]")
    edges = np.linspace(0, 1, bins + 1)
    place = np.searchsorted(edges[1:-1], score, side="right")
    rows, ones, total = (np.bincount(place, weights, bins) for weights in (n, positives, n * score))
    parts = None
    if clusters is not None:
        both, size = clusters * bins + place, jackknife.GROUPS * bins
        own = [np.bincount(both, weights, size).reshape(-1, bins) for weights in (positives, n)]
        parts = own[0], own[1]
    interval = jackknife.wilson(ones, rows, confidence, parts)
    whole = rows.astype(np.int64), ones.astype(np.int64)
    return Calibration(
        edges[:-1], edges[1:], *whole, divide(total, rows), divide(ones, rows), interval.low, interval.high
    )


def losses(name: str, score: Array) -> tuple[Array, Array]:
    """What a row loses by a score, (m,) each, where its label is 0 and where it is 1; ``brier`` or ``log_loss``."""
    one, zero = {"brier": _squares, "log_loss": _log_losses}[name](score)
    return zero, one


def _log_losses(score: Array) -> tuple[Array, Array]:
    clipped = np.clip(np.asarray(score, dtype=float), np.finfo(float).eps, 1 - np.finfo(float).eps)
    return -np.log(clipped), -np.log1p(-clipped)


def _squares(score: Array) -> tuple[Array, Array]:
    return (1 - np.asarray(score)) ** 2, np.asarray(score) ** 2


def _mean(losses: tuple[Array, Array], positives: Array, negatives: Array) -> float:
    return float(
        divide(np.concatenate(losses) @ np.concatenate([positives, negatives]), np.sum([positives, negatives]))
    )


def _mean_interval(losses: tuple[Array, Array], positives: Array, negatives: Array, confidence: float) -> Interval:
    """Normal interval mean ± z √(s²/n), cut at 0, the least a loss can be; NaN with fewer than two rows."""
    rows = np.concatenate([positives, negatives])
    if rows.sum() < 2:
        return Interval(np.nan, np.nan, 1.0)
    mean = _mean(losses, positives, negatives)
    half = quantile(confidence) * float(np.sqrt(_variance(np.concatenate(losses), rows) / rows.sum()))
    return Interval(max(0.0, mean - half), mean + half)


def log_loss(score: Array, positives: Array, negatives: Array) -> float:
    """Mean of −log(probability given to the label that came true), in nats: in [0, ∞), 0 is perfect, NaN without rows.

    Scores of exactly 0 or 1 are moved by the machine epsilon, as scikit-learn does.
    """
    return _mean(_log_losses(score), positives, negatives)


def log_loss_interval(score: Array, positives: Array, negatives: Array, confidence: float) -> Interval:
    """Normal interval of the mean log loss, cut at 0; NaN with fewer than two rows."""
    return _mean_interval(_log_losses(score), positives, negatives, confidence)


def brier(score: Array, positives: Array, negatives: Array) -> float:
    """Mean squared distance of score and label: in [0, 1], 0 is perfect, NaN without rows (Brier 1950, halved for two
    classes).
    """
    return _mean(_squares(score), positives, negatives)


def brier_interval(score: Array, positives: Array, negatives: Array, confidence: float) -> Interval:
    """Normal interval of the mean square, cut at 0; NaN with fewer than two rows."""
    return _mean_interval(_squares(score), positives, negatives, confidence)


SCORES: dict[str, Score] = {
    "roc_auc": Score(roc_auc, auc_interval),
    "log_loss": Score(log_loss, log_loss_interval),
    "brier": Score(brier, brier_interval),
}
"""Every figure of scores by its name in metrics files."""
