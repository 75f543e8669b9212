"""Curves by group: ROC and calibration of two scored models for the pooled groups and for every level."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from responsible.fairness.groups import Groups
from responsible.names import ALL_PRIVILEGED, POOLED
from responsible.statistics.probability_metrics import calibration, roc_auc, roc_curve

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
POINTS = 101  # of a drawn ROC curve: finer steps cannot be seen


def _members(code: Ints, who: Groups) -> Iterator[tuple[str, npt.NDArray[np.bool_]]]:
    """Name and membership (m,) of both pools and of every level; excluded levels belong to none."""
    yield ALL_PRIVILEGED, (code >= 0) & who.privileged[code]
    yield POOLED, (code >= 0) & ~who.privileged[code]
    for level, name in enumerate(who.levels):
        yield name, code == level


def roc_by_group(code: Ints, who: Groups, scores: Mapping[str, Array], label: Ints, counts: Ints) -> pd.DataFrame:
    """ROC points: ``attribute, group, model, roc_auc, false_positive_rate, true_positive_rate``.

    At most 101 points a curve, evenly spaced along it. A group without positives or without negatives has no curve.
    """
    frames = []
    for group, member in _members(code, who):
        for model, score in scores.items():
            cells = score[member], (counts * label)[member], (counts * (1 - label))[member]
            if min(cells[1].sum(), cells[2].sum()) == 0:
                continue
            curve = roc_curve(*cells)
            kept = _thinned(curve.false_positive_rate + curve.true_positive_rate)
            place = {"attribute": who.attribute, "group": group, "model": model, "roc_auc": roc_auc(*cells)}
            rates = {"false_positive_rate": curve.false_positive_rate, "true_positive_rate": curve.true_positive_rate}
            frames.append(pd.DataFrame({**place, **{name: rate[kept] for name, rate in rates.items()}}))
    columns = ["attribute", "group", "model", "roc_auc", "false_positive_rate", "true_positive_rate"]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=columns)


def _thinned(length: Array) -> Ints:
    """Indices of at most ``POINTS`` points of a curve with rising ``length`` from 0 to 2, both ends among them."""
    if len(length) <= POINTS:
        return np.arange(len(length))
    return np.unique(np.searchsorted(length, np.linspace(0, length[-1], POINTS)))


def calibration_by_group(
    code: Ints,
    who: Groups,
    scores: Mapping[str, Array],
    label: Ints,
    counts: Ints,
    *,
    bins: int,
    confidence: float,
    clusters: Ints | None = None,
) -> pd.DataFrame:
    """Mean score against observed share of label 1 by group, model and score bin, with Wilson intervals.

    Columns: ``attribute, group, model, minimum, maximum, n, positives, score, observed, low, high``; a bin without rows
    is listed and undefined. With ``clusters`` (m,) the intervals are those of as many rows as count like independent
    ones.
    """
    frames = []
    for group, member in _members(code, who):
        for model, score in scores.items():
            own = None if clusters is None else clusters[member]
            cells = score[member], (counts * label)[member], counts[member]
            found = calibration(*cells, bins, confidence, clusters=own)
            place = {"attribute": who.attribute, "group": group, "model": model}
            frames.append(pd.DataFrame({**place, **vars(found)}))
    return pd.concat(frames, ignore_index=True)
