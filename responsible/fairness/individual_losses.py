"""Who loses when like cases are decided unlike: violations between a group and the others, with a permutation test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from responsible.fairness.individual import LEAF, Ints, Points, blocks, reach_of
from responsible.statistics.rates import divide


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
    where: Points,
    outcome: Ints,
    member: npt.NDArray[np.bool_],
    threshold: float,
    *,
    unlike: Ints,
    strata: Ints,
    draws: int,
    rng: np.random.Generator,
) -> Losses:
    """In violations with one case of the group ``member`` (n,) and one of the others: how often the group's is refused.

    lost − won = Σ sᵢ unlikeᵢ over the group with s = 1 for refused, −1 for approved cases: pairs within the group
    cancel. So labels can be permuted without counting pairs again. They are permuted within ``strata`` (n,), such as
    need and urgency; p = (1 + draws at least as far from their mean) / (draws + 1), two-sided (Phipson & Smyth 2010).
    """
    reach, lost, won = reach_of(threshold), 0, 0
    for block in blocks(where, reach):
        sides = {(m, y): where[block[(member[block] == m) & (outcome[block] == y)]] for m in (0, 1) for y in (0, 1)}
        lost += _across(sides[1, 0], sides[0, 1], reach)
        won += _across(sides[1, 1], sides[0, 0], reach)
    value = np.where(outcome == 0, 1, -1) * unlike
    p = _permuted(value, member, strata, draws, rng) if lost + won else np.nan
    return Losses(lost, won, float(divide(lost, lost + won)), p)


def _across(a: Points, b: Points, reach: float) -> int:
    return int(cKDTree(a, leafsize=LEAF).count_neighbors(cKDTree(b, leafsize=LEAF), reach)) if len(a) and len(b) else 0


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
