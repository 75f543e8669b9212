"""The roles that the columns of a table get in a draft, and why some get none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipeline.drafting import findings, inspection
from pipeline.drafting.inspection import Column
from pipeline.drafting.reading import Table
from pipeline.drafting.request import SIDE, Request, favourable, is_number, names, refuse_absent, refuse_levels
from responsible.tabular.columns import number_text
from responsible.validation import InputError

RARE = 50  # levels of a feature from which rare ones are worth merging


@dataclass(frozen=True, eq=False)
class Attribute:
    """A protected attribute: its column, the levels of each row, and the edges that cut numbers into them."""

    name: str
    column: Column
    levels: Column
    privileged: Sequence[str]
    bins: Sequence[float]


@dataclass(frozen=True, eq=False)
class Roles:
    """What each column is for. ``left_out``: column → why it has no role; ``label``: 1, 0, NaN of each row.

    ``threshold`` cuts a target of numbers, else ``favourable`` levels count as 1; without a target both are empty.
    """

    asked: Request
    table: Table
    columns: Mapping[str, Column]
    attributes: Sequence[Attribute]
    features: Sequence[Column]
    left_out: Mapping[str, str]
    split: str | None
    target: Column | None
    threshold: float | None
    favourable: Sequence[str]
    label: npt.NDArray[np.float64]

    @property
    def outcome(self) -> Column:
        """The target, of the lines of work that have one."""
        if self.target is None:
            raise InputError(f"--target is missing: which column is predicted, or decided? ({', '.join(self.columns)})")
        return self.target

    @property
    def kept(self) -> int:
        """Rows of the table that have a target."""
        return self.table.rows - (self.target.missing if self.target else 0)

    @property
    def lost(self) -> int:
        """Rows whose target is missing, and records that are no rows: bad rows of the table."""
        return self.table.rejected + (self.target.missing if self.target else 0)


def roles(asked: Request, table: Table, columns: Mapping[str, Column]) -> Roles:
    """Hold the request to the table and its ``columns``, and give each its role.

    Raises:
        InputError: a column or level that is not there, a column with two roles, a target or attribute of one value,
            or no feature.
    """
    refuse_absent(asked, list(columns))
    refuse_levels(asked, columns)
    target = columns[asked.target] if asked.target else None
    for option, column in asked.named():
        if option in ("target", "protected", "score", "decision", "bounds") and columns[column].is_constant:
            raise InputError(f"--{option}: {column!r} has one value in all rows; name another column")
    threshold = _threshold(target) if target and is_number(target) else None
    wanted = favourable(asked, target) if target and threshold is None else []
    label = findings.labels(target, wanted, threshold) if target else np.full(len(table.texts), np.nan)
    split = next((n for n, c in columns.items() if c.is_split), None) if asked.line == "budget" else None
    left_out = _left_out(asked, columns, split)
    features = [
        c
        for n, c in columns.items()
        if n not in left_out and n not in (asked.target, asked.id, asked.time, asked.score, asked.decision, split)
    ]
    if asked.external and not split:  # they are only looked through for proxies, which needs rows to learn from
        features = []
    if asked.line != "budget":  # there a protected attribute is nothing that cases or people are compared by
        features = [c for c in features if c.name not in asked.protected]
    if asked.line == "segments":
        left_out |= {c.name: "not numeric" for c in features if c.kind != "numeric"}
        features = _bounded([c for c in features if c.kind == "numeric"], asked, left_out)
    if not features and not asked.external:
        raise InputError(f"{asked.table}: leaves no column to learn from ({left_out}); add columns")
    attributes = [_attribute(name, columns[column], asked) for name, column in names(asked.protected).items()]
    return Roles(asked, table, columns, attributes, features, left_out, split, target, threshold, wanted, label)


def _bounded(numeric: Sequence[Column], asked: Request, left_out: dict[str, str]) -> list[Column]:
    """Those with bounds where there are any, else all."""
    if odd := next(iter(asked.bounds.keys() - {column.name for column in numeric}), None):
        raise InputError(f"--bounds: {odd!r} is not numeric; leave it out")
    if not asked.bounds:
        return list(numeric)
    left_out |= {c.name: "no bounds were declared" for c in numeric if c.name not in asked.bounds}
    return [column for column in numeric if column.name in asked.bounds]


def _threshold(target: Column) -> float:
    """The median, or the least value above the lowest where most rows have that: so both labels occur.

    In as few digits as divide the rows in the same way.
    """
    known = target.numbers[~np.isnan(target.numbers)]
    middle = float(np.quantile(known, 0.5, method="higher"))
    middle = middle if middle > known.min() else float(known[known > known.min()].min())
    below = known[known < middle].max()
    short = (float(f"{middle:.{digits}g}") for digits in range(1, 7))
    return next((value for value in short if below < value <= middle), middle)


def _left_out(asked: Request, columns: Mapping[str, Column], split: str | None) -> dict[str, str]:
    """Columns that tell nothing, name rows, are dates, or repeat an attribute; each with the reason."""
    used = {column for _, column in asked.named()} | {split}
    flags = {flag: column for column in asked.protected for flag in inspection.repeats(columns, column)}
    out = {}
    for name, column in columns.items():
        if name in used:
            continue
        if column.is_constant:
            out[name] = "one value in all rows"
        elif column.kind == "date":
            out[name] = "dates; --time names the one that orders the rows"
        elif column.is_identifier:
            out[name] = "a different value in almost every row; --id names the one that identifies rows"
        elif column.is_split:
            out[name] = "contains train, valid or test"
        elif name in flags:
            out[name] = f"repeats {flags[name]}"
    return out


def _attribute(name: str, column: Column, asked: Request) -> Attribute:
    """Continuous attributes are cut at what ``privileged`` names ("> 25"), else at quartiles."""
    privileged = list(asked.privileged.get(column.name, ()))
    sides = [SIDE.fullmatch(level) for level in privileged]
    if not column.is_continuous and not any(sides):
        return Attribute(name, column, column, privileged, [])
    bad = [level for level, side in zip(privileged, sides, strict=True) if not side]
    if bad:
        rule = 'is continuous: a level must be one side of an edge, such as "> 25" or "<= 25"'
        raise InputError(f"--privileged: {column.name} {rule}, got {bad[0]!r}")
    cut_at = sorted({float(side[2]) for side in sides if side})
    bins = cut_at or inspection.edges(column.numbers)
    levels = pd.Series(findings.cut(column, bins, "right"), dtype=object)
    privileged = [f"{side[1]} {number_text(float(side[2]))}" for side in sides if side]
    return Attribute(name, column, Column(column.name, levels, "categorical", column.spelling), privileged, bins)
