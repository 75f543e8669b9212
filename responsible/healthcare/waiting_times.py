"""Waits: processing times of one group against another's, by mean, median and ranks, overall and for equal need.

A difference is unprivileged minus privileged, in the unit of ``duration``: positive when the unprivileged
group waits longer. Cases without a duration are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from responsible.fairness.comparisons import comparisons
from responsible.fairness.groups import Groups
from responsible.fairness.verdicts import verdict
from responsible.healthcare.cases import DURATION, scopes, selected
from responsible.limits import Limits
from responsible.statistics import intervals
from responsible.statistics.intervals import Inference
from responsible.statistics.means import mean_draws, median_draws, size_draws

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Statistic = tuple[Callable[[Array], float], Callable[[Array, Ints, np.random.Generator], Array]]

MEASURES: dict[str, Statistic] = {
    "mean_wait_difference": (lambda x: float(np.mean(x)), mean_draws),
    "median_wait_difference": (lambda x: float(np.median(x)), median_draws),
}
"""Every measure of waits by its name in metrics files: the statistic of one group and its bootstrap draws."""


def sides(cases: pd.DataFrame, who: Groups, scope: str) -> dict[str, tuple[Array, Array]]:
    """Known durations (u, p) of every comparison, by its name, among the cases of a scope."""
    kept = cases[selected(cases, scope) & cases[DURATION].notna().to_numpy()]
    code, minutes = who.codes(kept), kept[DURATION].to_numpy(dtype=float)
    side = {versus.name: versus.sides(code) for versus in comparisons(who)}
    return {name: (minutes[own == 0], minutes[own == 1]) for name, own in side.items()}


def waiting_times(
    cases: pd.DataFrame, who: Groups, limits: Mapping[str, Limits], inference: Inference, rng: np.random.Generator
) -> pd.DataFrame:
    """Mean and median difference of every comparison for all, necessary, and urgent necessary cases, with a rank test.

    Columns: ``attribute, comparison, scope, measure, unprivileged, privileged`` (the groups' statistics), ``value, low,
    high, reason, minimum, maximum, verdict, support_unprivileged, support_privileged, hypothesis, method, p,
    superiority``. Intervals are percentiles of the bootstrap of :mod:`responsible.statistics.means`. A measure
    without limits gets no verdict (empty). No rows when the table has no ``duration``.
    """
    if DURATION not in cases:
        return pd.DataFrame()
    rows = []
    for scope in (s for s in scopes(cases) if s != "urgent"):
        for name, (u, p) in sides(cases, who, scope).items():
            place, test = {"attribute": who.attribute, "comparison": name, "scope": scope}, ranks(u, p)
            sizes = size_draws(np.array([len(u), len(p)]), inference.replicates, rng) if len(u) + len(p) else None
            for measure in MEASURES:
                found = _measured(measure, (u, p), inference, sizes, rng)
                rows.append(place | found | _judged(found, limits.get(measure)) | test)
    return pd.DataFrame(rows)


def _measured(
    measure: str, pair: tuple[Array, Array], inference: Inference, sizes: Ints | None, rng: np.random.Generator
) -> dict[str, object]:
    (compute, draw), (u, p) = MEASURES[measure], pair
    fewest = min(len(u), len(p))
    reason = "group_absent" if fewest == 0 else "n_below_minimum" if fewest < inference.minimum_denominator else ""
    groups = {"unprivileged": compute(u) if len(u) else np.nan, "privileged": compute(p) if len(p) else np.nan}
    interval = intervals.Interval(np.nan, np.nan)
    if not reason and sizes is not None:
        interval = intervals.percentile(draw(u, sizes[:, 0], rng) - draw(p, sizes[:, 1], rng), inference.confidence)
    value = np.nan if reason else groups["unprivileged"] - groups["privileged"]
    found = {"measure": measure, **groups, "value": value, "low": interval.low, "high": interval.high}
    return found | {"reason": reason, "support_unprivileged": len(u), "support_privileged": len(p)}


def _judged(found: dict[str, object], limits: Limits | None) -> dict[str, object]:
    if limits is None:
        return {"minimum": None, "maximum": None, "verdict": ""}
    judged = verdict(intervals.Interval(found["low"], found["high"]), limits)
    return {"minimum": limits.minimum, "maximum": limits.maximum, "verdict": judged}


def ranks(u: Array, p: Array) -> dict[str, object]:
    """Mann and Whitney's (1947) rank test that neither group tends to wait longer, ties corrected.

    ``superiority`` = P(a case of u waits longer than one of p) + half the ties, in [0, 1], 0.5 when neither does: the
    effect size beside p. Undefined (NaN) when a group is empty; p = 1 when all wait equally long.
    """
    named: dict[str, object] = {"hypothesis": "equal waits", "method": "mann-whitney"}
    if not (len(u) and len(p)):
        return named | {"method": "undefined", "p": np.nan, "superiority": np.nan}
    if np.ptp(np.concatenate([u, p])) == 0:
        return named | {"p": 1.0, "superiority": 0.5}
    found = stats.mannwhitneyu(u, p)
    return named | {"p": float(found.pvalue), "superiority": float(found.statistic / (len(u) * len(p)))}
