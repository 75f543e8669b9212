"""Is everybody described equally well? How well people of each protected level fit their segment.

Two figures for each person: the silhouette, in [−1, 1], and the Euclidean distance to the mean of the segment in scaled
features. Each level's mean is set against everybody else's, for the segments as they are.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from responsible.clustering.partition import Labels, Points, means, silhouettes
from responsible.statistics.means import STILL, Moments, welch
from responsible.statistics.significance import holm

COLUMNS = ["level", "figure", "n", "value", "low", "high", "others", "difference", "difference_low"]
COLUMNS += ["difference_high", "p", "p_adjusted", "reason"]
SILHOUETTE, DISTANCE = "silhouette", "distance_to_centre"


def fit_by_level(
    points: Points,
    labels: Labels,
    codes: Labels,
    levels: Sequence[str],
    *,
    rows: int,
    minimum: int,
    confidence: float,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Mean silhouette and distance of every level, and their differences from everybody else, with Welch's intervals.

    ``codes`` (n,) index ``levels``. People of no segment (label −1) are left out; of more than ``rows`` as many are
    drawn at random. ``n`` are those of the level that were used. ``p_adjusted`` is Holm's over all rows; two levels are
    one question. ``n_below_minimum`` with fewer than ``minimum`` people on a side, ``no_variation`` where all values
    of a side are equal. Columns: :data:`COLUMNS`.
    """
    held = np.flatnonzero(labels >= 0)
    used = np.sort(rng.choice(held, min(len(held), rows), replace=False))
    own, code = labels[used], codes[used]
    apart = np.linalg.norm(points[used] - means(points, labels, int(labels.max(initial=0)) + 1)[own], axis=1)
    figures = {SILHOUETTE: silhouettes(points[used], own[None])[:, 0], DISTANCE: apart}
    member = np.eye(len(levels), dtype=bool)
    frames = [
        _compared(figure, values, code, member, levels, minimum=minimum, confidence=confidence)
        for figure, values in figures.items()
    ]
    table = pd.concat(frames, ignore_index=True)
    asked = table.groupby("figure").head(1).index if len(levels) == 2 else table.index
    adjusted = pd.Series(holm(table.loc[asked, "p"].to_numpy()), index=asked)
    by_figure = adjusted.groupby(table.loc[asked, "figure"]).first() if len(levels) == 2 else None
    table["p_adjusted"] = adjusted if by_figure is None else table["figure"].map(by_figure)
    return table[COLUMNS]


def _compared(
    figure: str,
    values: Points,
    code: Labels,
    member: np.ndarray,
    levels: Sequence[str],
    *,
    minimum: int,
    confidence: float,
) -> pd.DataFrame:
    u, p = Moments.of(values, code, member), Moments.of(values, code, ~member)
    difference, low, high, chance = welch(u, p, confidence)
    half = stdtrit(np.maximum(u.n - 1, 1), (1 + confidence) / 2) * np.sqrt(u.variance / np.maximum(u.n, 1))
    fewest, still = np.minimum(u.n, p.n), np.minimum(u.variance, p.variance) <= 0
    reason = np.where(fewest < max(minimum, 2), "n_below_minimum", np.where(still, STILL, ""))
    table = pd.DataFrame({"level": list(levels), "figure": figure, "n": u.n.astype(np.int64), "reason": reason})
    figures = {
        "value": u.mean,
        "low": u.mean - half,
        "high": u.mean + half,
        "others": p.mean,
        "difference": difference,
        "difference_low": low,
        "difference_high": high,
        "p": chance,
    }
    return table.assign(**{name: np.where(reason == "", column, np.nan) for name, column in figures.items()})
