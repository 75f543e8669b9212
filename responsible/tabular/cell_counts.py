"""From rows to cells: the one pass over a table, a narwhals expression that is the same on every engine.

It counts whole rows and adds integers only, so its answer does not depend on threads, machine or order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import narwhals as nw
import pandas as pd

from responsible.names import ATTRIBUTE, CLUSTER, FEATURE
from responsible.names import CLUSTER_GROUPS as GROUPS
from responsible.tabular import hashing
from responsible.tabular.cells import Grid, cuts
from responsible.tabular.columns import KEY, REASON, Declared, Kind, made, token
from responsible.tabular.levels import merged, refuse_absent
from responsible.tabular.schema import SPLITS, Budget, Sensitive, refuse_conflicts
from responsible.tabular.sources import Prepare
from responsible.tabular.typed_fields import typed
from responsible.validation import MISSING

UNLABELLED = -1  # the bin of a row without a target, where that is no fault of the row
LEVEL = made("target")  # a text target's level, counted too until the favourable ones are known to occur
MOST_WEIGHT = 10**9  # rows that one may stand for; sums of 64 bits hold as many such rows
FIRST = "first_reason"
LOT = "lot"


@dataclass(frozen=True)
class Plan:
    """How a table becomes cells: the parameters of table, label, sweep and audit, and the seed of split and sample."""

    prepare: Prepare
    budget: Budget
    sensitive: Mapping[str, Sensitive]
    threshold: float
    grid: Grid | None
    seed: int

    def __post_init__(self) -> None:
        """Refuse roles that exclude each other."""
        refuse_conflicts(self.budget, self.sensitive, self.threshold)

    @property
    def cuts(self) -> list[float]:
        """The sorted cut points of the target."""
        return cuts(self.threshold, self.grid)

    def declared(self) -> list[Declared]:
        """Every column of the table that has a role, in the order in which a row is judged."""
        budget, target = self.budget, self.budget.target
        kind: Kind = "categorical" if target.favourable else "numeric"
        out = [Declared("target", target.column, kind, target.minimum, target.maximum, required=True)]
        if budget.key:
            out.append(Declared("key", budget.key, "categorical", required=True))
        if budget.cluster:
            out.append(Declared("cluster", budget.cluster, "categorical", required=True))
        if budget.split_column:
            out.append(Declared("split", budget.split_column, "categorical", levels=SPLITS, required=True))
        if budget.time:
            out.append(Declared("month", budget.time, "month", required=True, form=budget.time_format))
        if budget.weight:
            out.append(Declared("weight", budget.weight, "numeric", 1, MOST_WEIGHT, required=True, whole=True))
        for name, f in budget.features.items():
            out.append(Declared(FEATURE + name, name, f.kind, f.minimum, f.maximum, f.bins))
        for name, attribute in self.sensitive.items():
            out.append(attribute.declared(ATTRIBUTE + name, budget.features.get(attribute.column)))
        return out

    def names(self) -> list[str]:
        """The cells' columns before ``n``, in their order, which is also their sort order."""
        month = ["month"] if self.budget.time else []
        attributes = (ATTRIBUTE + name for name in self.sensitive)
        month += [CLUSTER] if self.budget.cluster else []
        return ["split", "bin", *month, *(FEATURE + name for name in self.budget.features), *attributes]

    def kinds(self) -> dict[str, str]:
        """Feature → "numeric" or "categorical" as it stands in the cells: binned numbers are categorical."""
        return {name: "categorical" if f.bins else f.kind for name, f in self.budget.features.items()}


def count(frame: nw.LazyFrame[Any], plan: Plan) -> nw.LazyFrame[Any]:
    """Rows → counts ``n`` by :func:`made` of the plan's names, ``REASON`` (null: good) and a text target's ``LEVEL``.

    ``frame`` has ``KEY`` and the table's columns by their tokens. With ``sample_rows`` = N only the N rows with the
    smallest sample hash are counted, before anything else is asked of them; a smaller sample is part of a larger one.

    What takes very many values (target, key, dates, numbers to be binned) is typed row by row. Then equal rows are
    counted, and the other fields are typed once for each distinct combination, which is far less text to read.
    """
    declared, spelling = plan.declared(), plan.budget.spelling(plan.prepare)
    by_row = [d for d in declared if d.name in ("target", "key", "month", "weight", "cluster") or d.bins]
    rest = [d for d in declared if d not in by_row]
    fields = list(dict.fromkeys(token(d.column) for d in rest))
    used = sorted({token(d.column) for d in declared})
    chosen = sampled(frame, plan.prepare.sample_rows, plan.seed, used)
    rows = typed(chosen, by_row, spelling, keep=[KEY, *fields])
    rows = rows.with_columns(_bin(plan).alias(made("bin")), split_of(plan).alias(made("split")))
    if plan.budget.cluster:
        rows = rows.with_columns((hashing.hashed(nw.col(KEY), plan.seed, "cluster") % GROUPS).alias(made(CLUSTER)))
    text_target = [LEVEL] if plan.budget.target.favourable and "target" in {d.name for d in declared} else []
    names = [made(name) for name in plan.names()]
    done = [name for name in names if name not in {made(d.name) for d in rest}] + text_target
    groups = rows.group_by(*fields, *done, REASON).agg(n=_rows(plan)).rename({REASON: FIRST})
    cells = typed(groups, rest, spelling, keep=[*done, FIRST, "n"])
    cells = cells.with_columns(nw.coalesce(FIRST, REASON).alias(REASON))
    return cells.group_by(*names, REASON, *text_target).agg(nw.col("n").sum())


