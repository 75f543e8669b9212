"""The group audit of two models on the same rows: measures, intervals, tests and verdicts of one sensitive attribute.

Everything starts from joint counts ``[level, y, ŷ_baseline, ŷ_reweighed]`` of the test rows. One set of multinomial
draws serves both models, so their change is paired: the same people under both models.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import pandas as pd
from pydantic import Field, field_validator

from responsible.fairness.groups import Counts, Groups, marginals
from responsible.fairness.measures import MEASURES, pool, undefined
from responsible.fairness.verdicts import best_accuracy, change_interval, interval, verdict
from responsible.limits import Limits
from responsible.names import BASELINE, CHANGE, MODELS, POOLED, REWEIGHED
from responsible.statistics import intervals, significance
from responsible.statistics.intervals import Inference
from responsible.statistics.rates import parts
from responsible.validation import Params, did_you_mean


class Fairness(Params):
    """The limits each measure is judged by, and the lowest accuracy a model is of use at (for ``infeasible``)."""

    accuracy_floor: Annotated[float, Field(ge=0, le=1)]
    limits: dict[str, Limits]

    @field_validator("limits")
    @classmethod
    def _one_for_each_measure(cls, limits: dict[str, Limits]) -> dict[str, Limits]:
        """Refuse limits for measures that do not exist and measures without limits, declared or their own."""
        for name in limits:
            if name not in MEASURES:
                raise ValueError(f"limits.{name} is not a measure{did_you_mean(name, MEASURES)}")
        own = {name: measure.limits for name, measure in MEASURES.items() if measure.limits}
        if lacking := [name for name in MEASURES if name not in own | limits]:
            raise ValueError(f"limits for {', '.join(lacking)} are missing; add a minimum or maximum")
        return own | limits


@dataclass(frozen=True)
class _Pair:
    """One comparison: its unprivileged group's name, and the tables and draws of both groups, by model."""

    name: str
    point: Mapping[str, tuple[Counts, Counts]]
    draws: Mapping[str, tuple[Counts, Counts]]


def _pairs(joint: Counts, draws: Counts, who: Groups) -> list[_Pair]:
    point, drawn = marginals(joint), marginals(draws)
    split = {m: (pool(point[m], who.privileged), pool(drawn[m], who.privileged)) for m in MODELS}
    pairs = [_Pair(POOLED, {m: split[m][0] for m in MODELS}, {m: split[m][1] for m in MODELS})]
    levels = [
        _Pair(
            who.levels[level],
            {m: (point[m][level], split[m][0][1]) for m in MODELS},
            {m: (drawn[m][:, level], split[m][1][1]) for m in MODELS},
        )
        for level in np.flatnonzero(~who.privileged)
    ]
    return [*pairs, *levels]


def disparities(
    joint: Counts, who: Groups, fairness: Fairness, inference: Inference, rng: np.random.Generator
) -> pd.DataFrame:
    """Every measure of every comparison, for baseline, reweighed and their paired change.

    Comparisons are all unprivileged levels pooled, and each unprivileged level alone, against all privileged levels
    pooled. Columns: ``attribute, comparison, model, measure, value, low, high, undefined_share, reason, minimum,
    maximum, verdict, best_accuracy, hypothesis, method, p, support_unprivileged, support_privileged`` (the fewest rows
    a rate of the measure rests on). ``p`` is not adjusted: the family spans attributes (:func:`adjust`). A change has
    neither limits nor verdict; with an undefined side it is undefined for that side's reason.
    """
    draws = intervals.replicates(joint, inference.replicates, rng, probabilities=intervals.half_counts(joint))
    rows = [
        {"attribute": who.attribute, "comparison": pair.name, **row}
        for pair in _pairs(joint, draws, who)
        for row in _comparison(pair, fairness, inference)
    ]
    return pd.DataFrame(rows).astype({"support_unprivileged": "Int64", "support_privileged": "Int64"})


def _comparison(pair: _Pair, fairness: Fairness, inference: Inference) -> list[dict[str, object]]:
    tests = {m: _tests(*pair.point[m]) for m in MODELS}
    out: list[dict[str, object]] = []
    for name in MEASURES:
        place, ceiling = {"measure": name}, _ceiling(name, pair, fairness, inference)
        judged = {m: _judged(name, pair, m, fairness, inference, ceiling=ceiling) for m in MODELS}
        out += [place | {"model": m} | judged[m] | tests[m][name] for m in MODELS]
        out.append(place | {"model": CHANGE} | _change(name, pair, inference))
    return out


