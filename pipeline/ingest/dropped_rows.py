"""Dropped rows: by reason and by sensitive level, and whether they fall unequally on groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from pipeline.ingest import bad_rows, text_files
from pipeline.ingest.duckdb_reader import DuckDB
from pipeline.ingest.engines import Reader
from responsible.names import ATTRIBUTE
from responsible.tabular.cell_counts import reasons
from responsible.tabular.columns import NOT_WHOLE, REASON, Declared, Spelling, made
from responsible.tabular.sources import Prepare, Source
from responsible.tabular.typed_fields import typed
from responsible.validation import InputError

UNREADABLE = "unreadable"  # the level of a dropped row whose field cannot be told
LEVEL = 0.05  # Holm-adjusted p below which a drop falls unequally
SHOWN = 5  # reasons, and levels of an attribute, that are printed


class Dropped(NamedTuple):
    """Dropped rows by reason, the most frequent first; and by ``attribute`` and ``level``, beside those ``kept``.

    ``levels`` has no row when nothing was dropped.
    """

    reasons: dict[str, int]
    levels: pd.DataFrame

    def figures(self) -> dict[str, object]:
        """What ``metrics/prepare.json`` says besides the reasons: dropped rows of each level that lost some."""
        lost = self.levels[self.levels["dropped"] > 0]
        by_attribute = {
            str(name): dict(zip(part["level"], map(int, part["dropped"]), strict=True))
            for name, part in lost.groupby("attribute", sort=False)
        }
        return {"dropped_levels": by_attribute} if by_attribute else {}


def settled(
    reader: Reader, answer: pd.DataFrame, declared: Sequence[Declared], prepare: Prepare, *, table: Source, section: str
) -> Dropped:
    """What became of the bad rows of ``answer`` (rows or cells with ``n``, ``REASON`` and :func:`made` columns).

    InputError that shows them unless prepare.on_bad_rows says drop; else they are counted and printed. A weight with a
    fraction, or what is no score or decision, is an error in any case: no slip of a row but a column of another kind.
    """
    found = bad_rows.count(reader, reasons(answer))
    if not found:
        return Dropped({}, pd.DataFrame(columns=["attribute", "level", "kept", "dropped"]))
    survey = [reason for reason in found if reason.endswith(NOT_WHOLE) or bad_rows.lasting(reason, declared)]
    if prepare.on_bad_rows == "error" or survey:
        bad_rows.refuse(reader, survey or found, declared, table.spelling(prepare))
    attributes = [d for d in declared if d.name.startswith(ATTRIBUTE)]
    seen = pd.concat([answer, _rejected(reader, attributes, table.spelling(prepare))], ignore_index=True)
    dropped = Dropped(found, by_level(seen, [d.name for d in attributes]))
    _show(dropped, int(answer.loc[answer[REASON].isna(), "n"].sum()), f"{section}: {table.source}")
    return dropped


def _rejected(reader: Reader, attributes: Sequence[Declared], spelling: Spelling) -> pd.DataFrame:
    """A row for each record the engine could not read as one, with its levels as far as they can be told (Spark: of
    each rule they break, without levels).

    A record with a byte that is not UTF-8 still has its fields; of one with too few, too many or badly quoted fields
    nobody knows which is which.
    """
    if not isinstance(reader, DuckDB):
        rules = reader.lost()
        unread = dict.fromkeys([made(d.name) for d in attributes])
        return pd.DataFrame({REASON: list(rules), "n": list(rules.values())}, dtype=object).assign(**unread)
    lost = reader.rejected()
    texts: dict[str, list[str | None]] = {d.column: [] for d in attributes}
    names = list(reader.table.columns)
    for path in dict.fromkeys(r.path for r in lost):
        numbers = {r.number for r in lost if r.path == path}
        for number, _, fields in text_files.records(path, reader.table):
            if number in numbers:
                known = fields if fields and len(fields) == len(names) else None
                for column, values in texts.items():
                    values.append(_text(known[names.index(column)]) if known else None)
    if not lost or not texts:
        return pd.DataFrame({REASON: [r.rule for r in lost], "n": 1})
    levels = reader.compute_texts(lambda rows: typed(rows, attributes, spelling), texts)
    levels.loc[pd.isna(next(iter(texts.values()))), [made(d.name) for d in attributes]] = None
    levels[REASON], levels["n"] = "rejected", 1
    return levels


def _text(field: str) -> str:
    return field.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def by_level(rows: pd.DataFrame, attributes: Sequence[str]) -> pd.DataFrame:
    """Rows kept and dropped of each level: ``rows`` have ``n``, a ``REASON`` when bad, and :func:`made` columns."""
    parts = []
    for name in attributes:
        level = rows[made(name)].where(rows[made(name)].notna(), UNREADABLE)
        bad = rows[REASON].notna()
        part = pd.DataFrame({"level": level, "kept": rows["n"].where(~bad, 0), "dropped": rows["n"].where(bad, 0)})
        counted = part.groupby("level")[["kept", "dropped"]].sum().astype("int64").reset_index()
        parts.append(counted.assign(attribute=name.removeprefix(ATTRIBUTE)))
    if not parts:
        return pd.DataFrame(columns=["attribute", "level", "kept", "dropped"])
    return pd.concat(parts, ignore_index=True)[["attribute", "level", "kept", "dropped"]]


def unequal(levels: pd.DataFrame) -> pd.DataFrame:
    """``levels`` but the unreadable ones, each against all others of its attribute, with the ``share`` dropped of both.

    ``p_adjusted`` is Holm's over all levels of all attributes, of Pearson's chi-square, or Fisher's exact test where an
    expected count is below 5 (:func:`responsible.statistics.significance.independence`); NaN where there are no others.
    """
    from responsible.statistics.significance import holm, independence

    told = levels[levels["level"] != UNREADABLE].reset_index(drop=True)
    counts = told[["kept", "dropped"]]
    others = told.groupby("attribute")[["kept", "dropped"]].transform("sum") - counts
    pairs = np.stack([counts.to_numpy(dtype=np.int64), others.to_numpy(dtype=np.int64)], axis=1)
    with np.errstate(invalid="ignore"):
        share, rest = (pairs[:, i, 1] / pairs[:, i].sum(axis=1) for i in (0, 1))
    p = holm(np.array([independence(pair).p for pair in pairs]))
    return told.assign(share=share, rest=rest, p_adjusted=p)


def refuse_unequal(dropped: Dropped, table: Source, section: str) -> None:
    """InputError, a line for each attribute, when dropping falls unequally on its levels and nobody has said why."""
    if not dropped.reasons or table.allow_unequal_drop:
        return
    found = unequal(dropped.levels)
    found = found[found["p_adjusted"] < LEVEL]
    faults = []
    for name, part in found.groupby("attribute", sort=False):
        worst = part.sort_values(["share", "level"], ascending=[False, True]).iloc[0]
        rows = f"{worst['dropped']} of {worst['kept'] + worst['dropped']}"
        faults.append(
            f"{table.source}: dropping bad rows affects {name!r} unequally: {100 * worst['share']:.1f} % of "
            f"{worst['level']!r} ({rows}) against {100 * worst['rest']:.1f} % of everybody else (adjusted "
            f"p = {worst['p_adjusted']:.2g}; {_most(dropped.reasons)}); correct the rows, which prepare.on_bad_rows: "
            f"error shows, or write the reason into {section}.allow_unequal_drop"
        )
    if faults:
        raise InputError("\n".join(faults))


def _most(found: dict[str, int]) -> str:
    shown = [f"{reason} in {n} row{'s' * (n > 1)}" for reason, n in list(found.items())[:SHOWN]]
    return ", ".join(shown + ["..."] * (len(found) > SHOWN))


def _show(dropped: Dropped, kept: int, place: str) -> None:
    lost = sum(dropped.reasons.values())
    print(f"{place}: {lost} of {kept + lost} rows dropped: {_most(dropped.reasons)}")
    for name, part in dropped.levels.groupby("attribute", sort=False):
        hit = part[part["dropped"] > 0].sort_values(["dropped", "level"], ascending=[False, True])
        counts = zip(hit["level"], hit["dropped"], hit["kept"] + hit["dropped"], strict=True)
        levels = [f"{level} {gone} of {rows}" for level, gone, rows in list(counts)[:SHOWN]]
        print(f"  by {name}: {', '.join(levels + ['...'] * (len(hit) > SHOWN))}")
