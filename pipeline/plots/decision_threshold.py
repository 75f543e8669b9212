"""The picture of every decision threshold: what it costs or gets right, what it is worth, and whom it selects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isnan
from typing import TYPE_CHECKING

from pipeline.plots.curves import Axis, Curve, curves
from pipeline.plots.style import KINDS, Canvas, Picture, label, name, picture, share
from pipeline.reporting.formatting import Said, number, percent
from responsible.analyses.decision_threshold import ACCURACY, ALL, BENEFIT
from responsible.fairness.measures import MEASURES
from responsible.measures.costs import COST

if TYPE_CHECKING:
    import pandas as pd

    from responsible.analyses.decision_threshold import Best
    from responsible.words import Words

HEIGHT = 170


def decision_threshold(
    figures: pd.DataFrame, found: Mapping[str, Best], chosen: Sequence[str], words: Words, *, on: str, confidence: float
) -> Picture:
    """Cost or accuracy, net benefit, and the first of the ``chosen`` measures that is a difference, by attribute.

    ``on`` are the rows the curves are of, in words.
    """
    models = list(found)[: len(KINDS) - 1]
    first = found[models[0]]
    across = Axis("Decision threshold", 0, 1, _plain, at=(0, 0.25, 0.5, 0.75, 1))
    at = first.current, f"now, {_plain(first.current)}"

    def draw(canvas: Canvas) -> None:
        judged, unit = (COST, "Mean cost of a decision") if first.figure == COST else (ACCURACY, "Accuracy")
        own = _lines(figures[figures["figure"] == judged], models)
        curves(canvas, own, (across, _axis(unit, own, share if judged == ACCURACY else _plain)), height=HEIGHT, at=at)
        own = _lines(figures[figures["figure"] == BENEFIT], models)
        alike = figures[(figures["figure"] == ALL) & (figures["model"] == models[0])].reset_index(drop=True)
        alike = alike[alike["value"] > 0]
        own += [Curve("selecting everybody", "e", alike["threshold"], alike, dashed=True)]
        top = max(0.05, float(max(line.rows["value"].max() for line in own)))
        up = Axis("Net benefit, true positives per person less weighted false ones", 0, top, _plain)
        curves(canvas, own, (across, up), height=HEIGHT, at=at)
        for measure in [m for m in chosen if m in MEASURES and not MEASURES[m].ratio][:1]:
            for (attribute, comparison), part in _compared(figures, measure):
                own = _lines(part, models)
                said = words.name(measure)
                title = f"{said[0].upper()}{said[1:]} by {words.name(attribute)}, {words.level(attribute, comparison)}"
                axes = across, Axis(title, -1, 1, _plain)
                curves(canvas, own, axes, height=HEIGHT, levels=[(0.0, "parity")], at=at)

    finding = " ".join(_finding(model, best) for model, best in found.items())
    caption = (
        f"Bands are pointwise {percent(confidence, 0)} intervals on the {on}; the upright line marks the threshold "
        "in use. Source: plots/decision_threshold.csv."
    )
    return picture(Said(finding, "Every threshold of the score, by model", finding, caption), draw)


MOST = 4  # comparisons drawn


def _compared(figures: pd.DataFrame, measure: str) -> list[tuple[tuple[str, str], pd.DataFrame]]:
    own = figures[figures["figure"] == measure]
    groups = own.groupby(["attribute", "comparison"], sort=False)
    return [((str(key[0]), str(key[1])), part) for key, part in groups][:MOST]


def _plain(value: float) -> str:
    return number(value, "g")


def _lines(rows: pd.DataFrame, models: Sequence[str]) -> list[Curve]:
    """A line for each model, of as many thresholds as a drawing of this size can show marks of."""
    each = [rows[rows["model"] == model] for model in models]
    parts = [own.iloc[1 :: max(1, len(own) // 12)].reset_index(drop=True) for own in each]
    kinds = zip(models, parts, KINDS, strict=False)
    return [Curve(label(model), kind, part["threshold"], part) for model, part, kind in kinds]


def _axis(title: str, lines: Sequence[Curve], tick: object) -> Axis:
    high = max(float(line.rows["high"].max()) for line in lines)
    return Axis(title, 0, 1 if tick is share or isnan(high) else high, tick)  # type: ignore[arg-type]


def _finding(model: str, best: Best) -> str:
    """Where the best threshold lies by the rows it was chosen on, and whether other rows show that it is better."""
    by, moved = ("cost", "lower") if best.figure == COST else ("accuracy", "higher")
    better = best.change.high < 0 if best.figure == COST else best.change.low > 0
    called = f"model {model}" if " " in model else f"{name(model)} model"
    if best.threshold == best.current or not better:
        return f"For the {called}, no threshold is shown to have {moved} {by} than {_plain(best.current)}."
    ends = ", ".join(f"{value:.3f}".replace("-", "−") for value in (best.now.value, best.then.value))
    return f"For the {called}, threshold {_plain(best.threshold)} has {moved} {by} than {_plain(best.current)}: {ends}."
