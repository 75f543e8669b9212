"""How often tables are called segmented: tables without segments, with groups in one column, with true clusters.

Each draw goes through the whole segmentation as a user's table would; only its numbers of fits, refits and reassigned
rows are smaller. The part ``coverage`` prints the shares; the suite draws fewer tables and holds the same bounds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from benchmarks._measure import table
from responsible.clustering.methods import Clusters, Dbscan
from responsible.clustering.null_reference import NullReference
from responsible.clustering.silhouette import Sampling
from responsible.clustering.stability import Stability
from responsible.segmentation.capped_assignment import Caps
from responsible.segmentation.representation import Representation
from responsible.segmentation.segments import Segmentation, Segmenting, segmentation

Points = npt.NDArray[np.float64]
Draw = Callable[[np.random.Generator, int], Points]

MOST, LEAST = 0.05, 0.99  # share of tables without segments called segmented; share of tables with segments found
ROWS, DRAWS = 400, 200
PARAMS = Segmenting(
    clusters=Clusters(
        methods=["kmeans"], minimum=2, maximum=3, starts=2, fit_rows=10_000, margin=0.01, smallest=0.02,
        silhouette=Sampling(rows=5_000, subsamples=3), dbscan=Dbscan(radius=0.5, neighbours=10),
    ),
    reference=NullReference(draws=19, rows=1_000),
    stability=Stability(refits=4, starts=1),
    representation=Representation(flag=0.7, level=0.05, caps=Caps(minimum=1, maximum=1, step=0.1, rows=50, keep=0.5)),
)  # fmt: skip


def correlated(rng: np.random.Generator, rows: int, features: int = 3, r: float = 0.5) -> Points:
    """Standard normal columns, each two with correlation ``r``."""
    shared = rng.standard_normal((rows, 1))
    return np.sqrt(r) * shared + np.sqrt(1 - r) * rng.standard_normal((rows, features))


def apart(rng: np.random.Generator, rows: int, *, features: int, moved: int, distance: float) -> Points:
    """Two round clusters of about as many rows, ``distance`` deviations apart in the first ``moved`` features."""
    points = rng.standard_normal((rows, features))
    points[rng.random(rows) < 0.5, :moved] += distance
    return points


def binary(rng: np.random.Generator, rows: int) -> Points:
    """One column of zeros and ones beside two independent normal ones."""
    return np.column_stack([rng.integers(0, 2, rows), rng.standard_normal((rows, 2))])


WITHOUT: Mapping[str, Draw] = {
    "normal": lambda rng, rows: rng.standard_normal((rows, 3)),
    "uniform": lambda rng, rows: rng.uniform(size=(rows, 3)),
    "exponential": lambda rng, rows: rng.exponential(size=(rows, 3)),
    "lognormal": lambda rng, rows: rng.lognormal(size=(rows, 3)),
    "correlated normal": correlated,
    "correlated lognormal": lambda rng, rows: np.exp(correlated(rng, rows)),
    "correlated, mildly skewed": lambda rng, rows: np.exp(correlated(rng, rows) / 2),
}
"""Tables without segments, by name."""

ONE_COLUMN: Mapping[str, Draw] = {
    "one 0/1 column": binary,
    "groups in one column": lambda rng, rows: apart(rng, rows, features=3, moved=1, distance=20),
}
"""Tables whose groups show in their first column only."""

CLUSTERS: Mapping[str, Draw] = {
    "apart in 2 of 2": lambda rng, rows: apart(rng, rows, features=2, moved=2, distance=6),
    "apart in 2 of 4": lambda rng, rows: apart(rng, rows, features=4, moved=2, distance=6),
    "apart in 4 of 4": lambda rng, rows: apart(rng, rows, features=4, moved=4, distance=6),
    "20 apart in 2 of 3": lambda rng, rows: apart(rng, rows, features=3, moved=2, distance=20),
}
"""Tables of two clusters far apart in two features or more."""


def judged(draw: Draw, rows: int, seed: int) -> Segmentation:
    """The segmentation of one table."""
    drawing, rng = np.random.default_rng(seed).spawn(2)
    codes = np.arange(rows) % 2
    return segmentation(draw(drawing, rows), codes, ["A", "B"], PARAMS, minimum_ari=0.4, confidence=0.95, rng=rng)


def called(draw: Draw, *, rows: int, draws: int, seed: int) -> float:
    """The share of ``draws`` tables that are called segmented."""
    return float(np.mean([judged(draw, rows, seed + number).found for number in range(draws)]))


def segments(*, small: bool, seed: int) -> None:
    """Print the share of tables called segmented by kind, beside its bound; for the part ``coverage``."""
    rows, draws = (120, 4) if small else (ROWS, DRAWS)
    lines = []
    for kinds, bound in ((WITHOUT, MOST), (ONE_COLUMN, MOST), (CLUSTERS, LEAST)):
        for name, draw in kinds.items():
            share = called(draw, rows=rows, draws=draws, seed=seed)
            met = share >= bound if kinds is CLUSTERS else share <= bound
            limit = f"{'at least' if kinds is CLUSTERS else 'at most'} {bound:.0%}"
            lines.append((name, f"{draws}", f"{share:.1%}", limit, "met" if met else "missed"))
    table((f"tables of {rows} rows", "draws", "called segmented", "bound", ""), lines)
