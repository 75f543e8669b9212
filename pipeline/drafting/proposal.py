"""A draft for a table before anything is written, and the repository that takes it over."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.drafting import inspection, reading, report
from pipeline.drafting.draft import SAMPLE, draft
from pipeline.drafting.inspection import Column
from pipeline.drafting.request import Request, refuse_absent
from pipeline.drafting.roles import Roles, roles
from pipeline.storage import files, parameters
from pipeline.storage.line_contents import present
from pipeline.storage.lines import PARAMETERS, keep, parameters_without
from pipeline.storage.text import read_text
from responsible.modelling.parameters import Logistic
from responsible.statistics.intervals import Inference
from responsible.tabular.sources import Prepare

Complete = Callable[[Request, reading.Table, Mapping[str, Column]], Request]


@dataclass(frozen=True, eq=False)
class Proposal:
    """The roles that were found, params.yaml before and after, and the lines of work that go for want of a table."""

    roles: Roles
    before: str
    after: str
    gone: Sequence[str]

    def write(self, root: Path) -> None:
        """Write the draft in ``root`` and take out the lines of work without a table."""
        files.write_text(root / PARAMETERS, self.after)
        keep(present(parameters.read_yaml(root / PARAMETERS)), root)  # of a target of two values the sweep goes as well


def proposed(asked: Request, root: Path, complete: Complete | None = None) -> Proposal:
    """The draft for ``asked`` on the parameters in ``root``; ``complete`` may name levels once the table was read.

    Raises:
        InputError: a table, column or level that is not there, or a role that a column cannot have.
    """
    before = read_text(root / PARAMETERS, "run from the repository root")
    prepare = parameters.section(root / PARAMETERS, "prepare", Prepare)
    table = reading.read(_placed(asked.table, root), prepare.engine, asked.target)
    columns = inspection.columns(table)
    refuse_absent(asked, list(columns))
    found = roles(complete(asked, table, columns) if complete else asked, table, columns)
    tree = parameters.read_yaml(root / PARAMETERS)
    gone = [line for line in present(tree) if line != asked.line and is_sample(tree, line)]
    return Proposal(found, before, draft(parameters_without(before, tree, gone), found), gone)


def _placed(table: str, root: Path) -> str:
    """The path as params.yaml has it: below the repository where it lies there."""
    path, here = Path(table), root.resolve()
    inside = path.resolve().is_relative_to(here)
    return path.resolve().relative_to(here).as_posix() if inside else str(path)


def is_sample(tree: Mapping[str, Any], line: str) -> bool:
    """Whether the line still has the shipped table."""
    return tree[line].get("source") == SAMPLE[line] if line in tree else False


@dataclass(frozen=True)
class Shown:
    """What the figures of a draft will be reported on: the confidence of intervals, the share of rows, the model."""

    confidence: float
    share: float
    model: Logistic | None


def shown(found: Roles, file: Path) -> Shown:
    """As the parameter file says, once the draft is in it."""
    budget = found.asked.line == "budget"
    whole = not budget or (found.asked.external and not found.split)
    share = 1.0 if whole else _test_share(found) or parameters.section(file, "prepare", Prepare).split.test
    model = parameters.section(file, "model", Logistic) if budget else None
    return Shown(parameters.section(file, "inference", Inference).confidence, share, model)


def _test_share(found: Roles) -> float:
    return float((found.columns[found.split].values == "test").mean()) if found.split else 0.0


def said(found: Roles, file: Path) -> Iterator[str]:
    """The report on a draft that is written, line by line."""
    of = shown(found, file)
    text = file.read_text(encoding="utf-8")
    return report.lines(found, text, confidence=of.confidence, share=of.share, model=of.model)
