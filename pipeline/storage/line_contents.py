"""The three lines of work and what belongs to each; what is not listed here belongs to all of them.

Three parts of the budget line may be absent alone: the sweep over label thresholds, because a target of two values has
nothing to sweep over; training, because models of somebody else are not trained here; and the search for alternatives
to what is trained here. The monitor belongs to all lines, and has a part for each, because not every team has later
batches of every line.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from responsible.names import MODELS, listed


class Line(NamedTuple):
    """Sections of params.yaml, stages of dvc.yaml, folders of code, and how the names of figures and files begin.

    ``apart`` are files and folders that their names do not tell. Two lines may share a section or a folder of code.
    """

    sections: tuple[str, ...]
    stages: tuple[str, ...]
    code: tuple[str, ...]
    names: tuple[str, ...]
    apart: tuple[str, ...]


LINES = {
    "budget": Line(
        ("threshold", "budget", "sensitive", "models", "model", "fairness"),
        ("prepare", "model_analyses", "evaluate_fairness"),
        ("responsible/mitigation", "responsible/modelling"),
        (
            *("budget", "prepare", "baseline", "train_baseline", "coefficients", "performance", "reweigh", "reweighed"),
            *("reweighing", "evaluate_fairness", "fairness", "disparities", "group", "intersection", "proxies", "roc"),
            *("calibration", "confusion", "threshold", "comparison", "recommended_threshold", "published_figures"),
            *("score_quality", "model_analyses", "decision", "similar_groups", "impact_ratios", "failing_groups"),
            *("flip_rates", "reasons", "alternatives"),
        ),
        (
            *("docs/model_card.cdx.json", "docs/model_card.results.yaml", "docs/templates/model_card.md.j2"),
            "alternatives",
        ),
    ),
    "healthcare": Line(
        ("healthcare", "healthcare_audit", "playbook", "model"),
        ("prepare_healthcare", "healthcare_audit"),
        ("responsible/healthcare", "responsible/modelling"),
        ("healthcare", "prepare_healthcare"),
        ("docs/playbook",),
    ),
    "segments": Line(
        ("segments", "cluster_privacy"),
        ("prepare_segments", "cluster_privacy"),
        ("responsible/clustering", "responsible/privacy", "responsible/segmentation"),
        ("segments", "prepare_segments", "cluster_privacy"),
        (),
    ),
}


SWEEP, TRAINING, ALTERNATIVES = OF_BUDGET = ("sweep", "training", "alternatives")
MONITOR, FOLLOWED, DECISIONS, NEWCOMERS = "monitor", "followed", "decisions", "newcomers"
# The line that each part of the monitor belongs to, and the key of the section without which it is not there.
OF_MONITOR = {
    FOLLOWED: ("budget", "source"),
    DECISIONS: ("healthcare", "healthcare"),
    NEWCOMERS: ("segments", "segments"),
}
PARTS = LINES | {
    TRAINING: Line(
        ("reweigh", "reasons"),
        ("train_baseline", "reweigh"),
        (),
        ("baseline", "train_baseline", "coefficients", "performance_baseline", "performance_reweighed", "reweigh"),
        (),
    ),
    SWEEP: Line(
        ("threshold_sweep",),
        ("threshold_sweep",),
        (),
        ("threshold_sweep", "threshold_intervals", "threshold_choice", "recommended_threshold"),
        (),
    ),
    ALTERNATIVES: Line(
        ("alternatives",),
        ("alternatives",),
        ("pipeline/alternatives", "responsible/alternatives"),
        ("alternatives",),
        ("alternatives",),
    ),
    MONITOR: Line(("monitor",), ("monitor",), ("pipeline/monitoring",), ("monitor", "monitoring"), ("monitor",)),
    FOLLOWED: Line((), ("monitor_budget",), (), ("budget", "drift", "figures", "expected"), ()),
    DECISIONS: Line((), ("monitor_healthcare",), ("responsible/later_decisions",), ("healthcare",), ()),
    NEWCOMERS: Line((), ("monitor_segments",), ("responsible/later_people",), ("segments",), ()),
}
"""The lines, and what may be absent of one that is there; names of a part of the monitor are those within ``monitor``.
"""
OF_BATCHES = ("source", "pattern", "time", "time_format", "reference", "score", "decision", "complete")
"""Keys of the section ``monitor`` that are about batches of the budget line."""

RESULTS = ("data", "metrics", "plots", "docs")  # the folders of files that are named after what they say


def only_of(part: str, lines: Collection[str]) -> set[str]:
    """What ``part`` of a :class:`Line` lists for these lines and for no other."""
    others = {own for name in PARTS if name not in lines for own in getattr(PARTS[name], part)}
    return {own for name in lines for own in getattr(PARTS[name], part)} - others


def present(params: Mapping[str, Any]) -> tuple[str, ...]:
    """The lines that the parameters have: those with a section that no other line has."""
    return tuple(name for name in LINES if params.keys() & only_of("sections", [name]))


def absent(params: Mapping[str, Any]) -> tuple[str, ...]:
    """The lines and parts that the parameters lack; training where no model is trained here, the sweep where nothing is
    or ``favourable`` levels leave two values.
    """
    there = present(params)
    target = (params.get("budget") or {}).get("target") or {}
    trained = "budget" in there and "reweigh" in params and not set(MODELS).isdisjoint(listed(params))
    swept = trained and "threshold_sweep" in params and not target.get("favourable")
    watched = params.get("monitor") or {}
    own = {part: line in there and bool(watched.get(key)) for part, (line, key) in OF_MONITOR.items()}
    searched = trained and "alternatives" in params
    parts = {SWEEP: swept, TRAINING: trained, ALTERNATIVES: searched, MONITOR: any(own.values()), **own}
    kept = {*there, *(part for part, own in parts.items() if own)}
    return tuple(name for name in PARTS if name not in kept)


def with_parts(gone: Collection[str]) -> tuple[str, ...]:
    """Lines that go, with the parts that go with them."""
    later = [part for part, (line, _) in OF_MONITOR.items() if line in gone]
    return tuple(dict.fromkeys([*gone, *(OF_BUDGET if "budget" in gone else ()), *later]))


def _of_monitor(name: str) -> str:
    """The part of the monitor that a result or figure of one line of work belongs to; empty where it is of them all."""
    if not name.startswith(("monitor/", "monitor.")):
        return ""
    first = re.split(r"[._]", name.removeprefix("monitor")[1:], maxsplit=1)[0]
    return next((part for part in OF_MONITOR if first in PARTS[part].names), "")


def part_of(name: str) -> str:
    """As :func:`line_of`, but the parts of lines are names of their own."""
    if part := _of_monitor(name):
        return part
    stem, apart = PurePosixPath(name).name.partition(".")[0], PurePosixPath(name).parts[:1]
    parts = (part for part in (*OF_BUDGET, MONITOR) if stem.startswith(PARTS[part].names) or apart == PARTS[part].apart)
    return next(parts, line_of(name))


def line_of(name: str) -> str:
    """The line that a file, or the figure at a metric path, belongs to; "" for what belongs to all of them."""
    path = PurePosixPath(name)
    if part := _of_monitor(name):
        return OF_MONITOR[part][0]
    for line, own in LINES.items():
        if {name, *map(str, path.parents)} & set(own.apart):
            return line
    if "/" in name and path.parts[0] not in RESULTS:
        return ""
    stem = path.name.partition(".")[0]
    begins = {own: line for line in LINES for own in LINES[line].names if f"{stem}_".startswith(f"{own}_")}
    return begins[max(begins, key=len)] if begins else ""
