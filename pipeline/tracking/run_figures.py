"""The figures of a run: the few that lead, each with the model it belongs to, and all of them in one table."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.results.catalogue import performance_of
from pipeline.results.figures import collect
from pipeline.storage.files import DECIMALS
from responsible.governance.evidence import WHOLE, Evidence
from responsible.governance.policy import Rule
from responsible.names import ANY, MODELS, Judged

BY_MODEL = ("evaluate_fairness", "group_rates", "intersection_rates")  # paths that end with model and figure
COLUMNS = ("figure", "model", "value", "low", "high", "reason")


class Headline(NamedTuple):
    """A figure that leads: its value, and the model it is of (none: of the data, or of both models)."""

    value: float
    model: str


class Figures:
    """The figures of ``models`` in ``folder``; ``leaves`` are those of its metrics files by path."""

    def __init__(self, folder: Path, leaves: Mapping[str, Any], models: Judged) -> None:
        self.models = models
        self._leaves = {key: x for key, x in leaves.items() if x is None or isinstance(x, int | float)}
        self._collected = collect(folder)

    @cached_property
    def all(self) -> dict[str, Evidence]:
        """Those of the metrics files and of models of somebody else; where the reference has one too, the change since
        it; with intervals.
        """
        tables = {path: levels[WHOLE] for path, levels in self._collected.items() if WHOLE in levels}
        found = {path: _with_value(value, tables.get(path)) for path, value in self._leaves.items()}
        found |= {path: own for path, own in tables.items() if path.startswith("performance.")}
        for path, (first, second) in dict(_pairs(found, self.models)).items():
            found[path] = tables.get(path) or _difference(first, second)
        return found

    def rows(self) -> list[tuple[str, str, float, float, float, str]]:
        """A row of :data:`COLUMNS` for each; what is undefined has no value and a reason."""
        reasons = {path: e.reason or ("" if math.isfinite(e.value) else "undefined") for path, e in self.all.items()}
        return [
            (path, model_of(path, self.models.names), e.value, e.low, e.high, reasons[path])
            for path, e in self.all.items()
        ]

    def headline(self, rules: Collection[Rule]) -> dict[str, Headline]:
        """What the rules judge, the same of the other model, and the accuracy of both, where defined.

        A figure of one level ends with it. Rules about each level lead with the figure of the whole.
        """
        asked = [(r.metric, WHOLE if r.level in (None, ANY) else str(r.level)) for r in rules]
        found = {}
        for path, level in [*asked, (f"{performance_of(self.models.subject)}.accuracy", WHOLE)]:
            for own in _of_each_model(path, self.models.names):
                evidence = self._collected.get(own, {}).get(level)
                evidence = evidence if level else self.all.get(own, evidence)
                if evidence and math.isfinite(evidence.value):
                    found[f"{own}.{level}" if level else own] = Headline(
                        evidence.value, model_of(own, self.models.names)
                    )
        return found


def model_of(path: str, models: Collection[str] = MODELS) -> str:
    """The model that the figure at a metric path is of; "" for one of the data, of both, or of a refitted model."""
    first, *rest = path.split(".")
    for model in models:
        if path.startswith(f"{performance_of(model)}.") or (first in BY_MODEL and rest[-2:-1] == [model]):
            return model
    return ""


def _of_each_model(path: str, models: Collection[str]) -> list[str]:
    """The figure at ``path`` for each model, or the path alone."""
    first, *rest = path.split(".")
    if not (own := model_of(path, models)):
        return [path]
    if first in BY_MODEL:
        return [".".join([first, *rest[:-2], model, rest[-1]]) for model in models]
    return [performance_of(model) + path.removeprefix(performance_of(own)) for model in models]


def _with_value(value: float | None, table: Evidence | None) -> Evidence:
    """The figure as the metrics file has it, with the interval and the reason of the table that has them."""
    beside = table or Evidence(math.nan)
    return replace(beside, value=math.nan if value is None else float(value))


def _pairs(found: Mapping[str, Evidence], models: Judged) -> Iterator[tuple[str, tuple[Evidence, Evidence]]]:
    """The path of a change → the figure of the reference and of another model."""
    start = f"{performance_of(models.reference)}."
    for path, evidence in found.items():
        first, *rest = path.split(".")
        for model, change in models.changes.items():
            whose = "" if len(models.others) == 1 else f"{model}."
            if path.startswith(start) and "." not in (figure := path.removeprefix(start)):
                other, changed = f"{performance_of(model)}.{figure}", f"performance_change.{whose}{figure}"
            elif models.reference in rest[:-1]:
                at = len(rest) - 1 - rest[::-1].index(models.reference)
                other, changed = (".".join([first, *rest[:at], name, *rest[at + 1 :]]) for name in (model, change))
            else:
                continue
            if (second := found.get(other)) and not (evidence.level or second.level):
                yield changed, (evidence, second)  # each of a level that lies farthest may be of another one


def _difference(first: Evidence, second: Evidence) -> Evidence:
    """Of two values as written, for a figure without an interval of its change."""
    return Evidence(round(second.value - first.value, DECIMALS), reason=first.reason or second.reason)
