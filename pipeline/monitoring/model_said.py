"""What alarms about batches of the model's rows say, from the files that `monitor_budget` leaves."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pandas as pd

from pipeline.monitoring.handover import received, table
from pipeline.monitoring.statements import Row, Statement, delivery, row_of, runs
from pipeline.reporting.formatting import number, percent
from pipeline.reporting.tables import share
from pipeline.storage import files
from responsible.fairness.measures import KNOWN
from responsible.monitoring import alarms
from responsible.monitoring.alarms import JOINT, TARGET
from responsible.monitoring.drift import MISSING, UNSEEN, VALUES
from responsible.monitoring.parameters import Monitor
from responsible.monitoring.sides import EVERYBODY
from responsible.names import POOLED
from responsible.statistics.probability_metrics import SCORES
from responsible.words import Words

LINE: Final = "budget"


@dataclass(frozen=True, eq=False)
class Told(alarms.Watched):
    """What was found: the share of rows with a label by period, the tables of drift, figures and estimates, how many
    ``rows`` the reference has, the column that names a person, and the digests of inputs.
    """

    labelled: tuple[float, ...]
    drift: pd.DataFrame
    figures: pd.DataFrame
    expected: pd.DataFrame
    rows: int
    cluster: str
    of: Mapping[str, str]


def read(drift: str, figures: str, expected: str, asked: str, monitor: Monitor) -> Told:
    """From the three tables, and the file beside them."""
    own = files.read_json(asked, LINE)
    moved = table(drift, ("question", "name", "moved"), ["effect"])
    measured = table(figures, ("attribute", "comparison", "figure", "status", "reason"), ["value"])
    there = table(expected, ("attribute", "group", "figure", "calibration", "status", "inside"), ["value"])
    labelled = tuple(math.nan if known is None else float(known) for known in own["labelled"])
    base = received(own, LINE, alarms.of_both(moved, measured), monitor)
    others = {name: own[name] for name in ("rows", "cluster")}
    return Told(**base, labelled=labelled, drift=moved, figures=measured, expected=there, **others)


def statements(found: Told, words: Words) -> list[Statement]:
    """Of the batches of the model."""
    return runs(found, lambda row: question(row, words), lambda row: sentence(found, row, words), _ORDER)


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


def sentence(found: Told, asked: Row, words: Words) -> str:
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
    plain = name in KNOWN or name in SCORES
    before, now = (number(v, 2) if plain else share(v) for v in (row["reference"], row["value"]))
    way = "fell" if row["value"] < row["reference"] else "rose"
    called = question(asked, words)
    return f"{called[:1].upper()}{called[1:]} {way} from {before} to {now}."


def others(found: Told, words: Words) -> list[str]:
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


def _alarmed(found: Told, finding: alarms.Finding) -> bool:
    own = found.drift[(found.drift["question"] == VALUES) & (found.drift["name"] == finding.name)]
    return bool(own.loc[own["period"] == finding.period, "alarm"].any())


def waiting(found: Told, complete: float) -> list[tuple[str, str]]:
    """Each period whose labels are not complete, and the share of those that are there."""
    pairs = zip(found.periods, found.labelled, strict=True)
    return [(period, percent(there, 0)) for period, there in pairs if not math.isnan(there) and there < complete]
