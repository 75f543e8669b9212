"""Score quality by group: how well two scored models rank, and whether their scores can be taken at their word."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from responsible.fairness.groups import Groups
from responsible.names import ALL_PRIVILEGED, POOLED
from responsible.statistics.probability_metrics import calibration, roc_auc

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def members(code: Ints, who: Groups) -> Iterator[tuple[str, npt.NDArray[np.bool_]]]:
    """Name and membership (m,) of both pools, where a level is privileged, and of every level; excluded levels belong
    to none.
    """
    if who.reference:
        yield ALL_PRIVILEGED, (code >= 0) & who.privileged[code]
        yield POOLED, (code >= 0) & ~who.privileged[code]
    for level, name in enumerate(who.levels):
        yield name, code == level


def score_quality(
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
    """Ranking and calibration of each group and model, a row each.

    Columns: ``attribute, group, model, n, roc_auc`` (NaN without positives or negatives), ``score`` (mean score),
    ``observed`` (share of label 1), ``bins`` (score bins with rows) and ``bins_off`` (those whose mean score lies
    outside Wilson's interval of their observed share; with ``clusters`` (m,), of the rows over their design effect).
    """
    rows = []
    for group, member in members(code, who):
        n, ones = counts[member], (counts * label)[member]
        for model, score in scores.items():
            own = score[member]
            groups = None if clusters is None else clusters[member]
            found = calibration(own, ones, n, bins, confidence, clusters=groups)
            held = found.n > 0
            off = held & ((found.score < found.low) | (found.score > found.high))
            total = n.sum()
            mean, share = (np.nan, np.nan) if total == 0 else (own @ n / total, ones.sum() / total)
            rows.append(
                (who.attribute, group, model, total, roc_auc(own, ones, n - ones), mean, share, held.sum(), off.sum())
            )
    columns = ["attribute", "group", "model", "n", "roc_auc", "score", "observed", "bins", "bins_off"]
    return pd.DataFrame(rows, columns=columns)
