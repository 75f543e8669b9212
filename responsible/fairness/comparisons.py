"""Comparisons: which groups of a protected attribute are set against which, and the family their tests belong to.

Every comparison is *unprivileged against privileged*; where no level is privileged, a level against everybody else, who
then have the privileged group's place.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from responsible.fairness.groups import Groups
from responsible.fairness.measures import KNOWN
from responsible.limits import Limits, Verdict, decisive
from responsible.names import ANY_LEVEL, POOLED
from responsible.statistics.intervals import Inference, bonferroni
from responsible.statistics.significance import holm

Row = dict[str, object]


@dataclass(frozen=True, eq=False)
class Comparison:
    """Levels of an attribute on both sides: ``u`` and ``p`` are (levels,) bool; ``name`` says who ``u`` is."""

    name: str
    u: npt.NDArray[np.bool_]
    p: npt.NDArray[np.bool_]

    def split(self, table: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
        """Sums of ``table`` over the levels of either side, (u, p); ``axis`` is the axis of levels."""
        u, p = (np.compress(side, table, axis=axis).sum(axis=axis) for side in (self.u, self.p))
        return u, p

    def sides(self, code: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """(n,) side of each case by the code of its level: 0 unprivileged, 1 privileged, -1 neither."""
        side = np.where(self.u, 0, np.where(self.p, 1, -1))
        return np.asarray(np.where(code < 0, -1, side[code]), dtype=np.int64)


def comparisons(who: Groups) -> list[Comparison]:
    """All unprivileged levels pooled, then each alone, against all privileged levels pooled; with a single unprivileged
    level only that. The first is the attribute's headline. Without privileged levels, each against all others, and none
    is the headline.
    """
    index = np.arange(len(who.levels))
    other = who.privileged if who.reference else ~who.privileged
    single = [Comparison(who.levels[i], index == i, other & (index != i)) for i in np.flatnonzero(~who.privileged)]
    pooled = [Comparison(POOLED, ~who.privileged, who.privileged)] if who.reference and len(single) > 1 else []
    return [*pooled, *single]


def questions(who: Groups) -> list[Comparison]:
    """The comparisons without the one that only puts the question of two levels from the other side."""
    return comparisons(who)[: 1 if who.mutual else None]


def headlines(who: Groups) -> list[Comparison]:
    """The comparisons that stand for the attribute: the first, or each level's where none is privileged."""
    return questions(who)[: 1 if who.reference else None]


def simultaneous(inference: Inference, who: Groups) -> Inference | None:
    """The inference at which the intervals of all compared levels hold at once: Bonferroni's 1 − (1 − c)/k.

    k is :attr:`Groups.compared`. Of n replicates a percentile at share t leaves (t (n − 1) + 1) / (n + 1) outside on
    average, which is much more than t so far out; so t is set to leave (1 − c)/2k. None where n is too small for that.
    """
    if who.compared == 1:
        return inference
    number, tail = inference.replicates, (1 - bonferroni(inference.confidence, who.compared)) / 2
    tail = (tail * (number + 1) - 1) / (number - 1)
    return inference.model_copy(update={"confidence": 1 - 2 * tail}) if tail > 0 else None


def together(rows: Sequence[Row], wide: Sequence[Row]) -> list[Row]:
    """The rows of one comparison with the ends and the verdict of ``wide``, the same at the simultaneous confidence.

    Columns ``simultaneous_low, simultaneous_high, simultaneous_verdict``; empty without ``wide``.
    """
    own = [(row["low"], row["high"], row.get("verdict", "")) for row in wide] or [(math.nan, math.nan, "")] * len(rows)
    names = ("simultaneous_low", "simultaneous_high", "simultaneous_verdict")
    return [row | dict(zip(names, ends, strict=True)) for row, ends in zip(rows, own, strict=True)]


