"""Steadiness: the headline measures in random folds, month by month, and in the last months against the earlier ones.

Layer 7.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import numpy as np
import pandas as pd
from pydantic import Field
from scipy import stats

from responsible.fairness.groups import Groups, Inference
from responsible.healthcare.cases import MONTH
from responsible.healthcare.parts import PLACE, by_part
from responsible.statistics import intervals
from responsible.statistics.significance import holm
from responsible.validation import InputError, Params

EARLIER, LAST, CHANGE = "earlier", "last", "last minus earlier"


class Steadiness(Params):
    """The number of random ``folds``, and how many of the ``last_months`` are held out against those before."""

    folds: Annotated[int, Field(ge=2)]
    last_months: Annotated[int, Field(ge=1)]


def folds(
    cases: pd.DataFrame,
    who: Groups,
    measures: Sequence[str],
    rules: Steadiness,
    *,
    inference: Inference,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """:func:`responsible.healthcare.parts.by_part` of a random, even split of the cases, parts ``1`` to ``folds``."""
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


def heterogeneity(parts: pd.DataFrame) -> pd.DataFrame:
    """Does a measure differ among parts more than chance lets it? One row a measure of :func:`by_part`'s tables.

    Columns: ``attribute, comparison, scope, measure, parts`` (with a value), ``least, most, mean`` (weighted by the
    inverse variance), ``q`` (Cochran 1954: Σ (v − mean)²/error², chi-square with parts − 1 degrees of freedom when
    nothing differs), ``i2`` (share of the variation beyond chance, max(0, 1 − (parts − 1)/q)), ``p, p_adjusted`` (Holm
    over the rows). Undefined with fewer than two values.
    """
    if parts.empty:
        return pd.DataFrame()
    rows = []
    for place, own in parts.groupby(PLACE, sort=False):
        value, error = (own.loc[own["error"] > 0, column].to_numpy(dtype=float) for column in ("value", "error"))
        rows.append(dict(zip(PLACE, place, strict=True)) | _q(value, error))
    out = pd.DataFrame(rows)
    return out.assign(p_adjusted=holm(out["p"].to_numpy(dtype=float)))


def _q(value: np.ndarray, error: np.ndarray) -> dict[str, float]:
    k = len(value)
    if k < 2:
        return {"parts": k} | dict.fromkeys(("least", "most", "mean", "q", "i2", "p"), np.nan)
    mean = np.average(value, weights=error**-2)
    q = float(np.sum(((value - mean) / error) ** 2))
    found = {"parts": k, "least": value.min(), "most": value.max(), "mean": float(mean), "q": q}
    return found | {"i2": max(0.0, 1 - (k - 1) / q) if q > 0 else 0.0, "p": float(stats.chi2.sf(q, k - 1))}
