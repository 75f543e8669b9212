"""Batches: every file read on its own, so that one that lacks a column or cannot be read costs nothing but itself."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from pipeline.ingest import bad_rows, engines, headers, source_files
from pipeline.ingest.source_files import SourceTable
from responsible.monitoring.alarms import BAD, GAP, LACKING, REPEATED, UNREADABLE, Finding
from responsible.monitoring.batches import BatchPlan, calendar, cells, joined
from responsible.monitoring.parameters import Period
from responsible.tabular.cell_counts import count, reasons
from responsible.tabular.queries import Query
from responsible.tabular.sources import Source
from responsible.validation import InputError, did_you_mean

SECTION = "monitor"
Named = Sequence[tuple[str, SourceTable]]


class Batches(NamedTuple):
    """Cells or rows, ordered; every period from the first to the last; what was found about the rows; their digest."""

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
    digests: dict[str, str] = {}
    counted: list[pd.DataFrame] = []
    for alike in _alike(tables_of(plan.budget, plan.columns(), SECTION, found), digests, found):
        own, said = _together(plan, reference, alike)
        counted += own
        found += said
    parts, remedy = counted and [joined(counted)], "correct the files or monitor's columns"
    return gathered(parts, found, digests, plan.monitor.period, source=plan.budget.source, remedy=remedy)


def bad(periods: Sequence[str], name: str, lost: Mapping[str, int]) -> list[Finding]:
    """The bad rows of a file by reason, with its period where it has one."""
    return [Finding(BAD, periods[0] if len(periods) == 1 else "", name, reason, n) for reason, n in lost.items()]


def gathered(
    parts: Sequence[pd.DataFrame],
    found: Sequence[Finding],
    digests: Mapping[str, str],
    period: Period,
    *,
    source: object,
    remedy: str,
) -> Batches:
    """The rows of all files; InputError where there is none."""
    if not sum(len(own) for own in parts):
        first = f": {found[0].detail or found[0].name}" if found else ""
        raise InputError(f"{source}: no batch has a good row{first}; {remedy}")
    whole = pd.concat(parts, ignore_index=True)
    present = set(whole["period"])
    periods = calendar(present, period)
    gaps = [Finding(GAP, each, each) for each in periods if each not in present]
    return Batches(whole, tuple(periods), (*found, *gaps), _digest_of(digests))


def tables_of(given: Source, needed: Sequence[str], section: str, found: list[Finding]) -> Named:
    """Each file as a table of its own with those of the needed columns that it has; the answer of a query is one."""
    if isinstance(given.source, Query):
        return [("query", source_files.table(given, needed, section))]
    out = []
    for path in source_files.find(given.source, given.pattern, section):
        name = path.relative_to(given.source).as_posix() if path != Path(given.source) else path.name
        try:
            own = given.model_copy(update={"source": str(path), "pattern": None})
            known = headers.of_files([path], own, needed)
            out.append((name, source_files.table(own, [c for c in needed if c in known], section)))
        except InputError as error:
            found.append(Finding(UNREADABLE, "", name, str(error)))
    return out


def _alike(tables: Named, digests: dict[str, str], found: list[Finding]) -> list[Named]:
    """The tables but those that repeat another, those of the same columns together; ``digests`` are filled."""
    groups: dict[tuple[str, ...], list[tuple[str, SourceTable]]] = {}
    for name, table in distinct(tables, digests, found):
        groups.setdefault((table.kind, *table.columns), []).append((name, table))
    return list(groups.values())


def distinct(tables: Named, digests: dict[str, str], found: list[Finding]) -> Iterator[tuple[str, SourceTable]]:
    """The tables but those that repeat another; ``digests``, name by digest, are filled."""
    for name, table in tables:
        digest = source_files.digest(table)
        if digest in digests:
            found.append(Finding(REPEATED, "", name, digests[digest]))
            continue
        digests[digest] = name
        yield name, table


def _digest_of(digests: Mapping[str, str]) -> str:
    """One digest of all files, by theirs and their names."""
    listing = "".join(f"{digest}  {name}\n" for digest, name in digests.items())
    return hashlib.sha256(listing.encode()).hexdigest()


def _together(plan: BatchPlan, reference: pd.DataFrame, tables: Named) -> tuple[list[pd.DataFrame], list[Finding]]:
    """The cells of tables with the same columns: read at once, and where something is wrong one by one."""
    name, first = tables[0]
    whole = first._replace(files=[path for _, table in tables for path in table.files]) if len(tables) > 1 else first
    try:
        own, said = _read(plan, reference, whole, name)
    except InputError as error:
        own, said = None, [Finding(UNREADABLE, "", name, str(error))]
    if len(tables) == 1 or not any(finding.kind in (UNREADABLE, BAD) for finding in said):
        return [] if own is None else [own], said
    parts = [_together(plan, reference, [table]) for table in tables]
    return [cells for some, _ in parts for cells in some], [finding for _, some in parts for finding in some]


def _read(
    plan: BatchPlan, reference: pd.DataFrame, table: SourceTable, name: str
) -> tuple[pd.DataFrame, list[Finding]]:
    absent = [column for column in plan.columns() if column not in table.columns]
    if lacking := [column for column in plan.needed if column in absent]:
        raise InputError(f"column {lacking[0]!r} is missing{did_you_mean(lacking[0], table.columns)}")
    own = plan.without(absent)
    reader = engines.local(plan.prepare, table, own.declared())
    answer = reader.compute(lambda rows: count(own.one_each(rows), own))
    counted = cells(answer, own, reference)
    periods = sorted(set(counted["period"]))
    lost = bad_rows.count(reader, reasons(answer))
    said = [
        Finding(LACKING, period, column, did_you_mean(column, table.columns).removeprefix("; "))
        for column in absent
        if plan.budget.target is None or column != plan.budget.target.column  # late labels are no fault
        for period in periods
    ]
    return counted, [*said, *bad(periods, name, lost)]


def plan_of(plan: BatchPlan) -> BatchPlan:
    """The plan with the budget table's roles set to read ``monitor.source``."""
    own = {"source": plan.monitor.source, "pattern": plan.monitor.pattern, "time": plan.monitor.time}
    prepare = plan.prepare.model_copy(update={"sample_rows": 0})
    return replace(plan, budget=plan.budget.model_copy(update=own), prepare=prepare)
