"""Three pictures: the calendar of alarms, the features that drift, and figures within their control limits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipeline.monitoring.control_limits import Panel, across, curve, limits
from pipeline.monitoring.model_said import Told
from pipeline.monitoring.statements import Statement
from pipeline.plots.curves import Axis, curves
from pipeline.plots.style import KINDS, LINE, Canvas, Picture, count, fold, picture, share
from pipeline.reporting.formatting import Said, number, percent
from responsible.monitoring import alarms
from responsible.monitoring.drift import VALUES
from responsible.monitoring.figures import SELECTION
from responsible.monitoring.sides import EVERYBODY
from responsible.words import Words

if TYPE_CHECKING:
    from collections.abc import Callable

MOST = 18  # rows of the calendar
BOX, DATE = 18.0, 56.0
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
    told = "; ".join(f"{s.question} {s.since}" for s in standing)
    asked = sum(own.spending.questions for own in watched)
    finding = f"{count(len(standing), asked, 'questions') if standing else 'No question is'} in alarm."
    finding = finding[:1].upper() + finding[1:]
    alt = f"{finding} Since when: {told}." if told else finding
    caption = "Only questions that ever raised an alarm. Source: monitor/alarms.csv."
    return picture(Said(finding, "One box for each period", alt, caption), draw)


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
        if left + place * step + DATE <= canvas.width:
            canvas.text(left + place * step + 1, canvas.y + 13, periods[place], "muted")
    canvas.y += LINE + 6


def drifting(found: Told, words: Words, least: float) -> Picture:
    """How far each feature lies from the reference in every period: the five that moved most."""
    table = found.drift[found.drift["question"] == VALUES]
    most = table.groupby("name", sort=False)["effect"].max().sort_values(ascending=False, kind="stable")
    names = list(most.index[: len(KINDS)])
    lines = [
        curve(table[table["name"] == name], words.name(name), kind, found.periods)
        for name, kind in zip(names, KINDS, strict=False)
    ]
    top = max(0.15, float(most.max()) * 1.1) if len(most) else 0.15
    alarmed = [name for name in names if bool(table.loc[table["name"] == name, "alarm"].any())]

    def draw(canvas: Canvas) -> None:
        up = Axis("Share of rows that would have to change their level", 0, top, share)
        curves(
            canvas,
            lines,
            (across(found.periods, canvas), up),
            height=230,
            levels=[(least, "an alarm needs this much")],
        )

    what = ", ".join(words.name(name) for name in alarmed)
    finding = f"{count(len(alarmed), len(table['name'].unique()), 'features')} beyond chance and {percent(least, 0)}"
    finding = f"{finding[:1].upper()}{finding[1:]}{f': {what}' if what else ''}."
    alt = f"{finding} Largest distance: " + ", ".join(f"{words.name(n)} {percent(most[n])}" for n in names) + "."
    caption = "Total variation, of numbers of many values the Kolmogorov-Smirnov gap. Source: monitor/drift.csv."
    return picture(Said(finding, "Distance to the reference by period", alt, caption), draw)


def figures(found: Told, words: Words, confidence: float) -> Picture:
    """Figures of everybody and one measure of each attribute, with control limits."""
    panels = [
        Panel(f"{words.name(name)}{_by(attribute, words)}", _tick(name), own)
        for attribute, each in found.figures.groupby("attribute", sort=False)
        for name in FOLLOWED.get(str(attribute), (OF_GROUPS,))
        for own in (each[(each["figure"] == name) & (each["comparison"] == each["comparison"].iloc[0])],)
        if own["value"].notna().any()
    ]
    said = "By period; periods without labels are left out"
    return limits(panels, found.periods, (said, "monitor/figures.csv"), confidence)


def _by(attribute: object, words: Words) -> str:
    return "" if attribute == EVERYBODY else f" by {words.name(str(attribute))}"


def _tick(name: str) -> Callable[[float], str]:
    return (lambda value: number(value, 2)) if name == OF_GROUPS else share
