"""Significance: tests of "no difference between groups" on count tables, and the adjustment of a family of them.

Every test here conditions on the group sizes and the number of events, takes no row twice, and reports an effect size
beside its p, because with enough rows any difference is significant.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy

from responsible.statistics.rates import Counts

SMALL = 5
"""Below this smallest expected count the chi-square approximation is not used (Cochran 1954)."""

_NEAR = 1 - 1e-9  # a statistic this close to the observed one is a tie, whatever the order of its sums


@dataclass(frozen=True)
class Test:
    """Outcome of a test: Pearson's ``statistic``, its ``p``, the ``effect`` Cramér's V in [0, 1], and how p was found.

    ``method`` is ``chi-square``, ``fisher``, ``exact``, ``contrast``, ``permutation`` or ``undefined`` (then p is NaN:
    not tested, not "no difference").
    """

    __test__ = False  # the name is not for pytest to collect

    statistic: float
    p: float
    effect: float
    method: str


UNDEFINED = Test(np.nan, np.nan, np.nan, "undefined")
"""Nothing was tested."""


def independence(table: np.ndarray, rng: np.random.Generator | None = None, draws: int = 9_999) -> Test:
    """Are the rates of k groups equal? ``table`` is ``(k, 2)``: rows without and with the event, a group each line.

    Pearson's chi-square without continuity correction, k − 1 degrees of freedom; when an expected count is below 5,
    Fisher's exact test for two groups and :func:`permutation` for more, which needs ``rng``. Groups without rows are
    left out; with fewer than two groups the test is undefined. When every row or no row has the event, the groups do
    not differ: p = 1, and the effect is undefined.
    """
    table = np.asarray(table)
    if len(table) > 2 and rng is None:
        raise ValueError(f"independence: rng is needed for more than two groups, got {len(table)}")
    table = table[table.sum(axis=1) > 0]
    if len(table) < 2:
        return UNDEFINED
    statistic = float(_pearson(table))
    effect = _cramer(statistic, table)
    if _expected(table).min() >= SMALL:
        return Test(statistic, float(scipy.special.chdtrc(len(table) - 1, statistic)), effect, "chi-square")
    if len(table) > 2 and rng is not None:
        return permutation(table, draws, rng)
    return Test(statistic, _fisher(table), effect, "fisher")


def permutation(table: np.ndarray, draws: int, rng: np.random.Generator) -> Test:
    """Any difference among k groups: Pearson's statistic of ``table (k, 2)`` against ``draws`` permutations of the
    group labels.

    Permuting labels keeps group sizes and the number of events, so the events of the groups are multivariate
    hypergeometric: drawn group by group, never as rows. p = (1 + number of draws at least as extreme) / (draws + 1),
    which never is 0 (Phipson & Smyth 2010). Holds for fewer than 10⁹ rows, the limit of the generator.
    """
    table = np.asarray(table)
    table = table[table.sum(axis=1) > 0]
    if len(table) < 2:
        return UNDEFINED
    statistic = float(_pearson(table))
    extreme = np.count_nonzero(_pearson(_permuted(table, draws, rng)) >= statistic * _NEAR)
    return Test(statistic, (1 + int(extreme)) / (draws + 1), _cramer(statistic, table), "permutation")


def _permuted(table: np.ndarray, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Tables ``(draws, k, 2)`` with the margins of ``table``, as permuted group labels give them."""
    sizes = table.sum(axis=1)
    events = np.zeros((draws, len(table)), dtype=np.int64)
    left, rows = np.full(draws, table[:, 1].sum()), int(sizes.sum())
    for group, size in enumerate(sizes):
        events[:, group] = rng.hypergeometric(left, rows - left, int(size))
        left, rows = left - events[:, group], rows - int(size)
    return np.stack([sizes - events, events], axis=-1)


def equalized_odds(u: Counts, p: Counts) -> Test:
    """Equal FPR and equal TPR at once, for two tables ``counts[y, ŷ]``: the sum of the chi-squares within y = 0 and y
    = 1.

    The two are independent given the labels, so the sum has 2 degrees of freedom. When an expected count is below 5, p
    is exact: the share of all permutations of group labels within each y whose sum is at least as large (both
    hypergeometric distributions, combined). The effect is √(sum / n). Undefined when a group has no rows with one of
    the labels.
    """
    strata = [np.stack([np.asarray(u)[y], np.asarray(p)[y]]) for y in (0, 1)]
    if any((stratum.sum(axis=1) == 0).any() for stratum in strata):
        return UNDEFINED
    statistic = float(sum(_pearson(stratum) for stratum in strata))
    effect = float(np.sqrt(statistic / sum(stratum.sum() for stratum in strata)))
    if min(_expected(stratum).min() for stratum in strata) >= SMALL:
        return Test(statistic, float(scipy.special.chdtrc(2, statistic)), effect, "chi-square")
    return Test(statistic, _exact_sum(strata, statistic), effect, "exact")


