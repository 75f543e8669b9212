"""Later people, to be placed in segments: every file read on its own, and what the monitor needs to speak of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import pandas as pd

from pipeline.ingest import bad_rows, row_tables
from pipeline.ingest.source_files import SourceTable
from pipeline.monitoring.reading import Batches, digest_of, distinct, gaps, tables
from responsible.later_people.segments import LaterPeople
from responsible.monitoring.alarms import BAD, UNREADABLE, Finding
from responsible.monitoring.batches import calendar, period_of
from responsible.monitoring.parameters import Newcomers, Period
from responsible.segmentation.schema import Segments
from responsible.tabular.cell_counts import reasons
from responsible.tabular.columns import Declared, Kind
from responsible.tabular.sources import Prepare
from responsible.validation import InputError, did_you_mean

SECTION = "monitor.segments"


def read(prepare: Prepare, roles: Segments, given: Newcomers, period: Period) -> Batches:
    """The people of ``monitor.segments.source``, with the columns of the segments table and a ``period``.

    A file that cannot be read, lacks a column or repeats another, bad rows, and periods without rows are findings.
    InputError where there is no file at all, or no good row in any.
    """
    roles = roles.model_copy(update={"source": given.source, "pattern": given.pattern})
    kind: Kind = "month" if period == "month" else "day"
    declared = [*roles.declared(), Declared("period", given.time, kind, required=True, form=given.time_format)]
    whole = prepare.model_copy(update={"sample_rows": 0})
    found: list[Finding] = []
    digests: dict[str, str] = {}
    good: list[pd.DataFrame] = []
    for name, table in distinct(tables(roles, [d.column for d in declared], SECTION, found), digests, found):
        try:
            rows, lost = _rows(whole, table, roles, declared)
        except InputError as error:
            found.append(Finding(UNREADABLE, "", name, str(error)))
            continue
        rows["period"] = period_of(rows["period"], period)
        there = sorted(set(rows["period"]))
        found += [Finding(BAD, there[0] if len(there) == 1 else "", name, reason, n) for reason, n in lost.items()]
        good.append(rows)
    if not sum(len(own) for own in good):
        first = f": {found[0].detail or found[0].name}" if found else ""
        raise InputError(f"{roles.source}: no batch has a good row{first}; correct the files, or {SECTION}'s columns")
    people = pd.concat(good, ignore_index=True).drop(columns="row")
    periods = calendar(set(people["period"]), period)
    return Batches(people, tuple(periods), (*found, *gaps(periods, set(people["period"]))), digest_of(digests))


def _rows(
    prepare: Prepare, table: SourceTable, roles: Segments, declared: Sequence[Declared]
) -> tuple[pd.DataFrame, dict[str, int]]:
    """The good rows of a file, and the bad ones by reason."""
    if absent := [d.column for d in declared if d.column not in table.columns]:
        raise InputError(f"column {absent[0]!r} is missing{did_you_mean(absent[0], table.columns)}")
    reader, answer = row_tables.answered(prepare, table, roles, declared, 0)
    return row_tables.named(answer, declared), bad_rows.count(reader, reasons(answer.assign(n=1)))


def written(found: LaterPeople, beyond: float, digest: str) -> dict[str, Any]:
    """What :func:`~.segments_said.read` makes the same of again, together with the table of shares."""
    return {
        "segments": {
            "periods": list(found.periods),
            "rows": [_named(row) for row in found.rows.to_dict("records")],
            "segmented": found.segmented,
            "people": found.people,
            "beyond": beyond,
            "findings": [asdict(finding) for finding in found.findings],
            "spending": asdict(found.spending),
            "batches": digest,
        }
    }


def _named(row: dict[Any, Any]) -> dict[str, Any]:
    kept = ("question", "name", "period", "rows", "moved", "before", "now", "effect", "p", "detectable")
    return {name: row[name] for name in kept} | {"alarm": bool(row["alarm"])}
