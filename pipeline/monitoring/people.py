"""Batches of people to be placed in segments: typed rows, each file read on its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import pandas as pd

from pipeline.ingest import bad_rows, engines
from pipeline.ingest.source_files import SourceTable
from pipeline.monitoring.reading import alike, listed, tables
from responsible.monitoring.alarms import BAD, GAP, UNREADABLE, Finding
from responsible.monitoring.batches import calendar, period_of
from responsible.monitoring.parameters import Period
from responsible.tabular.columns import REASON, Declared, made, months
from responsible.tabular.sources import Prepare, Source
from responsible.tabular.typed_fields import typed
from responsible.validation import InputError, did_you_mean


class People(NamedTuple):
    """Good rows by declared name, among them ``period``; what was found about the others; the files' digest."""

    rows: pd.DataFrame
    findings: tuple[Finding, ...]
    digest: str


def read(given: Source, declared: Sequence[Declared], prepare: Prepare, period: Period, section: str) -> People:
    """The batches of ``section``, which findings name; ``given`` is where they are and how they are written.

    A file that cannot be read, lacks a column or is one that was there before is left out and a finding, and so are
    rows that are bad and periods without rows. InputError where there is no good row in any.
    """
    found: list[Finding] = []
    digests: dict[str, str] = {}
    needed = list(dict.fromkeys(d.column for d in declared))
    good: list[pd.DataFrame] = []
    for same in alike(tables(given, needed, section, found), digests, found):
        for name, table in same:
            try:
                rows, lost = _typed(table, declared, given, prepare)
            except InputError as error:
                found.append(Finding(UNREADABLE, "", name, str(error)))
                continue
            good.append(rows.assign(period=period_of(rows["period"], period)))
            found += [Finding(BAD, "", name, reason, n) for reason, n in lost.items()]
    if not sum(map(len, good)):
        first = f": {found[0].name}: {found[0].detail}" if found else ""
        raise InputError(f"{given.source}: no batch has a good row{first}; correct the files, or {section}'s columns")
    whole = pd.concat(good, ignore_index=True)
    there = set(whole["period"])
    found += [Finding(GAP, at, at) for at in calendar(there, period) if at not in there]
    return People(whole, tuple(replace(own, name=f"{section}/{own.name}") for own in found), listed(digests))


def _typed(
    table: SourceTable, declared: Sequence[Declared], given: Source, prepare: Prepare
) -> tuple[pd.DataFrame, dict[str, int]]:
    """The good rows of one file by declared name, and the bad ones by reason; InputError where it lacks a column."""
    if absent := [d.column for d in declared if d.column not in table.columns]:
        raise InputError(f"column {absent[0]!r} is missing{did_you_mean(absent[0], table.columns)}")
    reader = engines.reader(prepare.engine, table, times=months(declared), time_zone=prepare.time_zone)
    answer = reader.compute(lambda rows: typed(rows, declared, given.spelling(prepare)))
    reasons = {str(reason): int(n) for reason, n in answer[REASON].dropna().value_counts(sort=False).items()}
    names = {made(d.name): d.name for d in declared}
    return answer[answer[REASON].isna()].rename(columns=names)[list(names.values())], bad_rows.count(reader, reasons)
