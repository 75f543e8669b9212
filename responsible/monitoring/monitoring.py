"""Everything that is asked of batches against a reference, on counted cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from responsible.fairness.groups import Groups
from responsible.modelling.parameters import Logistic
from responsible.monitoring import drift, scores
from responsible.monitoring.alarms import JOINT, TARGET, UNSEEN, Finding, Watched, questions
from responsible.monitoring.batches import DECIMALS, SCORE
from responsible.monitoring.drift import Distribution, distribution, of_bins
from responsible.monitoring.expectations import COLUMNS, expectations
from responsible.monitoring.figures import Judge, asked
from responsible.monitoring.joint import joint_drift
from responsible.monitoring.parameters import Monitor
from responsible.monitoring.sides import Reference, labelled, shares_labelled, sides, tables
from responsible.monitoring.spending import Spending
from responsible.names import FEATURE
from responsible.statistics.intervals import Inference
from responsible.tabular.levels import Disclosure

LINE = "budget"
ALL = "all features"
Kinds = Sequence[tuple[str, Distribution]]


@dataclass(frozen=True, eq=False)
class Setting:
    """What all questions are asked with: the features by kind, the groups, the chosen measures, the ``target``, None of
    rows without labels, and the names of its ``bins``, of which a label is 1 from number ``cut`` on.
    """

    monitor: Monitor
    kinds: Mapping[str, str]
    groups: Sequence[Groups]
    measures: Sequence[str]
    model: Logistic
    inference: Inference
    target: str | None
    bins: Sequence[str]
    cut: int
    seed: int
    disclosure: Disclosure


@dataclass(frozen=True, eq=False)
class Monitoring(Watched):
    """The tables of the budget line (their functions document the columns), and the share of labels by period, NaN
    where no label is declared.
    """

    labelled: tuple[float, ...]
    drift: pd.DataFrame
    figures: pd.DataFrame
    expected: pd.DataFrame


def monitored(
    reference: Reference, batches: pd.DataFrame, periods: Sequence[str], findings: Sequence[Finding], given: Setting
) -> Monitoring:
    """Ask every question of every period. ``batches`` are cells with ``period``, ``decision`` and perhaps ``score``."""
    parts = [batches[batches["period"] == period] for period in periods]
    columns, compared = _columns(reference, batches, periods, given), sides(given.groups)
    counted = [tables(each, reference.scored, parts, given.cut) for each in compared]
    number = sum(2 if kind == drift.VALUES else 1 for kind, _ in columns) + asked(counted, given.measures)
    number += bool(given.kinds)  # all features together, where there are any
    scored = SCORE in batches and SCORE in reference.scored
    number += scored and scores.asked(compared, given.measures, labels=not labelled(reference.scored).empty)
    spending = Spending(given.monitor.share, given.monitor.horizon, number)
    known = shares_labelled(batches, periods) if given.target else [float("nan")] * len(periods)
    complete = [share >= given.monitor.complete for share in known]
    least, hidden = given.monitor.effects.measure, given.disclosure
    judge = Judge(periods, known, complete, given.measures, spending, least, given.inference, given.seed, hidden)
    own = [row for each in counted for row in judge.rows(each)]
    also = scores.rows(judge, compared, reference.scored, parts, given.cut) if scored else []
    figures = pd.DataFrame([*own, *also])
    rows = [row for column in columns for row in _drift(column, periods, complete, spending, given)]
    named = list(zip(parts, periods, strict=True)) if given.kinds else []
    joint = [_joint(reference, part, period, spending, given) for part, period in named]
    moved, found = pd.DataFrame([*rows, *joint]), (*findings, *_unseen(columns, periods))
    expected = pd.DataFrame(columns=COLUMNS)
    if SCORE in batches and SCORE in reference.calibrating:
        told = list(zip(periods, parts, complete, strict=True))
        expected = expectations(
            compared, reference.calibrating, told, cut=given.cut, inference=given.inference, seed=given.seed
        )
    asking = questions(moved, figures, found)
    return Monitoring(LINE, tuple(periods), asking, found, spending, tuple(known), moved, figures, expected)


def _columns(reference: Reference, batches: pd.DataFrame, periods: Sequence[str], given: Setting) -> Kinds:
    """The kind of question and the distribution of every feature, of the scores, and of the target."""
    own = [
        (drift.VALUES, distribution(FEATURE + name, reference.rows, batches, periods, name=name))
        for name in given.kinds
    ]
    if SCORE in batches and SCORE in reference.scored:
        base, now = (t.assign(**{SCORE: t[SCORE].round(DECIMALS)}) for t in (reference.scored, batches))
        own.append((SCORE, distribution(SCORE, base, now, periods)))
    if not given.target or labelled(reference.rows).empty:
        return own
    parts = [batches[batches["period"] == period] for period in periods]
    bins = [_bins(labelled(part), len(given.bins)) for part in (reference.rows, *parts)]
    return [*own, (TARGET, of_bins(given.target, given.bins, bins[0], bins[1:]))]


def _bins(cells: pd.DataFrame, size: int) -> np.ndarray:
    return np.bincount(cells["bin"], cells["n"], size).astype(np.int64)


def _drift(
    column: tuple[str, Distribution],
    periods: Sequence[str],
    complete: Sequence[bool],
    spending: Spending,
    given: Setting,
) -> list[drift.Row]:
    """The rows of a column; scores and target have no missing values, and the target is judged with its labels."""
    kind, own = column
    rows = drift.drift(own, periods, spending, given.monitor.effects.share, given.seed)
    if kind == drift.VALUES:
        return rows
    rows = [row | {"question": kind} for row in rows if row["question"] == drift.VALUES]
    if kind == TARGET:
        rows = [row if known else row | _WAITING for row, known in zip(rows, complete, strict=True)]
    return rows


_WAITING = {"effect": float("nan"), "p": float("nan"), "alarm": False, "detectable": float("nan")}


def _joint(reference: Reference, part: pd.DataFrame, period: str, spending: Spending, given: Setting) -> drift.Row:
    kinds = {FEATURE + name: kind for name, kind in given.kinds.items()}
    least, confidence = given.monitor.effects.auc, given.inference.confidence
    found = joint_drift(
        (reference.rows, part), kinds, given.model, spending, least, confidence=confidence, seed=given.seed, name=period
    )
    return {"name": ALL, "period": period, "question": JOINT, "moved": ""} | found


def _unseen(columns: Kinds, periods: Sequence[str]) -> list[Finding]:
    """Levels that the reference does not have, and how many rows of the period have them."""
    return [
        Finding(UNSEEN, period, column.name, level, int(column.periods[at][column.levels.index(level)]))
        for kind, column in columns
        if kind == drift.VALUES
        for at, period in enumerate(periods)
        for level in column.unseen(at)
    ]
