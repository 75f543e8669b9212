"""The group audit of models on the same rows: measures, intervals, tests and verdicts of one sensitive attribute.

Everything starts from joint counts ``[level, y, ŷ, ŷ, …]`` of the test rows, an axis for each model. Each comparison
pools its levels first and then draws. A change is drawn from the joint counts of a model and the reference, so it is
paired: the same people under both.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pandas as pd

from responsible.fairness.comparisons import Comparison, Row, any_level, comparisons, simultaneous, together
from responsible.fairness.groups import Counts, Groups
from responsible.fairness.measures import KNOWN, MEASURES, SCORE_MEASURES
from responsible.fairness.verdicts import Fairness, best_accuracy, rows_needed, verdict
from responsible.measures.scores import Scored, compare
from responsible.names import POOLED, Judged, is_change
from responsible.statistics import intervals, jackknife
from responsible.statistics.count_figures import Estimate, change, estimate
from responsible.statistics.count_tables import JUDGED, Sides
from responsible.statistics.intervals import Inference
from responsible.statistics.rates import RATES
from responsible.statistics.rates import parts as of_rate

__all__ = ["Fairness", "disparities"]
NOBODY = Scored({}, *[np.zeros(0, dtype=np.int64)] * 3), np.zeros(0, dtype=np.int64)  # of a model without scores


def disparities(
    joint: Counts,
    who: Groups,
    fairness: Fairness,
    inference: Inference,
    rng: np.random.Generator,
    *,
    rows: int | None = None,
    parts: Counts | None = None,
    scored: Mapping[str, Scored] = MappingProxyType({}),
    models: Judged = JUDGED,
) -> pd.DataFrame:
    """Every chosen measure (without labels: those that need none) of every comparison, for each of ``models``, and the
    paired change of each against their reference.

    Comparisons are those of :func:`~.comparisons.comparisons`; a single unprivileged level is also all of them, with
    the same figures, and "any level" (:func:`~.comparisons.any_level`) that of the level that ``farthest`` names.
    ``rows``: those of everybody, excluded levels too (default: those of ``joint``). ``parts``: ``joint`` by group of
    clusters, ``(GROUPS, level, ...)``, if rows come in clusters; intervals and tests are then the jackknife's.
    ``scored``: by model, the cells by level with its scores; without any, measures of scores are left out.
    Columns: ``attribute, comparison, model, measure, value, low, high, undefined_share, reason, minimum, maximum,
    verdict, best_accuracy``; ``support_unprivileged, support_privileged`` (the fewest rows a rate of the measure rests
    on), ``needed_unprivileged, needed_privileged`` (of the same kind, :func:`~.verdicts.rows_needed`); ``hypothesis,
    method, p``, not adjusted, for the family spans attributes (:func:`~.comparisons.adjust`); those of
    :func:`~.comparisons.together`, and ``farthest``. A change has neither limits nor verdict; with an undefined side it
    is undefined for that side's reason.
    """
    found: list[Row] = []
    everybody, wider = int(joint.sum()) if rows is None else rows, simultaneous(inference, who)
    for versus, pair in _pairs(joint, parts, who, inference, rng, models=models):
        name, sides = versus.name, {model: (own, versus.sides(own.code)) for model, own in scored.items()}
        others, asked = everybody - pair.rows, _asked(fairness, models, scores=bool(scored))
        judge = partial(_comparison, pair, fairness, names=asked, models=models, others=others, scored=sides)
        own, wide = judge(inference), None if name == POOLED else wider
        tested = _tested(own, pair, asked)
        judged = together(tested, own if wide == inference else judge(wide) if wide else [])
        names = [POOLED, name] if who.reference and who.compared == 1 else [name]
        found += [{"attribute": who.attribute, "comparison": name, **row} for name in names for row in judged]
    if not who.reference:
        found = any_level([row for row in found if not is_change(str(row["model"]))], ("model", "measure")) + found
    return pd.DataFrame([row | {"farthest": row.get("farthest", "")} for row in found]).astype(
        {f"{what}_{who}": "Int64" for what in ("support", "needed") for who in ("unprivileged", "privileged")}
    )


def _asked(fairness: Fairness, models: Judged, *, scores: bool) -> list[str]:
    """The chosen measures that rows and models can answer."""
    chosen = [name for name in fairness.chosen if name in MEASURES or scores]
    return [name for name in chosen if models.labelled or not KNOWN[name].needs_labels]


def _pairs(
    joint: Counts,
    parts: Counts | None,
    who: Groups,
    inference: Inference,
    rng: np.random.Generator,
    *,
    models: Judged,
) -> Iterator[tuple[Comparison, Sides]]:
    """Every comparison by name; two levels that are compared with each other have the same replicates."""
    pair: Sides | None = None
    for versus in comparisons(who):
        if pair and who.mutual:
            pair = pair.turned()
        else:
            by_group = None if parts is None else np.stack(versus.split(parts, axis=1), axis=1)
            pair = Sides.of(np.stack(versus.split(joint, axis=0)), by_group, inference, rng, models)
        yield versus, pair


def _tested(rows: list[Row], pair: Sides, names: Sequence[str]) -> list[Row]:
    tests = {m: _tests(table, draws.parts, names) for m, (table, draws) in pair.models.items()}
    return [row | tests.get(str(row["model"]), {}).get(str(row["measure"]), {}) for row in rows]


def _comparison(
    pair: Sides,
    fairness: Fairness,
    inference: Inference,
    *,
    names: Sequence[str],
    models: Judged,
    others: int,
    scored: Mapping[str, tuple[Scored, npt.NDArray[np.int64]]],
) -> list[Row]:
    out: list[Row] = []
    for name in names:
        place = {"measure": name}
        ceiling = _ceiling(name, pair, fairness, inference, others) if models.labelled else math.nan
        judge = partial(_judged, name, fairness=fairness, inference=inference, ceiling=ceiling, others=others)
        for model in models.names:
            table, draws = pair.models[model]
            if name in MEASURES:
                out.append(
                    place | {"model": model} | judge(table, estimate(MEASURES[name].figure, table, draws, inference))
                )
                continue
            measure = SCORE_MEASURES[name]
            found, method, p = compare(measure, model, *scored.get(model, NOBODY), inference)
            tested = {"hypothesis": measure.hypothesis, "method": method, "p": p}
            out.append(place | {"model": model} | judge(table, found) | tested)
        for model, as_change in models.changes.items():
            if name in MEASURES:
                moved = change(MEASURES[name].figure, *pair.joint[model], inference)
            else:
                own = scored.get(model, NOBODY)
                moved, _, _ = compare(SCORE_MEASURES[name], model, *own, inference, before=models.reference)
            out.append(place | {"model": as_change} | asdict(moved))
    return out


def _ceiling(name: str, pair: Sides, fairness: Fairness, inference: Inference, others: int) -> float:
    """The upper interval end of the best accuracy under the limits, NaN without any; labels alone decide it, so it is
    one for all models.
    """
    table, (draws, parts) = next(iter(pair.models.values()))
    if (limits := fairness.limits.get(name)) is None:
        return math.nan

    def best(t: Counts) -> np.ndarray:
        return best_accuracy(t[..., 0, :, :], t[..., 1, :, :], name, limits, others)

    found = intervals.percentile(best(draws), inference.confidence)
    if parts is not None:
        support, values = jackknife.supports([RATES["base_rate"]], parts), best(jackknife.deleted(parts))
        found = jackknife.stretched(found, best(table), values, support=support, confidence=inference.confidence)
    return float(found.high)


def _judged(
    name: str, table: Counts, found: Estimate, *, fairness: Fairness, inference: Inference, ceiling: float, others: int
) -> dict[str, object]:
    (u, p), rates = table, KNOWN[name].rates or ("selection_rate",)
    support = min(int(of_rate(u, r)[1]) for r in rates), min(int(of_rate(p, r)[1]) for r in rates)
    carried = asdict(found) | {"support_unprivileged": support[0], "support_privileged": support[1]}
    if (limits := fairness.limits.get(name)) is None:
        nothing = {"minimum": None, "maximum": None, "verdict": "", "best_accuracy": math.nan}
        return carried | nothing | {"needed_unprivileged": None, "needed_privileged": None}
    judged = verdict(intervals.Interval(found.low, found.high), limits, ceiling, fairness.accuracy_floor)
    return {
        **carried,
        "minimum": limits.minimum,
        "maximum": limits.maximum,
        "verdict": judged,
        "best_accuracy": math.nan if math.isnan(ceiling) else float(best_accuracy(u, p, name, limits, others)),
        **rows_needed(found, limits, judged, support, inference),
    }


def _tests(table: Counts, parts: Counts | None, names: Sequence[str]) -> dict[str, dict[str, object]]:
    """By measure: hypothesis, method and p of the test of its null hypothesis, shared by measures of one hypothesis."""
    found: dict[str, dict[str, object]] = {}
    chosen = {name: MEASURES[name] for name in names if name in MEASURES}
    for hypothesis, measure in {measure.hypothesis: measure for measure in chosen.values()}.items():
        if parts is None:
            method, p = (test := measure.test(*table)).method, test.p
        else:
            method, p = "jackknife", measure.clustered(parts)
        found[hypothesis] = {"hypothesis": hypothesis, "method": method, "p": p}
    return {name: found[measure.hypothesis] for name, measure in chosen.items()}
