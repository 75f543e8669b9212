"""Two versions of the results in one picture: what was before as hollow grey marks above what is now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan

from pipeline.plots.forest import Cell, Column, Mark, Row, forest, said_width
from pipeline.plots.style import GHOST, Canvas, Picture, picture, share
from pipeline.reporting.formatting import Said, number
from pipeline.results.units import PERCENT, POINTS, TIMES
from responsible.governance.evidence import Evidence
from responsible.limits import Limits

TITLES = {POINTS: "Percentage points; 0 is parity", TIMES: "Ratio; 1 is parity", PERCENT: "Per cent"}
PARITY = {POINTS: 0.0, TIMES: 1.0}


@dataclass(frozen=True)
class Pair:
    """A figure in both versions, what became of it in a few words, and the limits of the rule that judges it."""

    name: str
    old: Evidence
    new: Evidence
    said: str
    limits: Limits | None = None


def versions(pairs: Sequence[Pair], base: str, confidence: str) -> Picture:
    """Both versions of every pair that has values on a scale of :data:`TITLES`, differences and ratios apart."""
    drawn = [pair for pair in pairs if pair.new.unit in TITLES and not isnan(pair.old.value + pair.new.value)]

    def draw(canvas: Canvas) -> None:
        canvas.legend([(GHOST, base), ("a", "here"), ("within", "limits of a rule")])
        for unit, title in TITLES.items():
            if own := [pair for pair in drawn if pair.new.unit == unit]:
                forest(canvas, [_column(unit, title, own)], [_row(pair) for pair in own], label=285)

    moved = {word: sum(pair.said.endswith(word) for pair in drawn) for word in ("better", "worse", "not comparable")}
    counts = ", ".join(f"{times} {word}" for word, times in moved.items() if times)
    finding = f"{base} and here, of {len(drawn)} figures drawn: {counts or 'none changed beyond chance'}."
    values = "; ".join(f"{p.name}: {_value(p.old)}, here {_value(p.new)}" for p in drawn)
    alt = f"{finding} {values}." if values else finding
    caption = f"Hollow marks are {base}, filled ones this version; bars are {confidence} intervals."
    return picture(Said(finding, "Figures of both versions, each in its unit", alt, caption), draw)


def _row(pair: Pair) -> Row:
    limits = pair.limits
    low, high = (
        (float("nan") if end is None else end for end in (limits.minimum, limits.maximum))
        if limits
        else (
            float("nan"),
            float("nan"),
        )
    )
    marks = [
        Mark(GHOST, pair.old.value, pair.old.low, pair.old.high, ""),
        Mark("a", pair.new.value, pair.new.low, pair.new.high, pair.said, bold=pair.said.endswith("worse")),
    ]
    return Row(pair.name[:1].upper() + pair.name[1:], [Cell(marks, low, high)])


def _column(unit: str, title: str, own: Sequence[Pair]) -> Column:
    said = said_width([pair.said for pair in own])
    if unit == PERCENT:
        return Column(title, 0, 1, share, said)
    if unit == TIMES:
        ends = [end for p in own for end in (p.old.value, p.old.high, p.new.value, p.new.high) if not isnan(end)]
        top = min(5.0, max(1.6, *ends) * 1.05)
        return Column(title, 0, top, lambda v: number(v, "g"), said, PARITY[unit])
    return Column(title, -1, 1, lambda v: number(v * 100, "g"), said, PARITY[unit])


def _value(found: Evidence) -> str:
    """The value alone, as the alternative text gives it."""
    return number(found.value, 2) if found.unit == TIMES else f"{number(found.value * 100, 1)} {found.unit}"
