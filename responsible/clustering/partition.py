"""Partitions of points: how alike two of them are, how tight one is, and which centre is nearest.

``points`` are (n, d) floats. ``labels`` are (n,) whole numbers 0…K−1; −1 marks an outlier, a point of no cluster. Every
function takes memory for one block of rows at a time, so a million points need no more than they occupy themselves.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]
BLOCK = 1_000_000  # distances computed at once: 8 MB; larger arrays the system hands out page by page, each time again
TILE = 300  # points by points whose distances are computed at once: 0.7 MB stay in the cache


def blocks(rows: int, width: int) -> Iterator[slice]:
    """Slices of at most ``BLOCK // width`` of ``rows`` rows."""
    step = max(1, BLOCK // max(1, width))
    return (slice(start, start + step) for start in range(0, rows, step))


def squared(points: Points, others: Points) -> Points:
    """Squared Euclidean distances (n, m) ‖x‖² − 2x·y + ‖y‖², never below 0; exact to about 1e-15 of the norms."""
    found = np.einsum("ij,ij->i", points, points)[:, None] + np.einsum("ij,ij->i", others, others)
    products = points @ others.T
    products *= 2
    found -= products
    return np.maximum(found, 0.0, out=found)


def nearest(points: Points, centres: Points) -> Labels:
    """Index of the nearest of ``centres`` (K, d) for each point; the first one in a tie."""
    found = [squared(points[rows], centres).argmin(axis=1) for rows in blocks(len(points), len(centres))]
    return np.concatenate(found).astype(np.int64)


def means(points: Points, labels: Labels, k: int) -> Points:
    """Mean of the points of each cluster, (k, d); NaN for an empty one. Outliers belong to none."""
    inside = labels >= 0
    sizes = np.bincount(labels[inside], minlength=k)
    sums = [np.bincount(labels[inside], weights=column[inside], minlength=k) for column in points.T]
    return np.divide(
        np.array(sums).T, sizes[:, None], out=np.full((k, points.shape[1]), np.nan), where=sizes[:, None] > 0
    )


def inertia(points: Points, labels: Labels) -> float:
    """Σ ‖x − mean of x's cluster‖² ≥ 0: what KMeans minimises. Outliers count from the mean of all points."""
    k = int(labels.max(initial=-1)) + 1
    centres = np.vstack([means(points, labels, k), points.mean(axis=0)])  # the last row serves label −1
    return float(((points - centres[labels]) ** 2).sum())


def contingency(first: Labels, second: Labels) -> npt.NDArray[np.int64]:
    """Counts (K₁, K₂) of the points with each pair of labels; outliers are a cluster of their own, the first row."""
    a, b = first - first.min(initial=0), second - second.min(initial=0)
    shape = (int(a.max(initial=0)) + 1, int(b.max(initial=0)) + 1)
    return np.bincount(a * shape[1] + b, minlength=shape[0] * shape[1]).reshape(shape)


def adjusted_rand(first: Labels, second: Labels) -> float:
    """Adjusted Rand index of two partitions of the same points: 1 when equal, 0 expected by chance; can be negative.

    (S − E) / (M − E) over pairs of points, with S = Σ C(n_ij, 2), the product E = Σ C(a_i, 2) Σ C(b_j, 2) / C(n, 2)
    and the mean M = (Σ C(a_i, 2) + Σ C(b_j, 2)) / 2 (Hubert & Arabie 1985, eq. 5). Two partitions that both join all
    points, or both part all, are equal: 1.

    >>> adjusted_rand(np.array([0, 0, 1, 1]), np.array([1, 1, 0, 0]))
    1.0
    """
    table = contingency(first, second).astype(float)
    together, a, b = (float((c * (c - 1) / 2).sum()) for c in (table, table.sum(axis=1), table.sum(axis=0)))
    pairs = len(first) * (len(first) - 1) / 2
    expected = a * b / pairs if pairs else 0.0
    most = (a + b) / 2
    return 1.0 if most == expected else (together - expected) / (most - expected)


def jaccard(first: Labels, second: Labels, k: int) -> npt.NDArray[np.float64]:
    """For each of the ``k`` clusters of ``first`` its best likeness max_j |A ∩ B_j| / |A ∪ B_j| in ``second``; [0, 1].

    Outliers of either are no cluster. NaN for an empty cluster (Hennig 2007, section 2).
    """
    width = int(second.max(initial=-1)) + 1
    inside = (first >= 0) & (second >= 0)
    both = np.bincount(first[inside] * width + second[inside], minlength=k * width).reshape(k, width)
    sizes, others = (np.bincount(x[x >= 0], minlength=m) for x, m in ((first, k), (second, width)))
    union = sizes[:, None] + others - both
    alike = np.divide(both, union, out=np.zeros(both.shape), where=union > 0).max(axis=1, initial=0.0)
    return np.where(sizes > 0, alike, np.nan)


def silhouettes(points: Points, labelings: npt.NDArray[np.int64]) -> Points:
    """Silhouette (n, m) of each point in each of the partitions ``labelings`` (m, n); in [−1, 1].

    s = (b − a) / max(a, b): a is the mean distance to the other points of one's cluster, b the smallest mean distance
    to the points of another (Rousseeuw 1987). 0 for an outlier and for a point alone in its cluster; NaN throughout a
    partition of fewer than two clusters. Distances are computed once for all partitions, n² / 2 of them in tiles.
    """
    members = [(labels[:, None] == np.arange(labels.max(initial=0) + 1)).astype(float) for labels in labelings]
    ends = np.cumsum([m.shape[1] for m in members])
    parts = np.split(_summed_distances(points, np.hstack(members)), ends[:-1], axis=1)
    found = zip(parts, labelings, members, strict=True)
    return np.stack([_silhouette(part, labels, m.sum(axis=0)) for part, labels, m in found], axis=1)


def _summed_distances(points: Points, members: Points) -> Points:
    """Σ_j ‖x_i − x_j‖ m_jk for every point i and column k of ``members`` (n, K); each pair's distance computed once."""
    out, lengths = np.zeros(members.shape), np.einsum("ij,ij->i", points, points)[:, None]
    left = np.hstack([-2 * points, lengths, np.ones_like(lengths)])  # so that one product is ‖x‖² − 2x·y + ‖y‖²
    right = np.hstack([points, np.ones_like(lengths), lengths]).T.copy()
    tiles = [slice(start, start + TILE) for start in range(0, len(points), TILE)]
    for i, rows in enumerate(tiles):
        for others in tiles[i:]:
            distances = left[rows] @ right[:, others]
            np.sqrt(np.maximum(distances, 0.0, out=distances), out=distances)
            out[rows] += distances @ members[others]
            if rows != others:
                out[others] += distances.T @ members[rows]
    return out


def _silhouette(sums: Points, labels: Labels, sizes: Points) -> Points:
    """Silhouettes of some points from their summed distances (rows, K) to the points of each cluster."""
    if (sizes > 0).sum() < 2:
        return np.full(len(sums), np.nan)
    rows, own = np.arange(len(sums)), np.maximum(labels, 0)
    mean = np.divide(sums, sizes, out=np.full(sums.shape, np.inf), where=sizes > 0)
    a = sums[rows, own] / np.maximum(sizes[own] - 1, 1)
    mean[rows, own] = np.inf
    b = mean.min(axis=1)
    s = np.divide(b - a, np.maximum(a, b), out=np.zeros(len(sums)), where=np.maximum(a, b) > 0)
    return np.where((labels >= 0) & (sizes[own] > 1), s, 0.0)
