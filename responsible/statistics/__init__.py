"""Rates of count tables, their intervals, tests and losses. Imports validation and limits."""

from typing import TYPE_CHECKING

from responsible import lazily

__all__ = [
    "PERFORMANCE",
    "RATES",
    "SCORES",
    "Inference",
    "Interval",
    "benjamini_hochberg",
    "equalized_odds",
    "holm",
    "independence",
    "percentile",
    "rate",
    "replicates",
    "roc_auc",
    "stratified",
    "welch",
    "wilson",
]

if TYPE_CHECKING:
    from responsible.statistics.intervals import Inference, Interval, percentile, replicates, wilson
    from responsible.statistics.mantel_haenszel import stratified
    from responsible.statistics.means import welch
    from responsible.statistics.probability_metrics import SCORES, roc_auc
    from responsible.statistics.rates import PERFORMANCE, RATES, rate
    from responsible.statistics.significance import benjamini_hochberg, equalized_odds, holm, independence
else:
    __getattr__, __dir__ = lazily(
        __name__,
        {
            "intervals": ("Inference", "Interval", "percentile", "replicates", "wilson"),
            "mantel_haenszel": ("stratified",),
            "means": ("welch",),
            "probability_metrics": ("SCORES", "roc_auc"),
            "rates": ("PERFORMANCE", "RATES", "rate"),
            "significance": ("benjamini_hochberg", "equalized_odds", "holm", "independence"),
        },
    )
