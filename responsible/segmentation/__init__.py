"""The line of work on segments. Imports clustering, fairness and privacy, never another line of work."""

from typing import TYPE_CHECKING

from responsible import lazily

__all__ = [
    "Capped",
    "Caps",
    "ClusterPrivacy",
    "Representation",
    "Segmentation",
    "Segments",
    "capped",
    "frontier",
    "segmentation",
    "shares",
]

if TYPE_CHECKING:
    from responsible.segmentation.capped_assignment import Capped, Caps, capped
    from responsible.segmentation.price_of_fairness import frontier
    from responsible.segmentation.report import ClusterPrivacy
    from responsible.segmentation.representation import Representation, shares
    from responsible.segmentation.schema import Segments
    from responsible.segmentation.segments import Segmentation, segmentation
else:
    __getattr__, __dir__ = lazily(
        __name__,
        {
            "capped_assignment": ("Capped", "Caps", "capped"),
            "price_of_fairness": ("frontier",),
            "report": ("ClusterPrivacy",),
            "representation": ("Representation", "shares"),
            "schema": ("Segments",),
            "segments": ("Segmentation", "segmentation"),
        },
    )
