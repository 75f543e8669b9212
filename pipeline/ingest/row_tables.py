"""Tables whose rows a later stage needs: read, judged and typed like every other table, one row kept for each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

import narwhals as nw
import numpy as np
import pandas as pd

from pipeline.ingest import dropped_rows, engines, source_files
from pipeline.ingest.dropped_rows import Dropped
from responsible.names import SAMPLED_FROM
from responsible.tabular.cell_counts import sampled
from responsible.tabular.columns import KEY, REASON, Declared, Spelling, made, token
from responsible.tabular.levels import Disclosure, blanked, published_names
from responsible.tabular.schema import Sensitive
from responsible.tabular.sources import Prepare, RowTable
from responsible.tabular.typed_fields import typed
from responsible.validation import InputError

T = TypeVar("T")


class Rows(NamedTuple):
    """The good rows typed, by declared name with the row's number as ``row``; who was dropped; the table's digest; and
    of a sample in :data:`SAMPLED_FROM` the number of rows that the table has.
    """

    good: pd.DataFrame
    dropped: Dropped
    digest: str
    sampled: dict[str, int]

    def judged(self, judge: Callable[[pd.DataFrame], T]) -> T:
        """What ``judge`` makes of the good rows; where they are a sample, its InputError says so."""
        try:
            return judge(self.good)
        except InputError as error:
            if not self.sampled:
                raise
            used = f"of its {self.sampled[SAMPLED_FROM]:,} rows {len(self.good):,} are used; raise prepare.sample_rows"
            raise InputError("\n".join(f"{line}; {used}" for line in str(error).splitlines())) from None

    def figures(self, disclosure: Disclosure) -> dict[str, object]:
        """What ``metrics/prepare_NAME.json`` says of a table of rows."""
        dropped = sum(self.dropped.reasons.values())
        found = {"kept": len(self.good), "dropped": dropped, "digest": self.digest, **self.dropped.figures()}
        found |= self.sampled
        if not disclosure.minimum_cell:
            return found
        gone = [key for key in found if key == "dropped_levels" or (key == "dropped" and not disclosure.safe(dropped))]
        return found | dict.fromkeys(gone) | ({"undefined": dict.fromkeys(gone, disclosure.reason)} if gone else {})


def published(described: pd.DataFrame, disclosure: Disclosure, protected: Mapping[str, Sensitive]) -> pd.DataFrame:
    """The profile of a table, a row for each number or level, without counts that are too small.

    Levels of a column are merged as everywhere (:mod:`responsible.tabular.levels`), those of ``protected`` columns by
    their role.
    """
    if not disclosure.minimum_cell:
        return described
    return pd.concat([_published(own, disclosure, protected) for _, own in described.groupby("column", sort=False)])


def _published(own: pd.DataFrame, disclosure: Disclosure, protected: Mapping[str, Sensitive]) -> pd.DataFrame:
    if (own["level"] == "").all():
        ones = own["mean"] * own["n"] if "kind" in own and (own["kind"] == "event").all() else own["n"]
        counts = [*own["n"], *own["missing"], *ones.round(), *(own["n"] - ones).round()]
        hidden = np.full(len(own), not disclosure.safe(counts))
        return blanked(own, hidden, ["n", "missing", "share", "mean", "sd"])
    attribute, role = protected.get(str(own["column"].iloc[0])), str(own["role"].iloc[0])
    roles = {level: attribute.role(level) if attribute else role for level in own["level"]}
    names = published_names(own["level"], roles, [np.zeros(len(own), dtype=int)], own["n"], disclosure)
    if names is None:
        return blanked(own, np.ones(len(own)), ["n", "missing", "share"])
    place = [c for c in own if c not in ("n", "missing", "share", "level")]
    named = own.assign(level=own["level"].map(names)).groupby("level", sort=False)
    out = named[place].first().join(named[["n", "missing", "share"]].sum()).reset_index()[list(own)]
    few = np.array([not disclosure.safe([m, n - m]) for m, n in zip(out["missing"], out["n"], strict=True)])
    return blanked(out, few, ["missing"])


def read(prepare: Prepare, section: str, roles: RowTable, seed: int) -> Rows:
    """The table that ``section`` of the parameters declares.

    Of a table with more rows than ``prepare.most_rows`` that many, chosen by hash. InputError on a bad row unless
    prepare.on_bad_rows says drop, and when fewer than prepare.minimum_rows are good.
    """
    declared = roles.declared()
    reader = engines.opened(prepare, roles, declared, section)
    most = prepare.most_rows
    whole = 0 if reader.table.files and source_files.at_most(reader.table) <= most else size(reader)
    answer = answered(reader, roles.spelling(prepare), declared, seed, most if whole > most else 0)
    dropped = dropped_rows.settled(reader, answer.assign(n=1), declared, prepare, table=roles, section=section)
    good = named(answer, declared)
    _refuse_few(len(good), dropped.reasons, prepare.minimum_rows, roles.source)
    dropped_rows.refuse_unequal(dropped, roles, section)
    return Rows(good, dropped, reader.digest(), {SAMPLED_FROM: whole} if whole > most else {})


def size(reader: engines.Reader) -> int:
    """How many rows a table has, counted where they are."""
    return int(reader.compute(lambda rows: rows.select(nw.len().alias("n")))["n"][0])


def answered(
    reader: engines.Reader, spelling: Spelling, declared: Sequence[Declared], seed: int, most: int
) -> pd.DataFrame:
    """The ``most`` rows (0: all) of a table of least sample hash, typed, with a ``REASON`` where they are bad."""
    fields = sorted({token(d.column) for d in declared})

    def rows(frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
        return typed(sampled(frame, most, seed, fields), declared, spelling, keep=[KEY])

    return reader.compute(rows)


def named(answer: pd.DataFrame, declared: Sequence[Declared]) -> pd.DataFrame:
    """The good rows by their number, so that neither threads nor sampling decide their order."""
    names = [d.name for d in declared]
    renamed = answer[answer[REASON].isna()].rename(columns={KEY: "row", **{made(name): name for name in names}})
    return renamed[["row", *names]].sort_values("row", ignore_index=True)


def _refuse_few(kept: int, dropped: dict[str, int], minimum: int, place: str) -> None:
    if kept >= minimum:
        return
    lost = ", ".join(f"{n} dropped: {reason}" for reason, n in list(dropped.items())[:5])
    rule = f"must have at least {minimum} good rows (prepare.minimum_rows), got {kept}{f' ({lost})' if lost else ''}"
    raise InputError(f"{place}: {rule}; add rows or lower the minimum")
