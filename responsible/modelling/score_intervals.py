"""Intervals of figures of scores where rows come in clusters, and how many rows such a figure needs."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from responsible.names import CLUSTER
from responsible.statistics import jackknife
from responsible.statistics.intervals import Interval
from responsible.statistics.probability_metrics import SCORES

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def cluster_of(cells: pd.DataFrame) -> Ints | None:
    """The group of clusters of each cell, (m,); None where rows are independent."""
    return cells[CLUSTER].to_numpy() if CLUSTER in cells else None


def score_interval(
    name: str,
    found: Interval,
    cells: tuple[Array, Ints, Ints],
    clusters: Ints,
    confidence: float,
    *,
    before: Array | None = None,
) -> Interval:
    """The interval ``found`` of a figure of scores, or of its change since the scores ``before``, at the width of the
    jackknife over groups of clusters.
    """
    score, positives, negatives = cells

    def figure(kept: npt.NDArray[np.bool_]) -> float:
        now, *then = (s[kept] for s in (score, before) if s is not None)
        rows = positives[kept], negatives[kept]
        return SCORES[name].value(now, *rows) - sum(SCORES[name].value(old, *rows) for old in then)

    value, values = np.asarray(figure(np.ones(len(score), dtype=bool))), jackknife.of_cells(figure, clusters)
    highest = np.inf if name == "log_loss" else 1.0
    bounds = (0.0, highest) if before is None else (-np.inf, np.inf)
    support = score_support(name, positives, negatives, clusters)
    return jackknife.stretched(found, value, values, support=support, confidence=confidence, bounds=bounds)


def score_support(name: str, positives: Ints, negatives: Ints, clusters: Ints) -> Ints:
    """How many groups of clusters a figure of scores rests on: ROC AUC on those of either label, the fewer count."""
    rows = (positives, negatives) if name == "roc_auc" else (positives + negatives,)
    return np.asarray(min(np.unique(clusters[each > 0]).size for each in rows))


def lacking(figure: str, positives: int, negatives: int, minimum: int) -> str:
    """Why a figure of scores is not reported, "" when it is: ROC AUC needs ``minimum`` rows of each label, a mean loss
    as many rows in all.
    """
    if figure == "roc_auc" and min(positives, negatives) == 0:
        return "no_negatives" if positives else "no_positives"
    rows = min(positives, negatives) if figure == "roc_auc" else positives + negatives
    return "n_below_minimum" if rows < minimum else ""
