"""Approvals: group fairness of decisions for equal need, from counts of cases by group, urgency, need and outcome.

Here the label ``y`` of a fairness measure is ``merit`` (was the request necessary?) and the prediction ``ŷ``
is ``outcome`` (was it approved?): equal opportunity compares approval of necessary requests. ``counts[level, urgency,
y, ŷ]``; a role the table lacks counts as 0 everywhere, and the measures that need it are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import partial

import numpy as np
import pandas as pd

from responsible.fairness.comparisons import Row, any_level, comparisons, simultaneous, together
from responsible.fairness.groups import Counts, Groups
from responsible.fairness.measures import MEASURES
from responsible.fairness.verdicts import rows_needed, verdict
from responsible.healthcare.cases import MERIT, OUTCOME, OVERRIDE, URGENCY, binary
from responsible.limits import Limits
from responsible.names import POOLED
from responsible.statistics import intervals
from responsible.statistics.count_figures import Estimate, estimate
from responsible.statistics.count_tables import Draws, drawn, tabulate
from responsible.statistics.intervals import Inference
from responsible.statistics.rates import RATES, parts

OVERRIDE_GAP, OVERRIDE_RATE = "override_rate_difference", "override_rate"
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
    needed_unprivileged, needed_privileged, hypothesis, statistic, method, p, cramers_v``, those of
    :func:`~responsible.fairness.comparisons.together` and ``farthest`` (of "any level"). Intervals are those of
    :mod:`responsible.statistics.count_figures`, of each comparison's own table, group sizes included. Rows needed as in
    :func:`~responsible.fairness.verdicts.rows_needed`. Counts and supports are numerator and denominator of the
    measure's first rate. ``primary`` marks equal opportunity among urgent cases (given need *and* urgency). p is not
    adjusted yet: :func:`responsible.fairness.comparisons.adjust`.
    """
    point, rows, wider = count(cases, who), list[Row](), simultaneous(inference, who)
    own = {name: limits[name] for name in measures(cases, list(limits))}
    for scope in scopes(cases):
        for versus, tables in _tables(within(point, scope), who, inference, rng):
            judged = _rows(scope, tables, own, inference)
            wide = _rows(scope, tables, own, wider) if wider and versus != POOLED else []
            rows += [{"attribute": who.attribute, "comparison": versus, **row} for row in together(judged, wide)]
    rows = rows if who.reference else any_level(rows, ("scope", "measure")) + rows
    table = pd.DataFrame([row | {"farthest": row.get("farthest", "")} for row in rows])
    return table.astype({"needed_unprivileged": "Int64", "needed_privileged": "Int64"}) if rows else table


def _tables(
    counts: Counts, who: Groups, inference: Inference, rng: np.random.Generator
) -> Iterator[tuple[str, tuple[Counts, Draws]]]:
    """Table and draws of every comparison by name; two levels compared with each other have the same draws."""
    found: tuple[Counts, Draws] | None = None
    turn = partial(np.flip, axis=-3)
    for versus in comparisons(who):
        if found and who.mutual:
            found = turn(found[0]), found[1].map(turn)
        else:
            table = np.stack(versus.split(counts, axis=-3))
            found = table, drawn(table, inference, rng)
        yield versus.name, found


def _rows(scope: str, tables: tuple[Counts, Draws], limits: Mapping[str, Limits], inference: Inference) -> list[Row]:
    out: list[Row] = []
    for name, own in limits.items():
        found = estimate(MEASURES[name].figure, *tables, inference)
        judged = _judged(found, own, name, tables[0], inference) | _test(name, tables[0])
        out.append({"scope": scope, "measure": name, "primary": (scope, name) == PRIMARY} | judged)
    return out


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

    Columns: ``attribute, level, privileged, scope, rate, count, of, value, low, high, reason`` with Wilson intervals,
    and ``simultaneous_low, simultaneous_high``, which hold for all levels at once. Without ``merit`` only the approval
    (selection) rate.
    """
    point, rows = count(cases, who), []
    for scope in scopes(cases):
        table = within(point, scope)
        for rate in RATE_NAMES if MERIT in cases else RATE_NAMES[:1]:
            k, n = parts(table, rate)
            found = intervals.wilson(k, n, confidence)
            wide = intervals.wilson(k, n, intervals.bonferroni(confidence, len(who.levels)))
            share = k / np.where(n > 0, n, np.nan)
            for i, level in enumerate(who.levels):
                place = {"attribute": who.attribute, "level": level, "privileged": bool(who.privileged[i])}
                value = {"value": share[i], "low": found.low[i], "high": found.high[i]}
                reason = "" if n[i] else RATES[rate].empty if table[i].sum() else "group_absent"
                counted = {"scope": scope, "rate": rate, "count": int(k[i]), "of": int(n[i])}
                ends = {"simultaneous_low": wide.low[i], "simultaneous_high": wide.high[i]}
                rows.append({**place, **counted, **value, "reason": reason, **ends})
    return pd.DataFrame(rows)


def overrides(
    cases: pd.DataFrame, who: Groups, limits: Mapping[str, Limits], inference: Inference, rng: np.random.Generator
) -> Iterator[pd.DataFrame]:
    """How often people overruled what was proposed, compared as approvals are: of all cases, and of those proposed for
    a yes and for a no. No tables without the role or without limits; undefined where a scope has too few cases.
    """
    for scope, own in _overruled(cases) if OVERRIDE_GAP in limits else ():
        found = approval_rates(own, who, {"statistical_parity_difference": limits[OVERRIDE_GAP]}, inference, rng)
        yield found.assign(scope=scope, measure=OVERRIDE_GAP, hypothesis=OVERRIDE_RATE, primary=False)


def every_rate(cases: pd.DataFrame, who: Groups, confidence: float) -> Iterator[pd.DataFrame]:
    """:func:`rates`, and the share of cases that people overruled, of every declared level."""
    yield rates(cases, who, confidence)
    for scope, own in _overruled(cases):
        yield rates(own, who, confidence).assign(scope=scope, rate=OVERRIDE_RATE)


def _overruled(cases: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Scope → its cases with the override in place of the outcome. A yes was proposed where exactly one of them is."""
    if OVERRIDE in cases:
        yes = binary(cases, OUTCOME) != binary(cases, OVERRIDE)
        own = cases.drop(columns=[MERIT, URGENCY], errors="ignore").assign(**{OUTCOME: cases[OVERRIDE]})
        yield from (("all", own), ("proposed yes", own[yes]), ("proposed no", own[~yes]))
