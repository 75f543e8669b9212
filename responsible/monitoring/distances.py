"""Distances between two distributions, from counts: how far a period lies from the reference.

Two tables ``(..., k)`` of rows over the same k values or levels, leading axes broadcast; each function gives ``(...)``,
NaN where either table has no rows. All but PSI and chi-square lie in [0, 1]; 0 means the same shares.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import kstwobign

from responsible.statistics.rates import divide

Array = np.ndarray
BINS = 10  # deciles of the reference, into which numbers of many values are cut for all but Kolmogorov-Smirnov


def shares(counts: ArrayLike) -> Array:
    """Counts as shares of their sum over the last axis; NaN without rows."""
    table = np.asarray(counts, dtype=float)
    return divide(table, table.sum(axis=-1, keepdims=True))


def psi(reference: ArrayLike, period: ArrayLike) -> Array:
    """Population stability index Σ (q − p) ln(q / p), in [0, ∞) nats (Siddiqi 2006; Yurdakul & Naranjo 2020).

    Infinite where a level is empty on one side, so half a row stands in each cell that is empty on that side only.
    """
    p, q = np.broadcast_arrays(np.asarray(reference, dtype=float), np.asarray(period, dtype=float))
    used = p + q > 0
    p, q = shares(np.where((p == 0) & used, 0.5, p)), shares(np.where((q == 0) & used, 0.5, q))
    log = np.log(np.where(used, q, 1.0)) - np.log(np.where(used, p, 1.0))
    return _known(np.sum(np.where(used, (q - p) * log, 0.0), axis=-1), reference, period)


def jensen_shannon(reference: ArrayLike, period: ArrayLike) -> Array:
    """Jensen-Shannon distance √JS in bits, in [0, 1]: the root of the mean divergence to the mixture (Endres &
    Schindelin 2003; ``scipy.spatial.distance.jensenshannon(p, q, base=2)``).
    """
    p, q = shares(reference), shares(period)
    middle = (p + q) / 2
    divergence = (_entropy_terms(p, middle) + _entropy_terms(q, middle)) / 2
    return np.sqrt(np.maximum(divergence, 0.0))


def _entropy_terms(p: Array, other: Array) -> Array:
    ratio = np.where(p > 0, p, 1.0) / np.where(p > 0, other, 1.0)
    return np.sum(p * np.log2(ratio), axis=-1)


def total_variation(reference: ArrayLike, period: ArrayLike) -> Array:
    """½ Σ |q − p|, in [0, 1]: the share of rows that would have to change their level."""
    return np.abs(shares(period) - shares(reference)).sum(axis=-1) / 2


def kolmogorov_smirnov(reference: ArrayLike, period: ArrayLike) -> Array:
    """Largest gap of the two cumulated shares, in [0, 1], for levels in rising order; ties are one level."""
    return np.abs(np.cumsum(shares(period) - shares(reference), axis=-1)).max(axis=-1)


def chi_square(reference: ArrayLike, period: ArrayLike) -> Array:
    """Pearson's statistic of the table (2, k), without continuity correction, in [0, ∞); empty levels add nothing."""
    p, q = np.broadcast_arrays(np.asarray(reference, dtype=float), np.asarray(period, dtype=float))
    both, rows = p + q, [side.sum(axis=-1, keepdims=True) for side in (p, q)]
    total = np.zeros(both.shape[:-1])
    for side, n in zip((p, q), rows, strict=True):
        expected = divide(both * n, rows[0] + rows[1])
        total = total + np.nansum(divide((side - expected) ** 2, expected), axis=-1)
    return _known(total, reference, period)


def _known(value: Array, *tables: ArrayLike) -> Array:
    there = [np.asarray(table).sum(axis=-1) > 0 for table in tables]
    return np.where(there[0] & there[1], value, np.nan)[()]


DISTANCES: dict[str, Callable[[ArrayLike, ArrayLike], Array]] = {
    "psi": psi,
    "jensen_shannon": jensen_shannon,
    "total_variation": total_variation,
    "kolmogorov_smirnov": kolmogorov_smirnov,
    "chi_square": chi_square,
}
"""Every distance by its name in tables. Kolmogorov-Smirnov is only for values that have an order."""


def no_drift(
    names: Sequence[str],
    reference: Array,
    period: Array,
    draws: int,
    rng: np.random.Generator,
    *,
    confidence: float = 0.95,
) -> dict[str, float]:
    """The value that each distance stays under in the share ``confidence`` of pairs of samples without any drift.

    Both samples, of the sizes of ``reference`` and ``period`` ``(k,)``, are drawn ``draws`` times from their pooled
    shares (a parametric bootstrap of the hypothesis of no drift). Fixed rules, such as a PSI of 0.1, forget n: without
    any drift PSI averages 0.16 at 100 rows. Kolmogorov-Smirnov's is Kolmogorov's own, and needs no draw. NaN without
    rows on either side.
    """
    sizes = int(np.sum(reference)), int(np.sum(period))
    if min(sizes) == 0:
        return dict.fromkeys(names, float("nan"))
    pooled = np.asarray(reference, dtype=float) + np.asarray(period, dtype=float)
    pooled = pooled[pooled > 0] / pooled.sum()
    found = {"kolmogorov_smirnov": float(kstwobign.isf(1 - confidence)) * math.sqrt(1 / sizes[0] + 1 / sizes[1])}
    if drawn := [name for name in names if name not in found]:
        first, second = (rng.multinomial(n, pooled, size=draws) for n in sizes)
        found |= {name: float(np.quantile(DISTANCES[name](first, second), confidence)) for name in drawn}
    return {name: found[name] for name in names}
