"""Tables whose rows a later stage needs: read, judged and typed like every other table, one row kept for each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import narwhals as nw
import pandas as pd

from pipeline.ingest import dropped_rows, engines, source_files
from pipeline.ingest.dropped_rows import Dropped
from responsible.tabular.cell_counts import sampled
from responsible.tabular.columns import KEY, REASON, made, months, token
from responsible.tabular.sources import Prepare, RowTable
from responsible.tabular.typed_fields import typed
from responsible.validation import InputError


class Rows(NamedTuple):
    """The good rows typed, by declared name with the row's number as ``row``; who was dropped; the table's digest."""

    good: pd.DataFrame
    dropped: Dropped
    digest: str

    def figures(self) -> dict[str, object]:
        """What ``metrics/prepare_NAME.json`` says of a table of rows."""
        dropped = sum(self.dropped.reasons.values())
        return {"kept": len(self.good), "dropped": dropped, "digest": self.digest, **self.dropped.figures()}


def read(prepare: Prepare, section: str, roles: RowTable, seed: int) -> Rows:
    """The table that ``section`` of the parameters declares.

    InputError on a bad row unless prepare.on_bad_rows says drop, and when fewer than prepare.minimum_rows are good.
    """
    declared = roles.declared()
    table = source_files.table(roles, [d.column for d in declared], section)
    reader = engines.reader(prepare.engine, table, times=months(declared), time_zone=prepare.time_zone)
    spelling = roles.spelling(prepare)
    fields = sorted({token(d.column) for d in declared})

    def rows(frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
        return typed(sampled(frame, prepare.sample_rows, seed, fields), declared, spelling, keep=[KEY])

    answer = reader.compute(rows)
    dropped = dropped_rows.settled(reader, answer.assign(n=1), declared, prepare, table=roles, section=section)
    good = _named(answer[answer[REASON].isna()], [d.name for d in declared])
    _refuse_few(len(good), dropped.reasons, prepare.minimum_rows, roles.source)
    dropped_rows.refuse_unequal(dropped, roles, section)
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
