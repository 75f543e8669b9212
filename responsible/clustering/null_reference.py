"""Whether a clustering shows a structure, or would come out of any cloud of points.

Any algorithm cuts any cloud into K pieces. So the chosen method is also run on tables without clusters, of two kinds:
one normal distribution with the mean and covariance of the points, and a box uniform along their principal axes (the
reference of Tibshirani, Walther & Hastie 2001). There are segments only when the silhouette exceeds that of every such
table, and when refits find the same segments again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import numpy as np
from pydantic import Field

from responsible.clustering.methods import Clusters, Method, fit
from responsible.clustering.model_selection import Choice
from responsible.clustering.partition import Points, silhouettes
from responsible.validation import Params

UNSTABLE, CHANCE, SLIVER = "unstable", "no_better_than_no_clusters", "a_cluster_too_small"


class Reference(Params):
    """Tables without clusters: ``draws`` of each of the two kinds, as long as the points but at most ``rows`` rows."""

    draws: Annotated[int, Field(ge=19, le=9_999)]
    rows: Annotated[int, Field(ge=100, le=100_000)]


def without_clusters(
    points: Points, method: Method, params: Clusters, reference: Reference, rng: np.random.Generator
) -> dict[str, Points]:
    """The highest mean silhouette of the method over all K, on ``draws`` tables of each kind without clusters.

    Keys ``normal`` and ``uniform``; −1 for a table in which the method finds no two clusters.
    """
    rows = min(len(points), reference.rows)
    axes, _, back = np.linalg.svd(np.cov(points.T, bias=True).reshape(points.shape[1], -1))
    turned = (points - points.mean(axis=0)) @ axes
    low, high, spread = turned.min(axis=0), turned.max(axis=0), turned.std(axis=0)

    def normal(own: np.random.Generator) -> Points:
        return (own.standard_normal((rows, len(spread))) * spread) @ back

    def uniform(own: np.random.Generator) -> Points:
        return own.uniform(low, high, (rows, len(spread))) @ back

    return {
        draw.__name__: np.array([_best(draw(own), method, params, own) for own in rng.spawn(reference.draws)])
        for draw in (normal, uniform)
    }


def _best(points: Points, method: Method, params: Clusters, rng: np.random.Generator) -> float:
    tried = [(m, k) for m, k in params.candidates() if m == method]
    fits = [fit(points, m, k, starts=1, rng=rng, dbscan=params.dbscan) for m, k in tried]
    scores = silhouettes(points, np.stack([f.assign(points) for f in fits])).mean(axis=0)
    return float(np.nan_to_num(scores, nan=-1.0).max())


def doubts(choice: Choice, median_ari: float, minimum_ari: float, reference: Mapping[str, Points]) -> list[str]:
    """Why the chosen clusters are no segments; empty when they are. See the module's text."""
    highest = max(float(draws.max()) for draws in reference.values())
    found = {
        UNSTABLE: median_ari < minimum_ari,
        CHANCE: choice.chosen.silhouette.value <= highest,
        SLIVER: not choice.chosen.eligible,
    }
    return [reason for reason, holds in found.items() if holds]
