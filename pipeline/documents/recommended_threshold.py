"""What docs/recommended_threshold.md says: the sweep's choice in plain sentences and tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.reporting.rendering import number, records
from responsible.names import BASELINE, DATA, MODELS, REWEIGHED

if TYPE_CHECKING:
    import pandas as pd

    from responsible.mitigation.threshold_choice import ThresholdChoice
    from responsible.mitigation.threshold_figures import Sweep
    from responsible.statistics.intervals import Inference


def context(figures: pd.DataFrame, choice: ThresholdChoice, sweep: Sweep, inference: Inference) -> dict[str, Any]:
    """Everything the template shows."""
    at = {(r.model, r.figure): r for r in records(figures[figures["threshold"] == choice.reported])}
    return {
        "choice": choice,
        "sweep": sweep,
        "inference": inference,
        "constraints": records(choice.constraints),
        "firmness": _firmness(choice),
        "base": at[DATA, "base_rate"],
        "worth": _worth(at[REWEIGHED, "accuracy"], at[DATA, "base_rate"]),
        "at": [
            {"figure": name, **{model: at[model, name] for model in MODELS}}
            for name in figures.loc[figures["model"] == BASELINE, "figure"].unique()
        ],
        "thresholds": _thresholds(figures, choice, sweep),
        "without": _without_models(figures),
    }


def _firmness(choice: ThresholdChoice) -> str:
    wins, none = choice.frequency[choice.index], choice.none
    rivals = [
        f"{t:g} ({number(f * 100, 0)} %)"
        for t, f in zip(choice.thresholds, choice.frequency, strict=True)
        if f >= 0.005 and t != choice.reported
    ]
    other = f" Other winners: {', '.join(rivals)}." if rivals else ""
    return (
        f"Drawn anew 100 times, the same people would give this threshold {number(wins * 100, 0)} times, "
        f"and no feasible threshold at all {number(none * 100, 0)} times.{other}"
    )


def _worth(accuracy: Any, base: Any) -> str:
    """Whether the reweighed model beats answering everyone alike, the trivially equal treatment."""
    alike = max(base.value, 1 - base.value)
    if accuracy.low > alike:
        return f"The reweighed model is more accurate than answering everyone alike ({number(alike)})."
    return (
        f"**The reweighed model is not shown to be more accurate than answering everyone alike ({number(alike)}):** "
        "the constraint is met at the cost of most of what the model knows. Weigh that before using this threshold."
    )


def _thresholds(figures: pd.DataFrame, choice: ThresholdChoice, sweep: Sweep) -> list[dict[str, Any]]:
    rows = {(r.threshold, r.model, r.figure): r for r in records(figures)}
    return [
        {
            "threshold": threshold,
            "base": rows[threshold, DATA, "base_rate"],
            **{model: rows[threshold, model, "disparate_impact"] for model in MODELS},
            "decider": rows[threshold, REWEIGHED, sweep.choose_by],
            "wins": choice.frequency[index],
        }
        for index, threshold in enumerate(choice.thresholds)
    ]


def _without_models(figures: pd.DataFrame) -> list[tuple[float, str]]:
    """Thresholds at which no model could be fitted, and why."""
    known = figures[figures["model"] != DATA]
    reasons = known.groupby("threshold")["reason"].agg(set)
    return [(float(t), r.pop()) for t, r in reasons.items() if len(r) == 1 and " " in next(iter(r))]
