"""What alarms about recorded decisions say, in whole sentences, from the files that `monitor_healthcare` leaves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from pipeline.monitoring.handover import received, table
from pipeline.monitoring.statements import Row, Statement, delivery, row_of, runs
from pipeline.reporting.formatting import number, percent
from pipeline.reporting.tables import difference
from pipeline.storage import files
from responsible.monitoring import alarms
from responsible.monitoring.alarms import Watched, of_figures
from responsible.monitoring.parameters import Monitor
from responsible.monitoring.sides import EVERYBODY
from responsible.names import POOLED
from responsible.words import Words

LINE: Final = "healthcare"
TEXTS = ("kind", "attribute", "comparison", "figure", "reason")  # columns that are texts, also where all are "1"
ORDER = (*alarms.OF_DATA, *alarms.OF_DECISIONS)
# What a figure is about, by the name of it or, where kinds share one, of both.
ABOUT = {
    "approval_rate": "share {yes}",
    "override_rate": "share overruled by a person",
    "decided_differently": "share decided differently than a similar earlier {row}",
    "mean_wait": "mean wait",
    "statistical_parity_difference": "share {yes}",
    "equal_opportunity_difference": "share {yes} of {merit} {rows}",
    f"{alarms.URGENT}/equal_opportunity_difference": "share {yes} of {merit} {urgency} {rows}",
    "predictive_parity_difference": "share {merit} of {yes} {rows}",
    "override_rate_difference": "share overruled by a person",
    "refused_unlike_similar_difference": "share refused though a similar earlier {row} was {yes}",
    "mean_wait_difference": "mean wait",
}


@dataclass(frozen=True, eq=False)
class Told(Watched):
    """What was found, with the ``unit`` of waits, the number of the reference's ``cases``, the digests of inputs."""

    figures: pd.DataFrame
    cases: int
    unit: str
    of: Mapping[str, str]


def read(figures: str, asked: str, monitor: Monitor) -> Told:
    """From the table of figures, and the file beside it."""
    own, rows = files.read_json(asked, LINE), table(figures, TEXTS)
    base = received(own, LINE, of_figures(rows), monitor)
    return Told(**base, figures=rows, cases=own["cases"], unit=own["unit"])


def statements(found: Told, words: Words) -> list[Statement]:
    """Every run of alarms about recorded decisions."""
    return runs(found, lambda row: question(row, words), lambda row: sentence(found, row, words), ORDER)


def rows_of(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a table by the names of its columns."""
    return [dict(zip(map(str, table), row, strict=True)) for row in table.itertuples(index=False, name=None)]


def about(kind: str, figure: str, words: Words) -> str:
    """What a figure is about: ``share approved of necessary requests``."""
    text = ABOUT.get(f"{kind}/{figure}", ABOUT.get(figure, words.name(figure)))
    return text.format(
        yes=words.answer(LINE), row=words.one(LINE), rows=words.many(LINE), merit=words.merit, urgency=words.urgency
    )


def whose(attribute: str, comparison: str, words: Words) -> str:
    """Whom a figure is about: ``all``, or ``location: rural``."""
    if attribute == EVERYBODY:
        return f"all {words.many(LINE)}"
    level = "" if comparison == POOLED else f": {words.level(attribute, comparison)}"
    return f"{words.name(attribute)}{level}"


def question(row: Row, words: Words) -> str:
    """What a question is about: ``location: rural, mean wait``."""
    if row["kind"] in alarms.OF_DATA:
        return f"{words.many(LINE)}, delivery: {str(row['kind']).replace('_', ' ')}"
    subject = whose(str(row["name"]), str(row["group"]), words)
    return f"{subject}, {about(str(row['kind']), str(row['figure']), words)}"


def sentence(found: Told, asked: Row, words: Words) -> str:
    """What is different in a period, as a whole sentence."""
    kind, name, period = str(asked["kind"]), str(asked["name"]), str(asked["period"])
    if kind in alarms.OF_DATA:
        return f"{words.many(LINE).capitalize()}: {delivery(found, kind, name, period)}"
    place = {"kind": kind, "attribute": name, "comparison": asked["group"], "figure": asked["figure"]}
    row = row_of(found.figures, period, **place)
    now, before = (value(row, column, found.unit) for column in ("value", "reference"))
    told = question(asked, words)
    return f"{told[:1].upper()}{told[1:]}: {now}, against {before} in the reference."


def value(row: Row, column: str, unit: str) -> str:
    """A figure as people say it: a share, a wait, or by how much a group's is higher or lower."""
    own, gap = float(row[column]), str(row["figure"]).endswith("_difference")
    if row["kind"] == alarms.WAITS:
        return difference(own, 1, unit, "longer", "shorter") if gap else f"{number(own, 1)} {unit}"
    if str(row["figure"]) not in ABOUT:
        return number(own, 2)
    return difference(100 * own, 1, "points", "higher", "lower") if gap else percent(own, 1)


def least(row: Row, unit: str) -> str:
    """The change that would have been found, in the unit of the figure."""
    own = float(row["detectable"])
    return f"{number(own, 1)} {unit}" if row["kind"] == alarms.WAITS else f"{number(100 * own, 1)} points"
