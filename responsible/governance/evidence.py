"""Evidence: a figure as a stage wrote it, and which figures of an attribute's levels a rule is about."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from responsible.limits import Limits
from responsible.names import ANY

WHOLE = ""  # the level of a figure that is not of one level of an attribute


@dataclass(frozen=True)
class Evidence:
    """A figure as written by a stage: its value and interval, NaN where undefined, then with a ``reason`` code.

    ``inferred`` is False for a figure that has no interval by nature, such as a number of rows. ``forbidden`` are
    limits that, given the groups' base rates, no classifier above the accuracy floor could meet. ``source`` is the
    file; ``unit`` is what it is measured in, ``parity`` its value where groups are alike, NaN where it compares none.
    ``level`` names the level that a figure of any level is of; ``among`` is the figure with the interval that
    holds for all levels at once, None where the table has none.
    """

    value: float
    low: float = math.nan
    high: float = math.nan
    reason: str = ""
    inferred: bool = True
    forbidden: Limits | None = None
    source: str = ""
    unit: str = ""
    parity: float = math.nan
    level: str = ""
    among: Evidence | None = None

    @property
    def differs(self) -> bool | None:
        """Whether a difference between groups is shown: the interval excludes parity. None where nothing says."""
        return None if math.isnan(self.low + self.parity) else not self.low <= self.parity <= self.high


def difference(old: Evidence, new: Evidence) -> tuple[float, float, float]:
    """The change between figures of independent samples, from their own intervals (l, u) about v, and its ends.

    Low end d − √((v₂ − l₂)² + (u₁ − v₁)²), high end d + √((u₂ − v₂)² + (v₁ − l₁)²), d = v₂ − v₁: the square-and-add
    rule (Zou & Donner 2008, MOVER, eq. 5; Newcombe 1998, method 10). NaN where an end is undefined.
    """
    d = new.value - old.value
    low = d - math.hypot(new.value - new.low, old.high - old.value)
    return d, low, d + math.hypot(new.high - new.value, old.value - old.low)


Levels = Mapping[str, Evidence]
Figures = Mapping[str, Levels]
"""Metric path → level (:data:`WHOLE` for the whole) → figure."""


def each_level(level: str | None, levels: Levels) -> bool:
    """Whether a rule with this ``level`` is about every level: it says ``any``, or no level is privileged, so that
    none are pooled.
    """
    return level == ANY if level else WHOLE in levels and levels[WHOLE].level != ""


def places(level: str | None, levels: Levels) -> list[str]:
    """The levels that a rule judges: the one it names, the whole, or each."""
    return [name for name in levels if name != WHOLE] if each_level(level, levels) else [level or WHOLE]


def judged(level: str | None, levels: Levels) -> list[Evidence]:
    """The figures that must all meet a rule; of each level the one with the interval that holds for all at once."""
    if not each_level(level, levels):
        return [levels[level or WHOLE]]
    return [replace(levels[name].among or levels[name], level=name) for name in places(level, levels)]
