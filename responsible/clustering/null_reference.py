"""Whether a clustering shows a structure, or would come out of any cloud of points.

Any algorithm cuts any cloud into K pieces. So the chosen method is also run on tables without clusters, of four kinds:

- ``normal``: one normal distribution with the mean and covariance of the points;
- ``uniform``: a box along their principal axes (the reference of Tibshirani, Walther & Hastie 2001);
- ``own_margins``: each column shuffled by itself, so that skew, gaps and 0/1 values stay and all dependence goes;
- ``own_margins_correlated``: the columns' own values joined by a Gaussian copula with their rank correlations, so that
  skewed columns that rise together are no clusters either.

There are segments only when the silhouette exceeds that of every such table, and when refits find the same segments
again. The last two kinds keep whatever one column shows alone, so groups along one column are no segments: they are
named as that column's. With one feature nothing is left to tell them apart, and no answer is given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Annotated

import numpy as np
from pydantic import Field

from responsible.clustering.each import Each, in_turn
from responsible.clustering.methods import Clusters, Method, fit, seeds
from responsible.clustering.model_selection import ClusterChoice
from responsible.clustering.partition import Points, silhouettes
from responsible.statistics.means import midranks
from responsible.validation import Params

UNSTABLE, CHANCE, SLIVER = "unstable", "no_better_than_no_clusters", "a_cluster_too_small"
MARGINS, ONE_FEATURE = "no_better_than_own_margins", "one_feature"
OWN = ("own_margins", "own_margins_correlated")
"""The kinds of tables whose columns keep their own distributions."""
CARRIES = 0.75
"""Share of what the columns' own distributions add to the silhouette from which on one column carries it alone."""

Table = Callable[[np.random.Generator], Points]


class NullReference(Params):
    """Tables without clusters: ``draws`` of each of the four kinds, as long as the points but at most ``rows`` rows."""

    draws: Annotated[int, Field(ge=19, le=9_999)]
    rows: Annotated[int, Field(ge=100, le=100_000)]


def without_clusters(
    points: Points,
    method: Method,
    params: Clusters,
    reference: NullReference,
    rng: np.random.Generator,
    *,
    each: Each = in_turn,
) -> dict[str, Points]:
    """The highest mean silhouette of the method over all K, on ``draws`` tables of each kind without clusters.

    Keys are the four kinds; −1 for a table in which the method finds no two clusters.
    """
    rows = min(len(points), reference.rows)
    kinds = {**_shapes(points, rows), **_own_margins(points, rows)}
    tables = [(kind, own) for kind in kinds for own in rng.spawn(reference.draws)]
    scores = each(partial(_score, kinds, method, params), tables)
    return dict(zip(kinds, np.array(scores).reshape(len(kinds), -1), strict=True))


def _score(
    kinds: Mapping[str, Table], method: Method, params: Clusters, table: tuple[str, np.random.Generator]
) -> float:
    kind, own = table
    return _best(kinds[kind](own), method, params, own)


def _shapes(points: Points, rows: int) -> dict[str, Table]:
    """Tables of a normal distribution and of a uniform box with the axes of ``points``."""
    axes, _, back = np.linalg.svd(np.cov(points.T, bias=True).reshape(points.shape[1], -1))
    turned = (points - points.mean(axis=0)) @ axes
    low, high, spread = turned.min(axis=0), turned.max(axis=0), turned.std(axis=0)
    return {"normal": partial(_normal, rows, spread, back), "uniform": partial(_uniform, rows, low, high, back)}


def _normal(rows: int, spread: Points, back: Points, own: np.random.Generator) -> Points:
    return np.asarray((own.standard_normal((rows, len(spread))) * spread) @ back)


def _uniform(rows: int, low: Points, high: Points, back: Points, own: np.random.Generator) -> Points:
    return np.asarray(own.uniform(low, high, (rows, len(low))) @ back)


def _own_margins(points: Points, rows: int) -> dict[str, Table]:
    """Tables with the columns of ``points``: independent, and joined by a Gaussian copula.

    The copula's correlations are 2 sin(π ρ / 6) of the rank correlations ρ (Kruskal 1958); where these are those of no
    normal distribution, the nearest directions that are.
    """
    ranks = np.corrcoef([midranks(column) for column in points.T]).reshape(points.shape[1], -1)
    sizes, directions = np.linalg.eigh(2 * np.sin(np.pi / 6 * ranks))
    root = (directions * np.sqrt(np.maximum(sizes, 0))).T
    return dict(zip(OWN, (partial(_independent, points, rows), partial(_joined, points, rows, root)), strict=True))


def _independent(points: Points, rows: int, own: np.random.Generator) -> Points:
    return np.column_stack([own.choice(column, rows, replace=False) for column in points.T])


def _joined(points: Points, rows: int, root: Points, own: np.random.Generator) -> Points:
    values = np.sort(_independent(points, rows, own), axis=0)
    places = (own.standard_normal((rows, len(root))) @ root).argsort(axis=0).argsort(axis=0)
    return np.take_along_axis(values, places, axis=0)


def carrying_column(
    points: Points,
    method: Method,
    params: Clusters,
    reference: NullReference,
    *,
    independent: Points,
    rng: np.random.Generator,
) -> int | None:
    """Index of the one column that alone carries what the columns' own distributions show; None for none or several.

    ``independent`` (draws,) are the silhouettes of ``own_margins``. The median silhouette of independent normal columns
    rises to theirs when all columns get their own values back; the column that alone brings 3/4 of the rise carries it.
    """
    rows = min(len(points), reference.rows)

    def normal_but(kept: int | None) -> float:
        def draw(own: np.random.Generator) -> Points:
            table = own.standard_normal((rows, points.shape[1]))
            if kept is not None:
                table[:, kept] = own.choice(points[:, kept], rows, replace=False)
            return table

        return float(np.median(_scores(draw, method, params, reference.draws, rng)))

    none = normal_but(None)
    rise = float(np.median(independent)) - none
    carrying = [j for j in range(points.shape[1]) if rise > 0 and normal_but(j) - none >= CARRIES * rise]
    return carrying[0] if len(carrying) == 1 else None


def _scores(draw: Table, method: Method, params: Clusters, draws: int, rng: np.random.Generator) -> Points:
    return np.array([_best(draw(own), method, params, own) for own in rng.spawn(draws)])


def _best(points: Points, method: Method, params: Clusters, rng: np.random.Generator) -> float:
    tried = [(m, k) for m, k in params.candidates() if m == method]
    drawn = zip(tried, seeds(rng, len(tried)), strict=True)
    fits = [fit(points, m, k, starts=1, seed=seed, dbscan=params.dbscan) for (m, k), seed in drawn]
    scores = silhouettes(points, np.stack([f.assign(points) for f in fits])).mean(axis=0)
    return float(np.nan_to_num(scores, nan=-1.0).max())


def doubts(choice: ClusterChoice, median_ari: float, minimum_ari: float, reference: Mapping[str, Points]) -> list[str]:
    """Why the chosen clusters are no segments; empty when they are. See the module's text."""
    if choice.chosen.fitted.centres.shape[1] == 1:
        return [ONE_FEATURE]
    reached = {kind for kind, draws in reference.items() if choice.chosen.silhouette.value <= draws.max()}
    found = {
        UNSTABLE: median_ari < minimum_ari,
        CHANCE: bool(reached - set(OWN)),
        MARGINS: bool(reached) and reached <= set(OWN),
        SLIVER: not choice.chosen.eligible,
    }
    return [reason for reason, holds in found.items() if holds]
