"""A synthetic table of people in three planar clusters, with a group that is nearly, but not quite, one of them.

* **cluster**: one of three with equal probability, not written to the table. Its centre in the plane (f1, f2) is
  (0, 0), (3.5, 3.5) or (0, 5.5); its standard deviation on both axes is 0.9, 0.7 and 0.7.
* **f3** = 0.8 f1 + N(0, 1) and **f4** = 0.5 f2 + N(0, 1): noisy copies, so that the clusters are not spheres.
* **group** is B where f1 + f2 / 2 > 4, else A. The line runs along the second cluster: about nine in ten of its people
  are B, nobody of the first and one in sixteen of the third. Segments of these people therefore isolate B although no
  feature says "group": a proxy, made on purpose.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from responsible.datasets.chunks import CHUNK, Columns, chunks

CENTRES = ((0.0, 0.0), (3.5, 3.5), (0.0, 5.5))
SPREADS = (0.9, 0.7, 0.7)
DECIMALS = 4  # of the numbers in the table; group is drawn from the rounded ones, so that it can be checked
COLUMNS: dict[str, type] = {"f1": float, "f2": float, "f3": float, "f4": float, "group": str}


def draw(rows: int, seed: int) -> Iterator[Columns]:
    """The table in :func:`chunks`; nothing is missing."""
    return chunks(rows, seed, _chunk)


def _chunk(rng: np.random.Generator, _: int) -> Columns:
    cluster = rng.integers(0, len(CENTRES), CHUNK)
    noise = rng.standard_normal((4, CHUNK))
    f1, f2 = np.array(CENTRES)[cluster].T + noise[:2] * np.array(SPREADS)[cluster]
    features = np.round([f1, f2, 0.8 * f1 + noise[2], 0.5 * f2 + noise[3]], DECIMALS) + 0.0  # no minus zero
    group = np.where(features[0] + features[1] / 2 > 4, "B", "A").astype(object)
    return dict(zip(COLUMNS, [*features, group], strict=True))
