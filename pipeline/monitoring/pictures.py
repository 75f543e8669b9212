"""Three pictures: the calendar of alarms, the features that drift, and figures within their control limits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from pipeline.monitoring.statements import Statement
from pipeline.plots.curves import Axis, Curve, curves
from pipeline.plots.style import KINDS, LINE, Canvas, Picture, count, fold, picture, share
from pipeline.reporting.formatting import Said, number, percent
from responsible.monitoring import alarms
from responsible.monitoring.drift import VALUES
from responsible.monitoring.figures import SELECTION
from responsible.monitoring.monitoring import Monitoring
from responsible.monitoring.sides import EVERYBODY
from responsible.words import Words

if TYPE_CHECKING:
    from collections.abc import Callable

MOST = 12  # rows of the calendar
BOX = 18.0
FOLLOWED = {EVERYBODY: (SELECTION, "accuracy")}  # by attribute; of any other the measure below
OF_GROUPS = "statistical_parity_difference"


def calendar(watched: Sequence[alarms.Watched], each: Sequence[Statement]) -> Picture:
    """A row for each question that ever raised an alarm, a box for each period of any line of work."""
    names = {statement.key: statement.question for statement in each}
    keys = list(names)[:MOST]
    states = {
        ((own.line, *row[:4]), row[4]): row[5]
        for own in watched
        for row in own.asked[[*alarms.KEY, "period", "state"]].itertuples(index=False, name=None)
    }
    periods = sorted({period for own in watched for period in own.periods})

    def draw(canvas: Canvas) -> None:
        canvas.legend([("beyond", "alarm"), ("within", "no alarm"), ("ground", "empty: not judged")])
        label = 0.0 if canvas.narrow else 250.0
        step = (canvas.width - label) / max(len(periods), 1)
        for key in keys:
            width = canvas.width if canvas.narrow else label - 10
            lines = fold(names[key], width)
            under = canvas.lines(0, canvas.y, lines)
            top = under + 2 if canvas.narrow else canvas.y
            _boxes(canvas, [states.get((key, period), "") for period in periods], (label, top, step))
            canvas.y = max(under, top + BOX) + 8
        _dates(canvas, periods, label, step)

    standing = [s for s in each if s.stands]
    told = "; ".join(s.question for s in standing)
    finding = f"{number(len(standing))} alarms stand: {told}." if standing else "No alarm stands."
    alt = f"{finding} " + " ".join(f"{s.question}: {s.since} to {s.until}." for s in each)
    asked = number(sum(own.spending.questions for own in watched))
    caption = f"Only questions that raised an alarm, of {asked}. Source: monitor/alarms.csv."
    return picture(Said(finding, "One box for each period", alt.strip(), caption), draw)


def _boxes(canvas: Canvas, states: Sequence[str], at: tuple[float, float, float]) -> None:
    left, top, step = at
    for place, state in enumerate(states):
        x = left + place * step
        shade = {alarms.ALARM: "beyond", alarms.QUIET: "within"}.get(state, "")
        if shade:
            canvas.box(x + 1, top, step - 2, BOX, shade)
        if state == alarms.ALARM:
            canvas.mark(x + step / 2, top + BOX / 2, "b")


def _dates(canvas: Canvas, periods: Sequence[str], left: float, step: float) -> None:
    every = max(1, int(70 / step) + 1)
    for place in range(0, len(periods), every):
        canvas.text(left + place * step + 1, canvas.y + 13, periods[place], "muted")
    canvas.y += LINE + 6


def drifting(found: Monitoring, words: Words, least: float) -> Picture:
    """How far each feature lies from the reference in every period: the five that moved most."""
    table = found.drift[found.drift["question"] == VALUES]
    most = table.groupby("name", sort=False)["effect"].max().sort_values(ascending=False, kind="stable")
    names = list(most.index[: len(KINDS)])
    lines = [
        _curve(table[table["name"] == name], words.name(name), kind, found)
        for name, kind in zip(names, KINDS, strict=False)
    ]
    top = max(0.15, float(most.max()) * 1.1) if len(most) else 0.15
    alarmed = [name for name in names if bool(table.loc[table["name"] == name, "alarm"].any())]

    def draw(canvas: Canvas) -> None:
        up = Axis("Share of rows that would have to change their level", 0, top, share)
        curves(canvas, lines, (_across(found, canvas), up), height=230, levels=[(least, "an alarm needs this much")])

    what = ", ".join(words.name(name) for name in alarmed)
    finding = f"{count(len(alarmed), len(table['name'].unique()), 'features')} beyond chance and {percent(least, 0)}"
    finding = f"{finding[:1].upper()}{finding[1:]}{f': {what}' if what else ''}."
    alt = f"{finding} Largest distance: " + ", ".join(f"{words.name(n)} {percent(most[n])}" for n in names) + "."
    caption = "Total variation, of numbers of many values the Kolmogorov-Smirnov gap. Source: monitor/drift.csv."
    return picture(Said(finding, "Distance to the reference by period", alt, caption), draw)


def figures(found: Monitoring, words: Words, confidence: float) -> Picture:
    """Figures of everybody and one measure of each attribute, with control limits."""
    table = found.figures
    panels = [
        (attribute, name, own)
        for attribute, each in table.groupby("attribute", sort=False)
        for name in FOLLOWED.get(str(attribute), (OF_GROUPS,))
        if len(own := each[(each["figure"] == name) & (each["comparison"] == each["comparison"].iloc[0])])
    ]
    beyond = [f"{words.name(name)}{_by(a, words)}" for a, name, own in panels if own["alarm"].any()]

    def draw(canvas: Canvas) -> None:
        for attribute, name, own in panels:
            low, high = float(own["limit_low"].median()), float(own["limit_high"].median())
            ends = [float(own["low"].min()), low], [float(own["high"].max()), high]
            room = 0.1 * (max(ends[1]) - min(ends[0]))
            up = Axis(
                f"{words.name(name)}{_by(attribute, words)}", min(ends[0]) - room, max(ends[1]) + room, _tick(name)
            )
            line = _curve(own, _tick(name)(_last(own)), "a", found)
            curves(canvas, [line], (_across(found, canvas), up), height=120, within=(low, high))

    finding = (
        f"Beyond their control limits: {', '.join(beyond)}."
        if beyond
        else "Every figure stays within its control limits."
    )
    caption = (
        f"Bands are {percent(confidence, 0)} intervals; shaded is where no alarm begins, for a period of the usual "
        "size. Source: monitor/figures.csv."
    )
    last = ", ".join(f"{words.name(n)}{_by(a, words)} {number(_last(own), 2)}" for a, n, own in panels)
    return picture(
        Said(finding, "By period; periods without labels are left out", f"{finding} Last values: {last}.", caption),
        draw,
    )


def _by(attribute: object, words: Words) -> str:
    return "" if attribute == EVERYBODY else f" by {words.name(str(attribute))}"


def _last(own: pd.DataFrame) -> float:
    known = own["value"].dropna()
    return float(known.iloc[-1]) if len(known) else float("nan")


def _tick(name: str) -> Callable[[float], str]:
    return (lambda value: number(value, 2)) if name == OF_GROUPS else share


def _curve(own: pd.DataFrame, label: str, kind: str, found: Monitoring) -> Curve:
    rows = own.reset_index(drop=True)
    at = rows["period"].map({period: place for place, period in enumerate(found.periods)})
    if "figure" not in rows:
        rows = rows.assign(value=rows["effect"], low=float("nan"), high=float("nan"))
    return Curve(label, kind, at.astype(float), rows)


def _across(found: Monitoring, canvas: Canvas) -> Axis:
    last = len(found.periods) - 1
    every = max(1, -(-last // (2 if canvas.narrow else 6)))
    return Axis("Period", 0, last, lambda at: found.periods[round(at)], at=tuple(range(0, last + 1, every)))
