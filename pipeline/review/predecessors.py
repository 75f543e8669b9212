"""Models of somebody else in two versions: with which of before each is compared, and where that is row by row."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.results.catalogue import performance_of
from responsible.governance.evidence import Figures
from responsible.governance.version_change import Change, Changes
from responsible.names import Judged, judged_of, listed, trained_here

# The first key of a metric path → the key that names the model; one that is not here is of no model.
_MODEL = {
    "performance": 1,
    "evaluate_fairness": 2,
    "group_rates": 2,
    "intersection_rates": 2,
    "failing_groups": 1,
    "similar_groups": 3,
    "flip_rates": 2,
    "model_analyses": 1,
}
SAME = 1e-5  # relative; tables have six digits
Placed = tuple[tuple[str, str], Change]


@dataclass(frozen=True)
class Predecessors:
    """``of``: a model here → the model of the base that it is compared with, where that has another name. ``figures``:
    the base's, under the names here. ``paired``: the changes that are known row by row, and ``pairs``: by model whose
    they are, the model here that is the base's.
    """

    of: Mapping[str, str]
    figures: Figures
    paired: Changes
    pairs: Mapping[str, str]


def predecessors(old: Mapping[str, Any], new: Mapping[str, Any], before: Figures, after: Figures) -> Predecessors:
    """Of two parameter trees and the figures of both.

    A model is compared with the base's of its name; else with the one that has its definition, or its place where both
    are trained here; else with the one that the reference here is. Where the reference is the base's model, by
    definition and by the value of each figure, the change against it is the change between the versions, counted on
    the same rows.
    """
    was, now = _external(old), _external(new)
    judged = judged_of(new)
    twins = {name: _twin(name, own, was) for name, own in now.items()}
    first = twins.get(judged.reference, "")
    of = {name: name if name in listed(old) else twins[name] or first for name in now}
    pairs = {name: judged.reference for name, base in of.items() if first == base != "" and name != judged.reference}
    there = {place: name for name, place in trained_here(old).items()}
    replaced = {name: there[place] for name, place in trained_here(new).items() if place in there}
    of |= replaced
    of = {name: base for name, base in of.items() if base not in ("", name)}
    gone = {*replaced.values()} - {*listed(new)}
    figures = {
        path: levels for path, levels in before.items() if not any(_model(_performance(path, m)) == m for m in gone)
    }
    figures |= {
        _of(_performance(path, base), name): levels
        for name, base in of.items()
        for path, levels in before.items()
        if _model(_performance(path, base)) == base
    }
    paired = {
        place: change
        for name, reference in pairs.items()
        for path in after
        if _model(path) == name
        for place, change in _changes(path, _change_of(path, judged), _of(path, reference), (figures, after))
    }
    return Predecessors(of, figures, paired, pairs if paired else {})


def _external(tree: Mapping[str, Any]) -> dict[str, Any]:
    named = tree.get("models") or {}
    return {name: named[name] for name in listed(tree) if named.get(name)}


def _twin(name: str, own: Any, was: Mapping[str, Any]) -> str:
    """The base's model of this definition, of this name if there are several; "" if there is none."""
    return next((other for other in (name, *was) if was.get(other) == own), "")


def _model(path: str) -> str:
    keys = path.split(".")
    place = _MODEL.get(keys[0], len(keys))
    return keys[place] if place < len(keys) else ""


def _performance(path: str, model: str) -> str:
    """The path of a model's performance by its name, where its stage names it; any other path as it is."""
    start = f"{performance_of(model)}."
    return f"performance.{model}.{path.removeprefix(start)}" if path.startswith(start) else path


def _of(path: str, model: str) -> str:
    keys = path.split(".")
    keys[_MODEL[keys[0]]] = model
    return ".".join([performance_of(model), *keys[2:]] if keys[0] == "performance" else keys)


def _change_of(path: str, judged: Judged) -> str:
    """Where the change of a model's figure against the reference is; "" where there is none."""
    section, *keys = path.split(".")
    if section == "performance":
        return ".".join(["performance_change", *(keys if judged.others[1:] else keys[1:])])
    return _of(path, judged.changes[keys[1]]) if section == "evaluate_fairness" else ""


def _changes(path: str, change: str, reference: str, both: tuple[Figures, Figures]) -> Iterator[Placed]:
    """The known changes of the figure at ``path``, at the levels where the ``reference`` here is what the base was."""
    before, after = both[0].get(path, {}), both[1].get(reference, {})
    for level, found in both[1].get(change, {}).items():
        base, here = before.get(level), after.get(level)
        if base and here and math.isclose(base.value, here.value, rel_tol=SAME) and not math.isnan(found.value):
            yield (path, level), Change(found.value, found.low, found.high)
