"""A measure among people who are alike in declared legitimate factors: within strata, and pooled over them.

Tables are ``counts[..., stratum, side, y, ŷ]``, sides unprivileged and privileged. The pooled difference of a rate is
Mantel and Haenszel's, a mean of the strata's differences weighted by n_u n_p / N, the pooled ratio theirs for ratios;
a measure of several rates is made of their pooled differences. A stratum without rows of one side adds nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from responsible.fairness.measures import MEASURES
from responsible.measures.definition import Measure
from responsible.statistics import jackknife
from responsible.statistics.count_figures import estimate
from responsible.statistics.count_tables import drawn
from responsible.statistics.intervals import (
    Inference,
    Interval,
    bonferroni,
    quantile,
    wilson,
)
from responsible.statistics.mantel_haenszel import stratified
from responsible.statistics.rates import RATES, Counts, divide, parts

CDD = "conditional_demographic_disparity"
EVERY = ""  # the stratum of a row that is pooled over all
COLUMNS = ["measure", "stratum", "support_unprivileged", "support_privileged", "plain", "value", "low", "high", "p"]
COLUMNS += ["reason", "strata", "rows_compared"]
NOBODY = "no_similar_people"
"""Why a pooled figure has no value: no stratum has people of both sides that the measure rests on."""


def pooled_difference(table: Counts, rate: str) -> np.ndarray:
    """Mantel and Haenszel's difference of a rate over strata, (...) in [−1, 1]; NaN where no stratum has both sides."""
    k, n = (each.astype(float) for each in parts(table, rate))
    whole = n.sum(axis=-1)
    excess = divide(k[..., 0] * n[..., 1] - k[..., 1] * n[..., 0], whole)
    return divide(np.nansum(excess, axis=-1), np.nansum(divide(n[..., 0] * n[..., 1], whole), axis=-1))


def pooled_ratio(table: Counts, rate: str) -> np.ndarray:
    """Mantel and Haenszel's ratio of a rate over strata: Σ k_u n_p / N over Σ k_p n_u / N, in [0, ∞); NaN over 0."""
    k, n = (each.astype(float) for each in parts(table, rate))
    over, under = (divide(k[..., i] * n[..., 1 - i], n.sum(axis=-1)) for i in (0, 1))
    return divide(np.nansum(over, axis=-1), np.nansum(under, axis=-1))


def pooled(measure: Measure, table: Counts) -> np.ndarray:
    """The measure of pooled differences, or the pooled ratio, of tables ``[..., stratum, side, y, ŷ]``: (...)."""
    if measure.ratio:
        return pooled_ratio(table, measure.rates[0])
    gaps = np.stack([pooled_difference(table, rate) for rate in measure.rates], axis=-1)
    if measure.gaps:
        return np.asarray((np.max if measure.largest else np.mean)(np.abs(gaps), axis=-1))
    return np.asarray(gaps.mean(axis=-1))


def conditional_demographic_disparity(table: Counts) -> np.ndarray:
    """CDD = Σ n_i DD_i / n of tables ``[..., stratum, side, y, ŷ]``, in [−1, 1]; above 0 u is refused more.

    DD_i is u's share of the refused less its share of the selected in stratum i (Wachter, Mittelstadt & Russell 2021;
    SageMaker Clarify's CDDPL). A stratum where nobody is refused, or nobody selected, counts as no disparity.
    """
    answers = table.sum(axis=-2)
    share = divide(answers[..., 0, :], answers.sum(axis=-2))
    n = answers.sum(axis=(-2, -1))
    return divide((np.nan_to_num(share[..., 0] - share[..., 1]) * n).sum(axis=-1), n.sum(axis=-1))


def by_side(table: Counts) -> Counts:
    """``[..., stratum, side, y, ŷ]`` of a table whose levels are sides within strata."""
    return table.reshape(*table.shape[:-3], -1, 2, 2, 2)


@dataclass(frozen=True)
class _Gap:
    """A pooled signed difference with its error, the z and p of no difference, and how much farther Wilson reaches."""

    value: float
    error: float
    p: float
    rare: tuple[float, float]

    def ends(self, confidence: float) -> tuple[float, float]:
        half = quantile(confidence) * self.error
        return max(self.value - np.hypot(half, self.rare[0]), -1.0), min(self.value + np.hypot(half, self.rare[1]), 1.0)


def _gap(table: Counts, rate: str, confidence: float) -> _Gap:
    k, n = (each.astype(float) for each in parts(table, rate))
    both = (n > 0).all(axis=-1)
    found = stratified(n[None, :, 0], k[None, :, 0], n.sum(axis=-1), k.sum(axis=-1))
    events, rows, z = k[both].sum(axis=0), n[both].sum(axis=0), quantile(confidence)
    share, ends = divide(events, rows), wilson(events, rows, confidence)
    normal = z * z * divide(share * (1 - share), rows)
    down, up = (np.maximum(distance**2 - normal, 0) for distance in (share - ends.low, ends.high - share))
    rare = float(np.sqrt(down[0] + up[1])), float(np.sqrt(up[0] + down[1]))
    return _Gap(float(found.difference[0]), float(found.error[0]), float(found.p[0]), rare)


