"""What would be: measures with intervals and verdicts, rates and confusion of every level, and whom it would affect.

Measures are computed from one joint table ``[level, y, ŷ today, ŷ then]``, as an evaluation computes it, so that a
question that changes nothing gets the figures of the evaluation.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
import pandas as pd

from responsible.fairness.comparisons import Comparison, Row, any_level, simultaneous, together
from responsible.fairness.groups import Groups, confusion, group_rates
from responsible.fairness.measures import KNOWN, Measure
from responsible.fairness.verdicts import Cost, Fairness, judged
from responsible.measures.remembering import remembered
from responsible.measures.scores import ScoreMeasure
from responsible.names import CLUSTER, Judged
from responsible.statistics.count_figures import Estimate, estimate, reasons
from responsible.statistics.count_tables import Draws, counted, drawn
from responsible.statistics.intervals import Inference, replicates
from responsible.statistics.rates import PERFORMANCE, Counts, divide
from responsible.what_if.questions import Case, Floats, Question
from responsible.what_if.scores import compared

TODAY, THEN = "today", "then"
WHOLE = [f"{what}_{who}" for what in ("support", "needed") for who in ("unprivileged", "privileged")]
_BOTH = Judged((TODAY, THEN), TODAY)


@dataclass(frozen=True)
class Answer:
    """Tables of what would be; a column ``when`` says ``today`` or ``then`` where both are there.

    ``measures``: each measure of each comparison then, with value, ends, verdict and what it rests on, as
    :func:`~responsible.fairness.disparity.disparities` has them, and ``today``, its value now. ``rates``: those of
    :func:`~responsible.fairness.groups.group_rates` then. ``confusion``: TP, FP, FN, TN of each level, now and then.
    ``affected``: of each level, the rows that would be answered yes ``more`` (no today) and ``fewer`` (yes today), and
    how many of either have label 1. ``performance``: figures of all rows, now and then. ``bound``: the thresholds
    differ by level, so that this is what could be reached at most by using the attribute, not a rule to decide by.
    ``effective``: as many independent rows as the reweighted ones count like; all rows where no share was asked.
    """

    measures: pd.DataFrame
    rates: pd.DataFrame
    confusion: pd.DataFrame
    affected: pd.DataFrame
    performance: pd.DataFrame
    bound: bool
    effective: float


def answer(case: Case, asked: Question, rng: np.random.Generator) -> Answer:
    """What would be. Rates, confusion and affected rows are those of the case; shares change pooled measures only.

    Raises:
        InputError: the question names a level or a share that the case cannot have.
    """
    bits = [case.label, case.score >= case.current, case.score >= asked.cuts(case.who)[case.code]]
    table = pd.DataFrame({"n": case.n} | ({} if case.clusters is None else {CLUSTER: case.clusters}))
    joint, parts = counted(table, case.code, len(case.who.levels), bits)
    then, now = joint.sum(-2), joint.sum(-1)
    own = None if parts is None else parts.sum(-2)
    weights = asked.weights(case)
    rows = _measures((now, then, own), case, asked, rng, weights)
    models = _BOTH._replace(labelled=case.labelled)
    alone = Judged((THEN,), THEN, case.labelled)
    rates = group_rates(then, case.who, asked.inference.confidence, own, models=alone)
    return Answer(
        pd.DataFrame(rows).astype(dict.fromkeys(WHOLE, "Int64")),
        rates.drop(columns="model"),
        confusion(joint, case.who, models).rename(columns={"model": "when"}),
        _affected(joint, case.who, labelled=case.labelled),
        _performance(now, then, weights) if case.labelled else pd.DataFrame(),
        len(set(asked.cuts(case.who)[:-1].tolist())) > 1,
        float(case.rows) if weights is None else _effective(then.sum((-2, -1)), weights),
    )


def _measures(
    tables: tuple[Counts, Counts, Counts | None],
    case: Case,
    asked: Question,
    rng: np.random.Generator,
    weights: Floats | None,
) -> list[Row]:
    """A row for each measure of each comparison, and of any level where each is compared with everybody else."""
    now, then, parts = tables
    wide = simultaneous(asked.inference, case.who)
    versus = asked.comparisons(case.who)
    sure = [asked.inference, *([wide] if wide and len(versus) > 1 else [])]
    found: list[Row] = []
    for each in versus:
        pair = _pair(each, now, then, weights)
        draws = _draws(each, (then, parts), weights, asked.inference, rng)
        rows = _compared(
            pair, draws, case, asked.fairness, sure, scored=partial(compared, case=case, versus=each, weights=weights)
        )
        own = together(rows[0], rows[1] if rows[1:] else [])
        found += [{"attribute": case.who.attribute, "comparison": each.name, **row, "farthest": ""} for row in own]
    return found if asked.compared or case.who.reference else any_level(found, ("measure",)) + found


def _compared(
    pair: Sequence[Counts],
    draws: Draws,
    case: Case,
    fairness: Fairness,
    sure: Sequence[Inference],
    *,
    scored: Callable[..., list[Estimate]],
) -> list[list[Row]]:
    """The rows of one comparison, ``pair`` as of :func:`_pair`, at each of the confidences ``sure``."""
    now, then, population = pair
    others = case.rows - population.sum()
    out: list[list[Row]] = [[] for _ in sure]
    floor = fairness.accuracy_floor if case.labelled else 0.0
    for name in fairness.chosen:
        measure = KNOWN[name]
        limits = fairness.limits.get(name, measure.limits)
        cost = Cost(measure, limits, floor, others, (population, draws), sure)
        if not case.labelled and (measure.needs_labels or isinstance(measure, ScoreMeasure)):
            continue  # an evaluation without labels has no scores either
        if isinstance(measure, ScoreMeasure):
            estimates = scored(measure, sure=sure)
            today: Row = {TODAY: estimates[0].value}
        elif isinstance(measure, Measure):
            figure = remembered(measure.figure, then, draws.tables)
            estimates = [estimate(figure, then, draws, each) for each in sure]
            few = reasons(measure.figure, now, sure[0].minimum_denominator)
            today = {TODAY: math.nan if few else float(measure.figure.compute(now))}
        found = [(each, None) for each in estimates]
        for place, each, own in zip(out, estimates, judged(found, cost, then), strict=True):
            place.append({"measure": name, **today, **vars(each), **own})
    return out


def _pair(versus: Comparison, now: Counts, then: Counts, weights: Floats | None) -> tuple[Counts, Counts, Counts]:
    """``[side, y, ŷ]`` of the comparison today, then, and then in the population. With ``weights`` the first two have,
    on each side, as many rows as count like independent ones.
    """
    if weights is None:
        today, later = (np.stack(versus.split(table, axis=0)) for table in (now, then))
        return today, later, later
    level, wide = then.sum(axis=(-2, -1)), weights[:, None, None]
    today, later = (np.stack(versus.split(table * wide, axis=0)) for table in (now, then))
    kept = [_effective(level[side], weights[side]) for side in (versus.u, versus.p)]
    scale = divide(kept, later.sum(axis=(-2, -1)))[:, None, None]
    return np.nan_to_num(today * scale).round(9), np.nan_to_num(later * scale).round(9), later


def _draws(
    versus: Comparison,
    counts: tuple[Counts, Counts | None],
    weights: Floats | None,
    inference: Inference,
    rng: np.random.Generator,
) -> Draws:
    """Replicates of the comparison's table. With ``weights`` the rows of each level are drawn, then weighted: a level
    that stands for more people is no better known for it.
    """
    table, parts = counts
    by_group = None if parts is None else np.stack(versus.split(parts, axis=1), axis=1)
    if weights is None:
        return drawn(np.stack(versus.split(table, axis=0)), inference, rng, parts=by_group)
    some = table[versus.u | versus.p]
    every = replicates(some, inference.replicates, rng)
    whole = np.zeros((inference.replicates, *table.shape))
    whole[:, versus.u | versus.p] = every * weights[versus.u | versus.p][:, None, None]
    held = None if parts is None else np.stack(versus.split(parts * weights[:, None, None], axis=1), axis=1)
    return Draws(np.stack(versus.split(whole, axis=1), axis=1), held)


def _effective(rows: npt.NDArray[np.number], weights: Floats) -> float:
    """Kish's effective number of ``rows`` with ``weights``, both (levels,): (Σ w n)² / Σ w² n; 0 without rows."""
    total, squares = float(rows @ weights), float(rows @ weights**2)
    return total * total / squares if squares else 0.0


def _affected(joint: Counts, who: Groups, *, labelled: bool) -> pd.DataFrame:
    """Per level the rows that would be answered otherwise, both ways, and of these those with label 1."""
    out = {"level": who.levels, "privileged": who.privileged, "rows": joint.sum((-3, -2, -1))}
    out |= {"more": joint[:, :, 0, 1].sum(1), "fewer": joint[:, :, 1, 0].sum(1)}
    out |= {"more_right": joint[:, 1, 0, 1], "fewer_right": joint[:, 1, 1, 0]} if labelled else {}
    return pd.DataFrame(out)


def _performance(now: Counts, then: Counts, weights: Floats | None) -> pd.DataFrame:
    """Each figure of performance of the levels' rows together, ``figure, today, then``."""
    each = np.ones(len(now)) if weights is None else weights
    whole = [np.tensordot(each, table, axes=1) for table in (now, then)]
    figures = {name: [float(compute(table)) for table in whole] for name, compute in PERFORMANCE.items()}
    return pd.DataFrame([{"figure": name, TODAY: a, THEN: b} for name, (a, b) in figures.items()])