def _rows(plan: Plan) -> nw.Expr:
    """The number of rows, each counted as often as its weight says; one whose weight is unreadable once."""
    if not plan.budget.weight:
        return nw.len()
    weight = nw.col(made("weight"))
    good = weight.is_between(1, MOST_WEIGHT) & (weight % 1 == 0)
    return nw.when(good).then(weight).otherwise(nw.lit(1.0)).cast(nw.Int64).sum()


def sampled(frame: nw.LazyFrame[Any], rows: int, seed: int, fields: Sequence[str]) -> nw.LazyFrame[Any]:
    """The ``rows`` rows (0: all) of least sample hash; ``fields`` break ties of a key, so that order does not matter.

    Keys are ranked alone first: sorting all fields of a big table would take its size in memory.
    """
    if not rows:
        return frame
    lot = hashing.hashed(nw.col(KEY), seed, "sample").alias(LOT)
    least = frame.select(KEY, lot).sort(LOT, KEY).head(rows).select(KEY)
    return frame.join(least, on=KEY, how="semi").with_columns(lot).sort(LOT, KEY, *fields).head(rows)


def split_of(plan: Plan) -> nw.Expr:
    """train, valid or test by the row's hash, with the declared shares; depends on nothing but key and seed."""
    lot, shares = hashing.hashed(nw.col(KEY), plan.seed, "split"), plan.prepare.split
    train = hashing.below(shares.train)
    valid = hashing.below(shares.train + shares.valid)
    rest = nw.when(lot < valid).then(nw.lit("valid")).otherwise(nw.lit("test"))
    return nw.when(lot < train).then(nw.lit("train")).otherwise(rest)


def _bin(plan: Plan) -> nw.Expr:
    """Number of cut points at or below the target; a favourable level is 1, any other 0; none is UNLABELLED."""
    if "target" not in {d.name for d in plan.declared()}:
        return nw.lit(UNLABELLED)
    value = nw.col(made("target"))
    lacking = value == MISSING if plan.budget.target.favourable else value.is_null()
    if plan.budget.target.favourable:
        value = nw.when(value.is_in(plan.budget.target.favourable)).then(nw.lit(1.0)).otherwise(nw.lit(0.0))
    return nw.when(lacking).then(nw.lit(UNLABELLED)).otherwise(_bisected(value, plan.cuts, 0, len(plan.cuts)))


def _bisected(value: nw.Expr, cuts: Sequence[float], low: int, high: int) -> nw.Expr:
    """The bin, known to lie in low..high, by bisection: one comparison for each halving, not one for each cut."""
    if low == high:
        return nw.lit(low)
    middle = (low + high) // 2
    below, above = _bisected(value, cuts, low, middle), _bisected(value, cuts, middle + 1, high)
    return nw.when(value < cuts[middle]).then(below).otherwise(above)


def collected(frame: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """The good rows' cells in their documented types and order, from the engine's answer to :func:`count`.

    Raises :class:`InputError` when a favourable level of a text target does not occur.
    """
    names = plan.names()
    good: pd.DataFrame = frame[frame[REASON].isna()].rename(columns={made(name): name for name in names})
    good = good.assign(bin=good["bin"].astype("int32"), n=good["n"].astype("int64"))
    if favourable := plan.budget.target.favourable:
        where = f"column {plan.budget.target.column} of {plan.budget.source}"
        refuse_absent("budget.target.favourable", favourable, set(good[LEVEL]) if len(good) else favourable, where)
    least = {FEATURE + name: f.min_count for name, f in plan.budget.features.items() if f.min_count}
    for name, rows in least.items():
        good[name] = merged(good[name], good["n"].where(good["split"] == "train", 0), rows)
    if least or favourable:
        good = good.groupby(names, dropna=False)["n"].sum().reset_index()
    return good[[*names, "n"]].sort_values(names, ignore_index=True)


def reasons(frame: pd.DataFrame) -> dict[str, int]:
    """Bad rows by reason, the most frequent first, from the engine's answer to :func:`count`."""
    bad = (
        frame[frame[REASON].notna()].groupby(REASON)["n"].sum().sort_index().sort_values(ascending=False, kind="stable")
    )
    return {str(reason): int(n) for reason, n in bad.items()}


def key_repeats(frame: nw.LazyFrame[Any], plan: Plan) -> nw.LazyFrame[Any]:
    """One row, ``repeats``: rows beyond the first of their key. Repeated keys mean rows that are not independent.

    Rows of the whole table with a key, good or bad, sampled or not.
    """
    key = [d for d in plan.declared() if d.name == "key"]
    named = typed(frame, key, plan.budget.spelling(plan.prepare), keep=[KEY]).filter(nw.col(REASON).is_null())
    return named.select(repeats=nw.len() - nw.col(KEY).n_unique())
