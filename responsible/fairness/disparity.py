"""The group audit of two models on the same rows: measures, intervals, tests and verdicts of one sensitive attribute.

Everything starts from joint counts ``[level, y, ŷ_baseline, ŷ_reweighed]`` of the test rows. Each comparison pools its
levels first and then draws. The change is drawn from joint counts, so it is paired: the same people under both models.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pandas as pd

from responsible.fairness.comparisons import Comparison, Row, any_level, comparisons, simultaneous, together
from responsible.fairness.groups import Counts, Groups
from responsible.fairness.measures import KNOWN, Measure
from responsible.fairness.verdicts import Cost, Fairness, judged
from responsible.measures.definition import Known
from responsible.measures.of_function import OfGroup, of_functions
from responsible.measures.remembering import remembered
from responsible.measures.scores import Scored, ScoreMeasure, compare
from responsible.names import POOLED, Judged, is_change
from responsible.statistics.count_figures import Estimate, change, estimate
from responsible.statistics.count_tables import JUDGED, Sides
from responsible.statistics.intervals import Inference

_Scored = tuple[Scored, npt.NDArray[np.int64]]  # the cells, and the side of each
_Found = tuple[str, list[tuple[Estimate, Row]]]  # model, and at each confidence the figure and its test
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
    own: Mapping[str, Measure | OfGroup] | None = None,
) -> pd.DataFrame:
    """Every chosen measure (without labels: those that need none) of every comparison, for each of ``models``, and the
    paired change of each against their reference.

    ``joint`` is ``[level, y, ŷ of each of the models]``. Comparisons are those of :func:`~.comparisons.comparisons`; a
    single unprivileged level is also all of them, with the same figures, and "any level"
    (:func:`~.comparisons.any_level`) that of the level that ``farthest`` names.
    ``rows``: those of everybody, excluded levels too (default: those of ``joint``). ``parts``: ``joint`` by group of
    clusters, ``(GROUPS, level, ...)``, if rows come in clusters; intervals and tests are then the jackknife's.
    ``scored``: by model, the cells by level with its scores; without any, measures of scores are left out.
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
    >>> chosen, mine = Fairness(accuracy_floor=0.0, limits={}, measures=[]), Judged(("mine",), "mine")
    >>> found = disparities(counts, who, chosen, sure, np.random.default_rng(1), models=mine, own=own)
    >>> float(found["value"][0].round(6))  # (20 + 5 · 15) / 100 − (10 + 5 · 5) / 100
    0.6
    """
    found: list[Row] = []
    everybody, wider = int(joint.sum()) if rows is None else rows, simultaneous(inference, who)
    measures = {name: KNOWN[name] for name in fairness.chosen} | of_functions(own or {})
    measures = {name: measure for name, measure in measures.items() if models.labelled or not measure.needs_labels}
    for versus, pair in _pairs(joint, parts, who, inference, rng, models=models):
        name, sides = versus.name, {model: (by, versus.sides(by.code)) for model, by in scored.items()}
        wide = None if name == POOLED else wider
        sure = [inference, *([wide] if wide and wide != inference else [])]
        first, *others = _comparison(
            pair, fairness, sure, measures, models=models, others=everybody - pair.rows, scored=sides
        )
        tested = _tested(first, pair, measures)
        judged = together(tested, first if wide == inference else others[0] if others else [])
        names = [POOLED, name] if who.reference and who.compared == 1 else [name]
        found += [{"attribute": who.attribute, "comparison": name, **row} for name in names for row in judged]
    if not who.reference:
        found = any_level([row for row in found if not is_change(str(row["model"]))], ("model", "measure")) + found
    table = pd.DataFrame([row | {"farthest": row.get("farthest", "")} for row in found]).astype(
        {f"{what}_{who}": "Int64" for what in ("support", "needed") for who in ("unprivileged", "privileged")}
    )
    return table if models.labelled else table.assign(best_accuracy=np.nan)


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


def _tested(rows: list[Row], pair: Sides, measures: Mapping[str, Known]) -> list[Row]:
    tests = {model: _tests(table, draws.parts, measures) for model, (table, draws) in pair.models.items()}
    return [row | tests.get(str(row["model"]), {}).get(str(row["measure"]), {}) for row in rows]


def _comparison(
    pair: Sides,
    fairness: Fairness,
    sure: Sequence[Inference],
    measures: Mapping[str, Known],
    *,
    models: Judged,
    others: int,
    scored: Mapping[str, _Scored],
) -> list[list[Row]]:
    """The rows of one comparison at each of the confidences ``sure``, from the same replicates; only the first have
    more than ends and verdict.
    """
    out: list[list[Row]] = [[] for _ in sure]
    for name, measure in measures.items():
        limits = fairness.limits.get(name, measure.limits)
        floor = fairness.accuracy_floor if models.labelled else 0.0  # without labels nobody knows what a limit costs
        cost = Cost(measure, limits, floor, others, next(iter(pair.models.values())), sure)
        for model, found in _found(measure, pair, sure, scored, models):
            own = judged(found, cost, pair.models[model][0]) if not is_change(model) else [{} for _ in sure]
            for rows, (each, tested), row in zip(out, found, own, strict=True):
                rows.append({"measure": name, "model": model} | vars(each) | row | tested)
    return out


def _found(
    measure: Known, pair: Sides, sure: Sequence[Inference], scored: Mapping[str, _Scored], models: Judged
) -> Iterator[_Found]:
    """The measure of each model, and its change, at each of the confidences, with the test of a measure of scores."""
    if isinstance(measure, Measure):
        for model, (table, draws) in pair.models.items():
            figure = remembered(measure.figure, table, draws.tables)
            yield model, [(estimate(figure, table, draws, each), {}) for each in sure]
        for model, tables in pair.joint.items():
            yield models.changes[model], [(change(measure.figure, *tables, each), {}) for each in sure]
    elif isinstance(measure, ScoreMeasure) and scored:
        for model in pair.models:
            found = [compare(measure, model, *scored.get(model, NOBODY), each) for each in sure]
            about = {"hypothesis": measure.hypothesis, "method": found[0][1], "p": found[0][2]}
            yield model, [(each, about) for each, _, _ in found]
        for model in pair.joint:
            own, before = scored.get(model, NOBODY), models.reference
            moved = [compare(measure, model, *own, each, before=before, elsewhere=scored)[0] for each in sure]
            yield models.changes[model], [(each, {}) for each in moved]


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
