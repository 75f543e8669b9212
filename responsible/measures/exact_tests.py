"""Tests of a share or a mean against another that hold at any size and any level, and their closed relatives.

Alarms are judged at levels such as 0.00006, where approximations by a normal or chi-square distribution are too small
by factors. A conditional test of counts is not: given the margins, the count of a period is hypergeometric.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq
from scipy.special import betaln, ndtr
from scipy.stats import kstwobign

BLOCK = 512  # terms of a tail that are added together
NEAR = 1e-12  # a mean this close to an end, as a share of the range, is that end
POINTS = 400  # quantiles that stand for a distribution
TINY = 1e-18  # a term this small, as a share of the first, ends the sum


def two_sided(k0: int, n0: int, k1: int, n1: int) -> float:
    """P under equal shares that k1 of n1 lies at least as far out beside k0 of n0: twice the smaller hypergeometric
    tail, at most 1. NaN when either n is 0. Valid at every n, because it conditions on k0 + k1 (Fisher 1935).
    """
    if min(n0, n1) == 0:
        return float("nan")
    upper = _tail(k1, n1, k0 + k1, n0 + n1)
    lower = _tail(n1 - k1, n1, n0 + n1 - k0 - k1, n0 + n1)
    return float(min(1.0, 2 * min(upper, lower)))


def _tail(k: int, n: int, events: int, rows: int) -> float:
    """P(X ≥ k) of X hypergeometric: n drawn of ``rows`` of which ``events`` count."""
    least, most = max(0, n - (rows - events)), min(n, events)
    if k <= least:
        return 1.0
    if k > most:
        return 0.0
    if k < n * events / rows:  # the sum would pass over the hump; the other side is shorter
        return 1.0 - _tail(n - k + 1, n, rows - events, rows)
    first = np.exp(_choose(events, k) + _choose(rows - events, n - k) - _choose(rows, n))
    total, last, x = 1.0, 1.0, k
    while x < most and last > TINY * total:
        at = np.arange(x, min(x + BLOCK, most), dtype=float)
        terms = last * np.cumprod((events - at) * (n - at) / ((at + 1) * (rows - events - n + at + 1)))
        total, last, x = total + float(terms.sum()), float(terms[-1]), x + BLOCK
    return float(min(1.0, first * total))


def _choose(n: float, k: float) -> float:
    return float(-betaln(n - k + 1, k + 1) - np.log(n + 1))


def of_levels(reference: np.ndarray, period: np.ndarray) -> np.ndarray:
    """:func:`two_sided` of each level against all others, (k,), for counts ``(k,)`` of reference and period."""
    n0, n1 = int(np.sum(reference)), int(np.sum(period))
    pairs = zip(np.asarray(reference), np.asarray(period), strict=True)
    return np.array([two_sided(int(k0), n0, int(k1), n1) for k0, k1 in pairs])


def of_means(reference: np.ndarray, period: np.ndarray) -> float:
    """An upper bound of the two-sided P that means of rows of one distribution, (n₀,) and (n₁,), lie this far apart.

    Given all N values, the smaller sample of n is drawn without replacement. Its mean exceeds m with a probability of
    at most exp(−n sup_t (t m − K(t))), K the cumulant generating function of all N values (Chernoff's bound, which
    holds without replacement by Hoeffding 1963, theorem 4); twice that, at most 1. It holds at any n, for skewed and
    tied values. Of 0 and 1 it is twice exp(−n KL(m, mean)). NaN when either sample is empty.
    """
    values, place = np.unique(np.concatenate([reference, period]).astype(float), return_inverse=True)
    cut = len(reference)
    return of_counted(values, *(np.bincount(at, minlength=len(values)) for at in (place[:cut], place[cut:])))


def of_counted(values: np.ndarray, reference: np.ndarray, period: np.ndarray) -> float:
    """:func:`of_means` of rows that are counted at ``values``, rising, (m,)."""
    few, many = sorted((np.asarray(reference), np.asarray(period)), key=np.sum)
    if not few.sum():
        return float("nan")
    kept = few + many > 0
    return _bound(values[kept], (few + many)[kept], float(few @ values / few.sum()), int(few.sum()))


def mean_bound(values: np.ndarray, n0: int, n1: int, level: float) -> float:
    """About the change of a mean at which :func:`of_means` reaches ``level``, whichever way it goes: of n₀ rows of a
    distribution (m,) and of n₁ rows of the same that is shifted.
    """
    points = np.quantile(values, (np.arange(POINTS) + 0.5) / POINTS)
    few, moved = min(n0, n1), n1 <= n0

    def missing(change: float, points: np.ndarray) -> float:
        both = np.concatenate([points, points + change])
        order = np.argsort(both)
        mean = float(points.mean()) + (change if moved else 0.0)
        found = _bound(both[order], np.repeat([n0, n1], POINTS)[order], mean, few)
        return float(np.log(max(found, np.finfo(float).tiny)) - np.log(level))

    reach, ends = float(np.std(points)), []
    for own in (points, -points):
        high = reach
        while missing(high, own) > 0 and high < 1_000 * reach:
            high *= 2
        ends.append(float(brentq(missing, 0.0, high, args=(own,), rtol=1e-3)) if missing(high, own) <= 0 else high)
    return max(ends)


def _bound(values: np.ndarray, counts: np.ndarray, mean: float, n: int) -> float:
    """Of ``n`` rows with this mean, drawn from ``values`` that rise, with their ``counts``."""
    share, spread = counts / counts.sum(), float(np.ptp(values)) or 1.0
    x = (values - share @ values) / spread  # between -1 and 1 around 0
    m = (mean - float(share @ values)) / spread
    if m < 0:
        x, share, m = -x[::-1], share[::-1], -m
    return float(min(1.0, 2 * np.exp(n * _exponent(x, share, m))))


def _exponent(x: np.ndarray, share: np.ndarray, m: float) -> float:
    """Least K(t) − t m over t ≥ 0, where K′ rises from 0 to the greatest x."""
    if m <= NEAR:
        return 0.0
    if m >= x[-1] - NEAR:
        return float(np.log(share[-1]))

    def tilted(t: float) -> np.ndarray:
        weights = share * np.exp(t * (x - x[-1]))
        return weights / weights.sum()

    low, high = 0.0, 1.0
    while tilted(high) @ x < m:
        low, high = high, 2 * high
    t = float(brentq(lambda t: tilted(t) @ x - m, low, high, xtol=1e-12))
    return float(np.log(share @ np.exp(t * (x - x[-1]))) + t * (x[-1] - m))


def of_gap(gap: float, n0: int, n1: int) -> float:
    """Kolmogorov's asymptotic P that two samples of n0 and n1 rows lie at least ``gap`` apart without drift.

    For values with ties it is too large, never too small (Noether 1963). NaN when either n is 0.
    """
    if min(n0, n1) == 0 or np.isnan(gap):
        return float("nan")
    return float(kstwobign.sf(np.sqrt(n0 * n1 / (n0 + n1)) * gap))


def of_ranks(auc: float, variance: float) -> float:
    """One-sided P of an AUC at least this high where two samples rank alike, by the normal limit of Mann & Whitney."""
    if np.isnan(auc) or not variance > 0:
        return float("nan")
    return float(ndtr(-(auc - 0.5) / np.sqrt(variance)))


def rank_variance(first: np.ndarray, second: np.ndarray) -> float:
    """Variance of the AUC of two samples that rank alike, from their rows (m,) at each distinct score.

    (N + 1 − Σ (t³ − t) / (N (N − 1))) / (12 n₀ n₁), N the rows of both and t the ties at a score (Lehmann 1975, ch. 1).
    """
    n0, n1 = float(np.sum(first)), float(np.sum(second))
    rows, ties = n0 + n1, np.asarray(first, dtype=float) + np.asarray(second, dtype=float)
    if min(n0, n1) == 0 or rows < 2:
        return float("nan")
    return float((rows + 1 - np.sum(ties**3 - ties) / (rows * (rows - 1))) / (12 * n0 * n1))
