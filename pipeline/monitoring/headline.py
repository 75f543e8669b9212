"""The figures of monitoring that lead, for policy rules, documents and reviews; and what they were computed from."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.monitoring import segments_said
from pipeline.monitoring.decisions_said import Told, rows_of
from pipeline.monitoring.statements import Statement
from responsible.monitoring.alarms import URGENT, Watched
from responsible.monitoring.drift import MISSING, VALUES
from responsible.monitoring.figures import SELECTION
from responsible.monitoring.monitoring import JOINT, Monitoring
from responsible.monitoring.parameters import Monitor
from responsible.monitoring.sides import EVERYBODY
from responsible.names import ANY_LEVEL, POOLED

LEADING = (SELECTION, "accuracy")
MOST = 3  # measures of an attribute: `dvc metrics diff` prints each, and the tables have them all


def headline(
    found: Monitoring,
    each: Sequence[Statement],
    answers: Mapping[str, str],
    monitor: Monitor,
    *,
    told: Told | None,
    placed: segments_said.Told | None,
) -> dict[str, Any]:
    """``monitor.…``: how many alarms stand, the newest period's drift by feature, the newest values of figures; and
    ``monitor.healthcare.…`` and ``monitor.segments.…``, the same of recorded decisions and of people in segments.
    """
    lines = [own for own in (found, told, placed) if own]
    last = found.drift[found.drift["period"] == found.periods[-1]]
    by_name = {kind: last[last["question"] == kind].set_index("name")["effect"] for kind in (VALUES, MISSING)}
    joint = last[last["question"] == JOINT].get("value", ())  # without features nothing is asked of all together
    return {
        "answer": " ".join(answers.values()),
        "answers": dict(answers),
        "standing": [
            {"line": s.line, "question": s.question, "since": s.since, "said": s.said} for s in each if s.stands
        ],
        "spent": {
            "error": monitor.error,
            "horizon": monitor.horizon,
            "one_in": min(1 / own.spending.level for own in lines),
        },
        "periods": _periods(found),
        "alarms": _alarms(lines, each),
        "labelled": found.labelled[-1],
        "drift": {str(name): float(effect) for name, effect in by_name[VALUES].items()},
        "missing": {str(name): float(effect) for name, effect in by_name[MISSING].items()},
        "joint_auc": float(next(iter(joint), float("nan"))),
        **_figures(found.figures),
        "expected": _expected(found.expected, found.periods[-1]),
        **({told.line: _decisions(told, each)} if told else {}),
        **({placed.line: _placed(placed, each)} if placed else {}),
    }


def _periods(found: Watched) -> dict[str, Any]:
    first, newest = found.periods[0], found.periods[-1]
    return {"number": len(found.periods), "first": first, "newest": newest, "next_ends": next_end(newest)}


def _alarms(lines: Sequence[Watched], each: Sequence[Statement]) -> dict[str, int]:
    own = [s for s in each if s.line in {found.line for found in lines}]
    asked = sum(found.spending.questions for found in lines)
    return {"standing": sum(s.stands for s in own), "raised": len(own), "questions": asked}


def _decisions(told: Told, each: Sequence[Statement]) -> dict[str, Any]:
    """The newest value of each figure, by attribute and level; those of urgent cases begin with ``urgent_``."""
    figures: dict[str, Any] = {}
    for row in rows_of(told.figures[told.figures["value"].notna()]):
        name = f"{'urgent_' if row['kind'] == URGENT else ''}{row['figure']}"
        of_it = figures.setdefault(row["attribute"], {})
        level = row["comparison"] not in ("", POOLED)
        (of_it.setdefault(row["comparison"], {}) if level else of_it)[name] = row["value"]
    return {"periods": _periods(told), "alarms": _alarms([told], each), "figures": figures}


def _placed(placed: segments_said.Told, each: Sequence[Statement]) -> dict[str, Any]:
    return segments_said.headline(placed, _periods(placed), _alarms([placed], each))


def next_end(period: str) -> str:
    """The last day of the period after ``period``, as an ISO date."""
    if "W" in period:
        return f"{pd.to_datetime(f'{period}-7', format='%G-W%V-%u') + pd.Timedelta(days=7):%Y-%m-%d}"
    return f"{(pd.Period(period) + 1).end_time:%Y-%m-%d}"


def _figures(table: pd.DataFrame) -> dict[str, Any]:
    """The newest value whose labels are complete: of everybody, and of the first measures of each attribute."""
    known = table[table["value"].notna() & table["comparison"].isin(["", POOLED, ANY_LEVEL])]
    out: dict[str, Any] = {}
    for (attribute, figure), own in known.groupby(["attribute", "figure"], sort=False):
        of_it = out.setdefault(str(attribute), {})
        if figure in LEADING if attribute == EVERYBODY else len(of_it) < MOST:
            of_it[str(figure)] = float(own["value"].iloc[-1])
    out.setdefault(EVERYBODY, {}).setdefault(SELECTION, float("nan"))
    return {"figures": out}


def _expected(table: pd.DataFrame, period: str) -> dict[str, float]:
    own = table[(table["attribute"] == EVERYBODY) & (table["period"] == period)]
    return {str(name): float(value) for name, value in zip(own["figure"], own["value"], strict=True)}


def digests(files: Mapping[str, str], batches: str) -> dict[str, str]:
    """SHA-256 of each input file by what it is, and of the batches: by them a document tells an earlier model."""
    found = {name: hashlib.sha256(Path(path).read_bytes()).hexdigest() for name, path in files.items()}
    return found | {"batches": batches}
