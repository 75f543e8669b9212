"""The group audit of two models on the same rows: measures, intervals, tests and verdicts of one sensitive attribute.

Everything starts from joint counts ``[level, y, ŷ_baseline, ŷ_reweighed]`` of the test rows. Each comparison pools its
levels first and then draws. The change is drawn from joint counts, so it is paired: the same people under both models.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
import pandas as pd

from responsible.fairness.comparisons import Comparison, Row, any_level, comparisons, simultaneous, together
from responsible.fairness.groups import Counts, Groups, marginals
from responsible.fairness.measures import KNOWN, MEASURES, SCORE_MEASURES
from responsible.fairness.verdicts import Fairness, best_accuracy, rows_needed, verdict
from responsible.measures.scores import Scored, compare
from responsible.names import BASELINE, CHANGE, MODELS, POOLED, REWEIGHED
from responsible.statistics import intervals, jackknife
from responsible.statistics.count_figures import Estimate, change, estimate
from responsible.statistics.count_tables import Draws, drawn
from responsible.statistics.intervals import Inference
from responsible.statistics.rates import RATES
from responsible.statistics.rates import parts as of_rate

__all__ = ["Fairness", "disparities"]


@dataclass(frozen=True, eq=False)
class _Pair:
    """The tables of one comparison, unprivileged first, and their replicates: joint counts ``[side, y, a, b]`` for the
    change, and each model's own ``[side, y, ŷ]``, so that its figures do not depend on the model it stands beside.
    """

    joint: tuple[Counts, Draws]
    models: Mapping[str, tuple[Counts, Draws]]

    @classmethod
    def of(cls, joint: Counts, parts: Counts | None, inference: Inference, rng: np.random.Generator) -> _Pair:
        by_group = dict.fromkeys(MODELS) if parts is None else marginals(parts)
        own = {m: (t, drawn(t, inference, rng, parts=by_group[m])) for m, t in marginals(joint).items()}
        return cls((joint, drawn(joint, inference, rng, models=2, parts=parts)), own)

    def turned(self) -> _Pair:
        """The same comparison, and the same replicates, from the other side."""
        whole, side = partial(np.flip, axis=-4), partial(np.flip, axis=-3)
        own = {model: (side(t), d.map(side)) for model, (t, d) in self.models.items()}
        return _Pair((whole(self.joint[0]), self.joint[1].map(whole)), own)


def disparities(
    joint: Counts,
    who: Groups,
    fairness: Fairness,
    inference: Inference,
    rng: np.random.Generator,
    *,
    rows: int | None = None,
    parts: Counts | None = None,
    scored: Scored | None = None,
) -> pd.DataFrame:
    """Every chosen measure of every comparison, for baseline, reweighed and their paired change.

    Comparisons are those of :func:`~.comparisons.comparisons`; a single unprivileged level is also all of them, with
    the same figures, and "any level" (:func:`~.comparisons.any_level`) that of the level that ``farthest`` names.
    ``rows``: those of everybody, excluded levels too (default: those of ``joint``). ``parts``: ``joint`` by group of
    clusters, ``(GROUPS, level, ...)``, if rows come in clusters; intervals and tests are then the jackknife's.
    ``scored``: the cells by level with their scores, without which measures of scores are left out.
    Columns: ``attribute, comparison, model, measure, value, low, high, undefined_share, reason, minimum, maximum,
    verdict, best_accuracy``; ``support_unprivileged, support_privileged`` (the fewest rows a rate of the measure rests
    on), ``needed_unprivileged, needed_privileged`` (of the same kind, :func:`~.verdicts.rows_needed`); ``hypothesis,
    method, p``, not adjusted, for the family spans attributes (:func:`~.comparisons.adjust`); those of
    :func:`~.comparisons.together`, and ``farthest``. A change has neither limits nor verdict; with an undefined side it
    is undefined for that side's reason.
    """
    found: list[Row] = []
    everybody, wider = int(joint.sum()) if rows is None else rows, simultaneous(inference, who)
    for versus, pair in _pairs(joint, parts, who, inference, rng):
        name, sides = versus.name, (scored, versus.sides(scored.code)) if scored else None
        judge = partial(_comparison, pair, fairness, others=everybody - int(pair.joint[0].sum()), scored=sides)
        own, wide = judge(inference), None if name == POOLED else wider
        tested = _tested(own, pair, fairness.chosen)
        judged = together(tested, own if wide == inference else judge(wide) if wide else [])
        names = [POOLED, name] if who.reference and who.compared == 1 else [name]
        found += [{"attribute": who.attribute, "comparison": name, **row} for name in names for row in judged]
    if not who.reference:
        found = any_level([row for row in found if row["model"] != CHANGE], ("model", "measure")) + found
    return pd.DataFrame([row | {"farthest": row.get("farthest", "")} for row in found]).astype(
        {f"{what}_{who}": "Int64" for what in ("support", "needed") for who in ("unprivileged", "privileged")}
    )


def _pairs(
    joint: Counts, parts: Counts | None, who: Groups, inference: Inference, rng: np.random.Generator
) -> Iterator[tuple[Comparison, _Pair]]:
    """Every comparison by name; two levels that are compared with each other have the same replicates."""
    pair: _Pair | None = None
    for versus in comparisons(who):
        if pair and who.mutual:
            pair = pair.turned()
        else:
            by_group = None if parts is None else np.stack(versus.split(parts, axis=1), axis=1)
            pair = _Pair.of(np.stack(versus.split(joint, axis=0)), by_group, inference, rng)
        yield versus, pair


def _tested(rows: list[Row], pair: _Pair, names: Sequence[str]) -> list[Row]:
    tests = {m: _tests(pair.models[m][0], pair.models[m][1].parts, names) for m in MODELS}
    return [row | tests.get(str(row["model"]), {}).get(str(row["measure"]), {}) for row in rows]


def _comparison(
    pair: _Pair,
    fairness: Fairness,
    inference: Inference,
    *,
    others: int,
    scored: tuple[Scored, npt.NDArray[np.int64]] | None,
) -> list[Row]:
    out: list[Row] = []
    for name in fairness.chosen:
        place, ceiling = {"measure": name}, _ceiling(name, pair, fairness, inference, others)
        judge = partial(_judged, name, fairness=fairness, inference=inference, ceiling=ceiling, others=others)
        if name in MEASURES:
            figure = MEASURES[name].figure
            for model in MODELS:
                tables = pair.models[model]
                out.append(place | {"model": model} | judge(tables[0], estimate(figure, *tables, inference)))
            out.append(place | {"model": CHANGE} | asdict(change(figure, *pair.joint, inference)))
        elif scored is not None:
            measure = SCORE_MEASURES[name]
            for model in MODELS:
                found, method, p = compare(measure, model, *scored, inference)
                tested = {"hypothesis": measure.hypothesis, "method": method, "p": p}
                out.append(place | {"model": model} | judge(pair.models[model][0], found) | tested)
            moved, _, _ = compare(measure, REWEIGHED, *scored, inference, before=BASELINE)
            out.append(place | {"model": CHANGE} | asdict(moved))
    return out


def _ceiling(name: str, pair: _Pair, fairness: Fairness, inference: Inference, others: int) -> float:
    """The upper interval end of the best accuracy under the limits, NaN without any; labels alone decide it, so it is
    one for all models.
    """
    table, (draws, parts) = pair.models[MODELS[0]]
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
        "best_accuracy": float(best_accuracy(u, p, name, limits, others)),
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
