"""Robustness: the headline measures in random folds, by month, and in the last months against the earlier ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import numpy as np
import pandas as pd
from pydantic import Field

from responsible.fairness.comparisons import Comparison, headlines
from responsible.fairness.groups import Counts, Groups
from responsible.fairness.measures import MEASURES
from responsible.healthcare import approval_rates
from responsible.healthcare.cases import DURATION, MONTH
from responsible.statistics import intervals, means
from responsible.statistics.count_figures import estimate
from responsible.statistics.count_tables import drawn
from responsible.statistics.intervals import Inference
from responsible.validation import InputError, Params

PLACE = ["attribute", "comparison", "scope", "measure"]
WAIT = "mean_wait_difference"
Rows = list[dict[str, object]]


def by_part(
    cases: pd.DataFrame,
    who: Groups,
    part: np.ndarray,
    measures: Sequence[str],
    *,
    inference: Inference,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Every measure of the attribute's headline comparison, or of each level where none is privileged, in each part
    (n,) of the cases, parts in sorted order.

    Columns: ``attribute, comparison, scope, measure, part, n`` (cases of the part), ``value, low, high, error,
    reason``. Fairness measures have multinomial percentile intervals, ``mean_wait_difference`` has Welch's; ``error``
    is the standard error (of the replicates). Measures that the roles of the table do not allow are left out.
    """
    names, index = np.unique(part, return_inverse=True)
    rows: Rows = []
    counts = approval_rates.count(cases, who, part=index)
    for versus in headlines(who):
        for scope in approval_rates.scopes(cases):
            place: dict[str, object] = {"attribute": who.attribute, "comparison": versus.name, "scope": scope}
            table = np.stack(versus.split(approval_rates.within(counts, scope), axis=-3), axis=-3)
            rows += _scope(place, table, approval_rates.measures(cases, measures), inference, rng)
        if DURATION in cases and WAIT in measures:
            rows += _waits(cases, who, versus, index, inference)
    out = pd.DataFrame(rows)
    out.insert(5, "n", np.bincount(index)[out["part"]])
    return out.sort_values([*PLACE, "part"], kind="stable", ignore_index=True).assign(part=lambda t: names[t["part"]])


def _scope(
    place: dict[str, object], table: Counts, measures: Sequence[str], inference: Inference, rng: np.random.Generator
) -> Rows:
    """The measures of one scope in every part, from tables ``[part, side, y, ŷ]``."""
    draws, rows = drawn(table, inference, rng), []
    for name in measures:
        found = estimate(MEASURES[name].figure, table, draws, inference)
        error = _error(MEASURES[name].figure.compute(draws.tables))
        for i, figures in enumerate(zip(found.value, found.low, found.high, error, strict=True)):
            rows.append(place | {"measure": name} | _figures(i, figures, found.reason[i]))
    return rows


def _error(draws: np.ndarray) -> np.ndarray:
    """Standard deviation over axis 0 of the draws that are defined; 0 where none is."""
    known = ~np.isnan(draws)
    n, filled = np.maximum(known.sum(axis=0), 1), np.where(known, draws, 0.0)
    mean = filled.sum(axis=0) / n
    return np.sqrt((np.where(known, filled - mean, 0.0) ** 2).sum(axis=0) / n)


def _figures(part: int, figures: Sequence[float], reason: str) -> dict[str, object]:
    named = zip(("value", "low", "high", "error"), figures, strict=True)
    return {"part": part, **{name: np.nan if reason else float(x) for name, x in named}, "reason": reason}


