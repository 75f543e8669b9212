"""Where the names of a few marks stand among many marks: near their own, and over as little else as possible."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import NamedTuple

from pipeline.plots.style import LETTER

MARK, AWAY = 7.0, (0.0, 16.0, 32.0, 48.0, 64.0)  # half a mark; how much farther a name may stand, in pixels
SIDES = ((9.0, 18.0), (-9.0, -7.0), (9.0, -7.0), (-9.0, 18.0))
Box = tuple[float, float, float, float]  # left, top, right, bottom


class Label(NamedTuple):
    """Where a name stands: the start of its line or its ``end``, on the letters' base; whether it is ``far`` away."""

    x: float
    y: float
    end: bool
    far: bool
    box: Box


def placed(named: Sequence[tuple[float, float, str]], marks: Sequence[tuple[float, float]], inside: Box) -> list[Label]:
    """A place for each name of a mark at x, y; nearer ones are taken where they cover no more. Pixels, y downwards."""
    taken = [(x - MARK, y - MARK, x + MARK, y + MARK) for x, y in marks]
    out: list[Label] = []
    for x, y, said in named:
        width = LETTER * 1.1 * len(said)
        each = [_label((x, y), place, away, width) for away, place in itertools.product(AWAY, SIDES)]
        out.append(min(each, key=lambda own: (_outside(own.box, inside), sum(_over(own.box, it) for it in taken))))
        taken += [out[-1].box] * 3
    return out


def _label(mark: tuple[float, float], place: tuple[float, float], away: float, width: float) -> Label:
    """A name beside its mark, ``away`` pixels farther up or down than its nearest place."""
    end, x = place[0] < 0, mark[0] + place[0]
    y, left = mark[1] + place[1] + (away if place[1] > 0 else -away), x - width if end else x
    return Label(x, y, end, away > 0, (left, y - 11, left + width, y + 3))


def _outside(box: Box, inside: Box) -> bool:
    return box[0] < inside[0] or box[1] < inside[1] or box[2] > inside[2] or box[3] > inside[3]


def _over(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
