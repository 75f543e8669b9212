"""Tables whose rows a later stage needs: read, judged and typed like every other table, one row kept for each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import narwhals as nw
import pandas as pd

from pipeline.ingest import bad_rows, engines, source_files
from responsible.tabular.cell_counts import reasons, sampled
from responsible.tabular.columns import KEY, REASON, Declared, made, months, token, typed
from responsible.tabular.schema import Prepare
from responsible.validation import InputError


class RowTable(Protocol):
    """The parameters of a table: where it is, and which of its columns have a role."""

    @property
    def source(self) -> str:
        """Path of the table."""

    @property
    def pattern(self) -> str | None:
        """Glob of its files, when the path is a folder."""

    @property
    def delimiter(self) -> str:
        """What separates the fields of a CSV file."""

    def declared(self) -> list[Declared]:
        """The columns with a role."""


class Rows(NamedTuple):
    """The good rows typed, by declared name with the row's number as ``row``; the bad ones counted; the digest."""

    good: pd.DataFrame
    dropped: dict[str, int]
    digest: str

    def figures(self) -> dict[str, object]:
        """What ``metrics/prepare.json`` says of a table of rows."""
        return {"kept": len(self.good), "dropped": sum(self.dropped.values()), "digest": self.digest}


def read(prepare: Prepare, section: str, roles: RowTable, seed: int) -> Rows:
    """The table that ``section`` of the parameters declares.

    InputError on a bad row unless prepare.on_bad_rows says drop, and when fewer than prepare.minimum_rows are good.
    """
    declared = roles.declared()
    table = source_files.table(roles.source, roles.pattern, roles.delimiter, [d.column for d in declared], section)
    reader = engines.reader(prepare.engine, table, times=months(declared), time_zone=prepare.time_zone)
    fields = sorted({token(d.column) for d in declared})

    def rows(frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
        return typed(sampled(frame, prepare.sample_rows, seed, fields), declared, prepare.missing_values, keep=[KEY])

    answer = reader.compute(rows)
    dropped = bad_rows.count(reader, reasons(answer.assign(n=1)))
    if dropped and prepare.on_bad_rows == "error":
        bad_rows.refuse(reader, dropped, declared, prepare.missing_values)
    good = _named(answer[answer[REASON].isna()], [d.name for d in declared])
    _refuse_few(len(good), dropped, prepare.minimum_rows, roles.source)
    return Rows(good, dropped, source_files.digest(table))


def _named(answer: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """The rows by their number, so that neither threads nor sampling decide their order."""
    renamed = answer.rename(columns={KEY: "row", **{made(name): name for name in names}})
    return renamed[["row", *names]].sort_values("row", ignore_index=True)


def _refuse_few(kept: int, dropped: dict[str, int], minimum: int, place: str) -> None:
    if kept >= minimum:
        return
    lost = ", ".join(f"{n} dropped: {reason}" for reason, n in list(dropped.items())[:5])
    rule = f"must have at least {minimum} good rows (prepare.minimum_rows), got {kept}{f' ({lost})' if lost else ''}"
    raise InputError(f"{place}: {rule}; bring more rows or lower the minimum")
