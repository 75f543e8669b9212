"""Approvals: group fairness of decisions for equal need, from counts of cases by group, urgency, need and outcome.

Here the label ``y`` of a fairness measure is ``merit`` (was the request necessary?) and the prediction ``ŷ``
is ``outcome`` (was it approved?): equal opportunity compares approval of necessary requests. ``counts[level, urgency,
y, ŷ]``; a role the table lacks counts as 0 everywhere, and the measures that need it are left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

import numpy as np
import pandas as pd

from responsible.fairness.comparisons import comparisons
from responsible.fairness.groups import Counts, Groups, tabulate
from responsible.fairness.measures import MEASURES
from responsible.fairness.verdicts import rows_needed, verdict
from responsible.healthcare.cases import MERIT, OUTCOME, URGENCY, binary
from responsible.limits import Limits
from responsible.statistics import intervals
from responsible.statistics.count_figures import Estimate, drawn, estimate
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
    maximum, verdict, count_unprivileged, support_unprivileged, count_privileged, support_privileged,
    needed_unprivileged, needed_privileged, hypothesis, statistic, method, p, cramers_v``. Intervals are those of
    :mod:`responsible.statistics.count_figures`, of each comparison's own table, group sizes included. Rows needed as in
    :func:`~responsible.fairness.verdicts.rows_needed`. Counts and supports are numerator and denominator of the
    measure's first rate. ``primary`` marks equal opportunity among urgent cases (given need *and* urgency). p is not
    adjusted yet: :func:`responsible.fairness.comparisons.adjust`.
    """
    point, rows = count(cases, who), []
    for scope in scopes(cases):
        for versus in comparisons(who):
            table = np.stack(versus.split(within(point, scope), axis=-3))
            draws, place = drawn(table, inference, rng), {"attribute": who.attribute, "comparison": versus.name}
            for name in measures(cases, list(limits)):
                found = estimate(MEASURES[name].figure, table, draws, inference)
                judged = _judged(found, limits[name], name, table, inference) | _test(name, table)
                rows.append(place | {"scope": scope, "measure": name, "primary": (scope, name) == PRIMARY} | judged)
    return (
        pd.DataFrame(rows).astype({"needed_unprivileged": "Int64", "needed_privileged": "Int64"})
        if rows
        else pd.DataFrame()
    )


def _judged(found: Estimate, limits: Limits, name: str, table: Counts, inference: Inference) -> dict[str, object]:
    judged = verdict(intervals.Interval(found.low, found.high), limits)
    k, n = (x.tolist() for x in parts(table, MEASURES[name].rates[0]))
    fewest = np.min([parts(table, rate)[1] for rate in MEASURES[name].rates], axis=0).tolist()
    return {
        **asdict(found),
        "minimum": limits.minimum,
        "maximum": limits.maximum,
        "verdict": judged,
        "count_unprivileged": k[0],
        "support_unprivileged": n[0],
        "count_privileged": k[1],
        "support_privileged": n[1],
        **rows_needed(found, limits, judged, (fewest[0], fewest[1]), inference),
    }


def _test(name: str, table: Counts) -> dict[str, object]:
    found = MEASURES[name].test(*table)
    named: dict[str, object] = {"hypothesis": MEASURES[name].hypothesis, "statistic": found.statistic}
    return named | {"method": found.method, "p": found.p, "cramers_v": found.effect}


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
