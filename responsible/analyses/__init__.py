"""Analyses of models besides the audit: thresholds, calibration, similar groups, impact ratios, failures, reasons."""

from typing import TYPE_CHECKING

from responsible import lazily

__all__ = ["best", "conditional_demographic_disparity", "curves", "flip_rates", "net_benefit", "reasons_by_group"]

if TYPE_CHECKING:
    from responsible.analyses.decision_threshold import best, curves, net_benefit
    from responsible.analyses.flips import flip_rates
    from responsible.analyses.group_reasons import reasons_by_group
    from responsible.analyses.similar_groups import conditional_demographic_disparity
else:
    __getattr__, __dir__ = lazily(
        __name__,
        {
            "decision_threshold": ("best", "curves", "net_benefit"),
            "flips": ("flip_rates",),
            "group_reasons": ("reasons_by_group",),
            "similar_groups": ("conditional_demographic_disparity",),
        },
    )
