"""Like cases: how many each case has, how many were decided otherwise, which group loses by it. Exact over all pairs.

Boundary: two cases are *like* when their similarity is above the threshold by more than ``SLACK``. Features are often
multiples of 0.1, so distances of exactly 1 − threshold are common and floats put them on either side.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from responsible.statistics.rates import divide

SLACK = 1e-9  # similarities this close to the threshold count as equal to it, hence not above
TILE = 128  # cases that are compared with their surroundings at once; a matter of speed and memory only
Points = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Pairs:
    """How many pairs of cases are like, how many of those were decided unlike, and the share (NaN without pairs)."""

    cases: int
    pairs: int
    violations: int
    rate: float


def reach_of(threshold: float) -> float:
    """The greatest distance of two like cases."""
    return 1 - threshold - SLACK


def blocks(where: Points, reach: float) -> Iterator[Ints]:
    """Indices of the cases of each block. Along one feature, a gap wider than ``reach`` parts all pairs across it."""
    label = np.zeros(len(where), dtype=np.int64)
    for column in where.T:
        order = np.argsort(column, kind="stable")
        part = np.empty_like(label)
        part[order] = np.concatenate([[0], np.cumsum(np.diff(column[order]) > reach)]) if len(where) else 0
        label = np.unique(label * (part.max(initial=0) + 1) + part, return_inverse=True)[1]
    order = np.argsort(label, kind="stable")
    yield from np.split(order, np.flatnonzero(np.diff(label[order])) + 1) if len(where) else ()


class Degrees(NamedTuple):
    """For each case its ``like`` cases (n,), ``unlike``: those of them with the other outcome (n,), and ``within``:
    those of ``unlike`` that are in a group (n, g).
    """

    like: Ints
    unlike: Ints
    within: Ints

    def pairs(self) -> Pairs:
        """Each pair counts with both of its cases, so sums are twice the pairs."""
        pairs, violations = int(self.like.sum()) // 2, int(self.unlike.sum()) // 2
        return Pairs(len(self.like), pairs, violations, float(divide(violations, pairs)))


def degrees(where: Points, outcome: Ints, threshold: float, members: npt.NDArray[np.bool_] | None = None) -> Degrees:
    """Of every case, exactly; ``members`` (n, g) says who is in each group."""
    groups = np.ones((len(where), 1), dtype=bool) if members is None else np.column_stack([outcome >= 0, members])
    approved = (outcome == 1)[:, None]
    near = _sums_over_like(where, np.hstack([groups & approved, groups & ~approved]), reach_of(threshold))
    yes, no = np.hsplit(near, 2)
    unlike = np.where(approved, no, yes)
    return Degrees(yes[:, 0] + no[:, 0], unlike[:, 0], unlike[:, 1:])


def _sums_over_like(where: Points, marks: npt.NDArray[np.bool_], reach: float) -> Ints:
    """How many like cases of each case bear each of ``marks`` (n, m): (n, m), the case itself left out."""
    out = np.zeros(marks.shape, dtype=np.int64)
    for block in blocks(where, reach):
        order = block[near_together(where[block])]
        out[order] = _sums_in_block(where[order], marks[order].astype(np.float32), reach)
    return out - marks


def near_together(where: Points) -> Ints:
    """An order in which each ``TILE`` cases are near one another: halved along the widest feature, again and again."""
    waiting, out = [np.arange(len(where))], []
    while waiting:
        part = waiting.pop()
        if len(part) <= TILE:
            out.append(part)
            continue
        widest = np.argmax(np.ptp(where[part], axis=0))
        half = TILE * (-(-len(part) // TILE) // 2)
        order = part[np.argpartition(where[part, widest], half)]
        waiting += [order[half:], order[:half]]
    return np.concatenate(out)


def _sums_in_block(x: Points, marks: npt.NDArray[np.float32], reach: float) -> Points:
    """Tiles whose boxes are within reach are compared by one product of matrices, each two once.

    |x − y|² ≤ r² is x·y − ½(|y|² − ½r²) ≥ ½(|x|² − ½r²). Its rounding, about 1e-15, is far below what ``SLACK`` leaves.
    """
    x, starts, out = x - x.mean(axis=0), np.arange(0, len(x), TILE), np.zeros(marks.shape)
    half = ((x**2).sum(axis=1) - reach**2 / 2) / 2
    left, right = np.column_stack([x, -np.ones(len(x))]), np.column_stack([x, half])
    low, high = np.minimum.reduceat(x, starts), np.maximum.reduceat(x, starts)
    for tile, start in enumerate(starts.tolist()):
        boxes = tile + 1 + np.flatnonzero(_gap(low[tile + 1 :], high[tile + 1 :], low[tile], high[tile]) <= reach)
        after = (starts[boxes][:, None] + np.arange(TILE)).ravel()
        after = after[after < len(x)]
        after = after[_gap(x[after], x[after], low[tile], high[tile]) <= reach]
        own = np.arange(start, min(start + TILE, len(x)))
        both = np.concatenate([own, after])
        like = (left[own] @ right[both].T >= half[own, None]).astype(np.float32)  # sums are exact up to 2²⁴ cases
        out[own] += like @ marks[both]
        out[after] += like[:, len(own) :].T @ marks[own]
    return out


def _gap(low: Points, high: Points, other_low: Points, other_high: Points) -> Points:
    """The distance between boxes (n, k) and one other (k,); 0 where they meet."""
    return np.sqrt((np.maximum(0, np.maximum(low - other_high, other_low - high)) ** 2).sum(axis=1))


@dataclass(frozen=True)
class Losses:
    """Who loses in the violations between a group and the others: ``lost`` pairs by the group, ``won`` by it.

    ``share`` = lost / (lost + won), 0.5 when neither side is favoured, NaN without such pairs; ``p`` by permutation.
    """

    lost: int
    won: int
    share: float
    p: float


def losses(
    outcome: Ints,
    member: npt.NDArray[np.bool_],
    *,
    unlike: Ints,
    within: Ints,
    strata: Ints,
    draws: int,
    rng: np.random.Generator,
) -> Losses:
    """In violations with one case of the group ``member`` (n,) and one of the others: how often the group's is refused.

    ``unlike`` (n,) and ``within`` (n,), the part of them in the group, are those of ``individual.degrees``.
    lost − won = Σ sᵢ unlikeᵢ over the group with s = 1 for refused, −1 for approved cases: pairs within the group
    cancel. So labels can be permuted without counting pairs again. They are permuted within ``strata`` (n,), such as
    need and urgency; p = (1 + draws at least as far from their mean) / (draws + 1), two-sided (Phipson & Smyth 2010).
    """
    lost, won = (int((unlike - within)[member & (outcome == y)].sum()) for y in (0, 1))
    value = np.where(outcome == 0, 1, -1) * unlike
    p = _permuted(value, member, strata, draws, rng) if lost + won else np.nan
    return Losses(lost, won, float(divide(lost, lost + won)), p)


def _permuted(value: Ints, member: npt.NDArray[np.bool_], strata: Ints, draws: int, rng: np.random.Generator) -> float:
    observed, mean = int(value[member].sum()), 0.0
    sums: npt.NDArray[Any] = np.zeros(draws, dtype=np.int64)
    for stratum in np.unique(strata):
        own, size = value[strata == stratum], int(member[strata == stratum].sum())
        mean += size * own.mean()
        moving = own[own != 0]  # cases without a violation change no sum, so only their number matters
        taken = rng.hypergeometric(len(moving), len(own) - len(moving), size, draws) if size else np.zeros(draws, int)
        sums += np.array([rng.permutation(moving)[:k].sum() for k in taken], dtype=np.int64)
    extreme = np.count_nonzero(np.abs(sums - mean) >= abs(observed - mean) - 1e-9)
    return (1 + int(extreme)) / (draws + 1)
