"""Alarms of all periods: what raised each, since when, and which questions of a period stayed quiet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from responsible.monitoring.spending import Spending

GAP, REPEATED, LACKING, UNREADABLE = "gap", "repeated", "missing_column", "unreadable"
UNSEEN, BAD, LATE, SAMPLED = "unseen_level", "bad_rows", "late_labels", "sampled"
OF_DATA = (GAP, REPEATED, LACKING, UNREADABLE)
"""Findings about the delivery that are alarms, for without the rows nothing else can be one."""
JOINT, TARGET = "joint", "target"  # questions about all features together, and about the target
ALARM, QUIET, NOT_JUDGED = "alarm", "quiet", "not judged"
APPROVALS, URGENT, OVERRIDES, SIMILAR, WAITS = "approvals", "urgent approvals", "overrides", "similar", "waits"
OF_DECISIONS = (APPROVALS, URGENT, SIMILAR, WAITS, OVERRIDES)  # kinds of questions about recorded decisions
SEGMENTS, LEVELS, WITHIN, DISTANCE, BEYOND = OF_PEOPLE = ("segments", "levels", "within", "distance", "beyond")
"""Kinds of questions about later people in segments."""
KEY = ["kind", "name", "group", "figure"]
COLUMNS = [*KEY, "period", "state", "effect", "p", "detectable", "since"]


@dataclass(frozen=True)
class Finding:
    """Something about the rows themselves: its ``kind``, the ``period`` (empty: of no one), a ``name`` (column, level,
    file), and in ``detail`` what else is known.
    """

    kind: str
    period: str
    name: str
    detail: str = ""
    rows: int = 0

    @property
    def alarm(self) -> bool:
        """Whether somebody has to see to it."""
        return self.kind in OF_DATA


@dataclass(frozen=True, eq=False)
class Watched:
    """What was asked of the ``periods`` of a line of work, as the table of :func:`questions`, and how the error is
    spent.
    """

    line: str
    periods: tuple[str, ...]
    asked: pd.DataFrame
    findings: tuple[Finding, ...]
    spending: Spending


def questions(drift: pd.DataFrame, figures: pd.DataFrame, findings: Sequence[Finding]) -> pd.DataFrame:
    """Every question of every period, :data:`COLUMNS`: its state and, where it is an alarm, ``since`` which period it
    has been one without a judged period in between that was not.

    ``kind`` is ``values``, ``missing``, ``score``, ``joint`` or ``target`` of a column called ``name``; ``figure`` of a
    ``group``, with an attribute as ``name``; or a kind of finding.
    """
    return answered(of_both(drift, figures), findings)


def of_both(drift: pd.DataFrame, figures: pd.DataFrame) -> pd.DataFrame:
    """Rows of drift and of a model's figures under the names of :data:`KEY`."""
    return pd.concat([of_drift(drift), of_figures(figures.assign(kind="figure"))], ignore_index=True)


def of_drift(drift: pd.DataFrame) -> pd.DataFrame:
    """Rows of drift, which have a ``question``, under the names of :data:`KEY`."""
    return drift.rename(columns={"question": "kind"}).assign(group="", figure="")


def of_figures(figures: pd.DataFrame) -> pd.DataFrame:
    """Rows of figures, which have a ``kind``, under the names of :data:`KEY`."""
    return figures.rename(columns={"attribute": "name", "comparison": "group"})


def answered(asked: pd.DataFrame, findings: Sequence[Finding]) -> pd.DataFrame:
    """Rows of :data:`KEY` and ``period, alarm, effect, p, detectable``, and findings, as :func:`questions` has them."""
    both = asked.reset_index(drop=True)
    both["state"] = [
        ALARM if alarm else QUIET if judged else NOT_JUDGED
        for alarm, judged in zip(both["alarm"], both["effect"].notna(), strict=True)
    ]
    data = pd.DataFrame(
        [
            {"kind": f.kind, "name": f.name, "group": "", "figure": "", "period": f.period, "state": ALARM}
            for f in findings
            if f.alarm
        ],
        columns=[*KEY, "period", "state"],
    ).drop_duplicates()
    found = pd.concat([both, data], ignore_index=True) if len(data) else both
    return found.assign(since=_since(found))[COLUMNS]


def _since(found: pd.DataFrame) -> list[str]:
    out = [""] * len(found)
    for _, own in found.groupby(KEY, sort=False):
        began = ""
        for at in own.sort_values("period", kind="stable").index:
            state = found.at[at, "state"]
            began = "" if state == QUIET else (began or str(found.at[at, "period"])) if state == ALARM else began
            out[at] = began if state == ALARM else ""
    return out


def latest(asked: pd.DataFrame, periods: Sequence[str]) -> pd.DataFrame:
    """The alarms that stand: of each question the last period that was judged, if that was an alarm.

    One about the delivery stands while it is about the newest period, a gap while it is the one before.
    """
    judged = asked[asked["state"] != NOT_JUDGED].sort_values("period", kind="stable")
    last = judged.groupby(KEY, sort=False).tail(1)
    recent = {kind: {"", *periods[-2 if kind == GAP else -1 :]} for kind in OF_DATA}
    stands = [kind not in recent or at in recent[kind] for kind, at in zip(last["kind"], last["period"], strict=True)]
    return last[(last["state"] == ALARM) & np.array(stands, dtype=bool)]
