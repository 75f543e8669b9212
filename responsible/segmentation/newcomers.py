"""People who come later, in the segments that were found: by the published centres, and the scaling of those people."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from responsible.clustering.partition import Labels, Points, blocks, squared
from responsible.clustering.scaling import scaling
from responsible.names import ATTRIBUTE, FEATURE
from responsible.segmentation.schema import Segments

COLUMNS = ["period", "segment", "level", "distance"]
DECIMALS = 6  # of a distance


def assigned(points: Points, centres: Points) -> tuple[Labels, npt.NDArray[np.float64]]:
    """The nearest of ``centres`` (K, d) for each of ``points`` (n, d), the first in a tie, and its distance; (n,)."""
    parts = (squared(points[rows], centres) for rows in blocks(len(points), len(centres)))
    labels, distances = zip(*((part.argmin(axis=1), part.min(axis=1)) for part in parts), strict=True)
    return np.concatenate(labels).astype(np.int64), np.sqrt(np.concatenate(distances))


def placed(people: pd.DataFrame, centres: Points, rows: pd.DataFrame, roles: Segments) -> pd.DataFrame:
    """The ``people`` who were segmented and later ``rows`` in their segments: :data:`COLUMNS`, one row for each.

    ``people`` and ``rows`` have the columns of :func:`~responsible.segmentation.schema.people`, ``rows`` a ``period``;
    that of people is empty. ``centres`` (K, d) are in the features' units. Distances are in standard deviations of
    ``people``. A missing value becomes their median where ``roles.missing`` says so; other rows without one are left
    out.
    """
    features, level = [FEATURE + name for name in roles.features], ATTRIBUTE + roles.protected
    scaled = scaling(people[features].to_numpy())
    if roles.missing == "median":
        rows = rows.fillna(people[features].median())
    both = pd.concat([people.assign(period=""), rows.dropna(subset=features)], ignore_index=True)
    labels, distance = assigned(scaled.apply(both[features].to_numpy(dtype=float)), scaled.apply(centres))
    found = {
        "period": both["period"],
        "segment": labels + 1,
        "level": both[level],
        "distance": distance.round(DECIMALS),
    }
    return pd.DataFrame(found)[COLUMNS].sort_values(COLUMNS, ignore_index=True)
