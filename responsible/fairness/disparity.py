"""The group audit of two models on the same rows: measures, intervals, tests and verdicts of one sensitive attribute.

Everything starts from joint counts ``[level, y, ŷ_baseline, ŷ_reweighed]`` of the test rows. Each comparison pools its
levels first and then draws. The change is drawn from joint counts, so it is paired: the same people under both models.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
import pandas as pd

from responsible.fairness.comparisons import Comparison, Row, any_level, comparisons, simultaneous, together
from responsible.fairness.groups import Counts, Groups, marginals
from responsible.fairness.measures import KNOWN, Measure
from responsible.fairness.verdicts import Cost, Fairness, judged
from responsible.measures.definition import Known
from responsible.measures.of_function import OfGroup, of_functions
from responsible.measures.remembering import remembered
from responsible.measures.scores import Scored, ScoreMeasure, compare
from responsible.names import CHANGE, MODELS, POOLED
from responsible.statistics.count_figures import Estimate, change, estimate
from responsible.statistics.count_tables import Draws, drawn
from responsible.statistics.intervals import Inference

_Scored = tuple[Scored, npt.NDArray[np.int64]]  # the cells, and the side of each
_Found = tuple[str, list[tuple[Estimate, Row]]]  # model, and at each confidence the figure and its test
__all__ = ["Fairness", "disparities"]


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
        cls, joint: Counts, parts: Counts | None, inference: Inference, rng: np.random.Generator, models: Sequence[str]
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
    scored: Scored | None = None,
    models: Sequence[str] = MODELS,
    own: Mapping[str, Measure | OfGroup] | None = None,
) -> pd.DataFrame:
    """Every chosen measure of every comparison, for each model, and of two models their paired change.

    ``joint`` is ``[level, y, ŷ of each of the models]``. Comparisons are those of :func:`~.comparisons.comparisons`; a
    single unprivileged level is also all of them, with the same figures, and "any level"
    (:func:`~.comparisons.any_level`) that of the level that ``farthest`` names.
    ``rows``: those of everybody, excluded levels too (default: those of ``joint``). ``parts``: ``joint`` by group of
    clusters, ``(GROUPS, level, ...)``, if rows come in clusters; intervals and tests are then the jackknife's.
    ``scored``: the cells by level with their scores, without which measures of scores are left out.
    ``own``: measures besides those chosen, by name, each a function of TP, FP, FN and TN of a group, whose difference
    is taken, or what :func:`~responsible.measures.of_function.measure_of` makes of one.
    Columns: ``attribute, comparison, model, measure, value, low, high, undefined_share, reason, minimum, maximum,
    verdict, best_accuracy``; ``support_unprivileged, support_privileged`` (the fewest rows a rate of the measure rests
    on), ``needed_unprivileged, needed_privileged`` (of the same kind, :func:`~.verdicts.rows_needed`); ``hypothesis,
    method, p``, not adjusted, for the family spans attributes (:func:`~.comparisons.adjust`); those of
    :func:`~.comparisons.together`, and ``farthest``. A measure without limits has no verdict. A change has neither
    limits nor verdict; with an undefined side it is undefined for that side's reason.

    >>> from responsible.fairness.groups import groups
    >>> counts = np.array([[[50, 10], [5, 35]], [[40, 20], [15, 25]]])  # [level, y, ŷ] of level a, then b
    >>> who, sure = groups("group", "ab", "a"), Inference(confidence=0.95, replicates=500, minimum_denominator=5)
    >>> own = {"cost": lambda tp, fp, fn, tn: (fp + 5 * fn) / (tp + fp + fn + tn)}
    >>> chosen = Fairness(accuracy_floor=0.0, limits={}, measures=[])
    >>> found = disparities(counts, who, chosen, sure, np.random.default_rng(1), models=["mine"], own=own)
    >>> round(found["value"][0], 6)  # (20 + 5 · 15) / 100 − (10 + 5 · 5) / 100
    0.6
    """
    found: list[Row] = []
    everybody, wider = int(joint.sum()) if rows is None else rows, simultaneous(inference, who)
    measures = {name: KNOWN[name] for name in fairness.chosen} | of_functions(own or {})
    for versus, pair in _pairs(joint, parts, who, inference, rng, models=models):
        name, sides = versus.name, (scored, versus.sides(scored.code)) if scored else None
        wide = None if name == POOLED else wider
        sure = [inference, *([wide] if wide and wide != inference else [])]
        first, *others = _comparison(pair, fairness, sure, measures, others=everybody - pair.rows, scored=sides)
        tested = _tested(first, pair, measures)
        judged = together(tested, first if wide == inference else others[0] if others else [])
        names = [POOLED, name] if who.reference and who.compared == 1 else [name]
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
) -> Iterator[tuple[Comparison, _Pair]]:
    """Every comparison by name; two levels that are compared with each other have the same replicates."""
    pair: _Pair | None = None
    for versus in comparisons(who):
        if pair and who.mutual:
            pair = pair.turned()
        else:
            by_group = None if parts is None else np.stack(versus.split(parts, axis=1), axis=1)
            pair = _Pair.of(np.stack(versus.split(joint, axis=0)), by_group, inference, rng, models)
        yield versus, pair


def _tested(rows: list[Row], pair: _Pair, measures: Mapping[str, Known]) -> list[Row]:
    tests = {model: _tests(table, draws.parts, measures) for model, (table, draws) in pair.models.items()}
    return [row | tests.get(str(row["model"]), {}).get(str(row["measure"]), {}) for row in rows]


def _comparison(
    pair: _Pair,
    fairness: Fairness,
    sure: Sequence[Inference],
    measures: Mapping[str, Known],
    *,
    others: int,
    scored: _Scored | None,
) -> list[list[Row]]:
    """The rows of one comparison at each of the confidences ``sure``, from the same replicates; only the first have
    more than ends and verdict.
    """
    out: list[list[Row]] = [[] for _ in sure]
    for name, measure in measures.items():
        limits = fairness.limits.get(name, measure.limits)
        cost = Cost(measure, limits, fairness.accuracy_floor, others, next(iter(pair.models.values())), sure)
        for model, found in _found(measure, pair, sure, scored):
            own = judged(found, cost, pair.models[model][0]) if model != CHANGE else [{} for _ in sure]
            for rows, (each, tested), row in zip(out, found, own, strict=True):
                rows.append({"measure": name, "model": model} | vars(each) | row | tested)
    return out


def _found(measure: Known, pair: _Pair, sure: Sequence[Inference], scored: _Scored | None) -> Iterator[_Found]:
    """The measure of each model, and its change, at each of the confidences, with the test of a measure of scores."""
    if isinstance(measure, Measure):
        for model, (table, draws) in pair.models.items():
            figure = remembered(measure.figure, table, draws.tables)
            yield model, [(estimate(figure, table, draws, each), {}) for each in sure]
        if pair.joint:
            yield CHANGE, [(change(measure.figure, *pair.joint, each), {}) for each in sure]
    elif isinstance(measure, ScoreMeasure) and scored is not None:
        for model in pair.models:
            found = [compare(measure, model, *scored, each) for each in sure]
            about = {"hypothesis": measure.hypothesis, "method": found[0][1], "p": found[0][2]}
            yield model, [(each, about) for each, _, _ in found]
        if pair.joint:
            before, after = pair.models
            yield CHANGE, [(compare(measure, after, *scored, each, before=before)[0], {}) for each in sure]


def _tests(table: Counts, parts: Counts | None, measures: Mapping[str, Known]) -> dict[str, dict[str, object]]:
    """By measure: hypothesis, method and p of the test of its null hypothesis, shared by measures of one hypothesis."""
    found: dict[str, dict[str, object]] = {}
    chosen = {name: measure for name, measure in measures.items() if isinstance(measure, Measure)}
    for hypothesis, measure in {measure.hypothesis: measure for measure in chosen.values()}.items():
        if parts is None:
            method, p = (test := measure.test(*table)).method, test.p
        else:
            method, p = "jackknife", measure.clustered(parts)
        found[hypothesis] = {"hypothesis": hypothesis, "method": method, "p": p}
    return {name: found[measure.hypothesis] for name, measure in chosen.items()}
