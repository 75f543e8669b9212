"""Individual fairness: are like cases decided alike? Exact counts over all pairs, by trees, without listing the pairs.

The similarity of two cases is max(0, 1 − d) with d = √Σ wₖ (xₖ − x'ₖ)² over features scaled to 0..1 and weights that
sum to 1, so d lies in 0..1 as well. Scale by declared or population ranges: a range taken within one case would make
its own largest value 1 and compare nothing. Protected attributes are never features (Dwork et al. 2012: treat similar
individuals similarly).

Boundary: two cases are *like* when their similarity is above the threshold by more than ``SLACK``. Features are often
multiples of 0.1, so distances of exactly 1 − threshold are common and floats put them on either side.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field, model_validator
from scipy.spatial import cKDTree

from responsible.statistics.intervals import Interval, quantile
from responsible.statistics.rates import divide
from responsible.validation import Params

SLACK = 1e-9  # similarities this close to the threshold count as equal to it, hence not above
LEAF = 64  # cases in a leaf: fewer make the tree deep, more make it blunt; a matter of speed only
Points = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class Similarity(Params):
    """When two cases are like: features' ``weights``, which sum to 1, and the ``threshold`` to be above."""

    threshold: Annotated[float, Field(ge=0, lt=1)]
    weights: Annotated[dict[str, Annotated[float, Field(gt=0)]], Field(min_length=1)]
    neighbours: Annotated[int, Field(ge=1, le=1_000)]
    permutations: Annotated[int, Field(ge=100, le=1_000_000)]
    listed: Annotated[int, Field(ge=1, le=1_000)]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        whole(self.weights)
        return self


def whole(weights: Mapping[str, float]) -> None:
    """ValueError unless the weights sum to 1."""
    if abs(sum(weights.values()) - 1) > 1e-9:
        raise ValueError(f"weights must sum to 1, got {sum(weights.values()):g}")


@dataclass(frozen=True)
class Pairs:
    """How many pairs of cases are like, how many of those were decided unlike, and the share (NaN without pairs)."""

    cases: int
    pairs: int
    violations: int
    rate: float


def points(scaled: pd.DataFrame, weights: Mapping[str, float]) -> Points:
    """The cases as points (n, k) whose Euclidean distance is d: scaled features times √weight, largest weight first."""
    names = sorted(weights, key=lambda name: (-weights[name], name))
    return np.ascontiguousarray(scaled[names].to_numpy(dtype=float) * np.sqrt([weights[name] for name in names]))


def similarity(a: npt.ArrayLike, b: npt.ArrayLike) -> Points:
    """max(0, 1 − distance) of points (..., k)."""
    return np.asarray(np.maximum(0.0, 1 - np.linalg.norm(np.subtract(a, b), axis=-1)))


def like_pairs(where: Points, outcome: Ints, threshold: float) -> Pairs:
    """Exact counts over all n(n−1)/2 pairs of ``where`` (n, k) with ``outcome`` (n,) of 0 and 1.

    A dual-tree count (Gray & Moore 2001) takes or leaves whole boxes of pairs, so memory is that of the trees. First
    the cases are cut into blocks that no like pair can cross, which keeps the trees small.
    """
    reach, pairs, violations = _reach(threshold), 0, 0
    for block in _blocks(where, reach):
        approved, refused = (cKDTree(where[block[outcome[block] == y]], leafsize=LEAF) for y in (1, 0))
        across = int(approved.count_neighbors(refused, reach)) if approved.n and refused.n else 0
        same = sum(int(tree.count_neighbors(tree, reach)) - tree.n for tree in (approved, refused) if tree.n)
        pairs, violations = pairs + same // 2 + across, violations + across
    return Pairs(len(where), pairs, violations, float(divide(violations, pairs)))


def _reach(threshold: float) -> float:
    return 1 - threshold - SLACK


def _blocks(where: Points, reach: float) -> Iterator[Ints]:
    """Indices of the cases of each block. Along one feature, a gap wider than ``reach`` parts all pairs across it."""
    label = np.zeros(len(where), dtype=np.int64)
    for column in where.T:
        order = np.argsort(column, kind="stable")
        part = np.empty_like(label)
        part[order] = np.concatenate([[0], np.cumsum(np.diff(column[order]) > reach)]) if len(where) else 0
        label = np.unique(label * (part.max(initial=0) + 1) + part, return_inverse=True)[1]
    order = np.argsort(label, kind="stable")
    yield from np.split(order, np.flatnonzero(np.diff(label[order])) + 1)


