"""The rows that docs/recommended_threshold.md shows; its prose is docs/templates/recommended_threshold.md.j2."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.reporting.tables import records
from responsible.fairness.measures import KNOWN
from responsible.names import BASELINE, CLUSTER_GROUPS, DATA, mitigated, spoken_model

if TYPE_CHECKING:
    import pandas as pd

    from responsible.governance.recommendation import Objections
    from responsible.measures.costs import Costs
    from responsible.mitigation.threshold_choice import ThresholdChoice
    from responsible.mitigation.threshold_figures import Sweep
    from responsible.statistics.intervals import Inference
    from responsible.words import Words

WINNERS = 0.005  # from this share of the replicates on, another threshold is named as a winner


def context(
    figures: pd.DataFrame,
    choice: ThresholdChoice,
    sweep: Sweep,
    inference: Inference,
    against: Objections,
    *,
    words: Words,
    cluster: str | None = None,
    costs: Costs | None = None,
) -> dict[str, Any]:
    """Everything the template shows; ``cluster`` is the column by which rows come in clusters, if they do."""
    at = {(r.model, r.figure): r for r in records(figures[figures["threshold"] == choice.reported])}
    base = at[DATA, "base_rate"]
    thresholds, other = _thresholds(figures, choice), mitigated(figures["model"])
    return {
        "choice": choice,
        "rows": {"valid": "validation", "train": "training"}[choice.chosen_on],
        "recommended": choice.feasible and against.none,
        "against": against,
        "sweep": sweep,
        "costs": costs,
        "words": words,
        "inference": inference,
        "cluster": cluster,
        "groups": CLUSTER_GROUPS,
        "constraints": records(choice.constraints.assign(shown=_shown(choice.constraints))),
        "wins": choice.frequency[choice.index],
        "rivals": [row for row in thresholds if row["wins"] >= WINNERS and row["threshold"] != choice.reported],
        "base": base,
        "alike": max(base.value, 1 - base.value),  # accuracy of answering everyone alike, the trivially equal treatment
        "other": other,
        "spoken": spoken_model(other),
        "at": {
            name: {"baseline": at[BASELINE, name], "mitigated": at[other, name]}
            for name in figures.loc[figures["model"] == BASELINE, "figure"].unique()
        },
        "thresholds": thresholds,
        "without": _without_models(figures),
        "command": f"dvc exp run -S threshold={choice.reported:.12g}",
    }


def _shown(constraints: pd.DataFrame) -> list[bool]:
    """Whether each constraint on a measure shows a difference; false for the others, which are about no groups."""
    return [r.constraint in KNOWN and KNOWN[r.constraint].shown(r.low, r.high) for r in records(constraints)]


def _thresholds(figures: pd.DataFrame, choice: ThresholdChoice) -> list[dict[str, Any]]:
    rows, other = {(r.threshold, r.model, r.figure): r for r in records(figures)}, mitigated(figures["model"])
    return [
        {
            "threshold": threshold,
            "base": rows[threshold, DATA, "base_rate"],
            "baseline": rows[threshold, BASELINE, "disparate_impact"],
            "mitigated": rows[threshold, other, "disparate_impact"],
            "accuracy": rows[threshold, other, "accuracy"],
            "decider": rows[threshold, other, choice.chosen_by],
            "wins": choice.frequency[index],
        }
        for index, threshold in enumerate(choice.thresholds)
    ]


def _without_models(figures: pd.DataFrame) -> list[tuple[float, str]]:
    """Thresholds at which no model could be fitted, and why."""
    reasons: dict[float, set[str]] = {}
    for row in records(figures[figures["model"] != DATA]):
        reasons.setdefault(row.threshold, set()).add(row.reason)
    return [(t, r.pop()) for t, r in reasons.items() if len(r) == 1 and " " in next(iter(r))]
