"""The figures of a run: the few that lead, each with the model it belongs to, and all of them in one table."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.results.catalogue import STAGES
from pipeline.results.figures import collect
from pipeline.storage.files import DECIMALS
from responsible.governance.evidence import WHOLE, Evidence
from responsible.governance.policy import Rule
from responsible.names import ANY, BASELINE, MODELS, REWEIGHED

BY_MODEL = ("evaluate_fairness", "group_rates", "intersection_rates")  # paths that end with model and figure
COLUMNS = ("figure", "model", "value", "low", "high", "reason")
_PAIRS = (
    (re.compile(r"(.+\.)baseline(\..+)"), r"\1reweighed\2", r"\1change\2"),
    (re.compile(r"train_baseline\.(\w+)"), r"reweigh.\1", r"performance_change.\1"),
)


class Headline(NamedTuple):
    """A figure that leads: its value, and the model it is of (none: of the data, or of both models)."""

    value: float
    model: str


class Figures:
    """The figures in ``folder``; ``leaves`` are those of its metrics files by path."""

    def __init__(self, folder: Path, leaves: Mapping[str, Any]) -> None:
        self._leaves = {key: x for key, x in leaves.items() if x is None or isinstance(x, int | float)}
        self._collected = collect(folder)

    @cached_property
    def all(self) -> dict[str, Evidence]:
        """Those of the metrics files and, where both models have one, reweighed minus baseline; with intervals."""
        tables = {path: levels[WHOLE] for path, levels in self._collected.items() if WHOLE in levels}
        found = {path: _with_value(value, tables.get(path)) for path, value in self._leaves.items()}
        for path, (first, second) in dict(_pairs(found)).items():
            found[path] = tables.get(path) or _difference(first, second)
        return found

    def rows(self) -> list[tuple[str, str, float, float, float, str]]:
        """A row of :data:`COLUMNS` for each; what is undefined has no value and a reason."""
        reasons = {path: e.reason or ("" if math.isfinite(e.value) else "undefined") for path, e in self.all.items()}
        return [(path, model_of(path), e.value, e.low, e.high, reasons[path]) for path, e in self.all.items()]

    def headline(self, rules: Collection[Rule]) -> dict[str, Headline]:
        """What the rules judge, the same of the other model, and the accuracy of both, where defined.

        A figure of one level ends with it. Rules about each level lead with the figure of the whole.
        """
        asked = [(r.metric, WHOLE if r.level in (None, ANY) else str(r.level)) for r in rules]
        found = {}
        for path, level in [*asked, (f"{STAGES[REWEIGHED]}.accuracy", WHOLE)]:
            for own in _of_each_model(path):
                evidence = self._collected.get(own, {}).get(level)
                evidence = evidence if level else self.all.get(own, evidence)
                if evidence and math.isfinite(evidence.value):
                    found[f"{own}.{level}" if level else own] = Headline(evidence.value, model_of(own))
        return found


def model_of(path: str) -> str:
    """The model that the figure at a metric path is of; "" for one of the data, of both, or of a refitted model."""
    first, *rest = path.split(".")
    for model, stage in STAGES.items():
        if first == stage or (first in BY_MODEL and rest[-2:-1] == [model]):
            return model
    return ""


def _of_each_model(path: str) -> list[str]:
    """The figure at ``path`` for the baseline and reweighed, or the path alone."""
    first, *rest = path.split(".")
    if not model_of(path):
        return [path]
    if first in BY_MODEL:
        return [".".join([first, *rest[:-2], model, rest[-1]]) for model in MODELS]
    return [".".join([STAGES[model], *rest]) for model in (BASELINE, REWEIGHED)]


def _with_value(value: float | None, table: Evidence | None) -> Evidence:
    """The figure as the metrics file has it, with the interval and the reason of the table that has them."""
    beside = table or Evidence(math.nan)
    return replace(beside, value=math.nan if value is None else float(value))


def _pairs(found: Mapping[str, Evidence]) -> Iterator[tuple[str, tuple[Evidence, Evidence]]]:
    for path, evidence in found.items():
        for pattern, other, change in _PAIRS:
            if (matched := pattern.fullmatch(path)) and (second := found.get(matched.expand(other))):
                if evidence.level or second.level:
                    continue  # each is of the level that lies farthest, and these may be two
                yield matched.expand(change), (evidence, second)


def _difference(first: Evidence, second: Evidence) -> Evidence:
    """Of two values as written, for a figure without an interval of its change."""
    return Evidence(round(second.value - first.value, DECIMALS), reason=first.reason or second.reason)