def any_level(rows: Iterable[Row], by: Sequence[str]) -> list[Row]:
    """Where no level is privileged, the attribute's headline: of each figure the level that decides whether all levels
    meet the limits (:func:`responsible.limits.decisive`), its ends and verdict being the simultaneous ones.

    ``by`` are the columns that name a figure. The rows are called "any level", and ``farthest`` names the level.
    """
    figures: dict[tuple[object, ...], list[Row]] = {}
    for row in rows:
        figures.setdefault(tuple(row[name] for name in by), []).append(row)
    return [_headline(own[_decisive(own)]) for own in figures.values()]


def _decisive(rows: Sequence[Row]) -> int:
    return decisive([(_verdict(row) or "pass", _beyond(row)) for row in rows])


def _verdict(row: Row) -> Verdict | Literal[""]:
    """With the simultaneous ends; without them nothing is known. Empty where nothing is judged."""
    found = row["simultaneous_verdict"] or ("insufficient_evidence" if row.get("verdict") else "")
    return cast('Verdict | Literal[""]', found)


def _beyond(row: Mapping[str, object]) -> float:
    value, ends = float(row["value"]), (row.get("minimum"), row.get("maximum"))  # type: ignore[arg-type]
    if ends == (None, None):  # nothing to lie beyond, so what is farthest from parity stands for all
        measure = KNOWN.get(str(row["measure"]))
        return -math.inf if math.isnan(value) else measure.distance(value) if measure else abs(value)
    return Limits(minimum=ends[0], maximum=ends[1]).beyond(value)  # type: ignore[arg-type]


def _headline(row: Row) -> Row:
    ends: Row = {end: row[f"simultaneous_{end}"] for end in ("low", "high")} | {"verdict": _verdict(row)}
    blank: Row = {"simultaneous_low": math.nan, "simultaneous_high": math.nan, "simultaneous_verdict": ""}
    return row | ends | blank | {"comparison": ANY_LEVEL, "farthest": row["comparison"]}


def members(table: pd.DataFrame) -> pd.Series[str]:
    """The name under which each row's comparison counts as one question: that of its level.

    An attribute with one question, such as two levels against each other, has one name; "any level" has the name of
    the level that stands for it.
    """
    named = table["comparison"]
    if "farthest" in table:
        named = table["farthest"].where(named == ANY_LEVEL, named)
    return named.where(named.groupby(table["attribute"]).transform("nunique") > 2, POOLED)


def mirrored(table: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Which rows (n,) put the question of two levels from the other side than "any level" does.

    The table has ``attribute, scope, measure, comparison, farthest``.
    """
    key = ["attribute", "scope", "measure"]
    decided = table.loc[table["comparison"] == ANY_LEVEL, [*key, "farthest"]].rename(columns={"farthest": "level"})
    level = table[[*key]].merge(decided, on=key, how="left")["level"].to_numpy()
    named = table["comparison"].where(table["comparison"] != ANY_LEVEL)
    two = named.groupby(table["attribute"]).transform("nunique") == 2
    return np.asarray(two & pd.notna(level) & (named != level) & named.notna())


def adjust(tables: Sequence[pd.DataFrame], within: str = "scope") -> list[pd.DataFrame]:
    """The tables with ``p_adjusted``: Holm over one family, every distinct (attribute, comparison, scope, hypothesis).

    ``within`` is the column that stands for the scope, such as ``model``. Measures of one hypothesis count once, and so
    do comparisons that are one question (:func:`members`); undefined tests do not count. Pass all declared comparisons
    of an audit (approvals and waits) at once: the family is the audit, not the table.
    """
    key = ["attribute", "member", within, "hypothesis"]
    named = [table.assign(member=members(table)) for table in tables]
    family = pd.concat([t[[*key, "p"]] for t in named]).dropna(subset=["p"]).drop_duplicates(key)
    family = family.assign(p_adjusted=holm(family["p"].to_numpy())).drop(columns="p")
    return [table.merge(family, on=key, how="left").drop(columns="member") for table in named]
