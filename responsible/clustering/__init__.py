"""Partitions of points: methods, choice of their number, stability, null reference. Imports statistics."""

from typing import TYPE_CHECKING

from responsible import lazily

__all__ = [
    "ClusterChoice",
    "Clusters",
    "NullReference",
    "adjusted_rand",
    "candidates",
    "choose_clusters",
    "fit",
    "jaccard",
    "refits",
    "silhouettes",
    "without_clusters",
]

if TYPE_CHECKING:
    from responsible.clustering.methods import Clusters, fit
    from responsible.clustering.model_selection import ClusterChoice, candidates, choose_clusters
    from responsible.clustering.null_reference import NullReference, without_clusters
    from responsible.clustering.partition import adjusted_rand, jaccard, silhouettes
    from responsible.clustering.stability import refits
else:
    __getattr__, __dir__ = lazily(
        __name__,
        {
            "methods": ("Clusters", "fit"),
            "model_selection": ("ClusterChoice", "candidates", "choose_clusters"),
            "null_reference": ("NullReference", "without_clusters"),
            "partition": ("adjusted_rand", "jaccard", "silhouettes"),
            "stability": ("refits",),
        },
    )
