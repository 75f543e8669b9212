"""How a rule and its verdict are written, each figure and limit in its own unit; plain Python, as the gate asks."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.reporting.formatting import Digits, escape, figure, interval, judgement_verdict, limits, plain
from pipeline.reporting.tables import ANSWERS, exceeds
from pipeline.results.units import PERCENT, POINTS, TIMES

if TYPE_CHECKING:
    from responsible.governance.evidence import Evidence
    from responsible.governance.policy import Judgement, Rule

COLUMNS = ("rule", "verdict", "severity", "value", "limits", "differs", "exceeds")
SHOWN = "a difference is shown (the interval excludes parity)"
MEANING = f"differs: {SHOWN}; exceeds: it exceeds the limits (unclear: it may)"
_PER_CENT = (POINTS, PERCENT)


def measured(found: Evidence, *, named: bool = True, bare: bool = False) -> str:
    """A figure in its unit, ``−4.1 points [−4.8, −3.4]``; without its name, or ``bare`` of the interval."""
    if found.level:
        return f"{measured(replace(found, level=''), named=named, bare=bare)} ({escape(found.level)})"
    name = found.unit if named else ""
    if math.isnan(found.value) or (not found.inferred and found.unit not in _PER_CENT):
        return figure(found) + (f" {escape(name)}" if name and not math.isnan(found.value) else "")
    ends = (math.nan, math.nan) if bare else (found.low, found.high)
    return written((found.value, *ends), found.unit, name)


def written(ends: tuple[float, float, float], unit: str, name: str, sign: str = "") -> str:
    """Value, low and high end in their unit, which is called ``name``, with a plus where ``sign`` asks for it."""
    places: Digits = 1 if unit not in ("", TIMES) else None
    value, low, high = (end * (100 if unit in _PER_CENT else 1) for end in ends)
    plus = "+" if sign and value >= 0 else ""
    return plus + interval(value, low, high, digits=places, unit=f" {escape(name)}" if name else "")


def asked(rule: Rule, unit: str) -> str:
    """The limits of a rule in the unit of its figure: ``at most 2 minutes``."""
    scale = 100 if unit in _PER_CENT else 1
    ends = (None if end is None else end * scale for end in (rule.minimum, rule.maximum))
    return f"{limits(*ends)} {unit}".strip()


def limits_and_origin(judgement: Judgement) -> str:
    """The limits, and where they come from: ``0.8 to 1.25 times (four-fifths rule)``."""
    return f"{asked(judgement.rule, judgement.evidence.unit)} ({judgement.rule.source or 'set in params.yaml'})"


def severity(judgement: Judgement) -> str:
    """What becomes of a rule that is not met, in capitals where it is not."""
    return "BLOCKS" if judgement.blocks else judgement.rule.severity


def differs(judgement: Judgement) -> str:
    """Whether a difference between groups is shown; empty where the figure compares none."""
    shown = judgement.evidence.differs
    return "" if shown is None else ANSWERS[shown]


def cells(judgement: Judgement) -> tuple[str, ...]:
    """The texts of a judgement's line in a table, in the order of :data:`COLUMNS`."""
    found = judgement.evidence
    shown = plain(measured(found, named=False)), asked(judgement.rule, found.unit)
    said = judgement.title, judgement_verdict(judgement), severity(judgement)
    return (*said, *shown, differs(judgement), exceeds(judgement.found))
