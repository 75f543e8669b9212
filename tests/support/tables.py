"""The sample table and plans for it, shared by the tests of counting and of prepare."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
from ruamel.yaml import YAML

from pipeline.storage.parameters import SECTIONS
from responsible.datasets import budget as sample_budget
from responsible.tabular.cells import Grid, Plan
from responsible.tabular.schema import Budget, Sensitive
from responsible.tabular.sources import Prepare
from tests.support.contract import ROOT


@cache
def _tree() -> dict[str, Any]:
    return YAML(typ="safe").load((ROOT / "params.yaml").read_text(encoding="utf-8"))


def tree(**changes: Any) -> dict[str, Any]:
    """The repository's parameters with ``changes``, keys dotted with double underscores: ``budget__key="id"``.

    Tables of rows that are not changed are the committed ones, wherever a test works.
    """
    out = copy.deepcopy(_tree())
    for table in ("healthcare", "segments"):
        out[table]["source"] = str(ROOT / out[table]["source"])
    for dotted, value in changes.items():
        *sections, last = dotted.split("__")
        place = out
        for section in sections:
            place = place[section]
        place[last] = value
    return out


def write(path: Path, parameters: dict[str, Any], wanted: Iterable[str]) -> None:
    """``parameters`` as a file without the known sections that hold none of the keys ``wanted``: YAML is slow."""
    unread = set(SECTIONS) - {key.split(".")[0] for key in wanted}
    kept = {key: value for key, value in parameters.items() if key not in unread}
    with path.open("w", encoding="utf-8") as file:
        YAML().dump(kept, file)


def plan(**changes: Any) -> Plan:
    """The plan that ``prepare`` makes of :func:`tree`."""
    t = tree(**changes)
    sensitive = {name: Sensitive.model_validate(s) for name, s in t["sensitive"].items()}
    grid = Grid.model_validate(t["threshold_sweep"]["grid"])
    prepare, budget = Prepare.model_validate(t["prepare"]), Budget.model_validate(t["budget"])
    return Plan(prepare, budget, sensitive, t["threshold"], grid, t["seed"])


@cache
def _sample(rows: int, seed: int) -> pd.DataFrame:
    parts = (pd.DataFrame(chunk, dtype=object) for chunk in sample_budget.draw(rows, seed))
    return pd.concat(parts, ignore_index=True)


def sample(rows: int = 2_000, seed: int = 12) -> pd.DataFrame:
    """The first rows of the sample table as text fields, "NA" where missing."""
    frame = _sample(rows, seed)
    return frame.where(frame.notna(), "NA").astype(str)
