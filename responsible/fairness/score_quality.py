"""Score quality by group: how well scored models rank, and whether their scores can be taken at their word."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from responsible.fairness.groups import Groups
from responsible.measures.scores import Scored
from responsible.names import ALL_PRIVILEGED, POOLED
from responsible.statistics.probability_metrics import calibration, roc_auc

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def groups(who: Groups) -> dict[str, npt.NDArray[np.bool_]]:
    """Name and levels of both pools, where a level is privileged, and of every level."""
    pools = {ALL_PRIVILEGED: who.privileged, POOLED: ~who.privileged} if who.reference else {}
    return pools | dict(zip(who.levels, np.eye(len(who.levels), dtype=bool), strict=True))


def members(code: Ints, who: Groups) -> Iterator[tuple[str, npt.NDArray[np.bool_]]]:
    """Name and membership (m,) of each of the :func:`groups`; excluded levels belong to none."""
    for name, levels in groups(who).items():
        yield name, (code >= 0) & levels[code]


def score_quality(who: Groups, scored: Mapping[str, Scored], *, bins: int, confidence: float) -> pd.DataFrame:
    """Ranking and calibration of each group and model, a row each.

    Columns: ``attribute, group, model, n, roc_auc`` (NaN without positives or negatives), ``score`` (mean score),
    ``observed`` (share of label 1), ``bins`` (score bins with rows) and ``bins_off`` (those whose mean score lies
    outside Wilson's interval of their observed share; of clustered rows, of the rows over their design effect).
    """
    rows = []
    for group, levels in groups(who).items():
        for model, of in scored.items():
            member = (of.code >= 0) & levels[of.code]
            own, n, ones = of.scores[model][member], of.counts[member], (of.counts * of.label)[member]
            clusters = None if of.clusters is None else of.clusters[member]
            found = calibration(own, ones, n, bins, confidence, clusters=clusters)
            held = found.n > 0
            off = held & ((found.score < found.low) | (found.score > found.high))
            total = n.sum()
            mean, share = (np.nan, np.nan) if total == 0 else (own @ n / total, ones.sum() / total)
            rows.append(
                (who.attribute, group, model, total, roc_auc(own, ones, n - ones), mean, share, held.sum(), off.sum())
            )
    columns = ["attribute", "group", "model", "n", "roc_auc", "score", "observed", "bins", "bins_off"]
    return pd.DataFrame(rows, columns=columns)
