"""The group audit of two models on the same rows: measures, intervals, tests and verdicts of one sensitive attribute.

Everything starts from joint counts ``[level, y, ŷ_baseline, ŷ_reweighed]`` of the test rows. Each comparison pools its
levels first and then draws. The change is drawn from joint counts, so it is paired: the same people under both models.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Annotated

import numpy as np
import pandas as pd
from pydantic import Field, field_validator

from responsible.fairness.comparisons import Row, any_level, comparisons, simultaneous, together
from responsible.fairness.groups import Counts, Groups, marginals
from responsible.fairness.measures import MEASURES, Measure
from responsible.fairness.verdicts import best_accuracy, ceilings, evidence, verdict
from responsible.limits import Limits
from responsible.names import CHANGE, MODELS, POOLED
from responsible.statistics import jackknife
from responsible.statistics.count_figures import change, estimate, remembered
from responsible.statistics.count_tables import Draws, drawn
from responsible.statistics.intervals import Inference, Interval
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
    """The tables of one comparison, unprivileged first, and their replicates: each model's own ``[side, y, ŷ]``, so
    that its figures do not depend on the model it stands beside; and of two models joint counts ``[side, y, a, b]`` for
    the change.
    """

    joint: tuple[Counts, Draws] | None
    models: Mapping[str, tuple[Counts, Draws]]

    @classmethod
    def of(
        cls,
        joint: Counts,
        parts: Counts | None,
        inference: Inference,
        rng: np.random.Generator,
        models: Sequence[str],
    ) -> _Pair:
        by_group = dict.fromkeys(models) if parts is None else marginals(parts, models)
        own = {m: (t, drawn(t, inference, rng, parts=by_group[m])) for m, t in marginals(joint, models).items()}
        both = (joint, drawn(joint, inference, rng, models=2, parts=parts)) if len(models) == 2 else None
        return cls(both, own)

    def turned(self) -> _Pair:
        """The same comparison, and the same replicates, from the other side."""
        whole, side = partial(np.flip, axis=-4), partial(np.flip, axis=-3)
        own = {model: (side(t), d.map(side)) for model, (t, d) in self.models.items()}
        return _Pair((whole(self.joint[0]), self.joint[1].map(whole)) if self.joint else None, own)

    @property
    def rows(self) -> int:
        """How many rows both sides have."""
        return int(next(iter(self.models.values()))[0].sum())


def disparities(
    joint: Counts,
    who: Groups,
    fairness: Fairness,
    inference: Inference,
    rng: np.random.Generator,
    *,
    rows: int | None = None,
    parts: Counts | None = None,
    models: Sequence[str] = MODELS,
    measures: Mapping[str, Measure] = MEASURES,
) -> pd.DataFrame:
    """Every measure of every comparison, for each model, and of two models their paired change.

    ``joint`` is ``[level, y, ŷ of each of the models]``. Comparisons are those of :func:`~.comparisons.comparisons`; a
    single unprivileged level is also all of them, with the same figures, and "any level"
    (:func:`~.comparisons.any_level`) that of the level that ``farthest`` names.
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
        wide = None if versus == POOLED else wider
        sure = [inference, *([wide] if wide and wide != inference else [])]
        own, *others = _comparison(pair, fairness, sure, measures, others=everybody - pair.rows)
        judged = together(_tested(own, pair, measures), own if wide == inference else others[0] if others else [])
        names = [POOLED, versus] if who.reference and who.compared == 1 else [versus]
        found += [{"attribute": who.attribute, "comparison": name, **row} for name in names for row in judged]
    if not who.reference:
        found = any_level([row for row in found if row["model"] != CHANGE], ("model", "measure")) + found
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
    models: Sequence[str],
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


def _tested(rows: list[Row], pair: _Pair, measures: Mapping[str, Measure]) -> list[Row]:
    tests = {model: _tests(table, draws.parts, measures) for model, (table, draws) in pair.models.items()}
    return [row | tests.get(str(row["model"]), {}).get(str(row["measure"]), {}) for row in rows]


def _comparison(
    pair: _Pair, fairness: Fairness, sure: Sequence[Inference], measures: Mapping[str, Measure], *, others: int
) -> list[list[Row]]:
    """The rows of one comparison at each of the confidences ``sure``, from the same replicates; only the first have
    more than ends and verdict.
    """
    out: list[list[Row]] = [[] for _ in sure]
    for name, measure in measures.items():
        limits, floor = fairness.limits[name], fairness.accuracy_floor
        best = partial(best_accuracy, measure=name, limits=limits, others=others)
        bounded = bool(measure.line) and floor > 0  # otherwise a limit costs the best classifier nothing
        most = ceilings(best, *next(iter(pair.models.values())), sure) if bounded else [1.0 for _ in sure]
        for model, (table, draws) in pair.models.items():
            figure, place = remembered(measure.figure, table, draws.tables), {"measure": name, "model": model}
            found = [estimate(figure, table, draws, inference) for inference in sure]
            said = [verdict(Interval(f.low, f.high), limits, top, floor) for f, top in zip(found, most, strict=True)]
            for rows, each, judged in zip(out, found, said, strict=True):
                ends = {"minimum": limits.minimum, "maximum": limits.maximum, "verdict": judged}
                rows.append(place | vars(each) | ends)
            out[0][-1]["best_accuracy"] = float(best(*table))
            out[0][-1] |= evidence(figure, table, found[0], limits, judged=said[0], inference=sure[0])
        if pair.joint:
            for rows, inference in zip(out, sure, strict=True):
                moved = change(measure.figure, *pair.joint, inference)
                rows.append({"measure": name, "model": CHANGE} | asdict(moved))
    return out


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
