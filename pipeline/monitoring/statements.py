"""What alarms and findings say, in whole sentences with the shares behind them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from pipeline.reporting.formatting import number
from responsible.monitoring import alarms

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Statement:
    """An alarm that lasts from ``since`` to ``until``: its ``key``, the line of work first, what is asked, and what is
    ``said`` of the last period.
    """

    key: tuple[str, ...]
    question: str
    since: str
    until: str
    periods: int
    said: str
    stands: bool

    @property
    def line(self) -> str:
        """The line of work."""
        return self.key[0]


def runs(
    found: alarms.Watched, question: Callable[[Row], str], sentence: Callable[[Row], str], order: Sequence[str]
) -> list[Statement]:
    """Every run of alarms, kinds in ``order``, then as they began; ``stands`` where no later period said otherwise."""
    asked = found.asked[found.asked["state"] == alarms.ALARM]
    standing = alarms.latest(found.asked, found.periods)
    stand = {tuple(row) for row in standing[[*alarms.KEY, "since"]].itertuples(index=False)}
    out = []
    for key, own in asked.groupby([*alarms.KEY, "since"], sort=False):
        last = dict(own.sort_values("period", kind="stable").iloc[-1])
        since, until = str(key[-1]), str(last["period"])
        named = (found.line, *map(str, key[:-1]))
        out.append(Statement(named, question(last), since, until, len(own), sentence(last), key in stand))
    return sorted(out, key=lambda each: (order.index(each.key[1]), each.since, each.key))


def delivery(found: alarms.Watched, kind: str, name: str, period: str) -> str:
    """What is wrong with the rows that came, or did not."""
    own = [f for f in found.findings if (f.kind, f.name, f.period) == (kind, name, period)]
    detail = own[0].detail if own else ""
    if kind == alarms.GAP:
        return f"There are no rows of {period}."
    if kind == alarms.LACKING:
        return (
            f"The column {name} is missing in {period}{f' ({detail})' if detail else ''}; it counts as missing values."
        )
    if kind == alarms.REPEATED:
        return f"The file {name} has the same content as {detail} and was left out."
    return f"The file {name} could not be read and was left out: {detail}"


def sampled(found: alarms.Watched, many: str) -> str:
    """That a sample of the later rows, which are ``many``, was used; empty where all were."""
    own = [f for f in found.findings if f.kind == alarms.SAMPLED]
    if not own:
        return ""
    used = f"{number(int(own[0].detail))} of {number(own[0].rows)} {many} were used, chosen by a hash."
    return f"{used} A larger number in `prepare.sample_rows` uses more of them."


def row_of(table: pd.DataFrame, period: str, **where: Any) -> Row:
    """The row of a period whose columns have these values."""
    which = table["period"] == period
    for column, value in where.items():
        which &= table[column] == value
    return dict(table[which].iloc[0])


def answer(each: Sequence[Statement], newest: str, since: str, many: str) -> str:
    """The first sentence of a line of work, about the ``many`` that its rows are."""
    if not (ways := sum(s.stands for s in each)):
        return f"No alarm: nothing about the {many} of {newest} differs from {since} by much and beyond chance."
    counted = "one way that matters" if ways == 1 else f"{number(ways)} ways that matter"
    return f"The {many} of {newest} differ from {since} in {counted}."
