"""Everything that is asked of later decisions: approvals, overrides, similar cases and waits, for each period."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from responsible.fairness.groups import Groups
from responsible.fairness.individual import Similarity
from responsible.fairness.measures import MEASURES
from responsible.healthcare.approval_rates import OVERRIDE_GAP, PRIMARY, measures
from responsible.healthcare.cases import DURATION, MERIT, OUTCOME, OVERRIDE, URGENCY, binary, selected
from responsible.later_decisions import waits
from responsible.later_decisions.similar import EARLIER, laid_beside
from responsible.monitoring.alarms import APPROVALS, OVERRIDES, SIMILAR, URGENT, Finding, Watched, answered, of_figures
from responsible.monitoring.figures import SELECTION, Judge, asked
from responsible.monitoring.parameters import Monitor
from responsible.monitoring.sides import EVERYBODY, Sides, Tables, sides
from responsible.monitoring.spending import Spending
from responsible.statistics.count_figures import CountFigure
from responsible.statistics.count_tables import tabulate
from responsible.statistics.intervals import Inference
from responsible.statistics.rates import RATES, Counts, rate
from responsible.statistics.streams import stream
from responsible.tabular.levels import Disclosure

LINE = "healthcare"
APPROVED, OVERRULED, DIFFERENTLY = "approval_rate", "override_rate", "decided_differently"
REFUSED_GAP = "refused_unlike_similar_difference"
Chosen = Mapping[str, tuple[CountFigure, bool]]


@dataclass(frozen=True, eq=False)
class Setting:
    """What all questions are asked with; ``limits`` are the measures that the audit has limits for, ``bounds`` the
    ranges by which features are scaled; without ``similarity`` nothing is asked about similar cases.
    """

    monitor: Monitor
    least_wait: float
    groups: Sequence[Groups]
    limits: Sequence[str]
    similarity: Similarity | None
    bounds: Mapping[str, tuple[float, float]]
    inference: Inference
    seed: int
    disclosure: Disclosure


@dataclass(frozen=True, eq=False)
class LaterDecisions(Watched):
    """The figures (columns of :meth:`responsible.monitoring.figures.Judge.rows`, after ``kind``), and the number of the
    reference's ``cases``.
    """

    figures: pd.DataFrame
    cases: int


def later_decisions(
    reference: pd.DataFrame, later: pd.DataFrame, periods: Sequence[str], findings: Sequence[Finding], given: Setting
) -> LaterDecisions:
    """Ask every question of every period; both tables are cases with their roles, ``later`` have a ``period``."""
    parts = [later[later["period"] == period] for period in periods]
    compared = sides(given.groups)
    counted = [own for each in compared for own in _tables(each, reference, parts, given)]
    if given.similarity:
        named = partial(_stream, given.seed)
        base, beside = laid_beside(reference, parts, given.similarity, given.bounds, named)
        counted += [_similar(each, base, beside) for each in compared]
    waited = compared if DURATION in reference else []
    number = asked(counted) + waits.asked(waited)
    spending = Spending(given.monitor.share, given.monitor.horizon, number)
    there, least = [True] * len(periods), given.monitor.effects.measure
    judge = Judge(
        periods, [1.0] * len(periods), there, (), spending, least, given.inference, given.seed, given.disclosure
    )
    rows = [row for own in counted for row in judge.rows(own)]
    of_waits = waits.Waits(periods, spending, given.least_wait, given.inference, given.disclosure)
    rows += [row for each in waited for row in of_waits.rows(each, reference, parts)]
    figures = pd.DataFrame(rows)
    asking = answered(of_figures(figures), findings)
    return LaterDecisions(LINE, tuple(periods), asking, tuple(findings), spending, figures, len(reference))


def _stream(seed: int, name: str) -> np.random.Generator:
    return stream(seed, f"monitor/similar/{name}")


def _tables(each: Sides, reference: pd.DataFrame, parts: Sequence[pd.DataFrame], given: Setting) -> list[Tables]:
    """Approvals, those of urgent cases by the audit's primary definition, and overrides."""
    whole = each.attribute == EVERYBODY
    figures = _everybody(APPROVED) if whole else {m: _measure(m) for m in measures(reference, given.limits)}
    out = [_counted(APPROVALS, each, figures, (reference, *parts), (MERIT, OUTCOME))]
    if not whole and {MERIT, URGENCY} <= set(reference):
        urgent = [own[selected(own, "urgent")] for own in (reference, *parts)]
        out.append(_counted(URGENT, each, {PRIMARY[1]: _measure(PRIMARY[1])}, urgent, (MERIT, OUTCOME)))
    if OVERRIDE in reference and OVERRIDE_GAP in given.limits:
        gap = {OVERRIDE_GAP: _measure("statistical_parity_difference")}
        figures = _everybody(OVERRULED) if whole else gap
        out.append(_counted(OVERRIDES, each, figures, (reference, *parts), (MERIT, OVERRIDE)))
    return [own for own in out if own.figures]


def _similar(each: Sides, base: pd.DataFrame, beside: Sequence[pd.DataFrame]) -> Tables:
    """Of cases with a similar earlier one: its decision is the label, their own the prediction."""
    pairs = [own[own[EARLIER] >= 0] for own in (base, *beside)]
    if each.attribute == EVERYBODY:
        unlike = CountFigure(lambda t: 1 - rate(t.sum(axis=-3), "accuracy"), (RATES["accuracy"],))
        return _counted(SIMILAR, each, {DIFFERENTLY: (unlike, True)}, pairs, (EARLIER, OUTCOME))
    gap = {REFUSED_GAP: (MEASURES["false_negative_rate_difference"].figure, True)}
    return _counted(SIMILAR, each, gap, pairs, (EARLIER, OUTCOME))


def _everybody(name: str) -> Chosen:
    return {name: (CountFigure(lambda t: rate(t.sum(axis=-3), SELECTION), (RATES[SELECTION],)), False)}


def _measure(name: str) -> tuple[CountFigure, bool]:
    return MEASURES[name].figure, MEASURES[name].needs_labels


def _counted(kind: str, each: Sides, figures: Chosen, cases: Sequence[pd.DataFrame], roles: tuple[str, str]) -> Tables:
    """Tables of the reference, the first of ``cases``, and of each period."""
    found: list[Counts] = [
        tabulate(each.code(own), len(each.names), [binary(own, role) for role in roles], np.ones(len(own), np.int64))
        for own in cases
    ]
    periods = np.stack(found[1:])
    return Tables(each, found[0], periods, found[0].sum(axis=-2), periods.sum(axis=-2), kind, figures)
