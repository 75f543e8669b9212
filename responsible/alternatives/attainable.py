"""What limits cost: infeasible for any classifier, unattainable with this scorer, or attainable at a stated loss.

The bound for a scorer is the best that any rule with a threshold, or a mixture of thresholds, for each group reaches
within the limits on these rows: no post-processing of this score does better on them (Hardt, Price & Srebro 2016; as in
Cruz & Hardt 2024, "Unprocessing seven years of algorithmic fairness").
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from responsible.alternatives.material import OUTSIDE, PRIVILEGED, UNPRIVILEGED, Material
from responsible.alternatives.polytope import ANY, LINEAR, Roc, least, limited, roc
from responsible.fairness.measures import MEASURES
from responsible.fairness.verdicts import Fairness
from responsible.limits import Limits
from responsible.measures.costs import Costs
from responsible.measures.feasibility import attainable
from responsible.statistics.intervals import Inference, percentile

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
TOLERANCES = (0.0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 1.0)
WIDTH = 1e-9  # limits need some room
BOUNDED = ("disparate_impact", "average_absolute_odds_difference", *LINEAR)
DRAWS = 200  # of the rows, for the ends of a bound
NO_BOUND = "no_bound_computed"
Statement = Literal["infeasible", "unattainable", "attainable", ""]
WORDS: dict[str, str] = {
    "infeasible": "infeasible for any classifier",
    "unattainable": "unattainable with this scorer",
    "attainable": "attainable",
    "": "no bound computed",
}
COLUMNS = (
    *("scorer", "attribute", "measure", "minimum", "maximum", "any_classifier", "free", "bound", "low", "high"),
    *("cost", "statement", "reason"),
)


class Bound(NamedTuple):
    """Accuracy, or mean cost, of the best rule ``free`` of limits, and ``within`` them."""

    free: float
    within: float


def bound(curves: Mapping[int, Roc], measure: str, limits: Limits, costs: Costs | None = None) -> Bound | None:
    """The best accuracy, or of ``costs`` the least mean, over the rows of ``curves``, hulls of ROCs by side; None where
    the limits are not linear. NaN where no rule is within them.
    """
    if (rows := limited(measure, limits)) is None:
        return None
    each = (costs.false_positive, costs.false_negative) if costs else ANY
    total = sum(sum(curve.rows) for curve in curves.values())
    free = {who: float(curve.errors(each).min()) for who, curve in curves.items()}
    found = least(curves[UNPRIVILEGED], curves[PRIVILEGED], rows, each)
    within = float("nan") if found is None else found + free.get(OUTSIDE, 0.0)
    best = sum(free.values())
    return Bound(best / total, within / total) if costs else Bound(1 - best / total, 1 - within / total)


def frontiers(scores: Mapping[str, Array], material: Material, costs: Costs | None) -> pd.DataFrame:
    """The bound at each of :data:`TOLERANCES` on the test rows: ``scorer, attribute, measure, tolerance, bound``.

    A difference lies within ∓ tolerance, disparate impact within 1 − tolerance and its reciprocal.
    """
    rows, n = [], material.rows("test")
    for scorer, score in scores.items():
        for attribute, side in material.sides.items():
            curves = _curves(score, side, material.label, n)
            for measure in BOUNDED if _whole(curves) else ():
                found = {t: bound(curves, measure, _limits(measure, t), costs) for t in TOLERANCES}
                rows += [(scorer, attribute, measure, t, own.within) for t, own in found.items() if own]
    return pd.DataFrame(rows, columns=["scorer", "attribute", "measure", "tolerance", "bound"])


def _limits(measure: str, tolerance: float) -> Limits:
    if MEASURES[measure].ratio:
        return Limits(minimum=1 - tolerance, maximum=1 / (1 - tolerance) + WIDTH if tolerance < 1 else None)
    if MEASURES[measure].gaps:
        return Limits(maximum=tolerance)
    return Limits(minimum=-tolerance - WIDTH, maximum=tolerance + WIDTH)


def statements(
    scores: Mapping[str, Array],
    material: Material,
    fairness: Fairness,
    inference: Inference,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """For each scorer, attribute and limited measure what the limits cost on the test rows: :data:`COLUMNS`.

    ``any_classifier``: the best accuracy of a classifier that sees the labels. ``bound, low, high``: of this scorer,
    with percentiles of draws of the rows; ``free``: without limits; ``cost`` = free − bound. A statement is
    *infeasible* or *unattainable* only when the upper end lies below ``accuracy_floor``.
    """
    rows = []
    n = material.rows("test")
    draws = rng.multinomial(n.sum(), n / n.sum(), size=DRAWS)
    for scorer, score in scores.items():
        for attribute, side in material.sides.items():
            point = _curves(score, side, material.label, n)
            drawn = [_curves(score, side, material.label, each) for each in draws]
            for measure, limits in fairness.limits.items():
                ends = {"minimum": limits.minimum, "maximum": limits.maximum}
                place = {"scorer": scorer, "attribute": attribute, "measure": measure, **ends}
                floor = fairness.accuracy_floor
                own = _stated((point, drawn), measure, limits, floor=floor, confidence=inference.confidence)
                rows.append(place | own)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _stated(
    curves: tuple[dict[int, Roc], list[dict[int, Roc]]],
    measure: str,
    limits: Limits,
    *,
    floor: float,
    confidence: float,
) -> dict[str, object]:
    """Bound, ends and statement; the reason where there is none."""
    point, drawn = curves
    if not _whole(point):
        return {"statement": "", "reason": "no_positives"}
    if measure not in MEASURES or (at := bound(point, measure, limits)) is None:
        return {"statement": "", "reason": NO_BOUND}
    ideal = [_ideal(each, measure, limits) for each in (point, *drawn)]
    many = [found.within for each in drawn if _whole(each) and (found := bound(each, measure, limits))]
    ends = percentile(np.array(many), confidence)
    reached = float(np.nanmax([ends.high, at.within]))
    any_high = float(np.nanmax([percentile(np.array(ideal[1:]), confidence).high, ideal[0]]))
    stated: Statement = "infeasible" if any_high < floor else "unattainable" if not reached >= floor else "attainable"
    return {
        "any_classifier": ideal[0],
        "free": at.free,
        "bound": at.within,
        "low": float(np.fmin(ends.low, at.within)),
        "high": reached,
        "cost": at.free - at.within,
        "statement": stated,
        "reason": "",
    }


def _whole(curves: Mapping[int, Roc]) -> bool:
    return {UNPRIVILEGED, PRIVILEGED} <= curves.keys()


def _ideal(curves: Mapping[int, Roc], measure: str, limits: Limits) -> float:
    """The best accuracy of any classifier, from sizes and base rates alone."""
    if not _whole(curves):
        return float("nan")
    u, p = (np.array([[curves[who].rows[0], 0], [0, curves[who].rows[1]]]) for who in (UNPRIVILEGED, PRIVILEGED))
    others = round(sum(curves[OUTSIDE].rows)) if OUTSIDE in curves else 0
    return float(attainable(u, p, MEASURES[measure], limits, others))


def _curves(score: Array, side: Ints, label: Ints, n: Ints) -> dict[int, Roc]:
    """The hull of the ROC of each side with rows of both labels."""
    out = {}
    for who in (UNPRIVILEGED, PRIVILEGED, OUTSIDE):
        rows = np.where(side == who, n, 0)
        if all((rows * (label == y)).sum() for y in (0, 1)):
            out[who] = roc(score, label, rows).hull()
    return out
