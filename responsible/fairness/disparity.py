"""The group audit of models on the same rows: measures, intervals, tests and verdicts of one sensitive attribute.

Everything starts from joint counts ``[level, y, ŷ, ŷ, …]`` of the test rows, an axis for each model. Each comparison
pools its levels first and then draws. A change against the reference is drawn from the joint counts of both, so it is
paired: the same people under both models.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import partial

import numpy as np
import pandas as pd

from responsible.fairness.comparisons import Row, any_level, comparisons, simultaneous, together
from responsible.fairness.groups import Counts, Groups
from responsible.fairness.measures import MEASURES, Measure
from responsible.fairness.verdicts import Fairness, best_accuracy, rows_needed, verdict
from responsible.models import Judged, is_change
from responsible.names import POOLED
from responsible.statistics import intervals, jackknife
from responsible.statistics.count_figures import change, estimate
from responsible.statistics.count_tables import JUDGED, Draws, drawn, marginals, pairs
from responsible.statistics.intervals import Inference
from responsible.statistics.rates import RATES
from responsible.statistics.rates import parts as of_rate


@dataclass(frozen=True, eq=False)
class _Pair:
    """The tables of one comparison, unprivileged first, and their replicates: joint counts ``[side, y, a, b]`` of the
    reference and each other model, and each model's own ``[side, y, ŷ]``, whose figures do not depend on the others.
    """

    rows: int
    joint: Mapping[str, tuple[Counts, Draws]]
    models: Mapping[str, tuple[Counts, Draws]]

    @classmethod
    def of(
        cls, joint: Counts, parts: Counts | None, inference: Inference, rng: np.random.Generator, models: Judged
    ) -> _Pair:
        def tables(split: Callable[..., dict[str, Counts]], axes: int) -> dict[str, tuple[Counts, Draws]]:
            by_group = {} if parts is None else split(parts, models)
            return {
                m: (t, drawn(t, inference, rng, models=axes, parts=by_group.get(m)))
                for m, t in split(joint, models).items()
            }

        own = tables(marginals, 1)  # drawn first
        return cls(int(joint.sum()), tables(pairs, 2), own)

    def turned(self) -> _Pair:
        """The same comparison, and the same replicates, from the other side."""
        whole, side = partial(np.flip, axis=-4), partial(np.flip, axis=-3)
        own = {model: (side(t), d.map(side)) for model, (t, d) in self.models.items()}
        return _Pair(self.rows, {model: (whole(t), d.map(whole)) for model, (t, d) in self.joint.items()}, own)


def disparities(
    joint: Counts,
    who: Groups,
    fairness: Fairness,
    inference: Inference,
    rng: np.random.Generator,
    *,
    rows: int | None = None,
    parts: Counts | None = None,
    models: Judged = JUDGED,
) -> pd.DataFrame:
    """Every measure (without labels: of selection rates) of every comparison, for each of ``models``, and the paired
    change of each against their reference.

    Comparisons are those of :func:`~.comparisons.comparisons`; a single unprivileged level is also all of them, with
    the same figures, and "any level" (:func:`~.comparisons.any_level`) that of the level that ``farthest`` names.
    ``rows``: those of everybody, excluded levels too (default: those of ``joint``). ``parts``: ``joint`` by group of
    clusters, ``(GROUPS, level, ...)``, if rows come in clusters; intervals and tests are then the jackknife's.
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
        judge = partial(_comparison, pair, fairness, models=models, others=everybody - pair.rows)
        own, wide = judge(inference), None if versus == POOLED else wider
        judged = together(_tested(own, pair, models), own if wide == inference else judge(wide) if wide else [])
        names = [POOLED, versus] if who.reference and who.compared == 1 else [versus]
        found += [{"attribute": who.attribute, "comparison": name, **row} for name in names for row in judged]
    if not who.reference:
        found = any_level([row for row in found if not is_change(str(row["model"]))], ("model", "measure")) + found
    return pd.DataFrame([row | {"farthest": row.get("farthest", "")} for row in found]).astype(
        {f"{what}_{who}": "Int64" for what in ("support", "needed") for who in ("unprivileged", "privileged")}
    )


