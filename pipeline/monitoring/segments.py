"""What the page and the figures say of later people in segments."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from pipeline.reporting.formatting import number, percent
from pipeline.reporting.tables import records
from pipeline.storage import files
from responsible.monitoring.alarms import Finding
from responsible.monitoring.sides import EVERYBODY
from responsible.monitoring.spending import Spending
from responsible.tabular.levels import Disclosure
from responsible.timelines import segments as timelines
from responsible.timelines.segments import BEYOND, DISTANCE, KINDS, LEVELS, SEGMENTS, WITHIN, Placed
from responsible.words import Words

SECTION = "segments_batches"
COLUMNS = ("period", "segment", "level", "distance")
Row = Mapping[str, Any]


def is_own(key: Sequence[str]) -> bool:
    """Whether a question, by kind and name, is one of the segments line."""
    return key[0] in KINDS or key[1].startswith(f"{SECTION}/")


def question(kind: str, name: str) -> str:
    """What a question of the segments line is about."""
    of = "" if name == EVERYBODY else f" of {name}"
    named = {
        SEGMENTS: "sizes of segments",
        LEVELS: "groups in all segments",
        WITHIN: f"groups in segment {name}",
        DISTANCE: "distance from segments",
        BEYOND: f"people{of} beyond all segments",
    }
    return named[kind]


def sentence(row: Row, words: Words) -> str:
    """What is different in a period, as a whole sentence."""
    kind, name, people = str(row["question"]), str(row["name"]), words.many("segments")
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


def answer(standing: int, found: Placed, words: Words) -> str:
    """The segments line's answer, in one sentence."""
    people, newest = words.many("segments"), found.periods[-1]
    if not standing:
        return f"Segments: no alarm; they describe the {people} of {newest} as they did those who were segmented."
    ways = "one way that matters" if standing == 1 else f"{number(standing)} ways that matter"
    return f"Segments: the {people} of {newest} differ from those who were segmented in {ways}."


@dataclass(frozen=True, eq=False)
class Later:
    """Later people in segments: the ``beyond`` of the parameters, what was found about their rows, their digest; and
    once they are judged the ``rows`` of questions and the ``shares``.
    """

    placed: Placed
    beyond: float
    findings: tuple[Finding, ...]
    digest: str
    rows: pd.DataFrame
    shares: pd.DataFrame

    def judged(self, spending: Spending, least: float, confidence: float, seed: int, disclosure: Disclosure) -> Later:
        """With their rows and shares."""
        rows = timelines.judged(self.placed, spending, least, seed, disclosure)
        shares = timelines.shares(self.placed, spending, least, confidence, disclosure)
        return replace(self, rows=rows, shares=shares)

    def headline(self, said: str) -> dict[str, Any]:
        """``monitor.segments.…``: of the newest period the shares of segments and levels, and who is beyond them."""
        last, held = (self._newest(table) for table in (self.rows, self.shares))
        by_level = {
            (kind, name): {str(level): float(value) for level, value in zip(own["level"], own["share"], strict=True)}
            for (kind, name), own in held.groupby(["question", "name"], sort=False)
        }
        beyond = last[last["question"] == BEYOND]
        return {
            "answer": said,
            "newest": self.placed.periods[-1],
            "alarms": int(last["alarm"].sum()),
            "shares": by_level[SEGMENTS, EVERYBODY],
            "levels": by_level[LEVELS, EVERYBODY],
            "within": {name: by_level[WITHIN, name] for name in self.placed.segments},
            "beyond": {str(name): float(value) for name, value in zip(beyond["name"], beyond["now"], strict=True)},
        }

    def context(self, said: str) -> dict[str, Any]:
        """What the template shows of the newest period."""
        last, held = (self._newest(table) for table in (self.rows, self.shares))
        within = last[last["question"] == WITHIN].set_index("name")[["moved", "before", "now", "alarm"]]
        sizes = held[held["question"] == SEGMENTS].rename(columns={"share": "value"}).set_index("level", drop=False)
        out, period = last[last["question"] == BEYOND], self.placed.period
        return {
            "answer": said,
            "newest": self.placed.periods[-1],
            "people": int((period == len(self.placed.periods) - 1).sum()),
            "segmented": int((period < 0).sum()),
            "reach": 1 - self.beyond,
            "table": records(sizes.join(within.rename(columns={"alarm": "inside"}))),
            "beyond": records(out),
            "detectable": float(last.loc[last["question"] == SEGMENTS, "detectable"].iloc[0]),
        }

    def _newest(self, table: pd.DataFrame) -> pd.DataFrame:
        return table[table["period"] == self.placed.periods[-1]]


def read(path: str) -> Later:
    """What the stage of the segments line left."""
    table, meta = files.read_parquet(path, COLUMNS, ["segments", "beyond", "findings", "digest"])
    found = tuple(Finding(**own) for own in meta["findings"])
    people = timelines.placed(table, meta["segments"], meta["beyond"])
    nothing = pd.DataFrame()
    return Later(people, meta["beyond"], found, meta["digest"], nothing, nothing)