def _ceiling(name: str, pair: _Pair, fairness: Fairness, inference: Inference) -> float:
    """The upper interval end of the best accuracy under the limits; labels alone decide it, so it is one for all
    models.
    """
    best = best_accuracy(*pair.draws[MODELS[0]], name, fairness.limits[name])
    return float(intervals.percentile(best, inference.confidence).high)


def _judged(
    name: str, pair: _Pair, model: str, fairness: Fairness, inference: Inference, *, ceiling: float
) -> dict[str, object]:
    u, p = pair.point[model]
    limits, reason = fairness.limits[name], undefined(name, u, p, inference.minimum_denominator)
    value = np.nan if reason else float(MEASURES[name].compute(u, p))
    found = _reported(interval(name, pair.draws[model], (u, p), inference.confidence), value)
    return {
        "value": value,
        "low": found.low,
        "high": found.high,
        "undefined_share": found.undefined_share,
        "reason": reason or "",
        "minimum": limits.minimum,
        "maximum": limits.maximum,
        "verdict": verdict(found, limits, ceiling, fairness.accuracy_floor),
        "best_accuracy": float(best_accuracy(u, p, name, limits)),
        **_support(name, u, p),
    }


def _support(name: str, u: Counts, p: Counts) -> dict[str, object]:
    fewest = [min(int(parts(side, rate)[1]) for rate in MEASURES[name].rates) for side in (u, p)]
    return {"support_unprivileged": fewest[0], "support_privileged": fewest[1]}


def _reported(found: intervals.Interval, value: float) -> intervals.Interval:
    if np.isnan(value):
        return intervals.Interval(np.nan, np.nan, found.undefined_share)
    return intervals.including(found, value)


def _change(name: str, pair: _Pair, inference: Inference) -> dict[str, object]:
    compute, least = MEASURES[name].compute, inference.minimum_denominator
    reasons = [r for m in MODELS if (r := undefined(name, *pair.point[m], least))]
    value = np.nan if reasons else float(compute(*pair.point[REWEIGHED]) - compute(*pair.point[BASELINE]))
    draws, point = ((tables[BASELINE], tables[REWEIGHED]) for tables in (pair.draws, pair.point))
    found = _reported(change_interval(name, draws, point, inference.confidence), value)
    return {
        "value": value,
        "low": found.low,
        "high": found.high,
        "undefined_share": found.undefined_share,
        "reason": reasons[0] if reasons else "",
    }


def _tests(u: Counts, p: Counts) -> dict[str, dict[str, object]]:
    """By measure: hypothesis, method and p of the test of its null hypothesis, shared by measures of one hypothesis."""
    tests = {measure.hypothesis: measure.test for measure in MEASURES.values()}
    found = {hypothesis: test(u, p) for hypothesis, test in tests.items()}
    return {
        name: {"hypothesis": (h := measure.hypothesis), "method": found[h].method, "p": found[h].p}
        for name, measure in MEASURES.items()
    }


def adjust(comparisons: pd.DataFrame) -> pd.DataFrame:
    """The comparisons of all attributes with ``p_adjusted``: Holm over the declared family.

    The family is every distinct (attribute, comparison, model, hypothesis): measures of one hypothesis count once.
    """
    key = ["attribute", "comparison", "model", "hypothesis"]
    family = comparisons.dropna(subset=["p"]).drop_duplicates(key)
    family = family.assign(p_adjusted=significance.holm(family["p"].to_numpy()))
    return comparisons.merge(family[[*key, "p_adjusted"]], on=key, how="left")


def summary(comparisons: pd.DataFrame) -> dict[str, dict[str, object]]:
    """Headline values ``{attribute: {model: {measure: value}}}`` of the pooled comparison.

    Undefined values are NaN, and a sibling ``undefined`` map gives the reason code of each.
    """
    pooled = comparisons[(comparisons["comparison"] == POOLED) & (comparisons["model"] != CHANGE)]
    out: dict[str, dict[str, object]] = {}
    for attribute, rows in pooled.groupby("attribute", sort=False):
        out[str(attribute)] = {str(model): _values(own) for model, own in rows.groupby("model", sort=False)}
    return out


def _values(rows: pd.DataFrame) -> dict[str, object]:
    values: dict[str, object] = dict(zip(rows["measure"], rows["value"], strict=True))
    reasons = {m: r for m, r in zip(rows["measure"], rows["reason"], strict=True) if r}
    return values | ({"undefined": reasons} if reasons else {})
