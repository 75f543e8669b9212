"""The headline figures of the segments line: few numbers that tell whether anything important has changed."""

from __future__ import annotations

from typing import Any

from responsible.privacy.domain import Configuration, Release
from responsible.privacy.tradeoff import Tradeoff
from responsible.segmentation.price_of_fairness import Price
from responsible.segmentation.report import Report
from responsible.segmentation.scorecard import one_sided, total
from responsible.segmentation.segments import Segmentation


def at_flag(found: Segmentation, flag: float) -> Price | None:
    """The price of the largest cap tried that leaves no segment one-sided; None when no cap is that strict."""
    strict = [price for price in found.prices if price.cap <= flag + 1e-9]
    return max(strict, key=lambda price: price.cap, default=None)


def cost(compared: Tradeoff, setting: Configuration | Release) -> dict[str, float]:
    """What one mechanism at one ε costs, and the accountant's ε of it."""
    which = (setting.mechanism, setting.epsilon)
    ledger = compared.ledger
    entry = ledger[(ledger["mechanism"] == setting.mechanism) & (ledger["epsilon"] == setting.epsilon)].iloc[0]
    return {
        "drop": compared.drop(*which),
        "ari": compared.value(*which, "ari"),
        "changed": compared.value(*which, "changed"),
        "real_epsilon": float(entry["real_epsilon"]),
    }


def headline(report: Report) -> dict[str, Any]:
    """What ``metrics/cluster_privacy.json`` holds."""
    found, lead = report.found, report.found.choice.lead
    open_, answered = one_sided(found.shares)
    price = at_flag(found, report.params.representation.flag)
    return {
        "k": found.choice.chosen.fitted.k,
        "segments_found": int(found.found),
        "silhouette": found.silhouette.value,
        "lead_over_runner_up": lead.value if lead else None,
        "median_ari": found.stability.quartiles()[1],
        "least_stable_segment": min(member.jaccard for member in found.members),
        "cramers_v": found.dependence.effect,
        "one_sided_segments": len(open_) + len(answered),
        "silhouette_lost_to_cap": found.uncapped - price.silhouette if price else None,
        **{
            name: {"score": total(report.scores[name])} | cost(report.compared, setting)
            for name, setting in report.settings.items()
        },
    }
