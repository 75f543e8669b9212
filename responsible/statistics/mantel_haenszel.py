"""Strata: one group's rate against everyone else's among like cases, from counts by group and stratum.

``n[group, stratum]`` and ``k[group, stratum]`` are the rows of a group and those of them with the event; ``N``
and ``K`` (strata,) are those of everybody. Without conditions there is one stratum.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy

from responsible.statistics.intervals import quantile
from responsible.statistics.rates import divide

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Stratified:
    """Of each group (groups,): ``difference`` of rates within strata, its standard ``error``, ``z`` and two-sided
    ``p``.

    NaN where no stratum has rows both inside and outside the group.
    """

    difference: Array
    error: Array
    z: Array
    p: Array

    def interval(self, confidence: float) -> tuple[Array, Array]:
        """The normal interval of the difference: low and high, (groups,)."""
        half = quantile(confidence) * self.error
        return self.difference - half, self.difference + half


def stratified(n: np.ndarray, k: np.ndarray, N: np.ndarray, K: np.ndarray) -> Stratified:
    """Mantel and Haenszel's difference of rates, group minus the rest of its stratum, and the test that it is zero.

    difference = Σ (k − nK/N) / Σ n(N−n)/N, a mean of the strata's differences, with the error of Greenland and Robins
    (1985); z = Σ (k − nK/N) / √(Σ n(N−n) K(N−K) / N²(N−1)), half an event nearer to 0 (Cochran 1954; Mantel & Haenszel
    1959): exact moments under the hypothesis, so small strata add up instead of spoiling the test.
    """
    rest = N - n
    excess = np.nansum(k - divide(n * K, N), axis=-1)
    weight = divide(n * rest, N)
    spread = np.sqrt(np.nansum(weight * divide(K * (N - K), N * (N - 1)), axis=-1))
    nearer = np.sign(excess) * np.maximum(np.abs(excess) - 0.5, 0)
    z = divide(nearer, spread)
    # a stratum's variance of its difference is k(n−k)/n³ + the same of the rest; it enters with its weight squared
    variance = divide(k * (n - k), n**3) + divide((K - k) * (rest - K + k), rest**3)
    error = np.sqrt(np.nansum(weight**2 * variance, axis=-1))
    total = np.nansum(weight, axis=-1)
    return Stratified(divide(excess, total), divide(error, total), z, 2 * scipy.special.ndtr(-np.abs(z)))