def _waits(cases: pd.DataFrame, who: Groups, versus: Comparison, index: np.ndarray, inference: Inference) -> Rows:
    parts = int(index.max()) + 1
    minutes = cases[DURATION].to_numpy(dtype=float)
    side = versus.sides(who.codes(cases))
    used = (side >= 0) & ~np.isnan(minutes)
    cell = (2 * index + side)[used]
    both = means.Moments.of(minutes[used], cell, np.eye(2 * parts, dtype=bool))
    u, p = (means.Moments(both.n[s::2], both.mean[s::2], both.variance[s::2]) for s in (0, 1))
    value, low, high, _ = means.welch(u, p, inference.confidence)
    error = np.sqrt(u.variance / u.n + p.variance / p.n)
    fewest = np.minimum(u.n, p.n)
    place = {"attribute": who.attribute, "comparison": versus.name, "scope": "all", "measure": WAIT}
    rows: Rows = []
    for i in range(parts):
        few = "n_below_minimum" if fewest[i] < inference.minimum_denominator else ""
        still = means.STILL if np.isnan(low[i]) else ""
        reason = "group_absent" if fewest[i] == 0 else few or still
        rows.append(place | _figures(i, [value[i], low[i], high[i], error[i]], reason))
    return rows


EARLIER, LAST, CHANGE = "earlier", "last", "last minus earlier"


class Steadiness(Params):
    """The number of random ``folds``, and how many of the ``last_months`` are held out against those before."""

    folds: Annotated[int, Field(ge=2, le=100)]
    last_months: Annotated[int, Field(ge=1, le=1_200)]


def folds(
    cases: pd.DataFrame,
    who: Groups,
    measures: Sequence[str],
    rules: Steadiness,
    *,
    inference: Inference,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """:func:`by_part` of a random, even split of the cases, parts ``1`` to ``folds``."""
    part = 1 + rng.permutation(len(cases)) % rules.folds
    return by_part(cases, who, part.astype(str), measures, inference=inference, rng=rng)


def months(
    cases: pd.DataFrame, who: Groups, measures: Sequence[str], *, inference: Inference, rng: np.random.Generator
) -> pd.DataFrame:
    """:func:`by_part` of the months, in order; no rows when the table has no months."""
    if MONTH not in cases:
        return pd.DataFrame()
    return by_part(cases, who, cases[MONTH].to_numpy(dtype=str), measures, inference=inference, rng=rng)


def held_out(
    cases: pd.DataFrame,
    who: Groups,
    measures: Sequence[str],
    rules: Steadiness,
    *,
    inference: Inference,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """:func:`by_part` of the last months and of those before, with a third part, their difference, by a normal
    interval.

    Raises:
        InputError: there are not more months than ``last_months``.
    """
    if MONTH not in cases:
        return pd.DataFrame()
    known = sorted(cases[MONTH].unique())
    if len(known) <= rules.last_months:
        rule = f"must leave an earlier month of {len(known)}, got {rules.last_months}; hold out fewer"
        raise InputError(f"steadiness.last_months {rule}")
    part = np.where(cases[MONTH].isin(known[-rules.last_months :]), LAST, EARLIER)
    two = by_part(cases, who, part, measures, inference=inference, rng=rng)
    return pd.concat([two, _change(two, intervals.quantile(inference.confidence))], ignore_index=True)


def _change(two: pd.DataFrame, z: float) -> pd.DataFrame:
    earlier, last = (two[two["part"] == name].reset_index(drop=True) for name in (EARLIER, LAST))
    value, error = last["value"] - earlier["value"], np.hypot(last["error"], earlier["error"])
    ends = {"value": value, "low": value - z * error, "high": value + z * error, "error": error}
    reason = last["reason"].where(last["reason"] != "", earlier["reason"])
    return last.assign(part=CHANGE, n=last["n"] + earlier["n"], **ends, reason=reason)


def at_once(held: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """The tables of :func:`held_out` of all attributes together, whose changes have intervals that hold at once."""
    if held.empty:
        return held
    changes = held["part"] == CHANGE
    z = intervals.quantile(intervals.bonferroni(confidence, int((changes & held["value"].notna()).sum())))
    ends = {"low": held["value"] - z * held["error"], "high": held["value"] + z * held["error"]}
    return held.assign(**{end: held[end].mask(changes, value) for end, value in ends.items()})
