"""Batches whose rows are kept, one by one: recorded decisions and people in segments."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd

from pipeline.ingest import bad_rows, engines, row_tables, source_files
from pipeline.ingest.source_files import SourceTable
from pipeline.monitoring.reading import Batches, bad, distinct, gathered, tables_of
from responsible.monitoring.alarms import SAMPLED, UNREADABLE, Finding
from responsible.monitoring.parameters import Period
from responsible.tabular import sources
from responsible.tabular.cell_counts import reasons
from responsible.tabular.columns import Declared
from responsible.tabular.sources import Prepare, RowTable
from responsible.validation import InputError, did_you_mean


def read_rows(
    prepare: Prepare,
    roles: RowTable,
    declared: Sequence[Declared],
    dated: Callable[[pd.DataFrame], pd.DataFrame],
    *,
    period: Period,
    seed: int,
    section: str,
    remedy: str,
) -> Batches:
    """The good rows of the batches that ``roles`` name, each file read on its own; ``dated`` gives them a ``period``.

    Where the files have more rows than ``MOST_ROWS``, and than prepare.sample_rows, the same share of each is used,
    chosen by hash with ``seed``. That is a finding, and so are a file that cannot be read, lacks a declared column or
    repeats another, bad rows, and periods without rows. InputError, with the ``remedy``, where there is no file at all,
    or no good row in any.
    """
    found: list[Finding] = []
    digests: dict[str, str] = {}
    good: list[pd.DataFrame] = []
    tables = list(distinct(tables_of(roles, [d.column for d in declared], section, found), digests, found))
    sizes, most = [_at_most(table) for _, table in tables], max(prepare.sample_rows, sources.MOST_ROWS)
    if sum(sizes) > most:
        sizes = [_size(prepare, table, declared) for _, table in tables]
    shares = _shares(sizes, most)
    for (name, table), share in zip(tables, shares, strict=True):
        try:
            rows, lost = _rows(prepare, table, roles, declared, seed=seed, most=share)
        except InputError as error:
            found.append(Finding(UNREADABLE, "", name, str(error)))
            continue
        good.append(dated(rows))
        found += bad(sorted(set(good[-1]["period"])), name, lost)
    if any(shares):
        found.append(Finding(SAMPLED, "", "", str(sum(shares)), sum(sizes)))
    return gathered(good, found, digests, period, source=roles.source, remedy=remedy)


def _shares(sizes: Sequence[int], most: int) -> list[int]:
    """How many rows of each file are used, at least one; 0 for all where all files together have at most ``most``."""
    whole = sum(sizes)
    return [max(1, most * n // whole) if whole > most else 0 for n in sizes]


def _at_most(table: SourceTable) -> int:
    try:
        return source_files.at_most(table)
    except InputError:
        return 0


def _size(prepare: Prepare, table: SourceTable, declared: Sequence[Declared]) -> int:
    """The rows of a file; 0 where it cannot be read, which is said when its rows are."""
    try:
        return row_tables.size(engines.local(prepare, table, declared))
    except InputError:
        return 0


def _rows(
    prepare: Prepare, table: SourceTable, roles: RowTable, declared: Sequence[Declared], *, seed: int, most: int
) -> tuple[pd.DataFrame, dict[str, int]]:
    """The good rows of a file, of ``most`` (0: all), and the bad ones by reason."""
    if absent := [d.column for d in declared if d.column not in table.columns]:
        raise InputError(f"column {absent[0]!r} is missing{did_you_mean(absent[0], table.columns)}")
    reader = engines.local(prepare, table, declared)
    answer = row_tables.answered(reader, roles.spelling(prepare), declared, seed, most)
    return row_tables.named(answer, declared), bad_rows.count(reader, reasons(answer.assign(n=1)))
