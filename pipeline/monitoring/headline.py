"""What was found of every line of work, and the figures that lead: for policy rules, documents and reviews."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

from pipeline.monitoring import decisions_said, model_said, segments_said
from pipeline.monitoring.decisions_said import rows_of
from pipeline.monitoring.statements import Statement
from responsible.monitoring.alarms import JOINT, URGENT, Watched
from responsible.monitoring.drift import MISSING, VALUES
from responsible.monitoring.figures import SELECTION
from responsible.monitoring.parameters import Monitor
from responsible.monitoring.sides import EVERYBODY
from responsible.names import ANY_LEVEL, POOLED
from responsible.statistics.probability_metrics import SCORES
from responsible.words import Words

LEADING = (SELECTION, "accuracy", *SCORES)
MOST = 3  # measures of an attribute: `dvc metrics diff` prints each, and the tables have them all


class Found(NamedTuple):
    """What was found of each line of work that is watched: of the model's rows, of decisions, of people in segments."""

    model: model_said.Told | None
    decisions: decisions_said.Told | None
    people: segments_said.Told | None

    @property
    def lines(self) -> list[Watched]:
        """Those that are watched."""
        return [own for own in self if own]

    def statements(self, words: Words) -> list[Statement]:
        """Every run of alarms, line by line."""
        model = model_said.statements(self.model, words) if self.model else []
        decisions = decisions_said.statements(self.decisions, words) if self.decisions else []
        return [*model, *decisions, *(segments_said.statements(self.people, words) if self.people else [])]


def headline(found: Found, each: Sequence[Statement], answers: Mapping[str, str], monitor: Monitor) -> dict[str, Any]:
    """``monitor.…``: the answer, and how many alarms stand; under the name of each line of work its periods, its alarms
    and the newest values of what was asked, and under ``of`` the digests of what it was computed from.
    """
    return {
        "answer": " ".join(answers.values()),
        "answers": dict(answers),
        "standing": [
            {"line": s.line, "question": s.question, "since": s.since, "said": s.said} for s in each if s.stands
        ],
        "spent": {
            "error": monitor.error,
            "horizon": monitor.horizon,
            "one_in": min(1 / own.spending.level for own in found.lines),
        },
        "alarms": _alarms(found.lines, each),
        "of": {own.line: dict(own.of) for own in found if own},
        **{own.line: _of_line(own, each) for own in found.lines},
    }


def _of_line(own: Watched, each: Sequence[Statement]) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    if isinstance(own, model_said.Told):
        figures = _model(own)
    elif isinstance(own, decisions_said.Told):
        figures = {"figures": _decisions(own)}
    elif isinstance(own, segments_said.Told):
        figures = segments_said.headline(own)
    return {"periods": _periods(own), "alarms": _alarms([own], each), **figures}


def _periods(found: Watched) -> dict[str, Any]:
    first, newest = found.periods[0], found.periods[-1]
    return {"number": len(found.periods), "first": first, "newest": newest, "next_ends": next_end(newest)}


def _alarms(lines: Sequence[Watched], each: Sequence[Statement]) -> dict[str, int]:
    own = [s for s in each if s.line in {found.line for found in lines}]
    asked = sum(found.spending.questions for found in lines)
    return {"standing": sum(s.stands for s in own), "raised": len(own), "questions": asked}


def _model(found: model_said.Told) -> dict[str, Any]:
    """The newest period's drift by feature, the newest values of figures, and what is expected before labels."""
    last = found.drift[found.drift["period"] == found.periods[-1]]
    by_name = {kind: last[last["question"] == kind].set_index("name")["effect"] for kind in (VALUES, MISSING)}
    joint = last[last["question"] == JOINT].get("value", ())  # without features nothing is asked of all together
    return {
        "labelled": found.labelled[-1],
        "drift": {str(name): float(effect) for name, effect in by_name[VALUES].items()},
        "missing": {str(name): float(effect) for name, effect in by_name[MISSING].items()},
        "joint_auc": float(next(iter(joint), float("nan"))),
        "figures": _figures(found.figures),
        "expected": _expected(found.expected, found.periods[-1]),
    }


def _decisions(told: decisions_said.Told) -> dict[str, Any]:
    """The newest value of each figure, by attribute and level; those of urgent cases begin with ``urgent_``."""
    figures: dict[str, Any] = {}
    for row in rows_of(told.figures[told.figures["value"].notna()]):
        name = f"{'urgent_' if row['kind'] == URGENT else ''}{row['figure']}"
        of_it = figures.setdefault(row["attribute"], {})
        level = row["comparison"] not in ("", POOLED)
        (of_it.setdefault(row["comparison"], {}) if level else of_it)[name] = row["value"]
    return figures


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
    return out


def _expected(table: pd.DataFrame, period: str) -> dict[str, float]:
    own = table[(table["attribute"] == EVERYBODY) & (table["period"] == period)]
    return {str(name): float(value) for name, value in zip(own["figure"], own["value"], strict=True)}