def degrees(where: Points, outcome: Ints, threshold: float) -> tuple[Ints, Ints]:
    """For each case its like cases, and those of them with the other outcome: two arrays (n,)."""
    reach = _reach(threshold)
    like, unlike = np.zeros(len(where), dtype=np.int64), np.zeros(len(where), dtype=np.int64)
    for block in _blocks(where, reach):
        trees = {y: cKDTree(where[block[outcome[block] == y]], leafsize=LEAF) for y in (0, 1)}
        for y in (0, 1):
            own = block[outcome[block] == y]
            if len(own):
                near = {
                    z: tree.query_ball_point(where[own], reach, return_length=True)
                    for z, tree in trees.items()
                    if tree.n
                }
                unlike[own] = near.get(1 - y, 0)
                like[own] = near[y] - 1 + unlike[own]
    return like, unlike


def rate_interval(like: Ints, unlike: Ints, confidence: float) -> Interval:
    """Of the violation rate R = Σ unlike / Σ like, from :func:`degrees`: R ± z √Σ (unlikeᵢ − R likeᵢ)² / (½ Σ like).

    Pairs that share a case are not independent, so the pairs' number says little. The rate is a ratio of two sums over
    pairs (U-statistics), of which a case enters with its degrees: the infinitesimal jackknife (Efron 1982, chapter 6).
    """
    if not like.sum():
        return Interval(np.nan, np.nan, 1.0)
    rate = unlike.sum() / like.sum()
    half = quantile(confidence) * np.sqrt(np.sum((unlike - rate * like) ** 2)) / (like.sum() / 2)
    return Interval(max(0.0, float(rate - half)), min(1.0, float(rate + half)))


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
    reach, lost, won = _reach(threshold), 0, 0
    for block in _blocks(where, reach):
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


def closest(where: Points, outcome: Ints, threshold: float, most: int) -> pd.DataFrame:
    """The at most ``most`` nearest violations: ``refused`` and ``approved`` (rows), ``similarity``; nearest first.

    Among the m nearest pairs a refused case has only pairs with its own m nearest approved ones, so these suffice.
    """
    refused, approved = np.flatnonzero(outcome == 0), np.flatnonzero(outcome == 1)
    columns = ["refused", "approved", "similarity"]
    if not len(refused) or not len(approved):
        return pd.DataFrame(columns=columns)
    tree = cKDTree(where[approved], leafsize=LEAF)
    nearest = tree.query(where[refused], k=1, distance_upper_bound=_reach(threshold))[0]
    bound = np.sort(nearest)[:most][-1]
    rows = refused[nearest <= min(bound, _reach(threshold))]
    k = min(most, len(approved))
    distance, index = (a.reshape(len(rows), k) for a in tree.query(where[rows], k=list(range(1, k + 1))))
    found = pd.DataFrame({"refused": np.repeat(rows, k), "approved": approved[index.ravel()], "d": distance.ravel()})
    found = found[found["d"] <= _reach(threshold)].assign(d=lambda t: t["d"].round(12))
    found = found.sort_values(["d", "refused", "approved"], ignore_index=True).head(most)
    return found.assign(similarity=1 - found["d"])[columns]


def consistency(where: Points, outcome: Ints, neighbours: int, *, with_itself: bool = False) -> float:
    """1 − mean |yᵢ − mean y of the k nearest cases|, in [0, 1]; 1 when all neighbours are decided alike (Zemel 2013).

    The case itself is not among its neighbours, and features are scaled as above. AIF360 counts it as one (then
    ``with_itself``) and leaves features unscaled, which makes its score higher. Ties at the k-th distance are broken
    by the tree. NaN when there are no more cases than neighbours.
    """
    if len(where) <= neighbours:
        return float("nan")
    k = neighbours if with_itself else neighbours + 1
    index = cKDTree(where, leafsize=LEAF).query(where, k=list(range(1, k + 1)))[1]
    if not with_itself:
        own = index == np.arange(len(where))[:, None]
        own[~own.any(axis=1), -1] = True  # more twins than neighbours: the tree may have left the case itself out
        index = index[~own].reshape(len(where), neighbours)
    return float(1 - np.mean(np.abs(outcome - outcome[index].mean(axis=1))))
