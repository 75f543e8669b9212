"""Later decisions: every file read on its own, so that one that cannot be read costs nothing but itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

import pandas as pd

from pipeline.ingest import bad_rows, row_tables
from pipeline.ingest.source_files import SourceTable
from pipeline.monitoring.reading import Batches, digest_of, distinct, gaps, tables
from responsible.healthcare.schema import Healthcare, by_role
from responsible.later_decisions.decisions import LaterDecisions
from responsible.monitoring.alarms import BAD, UNREADABLE, Finding
from responsible.monitoring.batches import calendar, period_of
from responsible.monitoring.parameters import Decisions, Period
from responsible.tabular.cell_counts import reasons
from responsible.tabular.columns import Declared
from responsible.tabular.sources import Prepare
from responsible.validation import InputError, did_you_mean

SECTION = "monitor.healthcare"


def read(prepare: Prepare, roles: Healthcare, given: Decisions, period: Period) -> Batches:
    """The cases of ``monitor.healthcare.source`` with their ``period``.

    A file that cannot be read, lacks a column or repeats another, bad rows, and periods without rows are findings.
    InputError where there is no file at all, or no good row in any.
    """
    roles = roles.model_copy(update={"source": given.source, "pattern": given.pattern})
    declared = [replace(d, kind="day") if d.kind == "month" and period != "month" else d for d in roles.declared()]
    whole = prepare.model_copy(update={"sample_rows": 0})
    found: list[Finding] = []
    digests: dict[str, str] = {}
    counted: list[pd.DataFrame] = []
    for name, table in distinct(tables(roles, [d.column for d in declared], SECTION, found), digests, found):
        try:
            rows, lost = _rows(whole, table, roles, declared)
        except InputError as error:
            found.append(Finding(UNREADABLE, "", name, str(error)))
            continue
        own = by_role(rows, roles)
        own["period"] = period_of(own["month"], period)
        there = sorted(set(own["period"]))
        found += [Finding(BAD, there[0] if len(there) == 1 else "", name, reason, n) for reason, n in lost.items()]
        counted.append(own)
    if not sum(len(own) for own in counted):
        first = f": {found[0].detail or found[0].name}" if found else ""
        raise InputError(f"{roles.source}: no batch has a good row{first}; correct the files or the roles")
    cases = pd.concat(counted, ignore_index=True)
    periods = calendar(set(cases["period"]), period)
    return Batches(cases, tuple(periods), (*found, *gaps(periods, set(cases["period"]))), digest_of(digests))


def _rows(
    prepare: Prepare, table: SourceTable, roles: Healthcare, declared: Sequence[Declared]
) -> tuple[pd.DataFrame, dict[str, int]]:
    """The good rows of a file, and the bad ones by reason."""
    if absent := [d.column for d in declared if d.column not in table.columns]:
        raise InputError(f"column {absent[0]!r} is missing{did_you_mean(absent[0], table.columns)}")
    reader, answer = row_tables.answered(prepare, table, roles, declared, 0)
    return row_tables.named(answer, declared), bad_rows.count(reader, reasons(answer.assign(n=1)))


def written(found: LaterDecisions, unit: str, digest: str) -> dict[str, Any]:
    """What :func:`~.decisions_said.read` makes the same of again, together with the table of figures."""
    return {
        "healthcare": {
            "periods": list(found.periods),
            "cases": found.cases,
            "unit": unit,
            "findings": [asdict(finding) for finding in found.findings],
            "spending": asdict(found.spending),
            "batches": digest,
        }
    }


def compared(
    given: Decisions, audited: pd.DataFrame, later: Batches
) -> tuple[pd.DataFrame, pd.DataFrame, tuple[str, ...]]:
    """The reference, and the cases and periods that are compared with it: all, or those that are no part of it.

    Raises:
        InputError: a period of ``monitor.healthcare.reference`` is not there, has no cases, or none is left.
    """
    if given.reference == "audited":
        return audited, later.cells, later.periods
    key, there = f"{SECTION}.reference", set(later.cells["period"])
    for name in given.reference:
        if name not in there:
            raise InputError(f"{key}: there is no period {name!r} with cases{did_you_mean(name, later.periods)}")
    part = later.cells["period"].isin(given.reference)
    left = tuple(period for period in later.periods if period not in given.reference)
    if not left:
        raise InputError(f"{key}: names every period; leave one to be compared")
    return later.cells[part], later.cells[~part], left
