"""Points with and without clusters, shared by the tests of the segments line."""

from __future__ import annotations

from typing import Any

import numpy as np

from responsible.clustering.methods import Clusters, Dbscan
from responsible.clustering.silhouette import Sampling

DBSCAN = Dbscan(radius=0.5, neighbours=5)
CENTRES = np.array([[0.0, 0.0, 0.0], [6.0, 0.0, 1.0], [0.0, 7.0, 2.0]])


def planted(rows: int = 300, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Three clusters far apart in three dimensions, in random order, and which one each point is of."""
    rng = np.random.default_rng(seed)
    of = rng.integers(0, len(CENTRES), rows)
    return CENTRES[of] + rng.normal(0, 0.6, (rows, 3)), of


def noise(rows: int = 300, features: int = 3, seed: int = 0) -> np.ndarray:
    """One round cloud: nothing to find."""
    return np.random.default_rng(seed).normal(size=(rows, features))


def clusters(**changes: Any) -> Clusters:
    """Parameters for tests that should not take long."""
    given = {
        "methods": ["kmeans", "mixture"],
        "minimum": 2,
        "maximum": 4,
        "starts": 3,
        "fit_rows": 2000,
        "margin": 0.01,
        "smallest": 0.02,
        "silhouette": Sampling(rows=1000, subsamples=4),
        "dbscan": DBSCAN,
    }
    return Clusters(**{**given, **changes})
