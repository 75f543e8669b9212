"""What a figure is measured in, and where parity lies, by its metric path; plain Python, because the gate asks."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from responsible.governance.evidence import Evidence
from responsible.names import is_change
from responsible.words import read

POINTS, PERCENT, TIMES = "points", "%", "times"  # of a difference of shares, of a share, of a ratio
SHARES = ("accuracy", "balanced_accuracy", "precision", "recall", "base_rate", "share")


def measured(path: str, found: Evidence, params: Mapping[str, Any]) -> Evidence:
    """The figure at a metric path with its unit and, where it compares groups, its parity."""
    unit, parity = _unit(path.split("."), params)
    among = found.among and replace(found.among, unit=unit, parity=parity)
    return replace(found, unit=unit, parity=parity, among=among)


def _measure(name: str) -> tuple[str, float]:
    """Of a fairness measure that is no difference: those that are ratios, and the value of all others at parity."""
    if name == "disparate_impact":
        return TIMES, 1.0
    from responsible.fairness.measures import KNOWN  # numpy: only for a measure that was added

    return (TIMES if name in KNOWN and KNOWN[name].ratio else "", KNOWN[name].fair if name in KNOWN else math.nan)


def _unit(path: list[str], params: Mapping[str, Any]) -> tuple[str, float]:
    section, last = path[0], path[-1]
    waits = ((params.get("healthcare") or {}).get("duration") or {}).get("unit") or ""
    names = path[1:] if section == "healthcare_audit" else [last]
    if any("wait" in name for name in names):
        return waits, 0.0
    if any(name.endswith("difference") for name in names):
        return POINTS, 0.0
    if section == "healthcare_odds":
        return TIMES, 1.0
    if last in SHARES or section.endswith("_rates") or "flip_rate" in path or section == "segments_shares":
        return (POINTS if section == "performance_change" else PERCENT), math.nan
    if section == "evaluate_fairness" and len(path) > 3:
        return _measure(last) if not is_change(path[2]) else ("", math.nan)
    counted = {"effective_rows": read(params.get("words")).many("budget"), "one_sided_segments": "segments"}
    return counted.get(last, ""), math.nan
