"""One table segmented: choice, structure, stability, membership, representation and its price, without any noise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from responsible.clustering.each import Each, in_turn
from responsible.clustering.methods import Clusters, Method, refuse_indistinct
from responsible.clustering.model_selection import Candidate, ClusterChoice, candidates, choose_clusters
from responsible.clustering.null_reference import MARGINS, NullReference, carrying_column, doubts, without_clusters
from responsible.clustering.partition import Labels, Points, silhouettes
from responsible.clustering.scaling import Scaling, scaling
from responsible.clustering.silhouette import Silhouette, mean_silhouettes
from responsible.clustering.stability import Refits, Stability, refits
from responsible.segmentation.price_of_fairness import Price, frontier
from responsible.segmentation.representation import Representation, Share, dependence, shares
from responsible.statistics.significance import Test
from responsible.validation import Params


class Segmenting(Params):
    """Everything that decides a segmentation but the table."""

    clusters: Clusters
    reference: NullReference
    stability: Stability
    representation: Representation


@dataclass(frozen=True)
class Member:
    """One segment, from 1: its people, share, centre (d,) in the features' units, mean silhouette, the share of its
    people who are on average nearer to another segment (silhouette below 0), and what refits say of it.
    """

    segment: int
    n: int
    share: float
    centre: Points
    silhouette: float
    nearer_elsewhere: float
    jaccard: float
    reading: str


@dataclass(frozen=True)
class Segmentation:
    """The segments of a table and what is known of them. ``labels`` (n,) are for all rows, −1 for no segment;
    ``fitted_rows`` is how many were fitted, ``refits`` holds every candidate by (method, K), DBSCAN's as K = 0.
    ``column`` is the index of the one feature that alone carries the clusters, where that is why they are no segments.
    """

    scaling: Scaling
    choice: ClusterChoice
    refits: Mapping[tuple[Method, int], Refits]
    reference: Mapping[str, Points]
    doubts: Sequence[str]
    column: int | None
    labels: Labels
    silhouette: Silhouette
    fitted_rows: int
    members: Sequence[Member]
    shares: Sequence[Share]
    dependence: Test
    uncapped: float
    prices: Sequence[Price]

    @property
    def stability(self) -> Refits:
        """Refits of what was chosen."""
        return self.refits[_key(self.choice.chosen)]

    @property
    def found(self) -> bool:
        """Whether the clusters are segments: nothing speaks against it."""
        return not self.doubts


def _key(candidate: Candidate) -> tuple[Method, int]:
    method, k = candidate.name
    return method, 0 if method == "dbscan" else k


def segmentation(
    values: Points,
    codes: Labels,
    levels: Sequence[str],
    params: Segmenting,
    *,
    minimum_ari: float,
    confidence: float,
    rng: np.random.Generator,
    each: Each = in_turn,
) -> Segmentation:
    """Segment ``values`` (n, d) in their own units; ``codes`` (n,) index the protected ``levels``.

    Each purpose draws from its own stream spawned from ``rng``, so that more refits change no choice.

    Raises:
        InputError: a constant feature, fewer distinct rows than clusters, or no method that finds two clusters.
    """
    draw, fits, choosing, refitting, null, scoring, testing, capping = rng.spawn(8)
    scaled = scaling(values)
    points, clusters = scaled.apply(values), params.clusters
    refuse_indistinct(points, clusters.maximum)
    fitted = points[np.sort(draw.choice(len(points), min(len(points), clusters.fit_rows), replace=False))]
    found = candidates(fitted, clusters, fits, confidence)
    choice = choose_clusters(fitted, found, clusters, choosing, confidence)
    solutions = {_key(c): c.labels for c in found}
    again = refits(fitted, solutions, params.stability, clusters.dbscan, refitting, each=each)
    chosen, stable = choice.chosen, again[_key(choice.chosen)]
    reference = without_clusters(fitted, chosen.fitted.method, clusters, params.reference, null, each=each)
    reasons = doubts(choice, stable.quartiles()[1], minimum_ari, reference)
    labels = chosen.fitted.assign(points)
    uncapped, prices = frontier(
        points, chosen.fitted.centres, codes, len(levels), caps=params.representation.caps, rng=capping, each=each
    )
    return Segmentation(
        scaling=scaled,
        choice=choice,
        refits=again,
        reference=reference,
        doubts=reasons,
        column=_column(fitted, choice, reference, params, null) if MARGINS in reasons else None,
        labels=labels,
        silhouette=mean_silhouettes(points, [labels], clusters.silhouette, scoring, confidence)[0],
        fitted_rows=len(fitted),
        members=_members(values, points, labels, stable, rows=clusters.silhouette.rows, rng=scoring),
        shares=shares(labels, codes, levels, params.representation, confidence),
        dependence=dependence(labels, codes, len(levels), testing),
        uncapped=uncapped,
        prices=prices,
    )


def _column(
    fitted: Points, choice: ClusterChoice, reference: Mapping[str, Points], params: Segmenting, rng: np.random.Generator
) -> int | None:
    method, own = choice.chosen.fitted.method, reference["own_margins"]
    return carrying_column(fitted, method, params.clusters, params.reference, independent=own, rng=rng)


def _members(
    values: Points, points: Points, labels: Labels, stable: Refits, *, rows: int, rng: np.random.Generator
) -> list[Member]:
    """The segments; silhouettes on at most ``rows`` points drawn at random."""
    drawn = np.sort(rng.choice(len(points), min(len(points), rows), replace=False))
    score = silhouettes(points[drawn], labels[None, drawn])[:, 0]
    out = []
    for k, (jaccard, reading) in enumerate(stable.clusters()):
        inside, scored = labels == k, score[labels[drawn] == k]
        some = len(scored) > 0
        out.append(
            Member(
                segment=k + 1,
                n=int(inside.sum()),
                share=float(inside.mean()),
                centre=values[inside].mean(axis=0),
                silhouette=float(scored.mean()) if some else float("nan"),
                nearer_elsewhere=float((scored < 0).mean()) if some else float("nan"),
                jaccard=jaccard,
                reading=reading,
            )
        )
    return out
