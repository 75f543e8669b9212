"""Individual fairness: are like cases decided alike? Exact counts over all pairs, without listing the pairs.

The similarity of two cases is max(0, 1 − d) with d = √Σ wₖ (xₖ − x'ₖ)² over features scaled to 0..1 and weights that
sum to 1, so d lies in 0..1 as well. Scale by declared or population ranges: a range taken within one case would make
its own largest value 1 and compare nothing. Protected attributes are never features (Dwork et al. 2012: treat similar
individuals similarly).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Self

import numpy as np
import pandas as pd
import scipy
from pydantic import Field, model_validator

from responsible.fairness.like_cases import Ints, Pairs, Points, degrees, near_together, reach_of
from responsible.statistics.intervals import Interval, quantile
from responsible.statistics.rates import divide
from responsible.validation import Params

LEAF = 64  # cases in a leaf: fewer make the tree deep, more make it blunt; a matter of speed only


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


def points(scaled: pd.DataFrame, weights: Mapping[str, float]) -> Points:
    """The cases as points (n, k) whose Euclidean distance is d: scaled features times √weight, largest weight first."""
    names = sorted(weights, key=lambda name: (-weights[name], name))
    return np.ascontiguousarray(scaled[names].to_numpy(dtype=float) * np.sqrt([weights[name] for name in names]))


def like_pairs(where: Points, outcome: Ints, threshold: float) -> Pairs:
    """Exact counts over all n(n−1)/2 pairs of ``where`` (n, k) with ``outcome`` (n,) of 0 and 1."""
    return degrees(where, outcome, threshold).pairs()


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


def closest(where: Points, outcome: Ints, threshold: float, most: int) -> pd.DataFrame:
    """The at most ``most`` nearest violations: ``refused`` and ``approved`` (rows), ``similarity``; nearest first.

    Among the m nearest pairs a refused case has only pairs with its own m nearest approved ones, so these suffice.
    """
    refused, approved = np.flatnonzero(outcome == 0), np.flatnonzero(outcome == 1)
    columns = ["refused", "approved", "similarity"]
    if not len(refused) or not len(approved):
        return pd.DataFrame(columns=columns)
    refused, approved = (rows[near_together(where[rows])] for rows in (refused, approved))
    tree = scipy.spatial.cKDTree(where[approved], leafsize=LEAF)
    nearest = tree.query(where[refused], k=1, distance_upper_bound=reach_of(threshold))[0]
    bound = np.sort(nearest)[:most][-1]
    rows = refused[nearest <= min(bound, reach_of(threshold))]
    k = min(most, len(approved))
    distance, index = (a.reshape(len(rows), k) for a in tree.query(where[rows], k=list(range(1, k + 1))))
    found = pd.DataFrame({"refused": np.repeat(rows, k), "approved": approved[index.ravel()], "d": distance.ravel()})
    found = found[found["d"] <= reach_of(threshold)].assign(d=lambda t: t["d"].round(12))
    found = found.sort_values(["d", "refused", "approved"], ignore_index=True).head(most)
    return found.assign(similarity=1 - found["d"])[columns]


def consistency(where: Points, outcome: Ints, neighbours: int, *, with_itself: bool = False) -> float:
    """1 − mean |yᵢ − mean y of the k nearest cases|, in [0, 1]; 1 when all neighbours are decided alike (Zemel 2013).

    The case itself is not among its neighbours, and features are scaled as above. AIF360 counts it as one (then
    ``with_itself``) and leaves features unscaled, which makes its score higher. Cases that tie at the k-th distance
    share the places that are left among them, so that the order of the rows decides nothing. NaN when there are no
    more cases than neighbours.
    """
    if len(where) <= neighbours:
        return float("nan")
    order = near_together(where)  # asked for in turn, they are near in memory: an eighth of the time
    where, outcome = where[order], outcome[order]
    own, tree = 0 if with_itself else 1, scipy.spatial.cKDTree(where, leafsize=LEAF)
    distance, index = tree.query(where, k=min(neighbours + own + 1, len(where)))
    farthest, yes = distance[:, neighbours + own - 1], outcome[index]
    (near, near_yes), (tied, tied_yes) = (
        (inside.sum(axis=1), (inside * yes).sum(axis=1))
        for inside in (distance <= farthest[:, None] * scale for scale in (1 - TIE, 1 + TIE))
    )
    # where all that were asked for are tied, there may be more
    more = np.flatnonzero(tied == distance.shape[1])
    for row, found in zip(more, tree.query_ball_point(where[more], farthest[more] * (1 + TIE)), strict=True):
        tied[row], tied_yes[row] = len(found), outcome[found].sum()
    here = own * (farthest > 0)  # the case itself is nearer than the k-th distance, or tied with it when that is 0
    near, near_yes = near * (farthest > 0) - here, near_yes * (farthest > 0) - here * outcome
    tied, tied_yes = tied - near - own, tied_yes - near_yes - own * outcome
    mean = (near_yes + (neighbours - near) * divide(tied_yes, tied)) / neighbours
    return float(1 - np.mean(np.abs(outcome - mean)[np.argsort(order)]))


TIE = 1e-9  # distances that differ by less than this share of themselves are equal but for rounding
