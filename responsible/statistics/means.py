"""Means: mean and median of groups of numbers such as minutes, with bootstrap draws and Welch intervals of differences.

The bootstrap resamples all cases of a comparison with replacement, so group sizes vary with the draw as they
do for counts. No row is drawn: sizes are multinomial, means multinomial draws over the counts of distinct values, and
medians are drawn from the exact distribution of the middle ranks of a resample.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

STILL = "no_variation"
"""Why a difference of means is not reported: all values of a group are equal, so nothing says how sure its mean is."""

DISTINCT = 512
"""The most distinct values that means are resampled from."""


@dataclass(frozen=True, eq=False)
class Moments:
    """Number, mean and variance (divisor n − 1) of groups of numbers; arrays of one shape. NaN where undefined."""

    n: Array
    mean: Array
    variance: Array

    @classmethod
    def of(cls, values: Array, code: Ints, members: npt.NDArray[np.bool_]) -> Moments:
        """Of ``values`` (n,) whose cells are ``code`` (n,), by groups of cells ``members`` (groups, cells), which may
        overlap.
        """
        centre = values.mean() if len(values) else 0.0  # or the difference of large squares would lose the digits
        weights = (np.ones(len(values)), values - centre, (values - centre) ** 2)
        sums = [np.bincount(code, weights=w, minlength=members.shape[1]) for w in weights]
        n, one, two = (np.asarray(members @ cells, dtype=float) for cells in sums)
        with np.errstate(invalid="ignore", divide="ignore"):
            variance = np.maximum(two - one**2 / n, 0.0) / (n - 1)
            return cls(n, centre + one / n, np.where(n > 1, variance, np.nan))


def welch(u: Moments, p: Moments, confidence: float) -> tuple[Array, Array, Array, Array]:
    """Difference of means ``u − p``, the two ends of its interval, and the p of "equal means"; elementwise.

    Welch's (1947) t with Satterthwaite's degrees of freedom: no equal variances assumed. NaN when a group has fewer
    than two values, or equal ones only: they show no error, which is no proof that there is none (:data:`STILL`).
    """
    return _student(u.mean - p.mean, (u, p), confidence)


def student(of: Moments, confidence: float) -> tuple[Array, Array, Array, Array]:
    """Mean, both ends of its interval by Student's t, and the p of "a mean of 0"; elementwise, NaN as :func:`welch`."""
    return _student(of.mean, (of,), confidence)


def _student(value: Array, sides: tuple[Moments, ...], confidence: float) -> tuple[Array, Array, Array, Array]:
    with np.errstate(invalid="ignore", divide="ignore"):
        parts = [side.variance / side.n for side in sides]
        error = np.sqrt(np.sum(parts, axis=0))
        degrees = error**4 / np.sum([part**2 / (side.n - 1) for part, side in zip(parts, sides, strict=True)], axis=0)
        known = np.where(np.min([side.variance for side in sides], axis=0) > 0, 1.0, np.nan)
        half = known * scipy.special.stdtrit(degrees, (1 + confidence) / 2) * error
        chance = known * 2 * scipy.special.stdtr(degrees, -np.abs(value / error))
    return value, value - half, value + half, chance


def size_draws(sizes: Ints, number: int, rng: np.random.Generator) -> Ints:
    """Sizes of the groups in resamples of all cases: ``(number, groups)``, multinomial."""
    return np.asarray(rng.multinomial(int(sizes.sum()), sizes / sizes.sum(), size=number), dtype=np.int64)


def mean_draws(values: Array, sizes: Ints, rng: np.random.Generator) -> Array:
    """Means of resamples of ``values`` (n,), one for each size of ``sizes`` (draws,); NaN for a size of 0.

    A resample is a multinomial draw over the counts of distinct values. More than 512 distinct values are first pooled
    into 512 bins of equal width, each represented by its mean: the mean stays, and the standard deviation shrinks by at
    most 1/1024 of the range.
    """
    distinct, counts = _pooled(values)
    drawn = rng.multinomial(sizes, counts / counts.sum())
    return np.asarray(np.divide(drawn @ distinct, sizes, out=np.full(len(sizes), np.nan), where=sizes > 0))


def _pooled(values: Array) -> tuple[Array, Array]:
    distinct, counts = np.unique(values, return_counts=True)
    if len(distinct) <= DISTINCT:
        return distinct, counts.astype(float)
    edges = np.linspace(distinct[0], distinct[-1], DISTINCT + 1)[1:-1]
    code = np.searchsorted(edges, values, side="right")
    n, total = np.bincount(code, minlength=DISTINCT), np.bincount(code, weights=values, minlength=DISTINCT)
    return total[n > 0] / n[n > 0], n[n > 0].astype(float)


def median_draws(values: Array, sizes: Ints, rng: np.random.Generator) -> Array:
    """Medians of resamples of ``values`` (n,), one for each size of ``sizes`` (draws,); NaN for a size of 0.

    Exact without drawing rows: the k-th smallest of m uniform numbers is Beta(k, m − k + 1), the next one is the least
    of the m − k that are left, and a uniform number U picks the ⌈nU⌉-th smallest value.
    """
    ordered, m = np.sort(values), np.maximum(sizes, 1)
    k = (m + 1) // 2
    lower = rng.beta(k, m - k + 1)
    upper = np.where(m % 2 == 0, lower + (1 - lower) * rng.beta(1, np.maximum(m - k, 1)), lower)
    low, high = (ordered[np.minimum((u * len(ordered)).astype(np.int64), len(ordered) - 1)] for u in (lower, upper))
    return np.asarray(np.where(sizes > 0, (low + high) / 2, np.nan))


def midranks(values: npt.ArrayLike) -> Array:
    """The rank of each of ``values`` (n,), from 1; equal values have the mean of their ranks."""
    _, place, n = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(n) - (n - 1) / 2)[place])


def mann_whitney(u: Array, p: Array) -> tuple[float, float]:
    """Mann and Whitney's (1947) U, the pairs in which u is greater plus half the ties, and p of "equally likely".

    Two-sided, by the normal approximation with ties and continuity corrected; exact where a group has at most 8 values
    and no two are equal. Of two groups with values, not all of them equal.
    """
    both, pairs = np.concatenate([u, p]), len(u) * len(p)
    distinct, n = np.unique(both, return_counts=True)
    greater = float(midranks(both)[: len(u)].sum()) - len(u) * (len(u) + 1) / 2
    if min(len(u), len(p)) <= 8 and len(distinct) == len(both):
        from scipy.stats import mannwhitneyu  # whose import takes as long as most stages

        return greater, float(mannwhitneyu(u, p, method="exact").pvalue)
    ties = float(np.sum(n.astype(float) ** 3 - n)) / (len(both) * (len(both) - 1))
    z = (max(greater, pairs - greater) - pairs / 2 - 0.5) / np.sqrt(pairs / 12 * (len(both) + 1 - ties))
    return greater, float(min(1.0, 2 * scipy.special.ndtr(-z)))
