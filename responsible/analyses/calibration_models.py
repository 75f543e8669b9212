"""Calibration intercept and slope of a scored model by group: Cox's (1958) logistic recalibration.

The slope b is that of logit P(y = 1) = a + b · logit(score): 1 for right scores, below 1 where they are too extreme.
The intercept is a of logit P(y = 1) = a + logit(score), calibration in the large: 0 for right scores, above 0 where
they are too low (Van Calster et al. 2019). Maximum likelihood on counts, errors of the inverse information.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit, log_expit, logit

from responsible.fairness.groups import Groups
from responsible.fairness.score_quality import members
from responsible.measures.scores import Scored
from responsible.statistics import jackknife
from responsible.statistics.intervals import Inference, Interval, quantile

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
COLUMNS = ["attribute", "group", "model", "figure", "n", "positives", "value", "low", "high", "reason"]
INTERCEPT, SLOPE = "calibration_intercept", "calibration_slope"
NEAR = 1e-6  # scores of 0 and 1 have no logit, and are moved by this
SEPARATED = "separated"
"""Why there is no estimate: scores part the labels, so that no finite slope is the most likely."""
STEPS, SINGULAR = 100, 1e14


def fitted(score: Array, label: Ints, counts: Ints, *, slope: bool) -> tuple[float, float]:
    """Estimate and standard error of the slope, or of the intercept with the slope 1; NaN where there is none."""
    x = logit(np.clip(score, NEAR, 1 - NEAR))
    offset, design = (0.0, np.column_stack([np.ones_like(x), x])) if slope else (x, np.ones((len(x), 1)))
    beta, side = np.zeros(design.shape[1]), 2 * label - 1

    def loss(at: Array) -> float:
        return float(counts @ -log_expit(side * (design @ at + offset)))

    for _ in range(STEPS):
        p = expit(design @ beta + offset)
        information = (design.T * (counts * p * (1 - p))) @ design
        if not np.linalg.cond(information) < SINGULAR:
            break
        step = np.linalg.solve(information, design.T @ (counts * (label - p)))
        if np.abs(step).max() < 1e-9:
            return float(beta[-1]), float(np.sqrt(np.linalg.inv(information)[-1, -1]))
        while loss(beta + step) > loss(beta) + 1e-12 and np.abs(step).max() > 1e-9:
            step = step / 2
        beta = beta + step
    return np.nan, np.nan


def calibration_models(found: Scored, attributes: Sequence[tuple[Groups, Ints]], inference: Inference) -> pd.DataFrame:
    """Intercept and slope of every model for everybody, both pools and every level, with normal intervals.

    Undefined with fewer than ``minimum_denominator`` rows of either label (``no_positives``, ``no_negatives``,
    ``n_below_minimum``), or where the scores part the labels (``separated``). Of clustered rows errors are the
    jackknife's if larger. Columns: :data:`COLUMNS`.
    """
    whose = [("", "", np.ones(len(found.label), dtype=bool))]
    whose += [(who.attribute, name, member) for who, code in attributes for name, member in members(code, who)]
    rows = []
    for attribute, group, member in whose:
        n, k = int(found.counts[member].sum()), int((found.counts * found.label)[member].sum())
        for model in found.scores:
            for figure in (INTERCEPT, SLOPE):
                ends = _estimated(found, model, member, figure == SLOPE, inference)
                rows.append((attribute, group, model, figure, n, k, *ends))
    return pd.DataFrame(rows, columns=COLUMNS)


def _estimated(
    found: Scored, model: str, member: npt.NDArray[np.bool_], slope: bool, inference: Inference
) -> tuple[float, float, float, str]:
    held = member & (found.counts > 0)
    score, label, counts = found.scores[model][held], found.label[held], found.counts[held]
    fewest, nothing = int(min((counts * label).sum(), (counts * (1 - label)).sum())), (np.nan,) * 3
    if fewest == 0:
        return *nothing, "group_absent" if not counts.size else "no_negatives" if label.any() else "no_positives"
    if fewest < inference.minimum_denominator:
        return *nothing, "n_below_minimum"
    value, error = fitted(score, label, counts, slope=slope)
    if np.isnan(value):
        return *nothing, SEPARATED
    half = quantile(inference.confidence) * error
    ends = Interval(value - half, value + half, 0.0)
    if found.clusters is not None:
        clusters = found.clusters[held]
        support = np.unique(clusters).size
        if support < inference.minimum_denominator:
            return *nothing, jackknife.FEW

        def without(kept: npt.NDArray[np.bool_]) -> float:
            return fitted(score[kept], label[kept], counts[kept], slope=slope)[0]

        values = jackknife.of_cells(without, clusters)
        ends = jackknife.stretched(
            ends,
            np.asarray(value),
            values,
            support=np.asarray(support),
            confidence=inference.confidence,
            bounds=(-np.inf, np.inf),
        )
    return value, float(ends.low), float(ends.high), ""
