"""Figures by period within their control limits: how each is drawn, and those of recorded decisions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import pandas as pd

from pipeline.monitoring.decisions_said import Told, about, rows_of, whose
from pipeline.plots.curves import Axis, Curve, curves
from pipeline.plots.style import Canvas, Picture, picture, share
from pipeline.reporting.formatting import Said, number, percent
from responsible.monitoring import alarms
from responsible.monitoring.sides import EVERYBODY
from responsible.words import Words

MOST_PANELS, FEW = 6, 3  # and names that a title has
WITHIN = "Every figure stays within its control limits."


class Panel(NamedTuple):
    """A figure by period, how people call it, and how its values are written."""

    label: str
    tick: Callable[[float], str]
    own: pd.DataFrame


def decided(told: Told, words: Words, confidence: float) -> Picture:
    """Figures of recorded decisions with control limits: those that ever raised an alarm, or of everybody."""
    each = told.figures.groupby(["kind", "attribute", "comparison", "figure"], sort=False)
    known = [own for _, own in each if own["value"].notna().any()]
    shown = [own for own in known if own["alarm"].any()] or [
        own for own in known if own["attribute"].iloc[0] == EVERYBODY
    ]
    panels = [_decided(own, told.unit, words) for own in shown[:MOST_PANELS]]
    return limits(
        panels, told.periods, (f"By period of {words.many('healthcare')}", "monitor/healthcare.csv"), confidence
    )


def _decided(own: pd.DataFrame, unit: str, words: Words) -> Panel:
    row = rows_of(own.head(1))[0]
    subject, gap = whose(row["attribute"], row["comparison"], words), row["attribute"] != EVERYBODY
    label = f"{subject}, {about(row['kind'], row['figure'], words)}"
    if row["kind"] == alarms.WAITS:
        return Panel(f"{label}{', difference' if gap else ''} in {unit}", lambda x: number(x, 1), own)
    if gap:
        return Panel(f"{label}, difference in points", lambda x: number(100 * x, 0), own)
    return Panel(label, share, own)


def limits(panels: Sequence[Panel], periods: Sequence[str], said: tuple[str, str], confidence: float) -> Picture:
    """Each figure by period, with its interval, and where no alarm begins."""
    beyond = [panel.label for panel in panels if panel.own["alarm"].any()]

    def draw(canvas: Canvas) -> None:
        for panel in panels:
            low, high = (float(panel.own[f"limit_{end}"].median()) for end in ("low", "high"))
            ends = [float(panel.own["low"].min()), low], [float(panel.own["high"].max()), high]
            room = 0.1 * (max(ends[1]) - min(ends[0]))
            up = Axis(panel.label, min(ends[0]) - room, max(ends[1]) + room, panel.tick)
            line = curve(panel.own, panel.tick(_last(panel.own)), "a", periods)
            curves(canvas, [line], (across(periods, canvas), up), height=120, within=(low, high))

    listed = f": {'; '.join(beyond)}" if len(beyond) <= FEW else f" in some period: {number(len(beyond))} figures"
    finding = f"Beyond their control limits{listed}." if beyond else WITHIN
    band = f"Bands are {percent(confidence, 0)} intervals; shaded is where no alarm begins, for a period of the usual"
    caption = f"{band} size. Source: {said[1]}."
    last = "; ".join(f"{panel.label} {panel.tick(_last(panel.own))}" for panel in panels)
    return picture(Said(finding, said[0], f"{finding} Last: {last}.", caption), draw)


def _last(own: pd.DataFrame) -> float:
    known = own["value"].dropna()
    return float(known.iloc[-1]) if len(known) else float("nan")


def curve(own: pd.DataFrame, label: str, kind: str, periods: Sequence[str]) -> Curve:
    """Rows of periods as a line; those of a distance have no interval."""
    rows = own.reset_index(drop=True)
    at = rows["period"].map({period: place for place, period in enumerate(periods)})
    if "figure" not in rows:
        rows = rows.assign(value=rows["effect"], low=float("nan"), high=float("nan"))
    return Curve(label, kind, at.astype(float), rows)


def across(periods: Sequence[str], canvas: Canvas) -> Axis:
    """The periods as an axis."""
    last = len(periods) - 1
    every = max(1, -(-last // (2 if canvas.narrow else 6)))
    return Axis("Period", 0, last, lambda at: periods[round(at)], at=tuple(range(0, last + 1, every)))
