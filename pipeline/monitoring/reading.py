"""Batches: every file read on its own, so that one that lacks a column or cannot be read costs nothing but itself."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from pipeline.ingest import bad_rows, engines, headers, source_files
from pipeline.ingest.source_files import SourceTable
from responsible.monitoring.alarms import BAD, GAP, LACKING, REPEATED, UNREADABLE, Finding
from responsible.monitoring.batches import BatchPlan, calendar, cells
from responsible.tabular.cell_counts import count, reasons
from responsible.tabular.columns import months
from responsible.tabular.queries import Query
from responsible.validation import InputError, did_you_mean

SECTION = "monitor"


class Batches(NamedTuple):
    """Cells of all periods; every period from the first to the last; what is to be said of the rows; their digest."""

    cells: pd.DataFrame
    periods: tuple[str, ...]
    findings: tuple[Finding, ...]
    digest: str


def read(plan: BatchPlan, reference: pd.DataFrame) -> Batches:
    """The batches of ``monitor.source``; ``reference`` are cells, whose rare levels are rare here as well.

    A file that cannot be read, lacks a column or is one that was there before, rows that are bad, and periods without
    rows are findings. InputError where there is no file at all, or no good row in any.
    """
    found: list[Finding] = []
    counted: list[pd.DataFrame] = []
    digests: dict[str, str] = {}
    for name, table in _tables(plan, found):
        digest = source_files.digest(table)
        if digest in digests:
            found.append(Finding(REPEATED, "", name, digests[digest]))
            continue
        digests[digest] = name
        try:
            own, said = _read(plan, reference, table, name)
        except InputError as error:
            found.append(Finding(UNREADABLE, "", name, str(error)))
            continue
        counted.append(own)
        found += said
    if not counted or not sum(len(own) for own in counted):
        first = f": {found[0].detail or found[0].name}" if found else ""
        raise InputError(f"{_said(plan)}: no batch has a good row{first}; correct the files or monitor's columns")
    whole = pd.concat(counted, ignore_index=True)
    names = [column for column in whole if column != "n"]
    whole = whole.groupby(names, dropna=False, sort=True)["n"].sum().reset_index()
    periods = calendar(set(whole["period"]), plan.monitor.period)
    found += [Finding(GAP, period, period) for period in periods if period not in set(whole["period"])]
    listing = "".join(f"{digest}  {name}\n" for digest, name in digests.items())
    return Batches(whole, tuple(periods), tuple(found), hashlib.sha256(listing.encode()).hexdigest())


def _said(plan: BatchPlan) -> str:
    return str(plan.budget.source)


def _tables(plan: BatchPlan, found: list[Finding]) -> Sequence[tuple[str, SourceTable]]:
    """Each file as a table of its own with those of the needed columns that it has; the answer of a query is one."""
    given, needed = plan.budget, plan.columns()
    if isinstance(given.source, Query):
        return [("query", source_files.table(given, needed, SECTION))]
    out = []
    for path in source_files.find(given.source, given.pattern, SECTION):
        try:
            own = given.model_copy(update={"source": str(path), "pattern": None})
            known = headers.of_files([path], own, needed)
            out.append((_name(path, given.source), source_files.table(own, [c for c in needed if c in known], SECTION)))
        except InputError as error:
            found.append(Finding(UNREADABLE, "", _name(path, given.source), str(error)))
    return out


def _name(path: Path, source: str) -> str:
    return path.relative_to(source).as_posix() if path != Path(source) else path.name


def _read(
    plan: BatchPlan, reference: pd.DataFrame, table: SourceTable, name: str
) -> tuple[pd.DataFrame, list[Finding]]:
    absent = [column for column in plan.columns() if column not in table.columns]
    if undated := [c for c in (plan.monitor.time, plan.budget.weight) if c in absent]:
        raise InputError(f"column {undated[0]!r} is missing{did_you_mean(str(undated[0]), table.columns)}")
    own = plan.without(absent)
    declared = own.declared()
    reader = engines.reader(plan.prepare.engine, table, times=months(declared), time_zone=plan.prepare.time_zone)
    answer = reader.compute(lambda rows: count(rows, own))
    counted = cells(answer, own, reference)
    periods = sorted(set(counted["period"]))
    lost = bad_rows.count(reader, reasons(answer))
    target = plan.budget.target.column
    said = [
        Finding(LACKING, period, column, did_you_mean(column, table.columns).removeprefix("; "))
        for column in absent
        if column != target  # labels that come later are no fault
        for period in periods
    ]
    said += [Finding(BAD, periods[0] if len(periods) == 1 else "", name, reason, n) for reason, n in lost.items()]
    return counted, said


def plan_of(plan: BatchPlan) -> BatchPlan:
    """The plan with the budget table's roles set to read ``monitor.source``."""
    own = {"source": plan.monitor.source, "pattern": plan.monitor.pattern, "time": plan.monitor.time}
    prepare = plan.prepare.model_copy(update={"sample_rows": 0})
    return replace(plan, budget=plan.budget.model_copy(update=own), prepare=prepare)
