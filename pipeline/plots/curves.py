"""Lines with bands over one axis, each named at its end."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd

from pipeline.plots.forest import ticks
from pipeline.plots.style import LETTER, LINE, Canvas, fold


@dataclass(frozen=True)
class Curve:
    """A line through ``value`` by ``x`` with a band from ``low`` to ``high``; ``dashed`` without marks."""

    label: str
    kind: str
    x: pd.Series[float]
    rows: pd.DataFrame
    dashed: bool = False


@dataclass(frozen=True)
class Axis:
    """An axis from low to high; ``at`` are its ticks where they are not simply round numbers."""

    title: str
    low: float
    high: float
    tick: Callable[[float], str]
    at: Sequence[float] = ()
    log: bool = False

    def place(self, value: float) -> float:
        """From 0 at the low end to 1 at the high one; values beyond lie at the end, a single one in the middle."""
        if self.low == self.high:
            return 0.5
        held = min(max(value, self.low), self.high)
        if self.log:
            return math.log(held / self.low) / math.log(self.high / self.low)
        return (held - self.low) / (self.high - self.low)


def curves(
    canvas: Canvas,
    lines: Sequence[Curve],
    axes: tuple[Axis, Axis],
    *,
    height: float,
    levels: Sequence[tuple[float, str]] = (),
    within: tuple[float, float] | None = None,
    at: tuple[float, str] | None = None,
) -> None:
    """Draw below what is there. ``levels`` are named dashed lines, ``within`` is a shaded band, ``at`` a mark on x."""
    across, up = axes
    canvas.paragraph(up.title, "muted")
    room = _room(canvas, lines)
    left, right, top = 56.0, canvas.width - room, canvas.y + 6

    def x(value: float) -> float:
        return left + (right - left) * across.place(value)

    def y(value: float) -> float:
        return top + height * (1 - up.place(value))

    if within:
        canvas.box(left, y(within[1]), right - left, y(within[0]) - y(within[1]), "within")
    for tick in up.at or ticks(up.low, up.high, int(height / 40)):
        canvas.line((left, y(tick), right, y(tick)), "grid")
        canvas.text(left - 6, y(tick) + 4, up.tick(tick), "muted end")
    for tick in across.at or ticks(across.low, across.high, max(4, int((right - left) / 50))):
        canvas.line((x(tick), top + height, x(tick), top + height + 4), "axis")
        canvas.text(x(tick), top + height + 20, across.tick(tick), "muted middle")
    if at is not None:
        canvas.line((x(at[0]), top, x(at[0]), top + height), "ink dashed")
    for curve in lines:
        _curve(canvas, curve, x, y)
    for value, said in levels:
        canvas.line((left, y(value), right, y(value)), "ink dashed")
        canvas.text(right - 6, y(value) - 5, said, "halo end")
    if at is not None:
        canvas.text(x(at[0]) + 5, top + 11, at[1], "halo bold")
    named = _ends(canvas, [(curve, fold(curve.label, room - 20)) for curve in lines], y, (right + 10, top + height))
    canvas.y = top + height + 26
    canvas.paragraph(across.title, "muted")
    canvas.y = max(canvas.y, named) + 10


def _room(canvas: Canvas, lines: Sequence[Curve]) -> float:
    """For the names at the right, on a phone as much as their longest word needs, within bounds."""
    longest = max((len(word) for curve in lines for word in curve.label.split()), default=0)
    return min(max(108, 22 + longest * 1.2 * LETTER), 150) if canvas.narrow else 170  # a word of wide letters


def _curve(canvas: Canvas, curve: Curve, x: Callable[[float], float], y: Callable[[float], float]) -> None:
    known = curve.rows[curve.rows["value"].notna()]
    across = [x(v) for v in curve.x[known.index]]
    value, low, high = ([y(v) for v in known[name]] for name in ("value", "low", "high"))
    if not across:
        return
    banded = known["low"].notna().all()
    if banded and not curve.dashed:
        ring = [*zip(across, high, strict=True), *reversed(list(zip(across, low, strict=True)))]
        canvas.path(ring, f"{curve.kind} band", "z")
    canvas.path(zip(across, value, strict=True), f"{curve.kind} dashed" if curve.dashed else curve.kind)
    for place in zip(across, value, strict=True) if not curve.dashed else ():
        canvas.mark(*place, curve.kind)


def _ends(
    canvas: Canvas, lines: Sequence[tuple[Curve, list[str]]], y: Callable[[float], float], corner: tuple[float, float]
) -> float:
    """The names at the ends of the lines, moved apart where they would overlap, and up where they would leave the
    picture at its lower right ``corner``; gives the height below the last.
    """
    known = [(curve, said, curve.rows["value"].dropna()) for curve, said in lines]
    ends = sorted((y(float(value.iloc[-1])), place) for place, (_, _, value) in enumerate(known) if len(value))
    free, tops = -math.inf, []
    for end, place in ends:
        high = LINE * len(known[place][1])
        tops.append(max(end - high / 2, free))
        free = tops[-1] + high + 3
    edge, below = corner
    free = below + LINE
    for at, (_, place) in reversed(list(enumerate(ends))):
        free = min(tops[at], free - LINE * len(known[place][1]) - 3)
        tops[at] = free
    lowest = 0.0
    for (_, place), top in zip(ends, tops, strict=True):
        curve, said, _ = known[place]
        if not curve.dashed:
            canvas.mark(edge, top + LINE / 2, curve.kind)
        lowest = canvas.lines(edge + 10, top, said)
    return lowest
