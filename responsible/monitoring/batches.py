"""Batches as counted cells: the roles of the budget table and a date; labels may be missing, scores may be there.

A cell has ``period``, ``bin`` (:data:`UNLABELLED` where the target is missing), the ``x.`` and ``a.`` columns,
``score`` and ``decision`` where batches have them, and ``n``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd

from responsible.monitoring.parameters import Monitor, Period
from responsible.names import ATTRIBUTE, FEATURE
from responsible.tabular import hashing
from responsible.tabular.cell_counts import UNLABELLED, as_rare
from responsible.tabular.cells import Plan
from responsible.tabular.columns import REASON, Declared, Kind, made, token
from responsible.tabular.typed_fields import typed
from responsible.validation import MISSING, InputError

SCORE, DECISION = "score", "decision"
MOST_PERIODS = 1_000
DATE = {"month": 7, "day": 10, "week": 10}  # characters of a date that say its period
DECIMALS = 4  # of a score; rows of one cell share it


@dataclass(frozen=True, kw_only=True)
class BatchPlan(Plan):
    """How batches become cells: a :class:`Plan` with the columns that a file lacks left out.

    Where the model is not ``trained`` here, rows must have its decision or, where it has none, its score; ``positive``
    are the texts of a decision that are a yes, of which there are none where decisions are 1 and 0.
    """

    monitor: Monitor
    absent: frozenset[str] = frozenset()
    trained: bool = True
    positive: tuple[str, ...] = ()

    def declared(self) -> list[Declared]:
        """Every column with a role that is there; a missing label leaves a row good, a missing date does not."""
        own = {d.name: d for d in super().declared() if d.name not in ("key", "split", "month")}
        own |= {name: replace(d, required=False) for name, d in own.items() if name == "target"}
        time = self.monitor
        kind: Kind = "month" if time.period == "month" else "day"
        own["period"] = Declared("month", time.time, kind, required=True, form=time.time_format)
        if self.monitor.score:
            alone = not (self.trained or self.monitor.decision)
            own[SCORE] = Declared(SCORE, self.monitor.score, "numeric", 0.0, 1.0, required=alone)
        if self.monitor.decision and self.positive:
            own[DECISION] = Declared(DECISION, self.monitor.decision, "categorical", required=True)
        elif self.monitor.decision:
            column = self.monitor.decision
            own[DECISION] = Declared(DECISION, column, "numeric", 0.0, 1.0, required=not self.trained, whole=True)
        return [d for d in own.values() if d.column not in self.absent]

    def names(self, scored: str = "") -> list[str]:  # noqa: ARG002 - a batch has one score at most
        """The columns that are counted by."""
        here = [d.name for d in self.declared() if d.name not in ("target", "month", "weight", "cluster")]
        return ["bin", "month", *here]

    def columns(self) -> list[str]:
        """The table's columns, whether they are there or not."""
        return list(dict.fromkeys(d.column for d in replace(self, absent=frozenset()).declared()))

    def one_each(self, rows: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
        """Where ``budget.cluster`` is declared, one good row of each person in each period, drawn by the hash of its
        number, and every bad one, which is counted by reason: rows of one person are not independent. That one is on
        both sides of a comparison makes tests stricter only.
        """
        if not self.budget.cluster:
            return rows
        names = rows.collect_schema().names()
        rows = typed(rows, self.declared(), self.budget.spelling(self.prepare), keep=names)
        period = nw.col(token(self.monitor.time)).cast(nw.String).str.slice(0, DATE[self.monitor.period])
        good = nw.col(REASON).is_null()
        rows = hashing.hashed(rows.with_columns(of_person=period), self.seed, "sample", "lot")
        rows = rows.with_columns(lot=nw.when(good).then(nw.col("lot")))
        rows = rows.with_columns(least=nw.col("lot").min().over(token(self.budget.cluster), "of_person"))
        return rows.filter(~good | (nw.col("lot") == nw.col("least"))).select(names)

    @property
    def needed(self) -> list[str]:
        """The columns without which nothing of a file can be judged."""
        said = None if self.trained else self.monitor.decision or self.monitor.score
        return [c for c in (self.monitor.time, self.budget.weight, self.budget.cluster, said) if c]

    def without(self, columns: Iterable[str]) -> BatchPlan:
        """The plan for a file that lacks columns; without that of the target its rows have no label."""
        absent, target = frozenset(columns), self.budget.target
        gone = target is not None and target.column in absent
        budget = self.budget.model_copy(update={"target": None}) if gone else self.budget
        return replace(self, budget=budget, absent=absent)


def cells(answer: pd.DataFrame, plan: BatchPlan, reference: pd.DataFrame) -> pd.DataFrame:
    """The good rows' cells from the engine's answer to :func:`~responsible.tabular.cell_counts.count`.

    Columns that the file lacks are missing in every row. Levels that the reference counts as rare ones do so here. They
    may repeat, and are in the engine's order, until :func:`joined` brings those of all files together.
    """
    good = answer[answer[REASON].isna()].rename(columns={made(name): name for name in plan.names()})
    good = good.assign(period=period_of(good["month"], plan.monitor.period))
    if plan.budget.target is None:
        good["bin"] = UNLABELLED
    for name, feature in plan.budget.features.items():
        column = FEATURE + name
        if column not in good:
            numeric = feature.kind == "numeric" and not feature.bins
            good[column] = np.full(len(good), np.nan) if numeric else MISSING
        elif feature.min_count:
            good[column] = as_rare(good[column], reference[column].unique())
    for name in plan.sensitive:
        if ATTRIBUTE + name not in good:
            good[ATTRIBUTE + name] = MISSING
    if DECISION in good and plan.positive:
        good[DECISION] = good[DECISION].isin(plan.positive).astype("int64")
    if SCORE in good:
        good[SCORE] = good[SCORE].round(DECIMALS)  # rows of nearly one score share a cell, or there is one for each row
    names = ["period", "bin", *(FEATURE + name for name in plan.budget.features)]
    names += [*(ATTRIBUTE + name for name in plan.sensitive), *(c for c in (SCORE, DECISION) if c in good)]
    return good[[*names, "n"]].astype({"n": "int64", "bin": "int64"})


def joined(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The cells of all files, each once, by rising values of every column: engines answer in any order."""
    whole = pd.concat(parts, ignore_index=True)
    names = [column for column in whole if column != "n"]
    return whole.groupby(names, dropna=False, sort=True)["n"].sum().reset_index()


def period_of(dates: pd.Series[str], period: Period) -> pd.Series[str]:
    """The period of each date: YYYY-MM, YYYY-MM-DD, or an ISO week, 2025-W07."""
    if period != "week" or dates.empty:
        return dates
    told = {date: pd.Timestamp(date).isocalendar() for date in dates.unique()}
    return dates.map({date: f"{own.year}-W{own.week:02d}" for date, own in told.items()})


def calendar(present: Collection[str], period: Period) -> list[str]:
    """Every period from the first to the last, those without rows as well.

    Raises:
        InputError: there are more than :data:`MOST_PERIODS`, of which a wrong date is the likeliest cause.
    """
    if not present:
        return []
    first, last = min(present), max(present)
    if period == "month":
        days = pd.period_range(first, last, freq="M")
        out = [str(day) for day in days]
    elif period == "day":
        out = [f"{day:%Y-%m-%d}" for day in pd.date_range(first, last, freq="D")]
    else:
        begin, end = (pd.to_datetime(f"{week}-1", format="%G-W%V-%u") for week in (first, last))
        out = [
            f"{day.isocalendar().year}-W{day.isocalendar().week:02d}" for day in pd.date_range(begin, end, freq="7D")
        ]
    if len(out) > MOST_PERIODS:
        raise InputError(
            f"monitor.time: dates reach from {first} to {last}, more than {MOST_PERIODS} periods; correct them"
        )
    return out