def _exact_sum(strata: list[np.ndarray], statistic: float) -> float:
    """P(S₀ + S₁ ≥ statistic) for the independent permutation distributions of the strata's statistics."""
    (values, chances), (others, weights) = (_distribution(stratum) for stratum in strata)
    order = np.argsort(others)
    tail = np.append(np.cumsum(weights[order][::-1])[::-1], 0.0)
    first = np.searchsorted(others[order], statistic * _NEAR - values)
    return min(1.0, float(np.sum(chances * tail[first])))


def _distribution(table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Every value of Pearson's statistic that ``table (2, 2)`` can have with its margins, and its probability."""
    (size, other), events = table.sum(axis=1), table[:, 1].sum()
    first = np.arange(max(0, events - other), min(size, events) + 1)
    cells = [size - first, first, other - events + first, events - first]
    tables = np.stack(cells, axis=-1).reshape(-1, 2, 2)
    k = first[:-1].astype(float)  # each hypergeometric probability by the one before it
    logs = np.append(0.0, np.cumsum(np.log((events - k) / (k + 1) * (size - k) / (other - events + k + 1))))
    chances = np.exp(logs - logs.max())
    return _pearson(tables), chances / chances.sum()


def _fisher(table: np.ndarray) -> float:
    """Fisher's (1935) exact test of ``table (2, 2)``: P(a table at most as likely) with its margins."""
    _, chances = _distribution(table)
    own = chances[min(table[0, 1], table[1, 0])]  # of which the first has no event in the one, or no other in the other
    return min(1.0, float(chances[chances * _NEAR <= own].sum()))


def _expected(table: np.ndarray) -> np.ndarray:
    rows, columns = table.sum(axis=-1, keepdims=True), table.sum(axis=-2, keepdims=True)
    return np.asarray(rows * (columns / table.sum(axis=(-2, -1), keepdims=True)))


def _pearson(table: np.ndarray) -> np.ndarray:
    """Σ (observed − expected)² / expected of tables ``(..., k, 2)``; a column without rows adds nothing."""
    expected = _expected(table)
    terms = np.zeros(table.shape)
    np.divide((table - expected) ** 2, expected, out=terms, where=expected > 0)
    return np.asarray(terms.sum(axis=(-2, -1)))


def _cramer(statistic: float, table: np.ndarray) -> float:
    """√(chi² / (n · (min(k, 2) − 1))): in [0, 1], NaN when all rows have one outcome (Cramér 1946, section 21.9)."""
    return float(np.sqrt(statistic / table.sum())) if (table.sum(axis=0) > 0).all() else float("nan")


def holm(p: np.ndarray) -> np.ndarray:
    """Holm's (1979) step-down adjusted p-values, whose family-wise error holds for any dependence; NaN stays NaN."""
    return _stepwise(p, lambda p: np.maximum.accumulate(p * np.arange(len(p), 0, -1)))


def benjamini_hochberg(p: np.ndarray) -> np.ndarray:
    """Benjamini & Hochberg's (1995) adjusted p-values, for the false discovery rate of searches; NaN stays NaN."""
    return _stepwise(p, lambda p: np.minimum.accumulate((p * len(p) / np.arange(1, len(p) + 1))[::-1])[::-1])


def _stepwise(p: np.ndarray, adjust: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """``adjust`` applied to the defined p-values only, in rising order; none is above 1."""
    adjusted = np.array(p, dtype=float)
    tested = np.flatnonzero(~np.isnan(adjusted))
    order = tested[np.argsort(adjusted[tested], kind="stable")]
    adjusted[order] = np.minimum(adjust(adjusted[order]), 1.0)
    return adjusted


def association(table: np.ndarray, rng: np.random.Generator, draws: int = 9_999) -> Test:
    """Are rows and columns of ``table`` ``(r, c)`` of counts independent? :func:`independence` for any c.

    Pearson's chi-square with (r − 1)(c − 1) degrees of freedom; when an expected count is below 5, p is
    (1 + number of tables at least as extreme) / (draws + 1) over random tables with the same margins. The effect is
    Cramér's V = √(chi² / (n · (min(r, c) − 1))) in [0, 1]. Empty rows and columns are left out; with fewer than two of
    either the test is undefined.
    """
    table = np.asarray(table)
    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    if min(table.shape) < 2:
        return UNDEFINED
    statistic = float(_pearson(table))
    effect = float(np.sqrt(statistic / (table.sum() * (min(table.shape) - 1))))
    if _expected(table).min() >= SMALL:
        freedom = (table.shape[0] - 1) * (table.shape[1] - 1)
        return Test(statistic, float(scipy.special.chdtrc(freedom, statistic)), effect, "chi-square")
    from scipy.stats import random_table  # whose import takes as long as most stages

    margins = random_table(table.sum(axis=1), table.sum(axis=0))
    extreme = _pearson(margins.rvs(draws, method="patefield", random_state=rng)) >= statistic * _NEAR
    return Test(statistic, (1 + int(np.count_nonzero(extreme))) / (draws + 1), effect, "permutation")