def _pairs(
    joint: Counts,
    parts: Counts | None,
    who: Groups,
    inference: Inference,
    rng: np.random.Generator,
    *,
    models: Judged,
) -> Iterator[tuple[str, _Pair]]:
    """Every comparison by name; two levels that are compared with each other have the same replicates."""
    pair: _Pair | None = None
    for versus in comparisons(who):
        if pair and who.mutual:
            pair = pair.turned()
        else:
            by_group = None if parts is None else np.stack(versus.split(parts, axis=1), axis=1)
            pair = _Pair.of(np.stack(versus.split(joint, axis=0)), by_group, inference, rng, models)
        yield versus.name, pair


def _tested(rows: list[Row], pair: _Pair, models: Judged) -> list[Row]:
    tests = {m: _tests(table, draws.parts, _asked(models)) for m, (table, draws) in pair.models.items()}
    return [row | tests.get(str(row["model"]), {}).get(str(row["measure"]), {}) for row in rows]


def _comparison(pair: _Pair, fairness: Fairness, inference: Inference, *, models: Judged, others: int) -> list[Row]:
    out: list[Row] = []
    for name, measure in _asked(models).items():
        place = {"measure": name}
        ceiling = _ceiling(name, pair, fairness, inference, others) if models.labelled else None
        for model in models.names:
            judged = _judged(name, pair.models[model], fairness, inference, ceiling=ceiling, others=others)
            out.append(place | {"model": model} | judged)
        for model, as_change in models.changes.items():
            out.append(place | {"model": as_change} | asdict(change(measure.figure, *pair.joint[model], inference)))
    return out


def _ceiling(name: str, pair: _Pair, fairness: Fairness, inference: Inference, others: int) -> float:
    """The upper interval end of the best accuracy under the limits; labels alone decide it, so it is one for all
    models.
    """
    table, (draws, parts) = next(iter(pair.models.values()))

    def best(t: Counts) -> np.ndarray:
        return best_accuracy(t[..., 0, :, :], t[..., 1, :, :], name, fairness.limits[name], others)

    found = intervals.percentile(best(draws), inference.confidence)
    if parts is not None:
        support, values = jackknife.supports([RATES["base_rate"]], parts), best(jackknife.deleted(parts))
        found = jackknife.stretched(found, best(table), values, support=support, confidence=inference.confidence)
    return float(found.high)


def _judged(
    name: str,
    tables: tuple[Counts, Draws],
    fairness: Fairness,
    inference: Inference,
    *,
    ceiling: float | None,
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
        "best_accuracy": math.nan if ceiling is None else float(best_accuracy(u, p, name, limits, others)),
        "support_unprivileged": support[0],
        "support_privileged": support[1],
        **rows_needed(found, limits, judged, support, inference),
    }


def _support(name: str, u: Counts, p: Counts) -> tuple[int, int]:
    fewest = [min(int(of_rate(side, rate)[1]) for rate in MEASURES[name].rates) for side in (u, p)]
    return fewest[0], fewest[1]


def _asked(models: Judged) -> dict[str, Measure]:
    """The measures that the rows can answer: without labels those of selection rates."""
    return {name: measure for name, measure in MEASURES.items() if models.labelled or not measure.needs_labels}


def _tests(table: Counts, parts: Counts | None, measures: Mapping[str, Measure]) -> dict[str, dict[str, object]]:
    """By measure: hypothesis, method and p of the test of its null hypothesis, shared by measures of one hypothesis."""
    found: dict[str, dict[str, object]] = {}
    for hypothesis, measure in {measure.hypothesis: measure for measure in measures.values()}.items():
        if parts is None:
            method, p = (test := measure.test(*table)).method, test.p
        else:
            method, p = "jackknife", jackknife.equal_rates(measure.figure.rates, parts)
        found[hypothesis] = {"hypothesis": hypothesis, "method": method, "p": p}
    return {name: found[measure.hypothesis] for name, measure in measures.items()}
