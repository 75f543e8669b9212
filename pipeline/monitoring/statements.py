"""What alarms and findings say, in whole sentences with the shares behind them."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from pipeline.reporting.formatting import number, percent
from pipeline.reporting.tables import share
from responsible.fairness.measures import MEASURES
from responsible.monitoring import alarms
from responsible.monitoring.drift import MISSING, UNSEEN, VALUES
from responsible.monitoring.monitoring import JOINT, TARGET, Monitoring
from responsible.monitoring.sides import EVERYBODY
from responsible.names import POOLED
from responsible.words import Words

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


def statements(found: Monitoring, words: Words) -> list[Statement]:
    """Of the batches of the model."""
    return runs(found, lambda row: question(row, words), lambda row: sentence(found, row, words), _ORDER)


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


_ORDER = (*alarms.OF_DATA, VALUES, MISSING, TARGET, "figure", "score", JOINT)


def question(row: Row, words: Words) -> str:
    """What a question is about: ``Education Level``, ``Age, missing values``, ``recall``, ``SPD by gender``."""
    kind, name = str(row["kind"]), words.name(str(row["name"]))
    if kind == "figure":
        figure = words.name(str(row["figure"]))
        if row["name"] == EVERYBODY:
            return figure
        whose = "" if row["group"] in (POOLED, "") else f", {words.level(str(row['name']), str(row['group']))}"
        return f"{figure} by {name}{whose}"
    named = {VALUES: name, MISSING: f"{name}, missing values", "score": "scores", JOINT: "all features together"}
    return named.get(kind, f"{name}, the target" if kind == TARGET else f"delivery: {kind.replace('_', ' ')}")


def sentence(found: Monitoring, asked: Row, words: Words) -> str:
    """What is different in a period, as a whole sentence."""
    kind, name, period = str(asked["kind"]), str(asked["name"]), str(asked["period"])
    if kind in alarms.OF_DATA:
        return delivery(found, kind, name, period)
    if kind == "figure":
        return _figure(
            row_of(found.figures, period, attribute=name, comparison=asked["group"], figure=asked["figure"]),
            asked,
            words,
        )
    row, called = row_of(found.drift, period, question=kind, name=name), words.name(name)
    if kind == MISSING:
        return f"{called} is missing in {share(row['now'])} of rows, against {share(row['before'])} in the reference."
    if kind == JOINT:
        return (
            f"A classifier distinguishes rows of {period} from the reference with an AUC of {number(row['value'], 2)} "
            f"({number(row['low'], 2)} to {number(row['high'], 2)}; 0.5 is chance)."
        )
    if kind == VALUES and (new := [f for f in found.findings if _is_unseen(f, name, period)]):
        levels = " and ".join(f"“{f.detail}” ({share(f.rows / max(row['rows'], 1))} of rows)" for f in new)
        return f"{called} has {levels}, which the reference does not have."
    return f"{called}: {_level(row, name, words)} {_moved(row['before'], row['now'])}."


def _is_unseen(finding: alarms.Finding, name: str, period: str) -> bool:
    return (finding.kind, finding.name, finding.period) == (alarms.UNSEEN, name, period)


def _level(row: Row, name: str, words: Words) -> str:
    """A level as people call it, and an interval in words: ``from 250 to under 300``."""
    moved = str(row["moved"]) or "one level"
    if found := re.fullmatch(r"\[(\S+), (\S+)([)\]])", moved):
        return f"from {found[1]} to {'under ' if found[3] == ')' else ''}{found[2]}"
    return "levels that the reference does not have" if moved == UNSEEN else words.level(name, moved)


def _moved(before: float, now: float) -> str:
    return f"{'fell' if now < before else 'rose'} from {share(before)} to {share(now)}"


def _figure(row: Row, asked: Row, words: Words) -> str:
    name = str(row["figure"])
    ratio = name in MEASURES and MEASURES[name].ratio
    before, now = (number(v, 2) if ratio or name in MEASURES else share(v) for v in (row["reference"], row["value"]))
    way = "fell" if row["value"] < row["reference"] else "rose"
    called = question(asked, words)
    return f"{called[:1].upper()}{called[1:]} {way} from {before} to {now}."


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


def row_of(table: pd.DataFrame, period: str, **where: Any) -> Row:
    """The row of a period whose columns have these values."""
    which = table["period"] == period
    for column, value in where.items():
        which &= table[column] == value
    return dict(table[which].iloc[0])


def others(found: Monitoring, words: Words) -> list[str]:
    """Sentences about rows that raise no alarm: bad rows, and labels that are waited for."""
    out = []
    for finding in found.findings:
        if finding.kind == alarms.BAD:
            rows = f"{number(finding.rows)} row{'s' * (finding.rows > 1)}"
            out.append(f"{finding.name}: {rows} left out ({finding.detail}).")
        if finding.kind == alarms.UNSEEN and not _alarmed(found, finding):
            rows = f"{number(finding.rows)} row{'s' * (finding.rows > 1)}"
            out.append(
                f"{finding.period}: {rows} with {words.name(finding.name)} “{finding.detail}”, not in the reference."
            )
    return out


def _alarmed(found: Monitoring, finding: alarms.Finding) -> bool:
    own = found.drift[(found.drift["question"] == VALUES) & (found.drift["name"] == finding.name)]
    return bool(own.loc[own["period"] == finding.period, "alarm"].any())


def waiting(found: Monitoring, complete: float) -> list[tuple[str, str]]:
    """Each period whose labels are not complete, and the share of those that are there."""
    pairs = zip(found.periods, found.labelled, strict=True)
    return [(period, percent(there, 0)) for period, there in pairs if not math.isnan(there) and there < complete]


def answer(each: Sequence[Statement], newest: str, since: str, many: str) -> str:
    """The first sentence of a line of work, about the ``many`` that its rows are."""
    if not (ways := sum(s.stands for s in each)):
        return f"No alarm: nothing about the {many} of {newest} differs from {since} by much and beyond chance."
    counted = "one way that matters" if ways == 1 else f"{number(ways)} ways that matter"
    return f"The {many} of {newest} differ from {since} in {counted}."
