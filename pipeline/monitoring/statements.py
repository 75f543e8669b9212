"""What alarms and findings say, in whole sentences with the shares behind them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from pipeline.monitoring import segments
from pipeline.reporting.formatting import number, percent
from responsible.fairness.measures import MEASURES
from responsible.monitoring import alarms
from responsible.monitoring.drift import MISSING, UNSEEN, VALUES
from responsible.monitoring.monitoring import JOINT, TARGET, Monitoring
from responsible.monitoring.sides import EVERYBODY
from responsible.names import POOLED
from responsible.timelines.segments import KINDS
from responsible.words import Words

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Statement:
    """An alarm that lasts from ``since`` to ``until``: its ``key``, what is asked, and ``said`` of the last period."""

    key: tuple[str, ...]
    question: str
    since: str
    until: str
    periods: int
    said: str
    stands: bool


def statements(found: Monitoring, words: Words) -> list[Statement]:
    """Every run of alarms, in the order in which they began; ``stands`` where no later period said otherwise."""
    asked = found.asked[found.asked["state"] == alarms.ALARM]
    standing = alarms.latest(found.asked, found.periods)
    stand = {tuple(row) for row in standing[[*alarms.KEY, "since"]].itertuples(index=False)}
    out = []
    for key, own in asked.groupby([*alarms.KEY, "since"], sort=False):
        last = dict(own.sort_values("period", kind="stable").iloc[-1])
        said = sentence(found, last, words)
        until = str(last["period"])
        name = question(last, words)
        out.append(Statement(tuple(map(str, key[:-1])), name, str(key[-1]), until, len(own), said, key in stand))
    return sorted(out, key=lambda each: (_ORDER.index(each.key[0]), each.since, each.key))


_ORDER = (*alarms.OF_DATA, VALUES, MISSING, TARGET, "figure", "score", JOINT, *KINDS)


def question(row: Row, words: Words) -> str:
    """What a question is about: ``Education Level``, ``Age, missing values``, ``recall``, ``SPD by gender``."""
    kind, name = str(row["kind"]), words.name(str(row["name"]))
    if kind in KINDS:
        return segments.question(kind, str(row["name"]))
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
        return _delivery(found, kind, name, period)
    if kind == "figure":
        return _figure(
            _row(found.figures, period, attribute=name, comparison=asked["group"], figure=asked["figure"]), asked, words
        )
    row = _row(found.drift, period, question=kind, name=name)
    return segments.sentence(row, words) if kind in KINDS else _column(found, kind, row, words)


def _column(found: Monitoring, kind: str, row: Row, words: Words) -> str:
    """What is different in a column, the scores, the target or all features together."""
    name, period, called = str(row["name"]), str(row["period"]), words.name(str(row["name"]))
    if kind == MISSING:
        now, before = segments.share(row["now"]), segments.share(row["before"])
        return f"{called} is missing in {now} of rows, against {before} in the reference."
    if kind == JOINT:
        return (
            f"A classifier distinguishes rows of {period} from the reference with an AUC of {number(row['value'], 2)} "
            f"({number(row['low'], 2)} to {number(row['high'], 2)}; 0.5 is chance)."
        )
    if kind == VALUES and (new := [f for f in found.findings if _is_unseen(f, name, period)]):
        levels = " and ".join(f"“{f.detail}” ({segments.share(f.rows / max(row['rows'], 1))} of rows)" for f in new)
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
    return f"{'fell' if now < before else 'rose'} from {segments.share(before)} to {segments.share(now)}"


def _figure(row: Row, asked: Row, words: Words) -> str:
    name = str(row["figure"])
    ratio = name in MEASURES and MEASURES[name].ratio
    before, now = (
        number(v, 2) if ratio or name in MEASURES else segments.share(v) for v in (row["reference"], row["value"])
    )
    way = "fell" if row["value"] < row["reference"] else "rose"
    called = question(asked, words)
    return f"{called[:1].upper()}{called[1:]} {way} from {before} to {now}."


def _delivery(found: Monitoring, kind: str, name: str, period: str) -> str:
    own = [f for f in found.findings if (f.kind, f.name, f.period) == (kind, name, period)]
    detail = own[0].detail if own else ""
    if kind == alarms.GAP:
        return f"There are no rows of {name}."
    if kind == alarms.LACKING:
        return (
            f"The column {name} is missing in {period}{f' ({detail})' if detail else ''}; it counts as missing values."
        )
    if kind == alarms.REPEATED:
        return f"The file {name} has the same content as {detail} and was left out."
    return f"The file {name} could not be read and was left out: {detail}"


def _row(table: pd.DataFrame, period: str, **where: Any) -> Row:
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
    return [(period, percent(share, 0)) for period, share in pairs if not math.isnan(share) and share < complete]


def answer(each: Sequence[Statement], found: Monitoring, since: str, words: Words) -> str:
    """The page's first sentence, of the budget line."""
    standing = [s for s in each if s.stands and not segments.is_own(s.key)]
    ways, newest, people = len(standing), found.periods[-1], words.many("budget")
    if not ways:
        return f"No alarm: nothing about the {people} of {newest} differs from {since} by much and beyond chance."
    counted = "one way that matters" if ways == 1 else f"{number(ways)} ways that matter"
    return f"The {people} of {newest} differ from {since} in {counted}."
