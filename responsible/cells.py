"""From rows to cells: one row for each distinct combination of split, target bin, features and sensitive levels.

A bin is the number of cut points at or below the target, so the label at any cut is a comparison of bin numbers and
no later stage needs a row. The whole way is one narwhals expression, the same on every engine, and adds integers only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Annotated, Any, Self

import narwhals as nw
import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field, model_validator

from responsible import hashing
from responsible.checks import InputError, Params
from responsible.columns import KEY, REASON, Declared, Kind, token, typed
from responsible.roles import SPLITS, Budget, Prepare, Sensitive

FEATURE, ATTRIBUTE = "x.", "a."  # prefixes of the cells' columns
LEVEL = "level"  # the target's text while favourable levels are still to be checked


class Grid(Params):
    """Evenly spaced thresholds from ``minimum`` to ``maximum``, both included when the step allows."""

    minimum: float
    maximum: float
    step: Annotated[float, Field(gt=0)]

    @model_validator(mode="after")
    def _rising(self) -> Self:
        if self.minimum > self.maximum:
            raise ValueError(f"minimum must be <= maximum, got {self.minimum} and {self.maximum}")
        if self.maximum - self.minimum > 1000 * self.step:
            raise ValueError(f"step must give at most 1001 thresholds, got {self.step}")
        return self

    def values(self) -> list[float]:
        """The thresholds, rising; each is minimum + i·step, so none drifts by repeated addition."""
        count = int((self.maximum - self.minimum) / self.step + 1e-9) + 1
        return [float(self.minimum + i * self.step) for i in range(count)]


def cuts(threshold: float, grid: Grid) -> list[float]:
    """Sorted distinct cut points: the label threshold and the thresholds of the sweep."""
    return sorted({float(threshold), *grid.values()})


@dataclass(frozen=True)
class Plan:
    """How a table becomes cells: its parameters, the sorted cut points of its target, the seed of split and sample."""

    prepare: Prepare
    budget: Budget
    sensitive: Mapping[str, Sensitive]
    cuts: Sequence[float]
    seed: int

    def declared(self) -> list[Declared]:
        """Every column of the table that has a role, in the order in which a row is judged."""
        budget, target = self.budget, self.budget.target
        kind: Kind = "categorical" if target.favourable else "numeric"
        out = [Declared("target", target.column, kind, target.minimum, target.maximum, required=True)]
        if budget.key:
            out.append(Declared("key", budget.key, "categorical", required=True))
        if budget.split_column:
            out.append(Declared("split", budget.split_column, "categorical", levels=SPLITS, required=True))
        if budget.time:
            out.append(Declared("month", budget.time, "month", required=True))
        for name, f in budget.features.items():
            out.append(Declared(FEATURE + name, name, f.kind, f.minimum, f.maximum, f.bins))
        return out + [Declared(ATTRIBUTE + name, s.column, "categorical") for name, s in self.sensitive.items()]

    def names(self) -> list[str]:
        """The cells' columns before ``n``, in their order, which is also their sort order."""
        month = ["month"] if self.budget.time else []
        attributes = (ATTRIBUTE + name for name in self.sensitive)
        return ["split", "bin", *month, *(FEATURE + name for name in self.budget.features), *attributes]

    def kinds(self) -> dict[str, str]:
        """Feature → "numeric" or "categorical" as it stands in the cells: binned numbers are categorical."""
        return {name: "categorical" if f.bins else f.kind for name, f in self.budget.features.items()}


def count(frame: nw.LazyFrame[Any], plan: Plan) -> nw.LazyFrame[Any]:
    """Rows → counts ``n`` by the plan's names, by ``REASON`` (null for good rows) and, for a text target, by ``LEVEL``.

    ``frame`` has ``KEY`` and the table's columns, and all columns go by their tokens. With ``sample_rows`` = N only the
    N rows with the smallest sample hash are counted, before anything else is asked of them; a smaller sample is part of
    a larger one.
    """
    declared, by = plan.declared(), [*(token(name) for name in plan.names()), REASON]
    rows = typed(_sampled(frame, plan, {token(d.column) for d in declared}), declared, plan.prepare.missing_values)
    if plan.budget.target.favourable:
        rows, by = rows.with_columns(nw.col(token("target")).alias(LEVEL)), [*by, LEVEL]
    if not plan.budget.split_column:
        rows = rows.with_columns(_split(plan).alias(token("split")))
    return rows.with_columns(_bin(plan).alias(token("bin"))).group_by(*by).agg(n=nw.len())


def _sampled(frame: nw.LazyFrame[Any], plan: Plan, columns: set[str]) -> nw.LazyFrame[Any]:
    """The rows of least sample hash; ties are broken by key and content, so the order of rows does not matter."""
    if not plan.prepare.sample_rows:
        return frame
    lot = "__lot__"
    ranked = frame.with_columns(hashing.hashed(nw.col(KEY), plan.seed, "sample").alias(lot))
    return ranked.sort(lot, KEY, *sorted(columns)).head(plan.prepare.sample_rows)


def _split(plan: Plan) -> nw.Expr:
    """train, valid or test by the row's hash, with the declared shares; depends on nothing but key and seed."""
    lot, shares = hashing.hashed(nw.col(KEY), plan.seed, "split"), plan.prepare.split
    train = hashing.below(shares.train)
    valid = hashing.below(shares.train + shares.valid)
    rest = nw.when(lot < valid).then(nw.lit("valid")).otherwise(nw.lit("test"))
    return nw.when(lot < train).then(nw.lit("train")).otherwise(rest)


def _bin(plan: Plan) -> nw.Expr:
    """Number of cut points at or below the target; a favourable level counts as 1, any other as 0."""
    value = nw.col(token("target"))
    if plan.budget.target.favourable:
        value = nw.when(value.is_in(plan.budget.target.favourable)).then(nw.lit(1.0)).otherwise(nw.lit(0.0))
    return reduce(add, ((value >= cut).cast(nw.Int32) for cut in plan.cuts))


def collected(frame: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """The good rows' cells in their documented types and order, from the engine's answer to :func:`count`."""
    names = plan.names()
    good: pd.DataFrame = frame[frame[REASON].isna()].rename(columns={token(name): name for name in names})
    good = good.assign(bin=good["bin"].astype("int32"), n=good["n"].astype("int64"))
    if LEVEL in good:
        good = good.groupby(names, dropna=False)["n"].sum().reset_index()
    return good[[*names, "n"]].sort_values(names, ignore_index=True)


def labels(cells: pd.DataFrame, cut: Sequence[float], threshold: float) -> npt.NDArray[np.int64]:
    """Label of each cell at ``threshold``, shape (cells,): 1 where the target is at least the threshold, else 0.

    Raises :class:`InputError` when the threshold is not one of the cut points the cells were counted with.
    """
    if float(threshold) not in cut:
        known = ", ".join(f"{c:g}" for c in cut)
        raise InputError(f"threshold must be a cut point of the cells ({known}), got {threshold}; run prepare again")
    return (cells["bin"].to_numpy() > list(cut).index(float(threshold))).astype(np.int64)
