"""Stability: would other people of the same kind give the same segments?

Each refit clusters a bootstrap sample (n of the n points, with replacement) and labels *all* the points by what it
found. The labels are compared with those of the clustering of all points: the adjusted Rand index for the whole, for
each cluster the Jaccard likeness of the cluster nearest to it. Hennig (2007, Computational Statistics & Data Analysis
52) compares on the resampled points only; comparing on the same points for every refit makes refits comparable, and
keeps points that were drawn twice from counting twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated

import numpy as np
from pydantic import Field

from responsible.clustering.each import Each, in_turn
from responsible.clustering.methods import Dbscan, Method, fit, seeds
from responsible.clustering.partition import Labels, Points, adjusted_rand, jaccard
from responsible.validation import Params

STABLE, DISSOLVED = 0.75, 0.5
"""Hennig's reading of a cluster's mean Jaccard likeness: from .75 stable, below .5 dissolved, between them a pattern
whose members are doubtful.
"""


class Stability(Params):
    """Bootstrap ``refits`` and the random ``starts`` of each; refits with fewer starts find fewer good solutions."""

    refits: Annotated[int, Field(ge=2, le=10_000)]
    starts: Annotated[int, Field(ge=1, le=1_000)]


@dataclass(frozen=True)
class Refits:
    """What B refits gave: ``ari`` (B,) with the full solution, ``jaccard`` (B, K) of each of its clusters."""

    ari: Points
    jaccard: Points

    def quartiles(self) -> tuple[float, float, float]:
        """Lower quartile, median and upper quartile of the adjusted Rand index."""
        low, median, high = np.quantile(self.ari, [0.25, 0.5, 0.75])
        return float(low), float(median), float(high)

    def clusters(self) -> list[tuple[float, str]]:
        """Mean Jaccard likeness of each cluster, with its reading: stable, doubtful or dissolved."""
        return [(float(mean), reading(float(mean))) for mean in self.jaccard.mean(axis=0)]


def reading(likeness: float) -> str:
    """Hennig's word for a mean Jaccard likeness."""
    if likeness >= STABLE:
        return "stable"
    return "dissolved" if likeness < DISSOLVED else "doubtful"


def refits(
    points: Points,
    solutions: Mapping[tuple[Method, int], Labels],
    params: Stability,
    dbscan: Dbscan,
    rng: np.random.Generator,
    *,
    each: Each = in_turn,
) -> dict[tuple[Method, int], Refits]:
    """Refit every (method, K) on the same bootstrap samples and compare with its labels of all points.

    The samples are shared by the candidates, so differences between candidates are not differences between samples.
    """
    samples = [rng.integers(0, len(points), len(points)) for _ in range(params.refits)]
    own = [seeds(stream, params.refits) for stream in rng.spawn(len(solutions))]
    again = partial(_refit, points, solutions, starts=params.starts, dbscan=dbscan)
    found = each(again, zip(samples, zip(*own, strict=True), strict=True))
    return {
        candidate: Refits(*(np.array(values) for values in zip(*likenesses, strict=True)))
        for candidate, likenesses in zip(solutions, zip(*found, strict=True), strict=True)
    }


def _refit(
    points: Points,
    solutions: Mapping[tuple[Method, int], Labels],
    drawn: tuple[Labels, Sequence[int]],
    *,
    starts: int,
    dbscan: Dbscan,
) -> list[tuple[float, Points]]:
    """Of every candidate fitted to one sample ``drawn``, with its own seed: likeness of all, and of each cluster."""
    rows, own = drawn
    found = []
    for (candidate, labels), seed in zip(solutions.items(), own, strict=True):
        other = fit(points[rows], *candidate, starts=starts, seed=seed, dbscan=dbscan).assign(points)
        found.append((adjusted_rand(labels, other), jaccard(labels, other, int(labels.max(initial=-1)) + 1)))
    return found
