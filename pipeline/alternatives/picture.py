"""The picture: what each candidate loses and gains, and what was attainable at all."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

import pandas as pd

from pipeline.alternatives.labels import placed
from pipeline.alternatives.sentences import Speaker
from pipeline.plots.curves import Axis
from pipeline.plots.forest import ticks
from pipeline.plots.style import Canvas, Picture, picture, share
from pipeline.reporting.formatting import Said, number, percent
from pipeline.reporting.tables import records

if TYPE_CHECKING:
    from responsible.alternatives.searching import Found

KINDS = {"none": "a", "reweighing": "a", "dropping": "c", "reductions": "b", "group_thresholds": "e"}
NAMES = {
    "a": "as trained, or reweighed",
    "c": "without features",
    "b": "trained under a constraint",
    "d": "boosted trees",
    "e": "a threshold for each group: a bound only",
}
SHOWN = 6  # times the stated loss below the best accuracy; candidates that lose more are counted, not drawn
HEIGHT = 300
FINE = 0.05  # a span of accuracies whose ticks need decimals


def frontier(found: Found, speaker: Speaker, answer: str) -> Picture:
    """Performance against disparity on the test rows, the bound, and what both answers are about."""
    own = found.table[found.table["attribute"] == speaker.given.attribute].dropna(subset=["performance", "disparity"])
    named = _named(found)
    drawn = shown(own, named, speaker)
    marked = drawn[drawn["candidate"].isin(named)]
    gaps = [drawn["disparity"], marked["disparity_high"]]
    across = Axis(f"{speaker.gap.capitalize()}, absolute value: less is better", *_ends(pd.concat(gaps)), share)
    up = _up(speaker, pd.concat([drawn["performance"], marked["performance_low"], marked["performance_high"]]))

    def draw(canvas: Canvas) -> None:
        kinds = dict.fromkeys(kind(row) for row in records(drawn))
        canvas.legend([(each, NAMES[each]) for each in NAMES if each in kinds])
        _plane(canvas, (across, up), drawn, bound, named)

    bound, left = _bound(found, speaker, (across, up)), len(own) - len(drawn)
    dashed = (
        " The dashed line is the best that thresholds for each group reach with the score of the unmitigated logistic"
        " regression, fitted to these rows. A model with another score can lie above it."
    )
    caption = (
        f"Lines through a mark are {percent(speaker.confidence, 0)} intervals.{dashed if len(bound) else ''}"
        f"{f' {number(left)} candidates that lose more are not drawn.' if left else ''}"
        " Source: alternatives/candidates.csv."
    )
    unit = f"Chosen on validation rows, drawn on {number(speaker.rows)} test rows"
    return picture(Said(answer, unit, f"{answer} {_alt(own, named, speaker)}", caption), draw)


def shown(own: pd.DataFrame, named: Collection[str], speaker: Speaker) -> pd.DataFrame:
    """The candidates that lose at most :data:`SHOWN` times the stated loss against the best, and the ``named`` ones."""
    performance = own["performance"]
    behind = performance - performance.min() if speaker.costs else performance.max() - performance
    return own[(behind <= SHOWN * speaker.given.within) | own["candidate"].isin([*named])]


def _named(found: Found) -> dict[str, str]:
    """Candidate → what it is called in the picture."""
    best, use = found.answers["best"], found.answers["in_use"]
    each = [(best.alternative, "alternative to the best"), (use.alternative, "alternative")]
    return {name: said for name, said in [*each, (best.instead, "best"), (use.instead, "in use")] if name}


def kind(row: object) -> str:
    """The kind of a candidate, whose colour and shape it has: a key of :data:`NAMES`."""
    return "d" if getattr(row, "estimator", "") == "trees" else KINDS[getattr(row, "recipe", "none")]


def _up(speaker: Speaker, values: pd.Series[float]) -> Axis:
    """The axis of performance, which all marks and the intervals of the named ones lie within, with some room."""
    low, high = float(values.min()), float(values.max())
    room = (high - low) / 20 or speaker.given.within
    top = high + room if speaker.costs else min(high + room, 1.0)
    return Axis(f"{speaker.quality.capitalize()} on the test rows", low - room, top, _tick(speaker, top - low + room))


def _ends(values: pd.Series[float]) -> tuple[float, float]:
    """In tenths, with room on both sides; from 0, unless all values lie in the upper half and would share one place."""
    if not len(values):
        return 0.0, 1.0
    low, high = (float(end) * 10 for end in (values.min(), values.max()))
    top = min(1.0, math.ceil(high + 0.5) / 10)
    return (math.floor(low - 0.5) / 10 if low > top * 5 else 0.0), top


def _bound(found: Found, speaker: Speaker, axes: tuple[Axis, Axis]) -> pd.DataFrame:
    """The bound of the first scorer within the plane; no row where fewer than two points lie there."""
    across, up = axes
    every, given = found.bounds, speaker.given
    own = every[
        (every["scorer"] == every["scorer"].iloc[0])
        & (every["attribute"] == given.attribute)
        & (every["measure"] == given.measure)
        & every["bound"].between(up.low, up.high)
        & every["tolerance"].between(across.low, across.high)
    ]
    return own if len(own) > 1 else own.head(0)


def _tick(speaker: Speaker, span: float = 1.0) -> Callable[[float], str]:
    """How a performance is written on an axis of that span: shares in whole per cent unless those would repeat."""
    if speaker.costs:
        return lambda value: number(value, "g3")
    return share if span > FINE else lambda value: percent(value, 1)


def _plane(
    canvas: Canvas, axes: tuple[Axis, Axis], drawn: pd.DataFrame, bound: pd.DataFrame, named: dict[str, str]
) -> None:
    across, up = axes
    canvas.paragraph(up.title, "muted")
    left, right, top = 56.0, canvas.width - 24.0, canvas.y + 6

    def at(disparity: float, performance: float) -> tuple[float, float]:
        return left + (right - left) * across.place(disparity), top + HEIGHT * (1 - up.place(performance))

    for tick in ticks(up.low, up.high, 7):
        y = at(0, tick)[1]
        canvas.line((left, y, right, y), "grid")
        canvas.text(left - 6, y + 4, up.tick(tick), "muted end")
    for tick in ticks(across.low, across.high, 5 if canvas.narrow else 10):
        x = at(tick, up.low)[0]
        canvas.line((x, top + HEIGHT, x, top + HEIGHT + 4), "axis")
        canvas.text(x, top + HEIGHT + 20, across.tick(tick), "muted middle")
    if len(bound):
        canvas.path([at(row.tolerance, row.bound) for row in records(bound)], "ink dashed")
    rows = sorted(records(drawn), key=lambda row: row.candidate in named)
    those = [row for row in rows if row.candidate in named]
    for row in those:
        canvas.line((*at(row.disparity_low, row.performance), *at(row.disparity_high, row.performance)), kind(row))
        canvas.line((*at(row.disparity, row.performance_low), *at(row.disparity, row.performance_high)), kind(row))
    for row in rows:
        canvas.mark(*at(row.disparity, row.performance), kind(row))
    each = [(*at(row.disparity, row.performance), named[row.candidate]) for row in those]
    marks = [at(row.disparity, row.performance) for row in rows]
    for (x, y, said), label in zip(each, placed(each, marks, (left, top, right + 24, top + HEIGHT)), strict=True):
        if label.far:
            canvas.line((x, y, label.x, label.y - 4), "axis")
        canvas.text(label.x, label.y, said, "halo bold end" if label.end else "halo bold")
    canvas.y = top + HEIGHT + 26
    canvas.paragraph(across.title, "muted")


def _alt(own: pd.DataFrame, named: dict[str, str], speaker: Speaker) -> str:
    """What the named candidates reach, in words."""
    rows = {row.candidate: row for row in records(own)}
    said = [
        f"{called}: {speaker.quality} {_tick(speaker)(rows[name].performance)}, gap {share(rows[name].disparity)}"
        for name, called in named.items()
        if name in rows
    ]
    text = "; ".join(said)
    return f"{text[:1].upper()}{text[1:]}."