def _ratio_ends(table: Counts, rate: str, confidence: float) -> Interval:
    """On the logarithm, with the variance of Greenland and Robins (1985); a side without events is given half a one."""
    k, n = (each.astype(float) for each in parts(table, rate))
    k, n = k[(n > 0).all(axis=-1)], n[(n > 0).all(axis=-1)]
    if (k.sum(axis=0) == 0).any():
        k = k + 0.5 / len(k) * (k.sum(axis=0) == 0)
    whole = n.sum(axis=-1)
    over, under = (k[:, 0] * n[:, 1] / whole).sum(), (k[:, 1] * n[:, 0] / whole).sum()
    variance = ((n[:, 0] * n[:, 1] * k.sum(axis=1) - k[:, 0] * k[:, 1] * whole) / whole**2).sum() / (over * under)
    half = quantile(confidence) * np.sqrt(max(variance, 0.0))
    return Interval(float(over / under * np.exp(-half)), float(over / under * np.exp(half)), 0.0)


def _ends(measure: Measure, table: Counts, confidence: float) -> tuple[Interval, float]:
    """The interval of the pooled measure of independent rows, and the p of no difference in any of its rates."""
    each = [_gap(table, rate, confidence) for rate in measure.rates]
    p = min(1.0, len(each) * min(gap.p for gap in each))
    if measure.ratio:
        return _ratio_ends(table, measure.rates[0], confidence), p
    if not measure.gaps:
        value = float(np.mean([gap.value for gap in each]))
        down, up = (
            np.sqrt(sum((gap.value - gap.ends(confidence)[0]) ** 2 for gap in each)) / len(each),
            np.sqrt(sum((gap.ends(confidence)[1] - gap.value) ** 2 for gap in each)) / len(each),
        )
        return Interval(value - float(down), value + float(up), 0.0), p
    sure = [gap.ends(bonferroni(confidence, len(each))) for gap in each]  # hold at once
    combine = np.max if measure.largest else np.mean
    low = combine([max(0.0, low, -high) for low, high in sure])
    return Interval(float(low), float(combine([max(-low, high) for low, high in sure])), 0.0), p


def similar_groups(
    table: Counts,
    names: Sequence[str],
    strata: Sequence[str],
    inference: Inference,
    rng: np.random.Generator,
    *,
    by_group: Counts | None = None,
) -> pd.DataFrame:
    """Each of the measures of counts ``names``, in every stratum and pooled over all; and the pooled CDD.

    ``table`` is ``[stratum, side, y, ŷ]``, ``by_group`` the same by group of clusters. ``plain`` is the measure of the
    rows of all strata together, ``rows_compared`` the share of rows in strata with people of both sides. Columns:
    :data:`COLUMNS`; the stratum of a pooled row is empty.
    """
    few = inference.model_copy(update={"replicates": min(inference.replicates, 1_000)})
    draws = drawn(table, few, rng, parts=by_group)
    both = (table.sum(axis=(-2, -1)) > 0).all(axis=-1)
    common = {"strata": len(strata), "rows_compared": float(table[both].sum() / max(table.sum(), 1))}
    rows = []
    for name in [name for name in names if name in MEASURES]:
        measure = MEASURES[name]
        plain = float(measure.figure.compute(table.sum(axis=0)))
        rows.append({"measure": name, "stratum": EVERY, "plain": plain} | _pooled(measure, table, inference, by_group))
        own = estimate(measure.figure, table, draws, few)
        support = np.min([parts(table, rate)[1] for rate in measure.rates], axis=0)
        ends = zip(strata, support.tolist(), own.value, own.low, own.high, own.reason, strict=True)
        for stratum, (u, p), value, low, high, reason in ends:
            found = {"value": value, "low": low, "high": high, "reason": reason}
            rows.append({"measure": name, "stratum": stratum} | _sides(u, p) | found)
    rows.append({"measure": CDD, "stratum": EVERY} | _disparity(table))
    return pd.DataFrame([row | common for row in rows]).reindex(columns=COLUMNS)


def _sides(u: int, p: int) -> dict[str, object]:
    return {"support_unprivileged": int(u), "support_privileged": int(p)}


def _pooled(measure: Measure, table: Counts, inference: Inference, by_group: Counts | None) -> dict[str, object]:
    rows = np.stack([parts(table, rate)[1] for rate in measure.rates])
    used = (rows * (rows > 0).all(axis=-1, keepdims=True)).sum(axis=1).min(axis=0)
    support = _sides(*used.tolist())
    value = pooled(measure, table)
    if used.min() < inference.minimum_denominator or np.isnan(value):
        why = NOBODY if used.min() == 0 else "n_below_minimum" if used.min() < inference.minimum_denominator else ""
        return support | {"reason": why or measure.zero_privileged or "undefined"}
    ends, p = _ends(measure, table, inference.confidence)
    if by_group is not None:
        held = jackknife.supports([RATES[rate] for rate in measure.rates], by_group.sum(axis=1))
        values = pooled(measure, jackknife.deleted(by_group))
        sure, bounds = inference.confidence, measure.bounds
        ends = jackknife.stretched(ends, value, values, support=held, confidence=sure, bounds=bounds)
        p = np.nan
    return support | {"value": float(value), "low": float(ends.low), "high": float(ends.high), "p": p, "reason": ""}


def _disparity(table: Counts) -> dict[str, object]:
    """CDD, a description without interval: in sparse strata replicates have less of it than the table they are of."""
    value, plain = (float(conditional_demographic_disparity(t)) for t in (table, table.sum(axis=0, keepdims=True)))
    return _sides(*table.sum(axis=(0, 2, 3)).tolist()) | {"plain": plain, "value": value, "reason": ""}
