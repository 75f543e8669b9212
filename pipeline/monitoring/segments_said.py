"""What alarms about later people in segments say, from the files that `monitor_segments` leaves; page and figures."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from pipeline.monitoring.handover import received, table
from pipeline.monitoring.statements import Row, Statement, delivery, row_of, runs, sampled
from pipeline.reporting.formatting import Markup, number, percent
from pipeline.reporting.tables import records
from pipeline.storage import files
from responsible.monitoring import alarms
from responsible.monitoring.alarms import (
    BEYOND,
    DISTANCE,
    LEVELS,
    OF_PEOPLE,
    SEGMENTS,
    WITHIN,
    Watched,
    of_drift,
)
from responsible.monitoring.parameters import Monitor
from responsible.monitoring.sides import EVERYBODY
from responsible.words import Words

LINE: Final = "segments"
ORDER = (*alarms.OF_DATA, *OF_PEOPLE)


@dataclass(frozen=True, eq=False)
class Told(Watched):
    """What was found: ``rows`` of questions and ``shares``, how many people were ``segmented`` and how many ``people``
    are of the newest period, the ``beyond`` of the parameters, and the digests of inputs.
    """

    rows: pd.DataFrame
    shares: pd.DataFrame
    segmented: int
    people: int
    beyond: float
    of: Mapping[str, str]


def read(shares: str, asked: str, monitor: Monitor) -> Told:
    """From the table of shares, and the file beside it."""
    own, held = files.read_json(asked, LINE), table(shares, ("question", "name", "level"), ["share"])
    rows = pd.DataFrame(own["rows"]).fillna({"moved": ""})
    counts = {name: own[name] for name in ("segmented", "people", "beyond")}
    return Told(**received(own, LINE, of_drift(rows), monitor), rows=rows, shares=held, **counts)


def statements(found: Told, words: Words) -> list[Statement]:
    """Every run of alarms about segments."""
    return runs(found, lambda row: question(row, words), lambda row: said(found, row, words), ORDER)


def question(row: Row, words: Words) -> str:
    """What a question is about."""
    kind, name, people = str(row["kind"]), str(row["name"]), words.many(LINE)
    if kind in alarms.OF_DATA:
        return f"{people} in segments, delivery: {kind.replace('_', ' ')}"
    of = "" if name == EVERYBODY else f" of {name}"
    named = {
        SEGMENTS: "sizes of segments",
        LEVELS: "groups in all segments",
        WITHIN: f"groups in segment {name}",
        DISTANCE: "distance from segments",
        BEYOND: f"{people}{of} out of reach of segments",
    }
    return named[kind]


def said(found: Told, asked: Row, words: Words) -> str:
    """What is different in a period, as a whole sentence."""
    kind, name, period = str(asked["kind"]), str(asked["name"]), str(asked["period"])
    if kind in alarms.OF_DATA:
        return f"{words.many(LINE).capitalize()} in segments: {delivery(found, kind, name, period)}"
    return sentence(row_of(found.rows, period, question=kind, name=name), words)


def sentence(row: Row, words: Words) -> str:
    """What is different in a period, as a whole sentence."""
    kind, name, people = str(row["question"]), str(row["name"]), words.many(LINE)
    change = f"{'fell' if row['now'] < row['before'] else 'rose'} from {share(row['before'])} to {share(row['now'])}"
    if kind == SEGMENTS:
        return f"Segment {row['moved']} {change} of {people}."
    if kind == LEVELS:
        return f"{row['moved']} {change} of {people} in segments."
    if kind == WITHIN:
        return f"In segment {name}, {row['moved']} {change}."
    if kind == DISTANCE:
        far = re.sub(r"\d+\.\d+", lambda found: number(float(found[0]), 2), str(row["moved"]))
        return f"{people.capitalize()} {far} standard deviations from the nearest centre {change}."
    who = people if name == EVERYBODY else name
    return f"Segments do not reach {share(row['now'])} of {who}, {share(row['before'])} before."


def share(value: float) -> str:
    """A share in percent, small ones with a decimal."""
    return percent(value, 1 if value < 0.1 else 0)


def headline(found: Told) -> dict[str, Any]:
    """Of the newest period the shares of segments and levels, and who is out of reach."""
    last, held = (_newest(found, table) for table in (found.rows, found.shares))
    by_level = {
        (kind, name): {str(level): float(value) for level, value in zip(own["level"], own["share"], strict=True)}
        for (kind, name), own in held.groupby(["question", "name"], sort=False)
    }
    out = last[last["question"] == BEYOND]
    return {
        "shares": by_level[SEGMENTS, EVERYBODY],
        "levels": by_level[LEVELS, EVERYBODY],
        "within": {name: own for (kind, name), own in by_level.items() if kind == WITHIN},
        "out_of_reach": {str(name): float(value) for name, value in zip(out["name"], out["now"], strict=True)},
    }


def context(found: Told, words: Words) -> dict[str, Any]:
    """What the template shows of the newest period."""
    last, held = (_newest(found, table) for table in (found.rows, found.shares))
    within = last[last["question"] == WITHIN].set_index("name")[["moved", "before", "now", "alarm"]]
    sizes = held[held["question"] == SEGMENTS].rename(columns={"share": "value"}).set_index("level", drop=False)
    return {
        "many": words.many(LINE),
        "sampled": Markup(sampled(found, words.many(LINE))),
        "newest": found.periods[-1],
        "people": found.people,
        "segmented": found.segmented,
        "reach": 1 - found.beyond,
        "table": records(sizes.join(within.rename(columns={"alarm": "inside"}))),
        "beyond": records(last[last["question"] == BEYOND]),
        "detectable": float(last.loc[last["question"] == SEGMENTS, "detectable"].iloc[0]),
        "spending": found.spending,
    }


def _newest(found: Told, table: pd.DataFrame) -> pd.DataFrame:
    return table[table["period"] == found.periods[-1]]
