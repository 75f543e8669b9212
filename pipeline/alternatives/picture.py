"""The picture: what each candidate loses and gains, and what was attainable at all."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import TYPE_CHECKING

from pipeline.alternatives.sentences import Speaker
from pipeline.plots.curves import Axis
from pipeline.plots.forest import ticks
from pipeline.plots.style import LETTER, Canvas, Picture, picture, share
from pipeline.reporting.formatting import Said, number, percent
from pipeline.reporting.tables import records

if TYPE_CHECKING:
    import pandas as pd

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


def frontier(found: Found, speaker: Speaker, answer: str) -> Picture:
    """Performance against disparity on the test rows, the bound, and what both answers are about."""
    own = found.table[found.table["attribute"] == speaker.given.attribute].dropna(subset=["performance", "disparity"])
    named = _named(found)
    low, high = shown(own, named, speaker)
    drawn = own[own["performance"].between(low, high)]
    across = Axis(f"{speaker.gap.capitalize()}, absolute value: less is better", *_ends(drawn["disparity"]), share)
    up = Axis(f"{speaker.quality.capitalize()} on the test rows", low, high, _tick(speaker))

    def draw(canvas: Canvas) -> None:
        kinds = dict.fromkeys(kind(row) for row in records(drawn))
        canvas.legend([(own, NAMES[own]) for own in NAMES if own in kinds])
        _plane(canvas, (across, up), drawn, bound, named)

    bound, left = _bound(found, speaker, (across, up)), len(own) - len(drawn)
    dashed = "; the dashed line is the best that any threshold for each group reaches with the logistic score"
    caption = (
        f"Lines through a mark are {percent(speaker.confidence, 0)} intervals{dashed if len(bound) else ''}. "
        f"{number(left)} candidates that lose more are not drawn. Source: alternatives/candidates.csv."
    )
    unit = f"Chosen on validation rows, drawn on {number(speaker.rows)} test rows"
    return picture(Said(answer, unit, f"{answer} {_alt(own, named, speaker)}", caption), draw)


def shown(own: pd.DataFrame, named: Collection[str], speaker: Speaker) -> tuple[float, float]:
    """From which performance to which candidates are drawn: all that are named are."""
    reach = own["performance"].max() if not speaker.costs else own["performance"].min()
    step = SHOWN * speaker.given.within * (1 if speaker.costs else -1)
    marked = own[own["candidate"].isin(named)]["performance"]
    ends = sorted((reach, *(f(reach + step, f(marked)) for f in (max if speaker.costs else min,))))
    low, high = ends[0] - speaker.given.within, ends[-1] + speaker.given.within
    return low, high if speaker.costs else min(high, 1.0)


def _named(found: Found) -> dict[str, str]:
    """Candidate → what it is called in the picture."""
    best, use = found.answers["best"], found.answers["in_use"]
    each = [(best.alternative, "alternative to the best"), (use.alternative, "alternative")]
    return {name: said for name, said in [*each, (best.instead, "best"), (use.instead, "in use")] if name}


def kind(row: object) -> str:
    """The kind of a candidate, whose colour and shape it has: a key of :data:`NAMES`."""
    return "d" if getattr(row, "estimator", "") == "trees" else KINDS[getattr(row, "recipe", "none")]


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


def _tick(speaker: Speaker):  # type: ignore[no-untyped-def]
    return (lambda value: number(value, "g3")) if speaker.costs else share


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
    for row in sorted(records(drawn), key=lambda row: row.candidate in named):
        _mark(canvas, row, at, named.get(row.candidate, ""), right)
    canvas.y = top + HEIGHT + 26
    canvas.paragraph(across.title, "muted")


def _mark(canvas: Canvas, row, at, said: str, right: float) -> None:  # type: ignore[no-untyped-def]
    x, y = at(row.disparity, row.performance)
    if said:
        for first, last in (
            (at(row.disparity_low, row.performance), at(row.disparity_high, row.performance)),
            (at(row.disparity, row.performance_low), at(row.disparity, row.performance_high)),
        ):
            canvas.line((*first, *last), kind(row))
    canvas.mark(x, y, kind(row))
    if said:
        # More quality goes with more disparity: marks lie along a rising line, with room above left and below right.
        if x + 9 + LETTER * 1.1 * len(said) > right:
            canvas.text(x - 9, y - 7, said, "halo bold end")
        else:
            canvas.text(x + 9, y + 18, said, "halo bold")


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
