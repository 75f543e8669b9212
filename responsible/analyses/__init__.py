"""Analyses of any scored model besides the audit: thresholds, calibration, similar groups, impact ratios, failures."""

from typing import TYPE_CHECKING

from responsible import lazily

__all__ = ["best", "conditional_demographic_disparity", "curves", "net_benefit"]

if TYPE_CHECKING:
    from responsible.analyses.decision_threshold import best, curves, net_benefit
    from responsible.analyses.similar_groups import conditional_demographic_disparity
else:
    __getattr__, __dir__ = lazily(
        __name__,
        {
            "decision_threshold": ("best", "curves", "net_benefit"),
            "similar_groups": ("conditional_demographic_disparity",),
        },
    )
