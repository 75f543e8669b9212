"""Waits: processing times of one group against another's, by mean, median and ranks, overall and for equal need.

A difference is unprivileged minus privileged (or everybody else), in the unit of ``duration``: positive when the
unprivileged group waits longer. Cases without a duration are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from responsible.fairness.comparisons import Row, any_level, comparisons, simultaneous, together
from responsible.fairness.groups import Groups
from responsible.fairness.verdicts import verdict
from responsible.healthcare.cases import DURATION, scopes, selected
from responsible.limits import Limits
from responsible.names import POOLED
from responsible.statistics import intervals
from responsible.statistics.intervals import Inference
from responsible.statistics.means import STILL, mann_whitney, mean_draws, median_draws, size_draws

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Statistic = tuple[Callable[[Array], float], Callable[[Array, Ints, np.random.Generator], Array]]

MEAN = "mean_wait_difference"
MEASURES: dict[str, Statistic] = {
    MEAN: (lambda x: float(np.mean(x)), mean_draws),
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
    superiority``, those of :func:`~responsible.fairness.comparisons.together` and ``farthest`` (of "any level").
    Intervals are percentiles of the bootstrap of :mod:`responsible.statistics.means`. A measure
    without limits gets no verdict (empty). No rows when the table has no ``duration``.
    """
    if DURATION not in cases:
        return pd.DataFrame()
    rows: list[Row] = []
    for scope in (s for s in scopes(cases) if s != "urgent"):
        pairs = sides(cases, who, scope)
        for name, pair in pairs.items():
            if who.mutual and name != who.levels[0]:
                rows += [_turned(row, limits) | {"comparison": name} for row in rows[-len(MEASURES) :]]
                continue
            place: Row = {"attribute": who.attribute, "comparison": name, "scope": scope}
            wider = None if name == POOLED else simultaneous(inference, who)
            rows += [place | row for row in _compared(pair, limits, inference, wider, rng)]
    rows = rows if who.reference else any_level(rows, ("scope", "measure")) + rows
    return pd.DataFrame([row | {"farthest": row.get("farthest", "")} for row in rows])


def _compared(
    pair: tuple[Array, Array],
    limits: Mapping[str, Limits],
    inference: Inference,
    wider: Inference | None,
    rng: np.random.Generator,
) -> list[Row]:
    """Both measures of one comparison, with their ends at the simultaneous confidence too, where there is one."""
    u, p = pair
    sizes = size_draws(np.array([len(u), len(p)]), inference.replicates, rng) if len(u) + len(p) else None
    rows, test = [], ranks(u, p)
    for measure, (_, draw) in MEASURES.items():
        found = _measured(measure, pair, inference)
        draws = None
        if not found["reason"] and sizes is not None:
            draws = draw(u, sizes[:, 0], rng) - draw(p, sizes[:, 1], rng)
        own = _judged(found | _ends(draws, inference), limits) | test
        rows += together([own], [_judged(found | _ends(draws, wider), limits)] if wider else [])
    return rows


def _measured(measure: str, pair: tuple[Array, Array], inference: Inference) -> Row:
    compute, (u, p) = MEASURES[measure][0], pair
    fewest = min(len(u), len(p))
    reason = "group_absent" if fewest == 0 else "n_below_minimum" if fewest < inference.minimum_denominator else ""
    if not reason and measure == MEAN and min(np.ptp(u), np.ptp(p)) == 0:
        reason = STILL
    groups = {"unprivileged": compute(u) if len(u) else np.nan, "privileged": compute(p) if len(p) else np.nan}
    value = np.nan if reason else groups["unprivileged"] - groups["privileged"]
    found: Row = {"measure": measure, **groups, "value": value, "low": np.nan, "high": np.nan}
    return found | {"reason": reason, "support_unprivileged": len(u), "support_privileged": len(p)}


def _ends(draws: Array | None, inference: Inference) -> Row:
    found = intervals.Interval(np.nan, np.nan) if draws is None else intervals.percentile(draws, inference.confidence)
    return {"low": found.low, "high": found.high}


def _judged(found: Row, limits: Mapping[str, Limits]) -> Row:
    own = limits.get(str(found["measure"]))
    if own is None:
        return found | {"minimum": None, "maximum": None, "verdict": ""}
    judged = verdict(intervals.Interval(found["low"], found["high"]), own)
    return found | {"minimum": own.minimum, "maximum": own.maximum, "verdict": judged}


def _turned(row: Row, limits: Mapping[str, Limits]) -> Row:
    """The same comparison from the other side."""
    swapped = {f"{what}{a}": row[f"{what}{b}"] for what in ("", "support_") for a, b in _SWAP.items()}
    number: dict[str, float] = {name: float(row[name]) for name in ("value", "low", "high", "superiority")}  # type: ignore[arg-type]
    ends: Row = {"value": -number["value"], "low": -number["high"], "high": -number["low"]}
    turned = _judged(row | swapped | ends | {"superiority": 1 - number["superiority"]}, limits)
    return together([turned], [turned])[0]


_SWAP = {"unprivileged": "privileged", "privileged": "unprivileged"}


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
    greater, chance = mann_whitney(u, p)
    return named | {"p": chance, "superiority": greater / (len(u) * len(p))}
