"""The choice of method and number of clusters by one stated rule.

Rule: of the candidates whose smallest cluster holds its least share, those whose mean silhouette is within ``margin``
of the highest are as good as each other; the simplest of them is chosen: the fewest clusters, then the order of the
methods in the parameters. The elbow of the inertia and the BIC of the mixture are shown beside it and do not decide.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from responsible.clustering.methods import Clusters, Fitted, Method, fit, seeds
from responsible.clustering.partition import Labels, Points, inertia
from responsible.clustering.silhouette import Silhouette, mean_silhouettes, silhouette_differences
from responsible.validation import InputError


@dataclass(frozen=True)
class Candidate:
    """One clustering of the fitted points: its figures, its labels (n,), and whether it may be chosen."""

    fitted: Fitted
    labels: Labels
    inertia: float
    silhouette: Silhouette
    smallest: float
    eligible: bool

    @property
    def name(self) -> tuple[Method, int]:
        """Method and number of clusters; DBSCAN's is what it found."""
        return self.fitted.method, self.fitted.k


@dataclass(frozen=True)
class ClusterChoice:
    """The candidates, which one the rule picks, the best other one, and the best one with another number of clusters.

    ``lead`` and ``lead_other_k`` are the silhouette of the chosen minus theirs, with the interval of its estimation;
    None where there is no such candidate.
    """

    candidates: Sequence[Candidate]
    chosen: Candidate
    runner_up: Candidate | None
    lead: Silhouette | None
    other_k: Candidate | None
    lead_other_k: Silhouette | None
    margin: float


def candidates(points: Points, params: Clusters, rng: np.random.Generator, confidence: float) -> list[Candidate]:
    """Fit every (method, K) on ``points``."""
    fits = [
        fit(points, method, k, starts=params.starts, seed=seeds(own, 1)[0], dbscan=params.dbscan)
        for (method, k), own in zip(params.candidates(), rng.spawn(len(params.candidates())), strict=True)
    ]
    labelings = [fitted.assign(points) for fitted in fits]
    scores = mean_silhouettes(points, labelings, params.silhouette, rng, confidence)
    return [_candidate(points, *found, params.smallest) for found in zip(fits, labelings, scores, strict=True)]


def _candidate(points: Points, fitted: Fitted, labels: Labels, score: Silhouette, smallest: float) -> Candidate:
    sizes = np.bincount(labels[labels >= 0], minlength=fitted.k)
    share = float(sizes.min(initial=len(labels)) / len(labels)) if fitted.k else 0.0
    eligible = bool(fitted.k >= 2 and share > 0 and share >= smallest and not np.isnan(score.value))
    return Candidate(fitted, labels, inertia(points, labels), score, share, eligible)


def choose_clusters(
    points: Points, found: Sequence[Candidate], params: Clusters, rng: np.random.Generator, confidence: float
) -> ClusterChoice:
    """Apply the rule. When every clustering has too small a cluster, the rule is applied to all of them.

    Raises:
        InputError: no method found two clusters.
    """
    defined = [c for c in found if not np.isnan(c.silhouette.value)]
    if not defined:
        remedy = "change cluster_privacy.clusters.dbscan or add a method"
        raise InputError(f"cluster_privacy.clusters.methods must find two clusters at least, got none; {remedy}")
    pool = [c for c in defined if c.eligible] or defined
    least = max(c.silhouette.value for c in pool) - params.margin
    chosen = min(
        (c for c in pool if c.silhouette.value >= least),
        key=lambda c: (c.fitted.k, params.methods.index(c.fitted.method)),
    )
    others = sorted((c for c in defined if c is not chosen), key=lambda c: (not c.eligible, -c.silhouette.value))
    other_k = next((c for c in others if c.fitted.k != chosen.fitted.k), None)
    rivals = [c for c in (others[0] if others else None, other_k) if c is not None]
    labelings = [chosen.labels, *(c.labels for c in rivals)]
    leads = silhouette_differences(points, labelings, params.silhouette, rng, confidence) if rivals else []
    lead = {id(c): x for c, x in zip(rivals, leads, strict=True)}
    runner_up = others[0] if others else None
    return ClusterChoice(
        found, chosen, runner_up, lead.get(id(runner_up)), other_k, lead.get(id(other_k)), params.margin
    )


def knee(curve: Mapping[int, float]) -> int | None:
    """The K at which the inertia (K → inertia, falling) bends most: farthest below the line from first to last point.

    Both axes are scaled to [0, 1] first (Satopää et al. 2011, "Kneedle", without smoothing). None for fewer than three
    points or a curve that does not fall.
    """
    k, y = np.array(sorted(curve)), np.array([curve[i] for i in sorted(curve)])
    if len(k) < 3 or y[0] <= y[-1]:
        return None
    below = (k[-1] - k) / (k[-1] - k[0]) - (y - y[-1]) / (y[0] - y[-1])
    return int(k[below.argmax()])
