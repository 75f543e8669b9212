"""The group audit of two models on the same rows: measures, intervals, tests and verdicts of one sensitive attribute.

Everything starts from joint counts ``[level, y, ŷ_baseline, ŷ_reweighed]`` of the test rows. Each comparison pools its
levels first and then draws. The change is drawn from joint counts, so it is paired: the same people under both models.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Annotated

import numpy as np
import pandas as pd
from pydantic import Field, field_validator

from responsible.fairness.comparisons import Row, any_level, comparisons, simultaneous, together
from responsible.fairness.groups import Counts, Groups, marginals
from responsible.fairness.measures import MEASURES
from responsible.fairness.verdicts import best_accuracy, rows_needed, verdict
from responsible.limits import Limits
from responsible.names import ANY_LEVEL, CHANGE, MODELS, POOLED
from responsible.statistics import intervals
from responsible.statistics.count_figures import change, drawn, estimate
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


@dataclass(frozen=True, eq=False)
class _Pair:
    """The tables of one comparison, unprivileged first, and their replicates: joint counts ``[side, y, a, b]`` for the
    change, and each model's own ``[side, y, ŷ]``, so that its figures do not depend on the model it stands beside.
    """

    joint: tuple[Counts, Counts]
    models: Mapping[str, tuple[Counts, Counts]]

    @classmethod
    def of(cls, joint: Counts, inference: Inference, rng: np.random.Generator) -> _Pair:
        own = {model: (table, drawn(table, inference, rng)) for model, table in marginals(joint).items()}
        return cls((joint, drawn(joint, inference, rng, models=2)), own)

    def turned(self) -> _Pair:
        """The same comparison, and the same replicates, from the other side."""
        joint, draws = (np.flip(counts, axis=-4) for counts in self.joint)
        own = {model: (np.flip(t, axis=-3), np.flip(d, axis=-3)) for model, (t, d) in self.models.items()}
        return _Pair((joint, draws), own)


def disparities(
    joint: Counts,
    who: Groups,
    fairness: Fairness,
    inference: Inference,
    rng: np.random.Generator,
    *,
    rows: int | None = None,
) -> pd.DataFrame:
    """Every measure of every comparison, for baseline, reweighed and their paired change.

    Comparisons are those of :func:`~.comparisons.comparisons`; a single unprivileged level is also all of them, with
    the same figures, and "any level" (:func:`~.comparisons.any_level`) that of the level that ``farthest`` names.
    ``rows``: those of everybody, excluded levels too (default: those of ``joint``).
    Columns: ``attribute, comparison, model, measure, value, low, high, undefined_share, reason, minimum, maximum,
    verdict, best_accuracy``; ``support_unprivileged, support_privileged`` (the fewest rows a rate of the measure rests
    on), ``needed_unprivileged, needed_privileged`` (of the same kind, :func:`~.verdicts.rows_needed`); ``hypothesis,
    method, p``, not adjusted, for the family spans attributes (:func:`~.comparisons.adjust`); those of
    :func:`~.comparisons.together`, and ``farthest``. A change has neither limits nor verdict; with an undefined side it
    is undefined for that side's reason.
    """
    found: list[Row] = []
    everybody, wider = int(joint.sum()) if rows is None else rows, simultaneous(inference, who)
    for versus, pair in _pairs(joint, who, inference, rng):
        judge = partial(_comparison, pair, fairness, others=everybody - int(pair.joint[0].sum()))
        own, wide = judge(inference), None if versus == POOLED else wider
        judged = together(_tested(own, pair), own if wide == inference else judge(wide) if wide else [])
        names = [POOLED, versus] if who.reference and who.compared == 1 else [versus]
        found += [{"attribute": who.attribute, "comparison": name, **row} for name in names for row in judged]
    if not who.reference:
        found = any_level([row for row in found if row["model"] != CHANGE], ("model", "measure")) + found
    return pd.DataFrame([row | {"farthest": row.get("farthest", "")} for row in found]).astype(
        {f"{what}_{who}": "Int64" for what in ("support", "needed") for who in ("unprivileged", "privileged")}
    )


def _pairs(joint: Counts, who: Groups, inference: Inference, rng: np.random.Generator) -> Iterator[tuple[str, _Pair]]:
    """Every comparison by name; two levels that are compared with each other have the same replicates."""
    pair: _Pair | None = None
    for versus in comparisons(who):
        turned = pair and who.mutual
        pair = pair.turned() if pair and turned else _Pair.of(np.stack(versus.split(joint, axis=0)), inference, rng)
        yield versus.name, pair


def _tested(rows: list[Row], pair: _Pair) -> list[Row]:
    tests = {m: _tests(*pair.models[m][0]) for m in MODELS}
    return [row | tests.get(str(row["model"]), {}).get(str(row["measure"]), {}) for row in rows]


def _comparison(pair: _Pair, fairness: Fairness, inference: Inference, *, others: int) -> list[Row]:
    out: list[Row] = []
    for name, measure in MEASURES.items():
        place, ceiling = {"measure": name}, _ceiling(name, pair, fairness, inference, others)
        for model in MODELS:
            judged = _judged(name, pair.models[model], fairness, inference, ceiling=ceiling, others=others)
            out.append(place | {"model": model} | judged)
        out.append(place | {"model": CHANGE} | asdict(change(measure.figure, *pair.joint, inference)))
    return out


def _ceiling(name: str, pair: _Pair, fairness: Fairness, inference: Inference, others: int) -> float:
    """The upper interval end of the best accuracy under the limits; labels alone decide it, so it is one for all
    models.
    """
    draws = pair.models[MODELS[0]][1]
    best = best_accuracy(draws[..., 0, :, :], draws[..., 1, :, :], name, fairness.limits[name], others)
    return float(intervals.percentile(best, inference.confidence).high)


def _judged(
    name: str,
    tables: tuple[Counts, Counts],
    fairness: Fairness,
    inference: Inference,
    *,
    ceiling: float,
    others: int,
) -> dict[str, object]:
    limits, (u, p) = fairness.limits[name], tables[0]
    found, support = estimate(MEASURES[name].figure, *tables, inference), _support(name, u, p)
    judged = verdict(intervals.Interval(found.low, found.high), limits, ceiling, fairness.accuracy_floor)
    return {
        **asdict(found),
        "minimum": limits.minimum,
        "maximum": limits.maximum,
        "verdict": judged,
        "best_accuracy": float(best_accuracy(u, p, name, limits, others)),
        "support_unprivileged": support[0],
        "support_privileged": support[1],
        **rows_needed(found, limits, judged, support, inference),
    }


def _support(name: str, u: Counts, p: Counts) -> tuple[int, int]:
    fewest = [min(int(parts(side, rate)[1]) for rate in MEASURES[name].rates) for side in (u, p)]
    return fewest[0], fewest[1]


def _tests(u: Counts, p: Counts) -> dict[str, dict[str, object]]:
    """By measure: hypothesis, method and p of the test of its null hypothesis, shared by measures of one hypothesis."""
    tests = {measure.hypothesis: measure.test for measure in MEASURES.values()}
    found = {hypothesis: test(u, p) for hypothesis, test in tests.items()}
    return {
        name: {"hypothesis": (h := measure.hypothesis), "method": found[h].method, "p": found[h].p}
        for name, measure in MEASURES.items()
    }


def summary(comparisons: pd.DataFrame) -> dict[str, dict[str, object]]:
    """Headline values ``{attribute: {model: {measure: value}}}`` of the pooled comparison, or of any level.

    Undefined values are NaN, and a sibling ``undefined`` map gives the reason code of each; where no level is
    privileged, a sibling ``farthest`` names the level of each.
    """
    pooled = comparisons[comparisons["comparison"].isin([POOLED, ANY_LEVEL]) & (comparisons["model"] != CHANGE)]
    out: dict[str, dict[str, object]] = {}
    for attribute, rows in pooled.groupby("attribute", sort=False):
        out[str(attribute)] = {str(model): _values(own) for model, own in rows.groupby("model", sort=False)}
    return out


def _values(rows: pd.DataFrame) -> dict[str, object]:
    values: dict[str, object] = dict(zip(rows["measure"], rows["value"], strict=True))
    for name, column in (("undefined", "reason"), ("farthest", "farthest")):
        if said := {m: text for m, text in zip(rows["measure"], rows[column], strict=True) if text}:
            values[name] = said
    return values
