"""Clusterings of standardised points: KMeans, Gaussian mixture and DBSCAN behind one shape, numbered the same way.

A clustering is fitted on some points and can be asked for the clusters of others, so that a model fitted on a sample
labels a table of any length. Clusters are numbered by the rising sum of their centre's coordinates: cluster 0 has the
lowest values on the whole. The number depends on neither the order of the rows nor what the algorithm called it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from responsible.clustering.partition import Labels, Points, blocks, means, nearest, squared
from responsible.clustering.silhouette import Sampling
from responsible.tabular.sources import refuse_repeats
from responsible.validation import InputError, Params

Method = Literal["kmeans", "mixture", "dbscan"]


class Dbscan(Params):
    """DBSCAN: a point with ``neighbours`` points, itself counted, within ``radius`` standard deviations is core."""

    radius: Annotated[float, Field(gt=0)]
    neighbours: Annotated[int, Field(ge=2, le=10_000)]


class Clusters(Params):
    """Which clusterings are tried: methods, numbers of clusters, random starts of a fit, and the rows that are fitted.

    Of more than ``fit_rows`` rows, that many drawn at random are fitted; all rows are then labelled by what was found.
    ``margin`` is the silhouette by which a less simple clustering must be better; ``smallest`` the least share of the
    rows that a cluster may hold for its clustering to be chosen.
    """

    methods: Annotated[list[Method], Field(min_length=1)]
    minimum: Annotated[int, Field(ge=2, le=50)]
    maximum: Annotated[int, Field(ge=2, le=50)]
    starts: Annotated[int, Field(ge=1, le=1_000)]
    fit_rows: Annotated[int, Field(ge=100, le=1_000_000)]
    margin: Annotated[float, Field(ge=0, le=1)]
    smallest: Annotated[float, Field(ge=0, lt=0.5)]
    silhouette: Sampling
    dbscan: Dbscan

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.minimum > self.maximum:
            raise ValueError(f"minimum must be <= maximum, got {self.minimum} and {self.maximum}")
        refuse_repeats("methods", self.methods)
        return self

    def candidates(self) -> list[tuple[Method, int]]:
        """Every (method, K) to try, simplest first: fewer clusters, then the methods' order; K is 0 for DBSCAN."""
        numbers = range(self.minimum, self.maximum + 1)
        tried: list[tuple[Method, int]] = [(m, k) for k in numbers for m in self.methods if m != "dbscan"]
        return tried + ([("dbscan", 0)] if "dbscan" in self.methods else [])


@dataclass(frozen=True)
class Fitted:
    """A clustering that can label points: its method, its centres (K, d) in their order, and for a mixture its BIC.

    ``bic`` = −2 log L + parameters · log n of the points fitted, lower is better; NaN for the other methods.
    """

    method: Method
    centres: Points
    bic: float
    _label: Callable[[Points], Labels]

    @property
    def k(self) -> int:
        """Number of clusters; 0 when DBSCAN found none."""
        return len(self.centres)

    def assign(self, points: Points) -> Labels:
        """The cluster of each point (n, d) → (n,): that of the nearest centre, the likeliest component, or the nearest
        core point within the radius (−1 when there is none).
        """
        return self._label(points)


def refuse_indistinct(points: Points, k: int) -> None:
    """InputError when there are fewer distinct points than clusters asked for."""
    distinct = len(np.unique(points[: 100 * k], axis=0))  # enough on nearly all tables, without sorting all rows
    distinct = distinct if distinct >= k else len(np.unique(points, axis=0))
    if distinct < k:
        rule = f"must be at most the number of distinct points, {distinct}"
        raise InputError(f"cluster_privacy.clusters.maximum {rule}, got {k}; lower it")


def seeds(rng: np.random.Generator, number: int) -> list[int]:
    """``number`` seeds of :func:`fit` from one stream."""
    return [int(rng.integers(2**31)) for _ in range(number)]


def fit(points: Points, method: Method, k: int, *, starts: int, seed: int, dbscan: Dbscan) -> Fitted:
    """Fit one clustering with the best of ``starts`` random starts (k-means++; DBSCAN has none and finds its own K).

    ``seed`` is a whole number from 0 to 2³¹ − 1, see :func:`seeds`.
    """
    fitting = {"kmeans": _kmeans, "mixture": _mixture}
    with warnings.catch_warnings():  # a resample may hold fewer distinct points, or EM may need more rounds: then the
        warnings.simplefilter("ignore")  # clusters are fewer or rougher, which their stability shows
        return _dbscan(points, dbscan) if method == "dbscan" else fitting[method](points, k, starts, seed)


def _kmeans(points: Points, k: int, starts: int, seed: int) -> Fitted:
    from sklearn.cluster import KMeans

    centres = KMeans(k, n_init=starts, random_state=seed).fit(points).cluster_centers_
    centres = centres[_order(centres)]
    return Fitted("kmeans", centres, float("nan"), lambda others: nearest(others, centres))


def _mixture(points: Points, k: int, starts: int, seed: int) -> Fitted:
    from sklearn.mixture import GaussianMixture

    # reg_covar keeps a component from shrinking onto equal points; features are standardised, so it is a small share
    model = GaussianMixture(k, n_init=starts, random_state=seed, max_iter=300, reg_covar=1e-4).fit(points)
    number = np.argsort(_order(model.means_))
    centres = model.means_[_order(model.means_)]
    return Fitted(
        "mixture", centres, float(model.bic(points)), lambda others: _in_blocks(others, model.predict, number)
    )


def _in_blocks(points: Points, predict: Callable[[Points], Labels], number: Labels) -> Labels:
    parts = [number[predict(points[rows])] for rows in blocks(len(points), 40)]
    return np.concatenate(parts).astype(np.int64)


def _dbscan(points: Points, params: Dbscan) -> Fitted:
    from sklearn.cluster import DBSCAN

    model = DBSCAN(eps=params.radius, min_samples=params.neighbours).fit(points)
    core, labels = points[model.core_sample_indices_], model.labels_[model.core_sample_indices_].astype(np.int64)
    centres = means(core, labels, int(labels.max(initial=-1)) + 1)
    number = np.argsort(_order(centres)).astype(np.int64)
    near = params.radius**2
    return Fitted("dbscan", centres[_order(centres)], float("nan"), lambda p: _by_core(p, core, number[labels], near))


def _by_core(points: Points, core: Points, labels: Labels, near: float) -> Labels:
    out = np.full(len(points), -1, dtype=np.int64)
    for rows in blocks(len(points), len(core)) if len(core) else ():
        distances = squared(points[rows], core)
        first = distances.argmin(axis=1)
        close = distances[np.arange(len(first)), first] <= near * (1 + 1e-9)
        out[rows] = np.where(close, labels[first], -1)
    return out


def _order(centres: Points) -> Labels:
    """Indices of the centres by the rising sum of their coordinates, rounded so that equal ones fall back on order."""
    return np.lexsort([*centres.T[::-1], np.round(centres.sum(axis=1), 9)])
