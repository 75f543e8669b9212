"""Approvals: group fairness of decisions for equal need, from counts of cases by group, urgency, need and outcome.

Here the label ``y`` of a fairness measure is ``merit`` (was the request necessary?) and the prediction ``ŷ``
is ``outcome`` (was it approved?): equal opportunity compares approval of necessary requests. ``counts[level, urgency,
y, ŷ]``; a role the table lacks counts as 0 everywhere, and the measures that need it are left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from responsible.fairness.comparisons import comparisons
from responsible.fairness.groups import Counts, Groups, tabulate
from responsible.fairness.measures import MEASURES, undefined
from responsible.fairness.verdicts import verdict
from responsible.healthcare.cases import MERIT, OUTCOME, URGENCY, binary
from responsible.limits import Limits
from responsible.statistics import intervals
from responsible.statistics.intervals import Inference
from responsible.statistics.rates import RATES, parts

PRIMARY = ("urgent", "equal_opportunity_difference")
RATE_NAMES = ("selection_rate", "true_positive_rate", "positive_predictive_value", "base_rate")


def count(cases: pd.DataFrame, who: Groups, extra: Sequence[np.ndarray] = (), part: np.ndarray | None = None) -> Counts:
    """Cases by ``[level, urgency, merit, outcome, *extra]``, all 0/1 but the level; excluded levels are left out.

    With ``part`` (n,), whole numbers from 0, the table of each part: a leading axis.
    """
    code, levels = who.codes(cases), len(who.levels)
    axes = [*(binary(cases, role) for role in (URGENCY, MERIT, OUTCOME)), *extra]
    ones = np.ones(len(cases), dtype=np.int64)
    if part is None:
        return tabulate(code, levels, axes, ones)
    own = tabulate(np.where(code < 0, -1, part * levels + code), (int(part.max()) + 1) * levels, axes, ones)
    return own.reshape(-1, levels, *own.shape[1:])


def scopes(cases: pd.DataFrame) -> list[str]:
    """``all``, and ``urgent`` when the table knows urgency: the cases a measure is computed on."""
    return ["all", *(["urgent"] if URGENCY in cases else [])]


def measures(cases: pd.DataFrame, names: Sequence[str]) -> list[str]:
    """Those of ``names`` that are fairness measures and that the roles of the table allow."""
    return [m for m in names if m in MEASURES and (MERIT in cases or not MEASURES[m].needs_labels)]


def within(counts: Counts, scope: str) -> Counts:
    """``[..., level, y, ŷ]`` of a scope from ``[..., level, urgency, y, ŷ]``."""
    return counts[..., 1, :, :] if scope == "urgent" else counts.sum(axis=-3)


def approval_rates(
    cases: pd.DataFrame, who: Groups, limits: Mapping[str, Limits], inference: Inference, rng: np.random.Generator
) -> pd.DataFrame:
    """Every measure of ``limits`` for every comparison and scope, with interval, test and verdict.

    Columns: ``attribute, comparison, scope, measure, primary, value, low, high, undefined_share, reason, minimum,
    maximum, verdict, count_unprivileged, support_unprivileged, count_privileged, support_privileged, hypothesis,
    statistic, method, p, cramers_v``. Intervals are percentiles of multinomial replicates of the whole table, group
    sizes included. Counts and supports are numerator and denominator of the measure's first rate. ``primary`` marks
    equal opportunity among urgent cases (given need *and* urgency). p is not adjusted yet:
    :func:`responsible.fairness.comparisons.adjust`.
    """
    point = count(cases, who)
    half = intervals.half_counts(point, models=1)
    draws = intervals.replicates(point, inference.replicates, rng, probabilities=half)
    rows = []
    for scope in scopes(cases):
        for versus in comparisons(who):
            (u, p), drawn = (versus.split(within(table, scope), axis=-3) for table in (point, draws))
            place = {"attribute": who.attribute, "comparison": versus.name, "scope": scope}
            for name in measures(cases, list(limits)):
                pair = _Pair(name, u, p, MEASURES[name].compute(*drawn))
                rows.append(place | {"primary": (scope, name) == PRIMARY} | pair.judged(limits[name], inference))
    return pd.DataFrame(rows)


@dataclass(frozen=True, eq=False)
class _Pair:
    """One measure of one comparison: the tables of both groups and the measure's replicates."""

    measure: str
    u: Counts
    p: Counts
    draws: np.ndarray

    def judged(self, limits: Limits, inference: Inference) -> dict[str, object]:
        reason = undefined(self.measure, self.u, self.p, inference.minimum_denominator)
        interval = intervals.percentile(self.draws, inference.confidence)
        if reason:
            interval = intervals.Interval(np.nan, np.nan, interval.undefined_share)
        return {
            "measure": self.measure,
            "value": np.nan if reason else float(MEASURES[self.measure].compute(self.u, self.p)),
            "low": interval.low,
            "high": interval.high,
            "undefined_share": interval.undefined_share,
            "reason": reason or "",
            "minimum": limits.minimum,
            "maximum": limits.maximum,
            "verdict": verdict(interval, limits),
            **self._support(),
            **self._test(),
        }

    def _support(self) -> dict[str, object]:
        rate = MEASURES[self.measure].rates[0]
        (k_u, n_u), (k_p, n_p) = (map(int, parts(side, rate)) for side in (self.u, self.p))
        named: dict[str, object] = {"count_unprivileged": k_u, "support_unprivileged": n_u}
        return named | {"count_privileged": k_p, "support_privileged": n_p}

    def _test(self) -> dict[str, object]:
        measure = MEASURES[self.measure]
        found = measure.test(self.u, self.p)
        named: dict[str, object] = {
            "hypothesis": measure.hypothesis,
            "statistic": found.statistic,
            "method": found.method,
        }
        return named | {"p": found.p, "cramers_v": found.effect}


def rates(cases: pd.DataFrame, who: Groups, confidence: float) -> pd.DataFrame:
    """Approval, approval of necessary cases, share necessary among approved, and need, of every declared level.

    Columns: ``attribute, level, privileged, scope, rate, count, of, value, low, high, reason`` with Wilson intervals.
    Without ``merit`` only the approval (selection) rate.
    """
    point, rows = count(cases, who), []
    for scope in scopes(cases):
        table = within(point, scope)
        for rate in RATE_NAMES if MERIT in cases else RATE_NAMES[:1]:
            k, n = parts(table, rate)
            found = intervals.wilson(k, n, confidence)
            share = k / np.where(n > 0, n, np.nan)
            for i, level in enumerate(who.levels):
                place = {"attribute": who.attribute, "level": level, "privileged": bool(who.privileged[i])}
                value = {"value": share[i], "low": found.low[i], "high": found.high[i]}
                reason = "" if n[i] else RATES[rate].empty if table[i].sum() else "group_absent"
                counted = {"scope": scope, "rate": rate, "count": int(k[i]), "of": int(n[i])}
                rows.append({**place, **counted, **value, "reason": reason})
    return pd.DataFrame(rows)
