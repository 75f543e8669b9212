"""The picture of the choice of a label threshold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.plots.curves import Axis, Curve, curves
from pipeline.plots.style import Canvas, Picture, label, picture, share
from pipeline.reporting.formatting import Said, number, percent
from pipeline.reporting.tables import records
from pipeline.results.catalogue import performance_of
from responsible.names import DATA, REWEIGHED, mitigated, spoken_model

if TYPE_CHECKING:
    import pandas as pd

    from responsible.governance.policy import Policy
    from responsible.governance.recommendation import Objections
    from responsible.mitigation.threshold_choice import ThresholdChoice
    from responsible.mitigation.threshold_figures import Sweep
    from responsible.words import Words

TOP = 1.6  # of the ratio's axis


def threshold_choice(
    figures: pd.DataFrame,
    choice: ThresholdChoice,
    sweep: Sweep,
    policy: Policy,
    *,
    against: Objections,
    confidence: float,
    words: Words,
    model: str = REWEIGHED,
) -> Picture:
    """Disparate impact and accuracy of both models by label threshold, with limits, trivial answer, accuracy floor.

    The ``model`` beside the baseline is named as the paths of its figures do; in ``figures`` as people read it.
    """
    thresholds = sorted(set(figures["threshold"]))
    across = Axis("Label threshold", thresholds[0], thresholds[-1], _plain)
    at = choice.reported, _plain(choice.reported)

    def draw(canvas: Canvas) -> None:
        limits = sweep.limits.get("disparate_impact")
        within = (max(limits.low, 0), min(limits.high, TOP)) if limits else None
        up = Axis(f"Disparate impact by {words.name(sweep.attribute)}; shaded: within the limits", 0, TOP, _plain)
        lines = _lines(figures, "disparate_impact")
        curves(canvas, lines, (across, up), height=190, levels=[(1.0, "parity")], within=within, at=at)
        base = figures[figures["figure"] == "base_rate"].reset_index(drop=True)
        alike = base.assign(value=base["value"].clip(lower=1 - base["value"]))
        lines = [
            *_lines(figures, "accuracy"),
            Curve("answering everyone alike", "e", alike["threshold"], alike, dashed=True),
        ]
        floor = _floor(policy, model)
        levels = [] if floor is None else [(floor, f"accuracy floor, {share(floor)}")]
        up = Axis("Accuracy, share of right answers", 0.4, 1, share)
        curves(canvas, lines, (across, up), height=190, levels=levels, at=at)

    finding, people = _finding(figures, choice, against), words.many("budget")
    met = "best within the constraints" if choice.feasible else "nearest to the constraints"
    caption = (
        f"Bands are {percent(confidence, 0)} intervals on the test rows; the upright line marks {at[1]}, {met}. "
        "Source: plots/threshold_intervals.csv."
    )
    rows = {"valid": "validation", "train": "training"}[choice.chosen_on]
    unit = f"Both models at every label threshold; chosen on the {rows} rows, drawn on the test rows"
    return picture(Said(finding, unit, _alt(finding, figures, choice, people), caption), draw)


def _plain(value: float) -> str:
    return number(value, "g")


def _lines(figures: pd.DataFrame, figure: str) -> list[Curve]:
    own = figures[figures["figure"] == figure]
    models = [model for model in figures["model"].unique() if model != DATA]
    parts = [(model, own[own["model"] == model].reset_index(drop=True)) for model in models]
    return [Curve(label(model), kind, part["threshold"], part) for (model, part), kind in zip(parts, "ab", strict=True)]


def _at(figures: pd.DataFrame, choice: ThresholdChoice) -> dict[tuple[str, str], float]:
    return {(r.model, r.figure): r.value for r in records(figures[figures["threshold"] == choice.reported])}


def _finding(figures: pd.DataFrame, choice: ThresholdChoice, against: Objections) -> str:
    """What is recommended, or that nothing can be, and why the nearest cannot."""
    own = mitigated(figures["model"])
    said, accuracy = _plain(choice.reported), _at(figures, choice)[own, "accuracy"]
    whose = spoken_model(own)
    right = f"{whose} is right for {percent(accuracy)}, answering everyone alike for {percent(against.trivial)}"
    if choice.feasible and against.none:
        return f"Threshold {said} can be recommended: {right}."
    if against.no_better:
        return f"No threshold can be recommended: at {said}, {right}."
    reasons = [judgement.title for judgement in against.missed] or ["a constraint"]
    return f"No threshold can be recommended: {said} misses {', '.join(reasons)}."


def _alt(finding: str, figures: pd.DataFrame, choice: ThresholdChoice, people: str) -> str:
    at = _at(figures, choice)
    own = mitigated(figures["model"])
    impact, reach = number(at[own, "disparate_impact"], 2), percent(at[DATA, "base_rate"])
    whose = "after reweighing" if own == REWEIGHED else f"for {spoken_model(own)}"
    reaches = f"disparate impact is {impact} {whose}, and {reach} of {people} reach the threshold"
    return f"{finding} At {_plain(choice.reported)}, {reaches}."


def _floor(policy: Policy, model: str) -> float | None:
    """The accuracy of the mitigated model below which the policy blocks."""
    path = f"{performance_of(model)}.accuracy"
    rules = (r for r in policy.rules.values() if r.metric == path and r.severity == "block")
    return next((rule.minimum for rule in rules), None)
