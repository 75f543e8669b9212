"""Groups, measures, verdicts and disparities; proxies, individual fairness, subgroups. Imports modelling."""

from typing import TYPE_CHECKING

from responsible import lazily

__all__ = [
    "MEASURES",
    "Evaluation",
    "Fairness",
    "Groups",
    "best_accuracy",
    "consistency",
    "declared_groups",
    "disparities",
    "evaluate",
    "group_rates",
    "intersection_rates",
    "like_pairs",
    "search",
    "verdict",
]

if TYPE_CHECKING:
    from responsible.fairness.disparity import disparities
    from responsible.fairness.evaluation import Evaluation, evaluate
    from responsible.fairness.groups import Groups, declared_groups, group_rates
    from responsible.fairness.individual import consistency, like_pairs
    from responsible.fairness.intersections import intersection_rates
    from responsible.fairness.measures import MEASURES
    from responsible.fairness.subgroups import search
    from responsible.fairness.verdicts import Fairness, best_accuracy, verdict
else:
    __getattr__, __dir__ = lazily(
        __name__,
        {
            "disparity": ("disparities",),
            "evaluation": ("Evaluation", "evaluate"),
            "groups": ("Groups", "declared_groups", "group_rates"),
            "individual": ("consistency", "like_pairs"),
            "intersections": ("intersection_rates",),
            "measures": ("MEASURES",),
            "subgroups": ("search",),
            "verdicts": ("Fairness", "best_accuracy", "verdict"),
        },
    )
