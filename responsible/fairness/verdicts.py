"""Verdicts: which measures are judged, their intervals against declared limits, and what these cost the best
classifier.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Self

import numpy as np
from pydantic import Field, field_validator, model_validator

from responsible.fairness.measures import KNOWN, ordered, standard
from responsible.limits import Limits, Verdict
from responsible.measures.costs import Costs
from responsible.measures.definition import Known
from responsible.measures.feasibility import attainable
from responsible.statistics import jackknife
from responsible.statistics.count_figures import Estimate
from responsible.statistics.count_tables import Draws
from responsible.statistics.intervals import Inference, Interval, percentile
from responsible.statistics.rates import RATES, Counts, parts
from responsible.statistics.sample_size import growth
from responsible.tabular.conjunctions import Failures
from responsible.validation import Params, did_you_mean


class Fairness(Params):
    """Which measures are computed, the limits they are judged by, and the lowest accuracy a model is of use at (for
    ``infeasible``).

    ``measures``: those that are computed besides the ones with ``limits``, which alone are judged. Without the list the
    standard measures are, and each of them must have limits. ``costs``: what "best" means; otherwise accuracy does.
    ``within``: factors that people are to be alike in; ``local_law_144`` and ``failing_groups`` ask for these analyses.
    """

    accuracy_floor: Annotated[float, Field(ge=0, le=1)]
    limits: dict[str, Limits]
    measures: list[str] | None = None
    costs: Costs | None = None
    within: list[str] | None = None
    local_law_144: bool = False
    failing_groups: Failures | None = None

    @field_validator("limits")
    @classmethod
    def _with_their_own(cls, limits: dict[str, Limits]) -> dict[str, Limits]:
        return {name: own for name, measure in KNOWN.items() if (own := measure.limits)} | limits

    @model_validator(mode="after")
    def _known(self) -> Self:
        """Refuse measures that do not exist, and standard ones without limits, declared or their own."""
        for key, names in (("limits", self.limits), ("measures", self.measures or ())):
            for name in names:
                if name not in KNOWN:
                    raise ValueError(f"{key}.{name} is not a measure{did_you_mean(name, KNOWN)}")
        if self.measures is None and (lacking := [name for name in standard() if name not in self.limits]):
            remedy = "add a minimum or maximum, or list under measures what is to be computed"
            raise ValueError(f"limits for {', '.join(lacking)} are missing; {remedy}")
        return self

    @property
    def chosen(self) -> list[str]:
        """The measures that are computed, in the order of the registry."""
        return ordered({*self.limits, *(self.measures or ())})


def verdict(
    interval: Interval, limits: Limits, best_accuracy_high: float | None = None, floor: float | None = None
) -> Verdict:
    """Judge the whole interval (floats), not the point, against the limits.

    ``pass`` when all of it lies inside, bounds included; otherwise ``infeasible`` when even the upper interval end of
    the accuracy that any classifier could reach under the limits (:func:`best_accuracy`) is below the accuracy
    ``floor``; ``fail`` when all of it lies outside; ``insufficient_evidence`` when it straddles a limit or is
    undefined: too little data is never a pass.
    """
    unreachable = best_accuracy_high is not None and floor is not None and best_accuracy_high < floor
    return limits.judge(interval.low, interval.high, unreachable=unreachable)


TO_DO = {
    "infeasible": "Reconsider the label or the limit. No model can meet this limit with this label.",
    "fail": "Mitigate the difference, or change what is decided.",
    "insufficient_evidence": "Collect more data. This is not a pass.",
    "pass": "Nothing now. Review the limits when the use changes.",
}
"""What is to be done about a verdict, the worst first."""
MOST = 1e12  # more rows than anybody has: the estimate lies at the limit for all that can be known
POWER = 0.8
"""With which probability the rows that are asked for would decide, if the estimate held."""


def rows_needed(
    found: Estimate, limits: Limits, judged: Verdict, supports: tuple[int, int], inference: Inference
) -> dict[str, int | None]:
    """``needed_unprivileged`` and ``needed_privileged``: the rows that would decide a verdict of insufficient evidence.

    ``supports`` are the fewest rows a rate of the measure rests on in each group (with its label, or selected): both
    are to grow alike, by :func:`~responsible.statistics.sample_size.growth`. A measure with too few rows to be reported
    needs the minimum first. None where the verdict is another one, where no number of rows would decide because the
    estimate lies at a limit, and where nothing is known.
    """
    more: list[int | None] = [None, None]
    if judged == "insufficient_evidence" and found.reason == "n_below_minimum":
        more = [max(rows, inference.minimum_denominator) for rows in supports]
    elif judged == "insufficient_evidence":
        ends = float(found.value), float(found.low), float(found.high)
        times = growth(*ends, (limits.low, limits.high), confidence=inference.confidence, power=POWER)
        more = [math.ceil(rows * times) if rows * times < MOST else None for rows in supports]
    return {"needed_unprivileged": more[0], "needed_privileged": more[1]}


@dataclass(frozen=True, eq=False)
class Cost:
    """What the ``limits`` of a measure cost the best classifier, from one comparison's ``tables`` and replicates.

    ``others``: as for :func:`~responsible.measures.feasibility.attainable`. Nobody knows what a function of one's own
    costs.
    """

    measure: Known
    limits: Limits | None
    floor: float
    others: int
    tables: tuple[Counts, Draws]
    sure: Sequence[Inference]

    def best(self, tables: Counts) -> np.ndarray:
        """The best accuracy of tables ``(..., side, y, ŷ)``."""
        if self.limits is None or not self.measure.errorless:
            return np.full(tables.shape[:-3], np.nan)[()]
        return attainable(tables[..., 0, :, :], tables[..., 1, :, :], self.measure, self.limits, self.others)

    @cached_property
    def ceilings(self) -> list[float]:
        """The upper interval end of the best accuracy at each of the confidences ``sure``; labels alone decide it, so
        it is one for all models. 1 where nothing is below the floor: the limits are met without an error.
        """
        if self.limits is None or self.measure.line is None or self.floor == 0:
            return [1.0 for _ in self.sure]
        table, (draws, parts) = self.tables
        values, found = self.best(draws), []
        for confidence in (inference.confidence for inference in self.sure):
            end = percentile(values, confidence)
            if parts is not None:
                support, without = jackknife.supports([RATES["base_rate"]], parts), self.best(jackknife.deleted(parts))
                end = jackknife.stretched(end, self.best(table), without, support=support, confidence=confidence)
            found.append(float(end.high))
        return found


def judged(found: Sequence[tuple[Estimate, object]], cost: Cost, table: Counts) -> list[dict[str, object]]:
    """What is said of a figure at ``table`` at each confidence: its verdict, and first of all what it rests on.

    ``support_unprivileged, support_privileged``: the fewest rows a rate of the measure rests on.
    """
    limits, rates = cost.limits, cost.measure.rests_on
    fewest = [min(int(parts(side, rate)[1]) for rate in rates) for side in table]
    supports = fewest[0], fewest[1]
    first: dict[str, object] = {"support_unprivileged": supports[0], "support_privileged": supports[1]}
    if limits is None:
        first |= {"minimum": None, "maximum": None, "verdict": "", "best_accuracy": math.nan}
        first |= {"needed_unprivileged": None, "needed_privileged": None}
        return [first, *(dict[str, object](verdict="") for _ in found[1:])]
    said = [
        verdict(Interval(each.low, each.high), limits, ceiling, cost.floor)
        for (each, _), ceiling in zip(found, cost.ceilings, strict=True)
    ]
    first |= {"minimum": limits.minimum, "maximum": limits.maximum, "verdict": said[0]}
    first |= {"best_accuracy": float(cost.best(table))}
    first |= rows_needed(found[0][0], limits, said[0], supports, cost.sure[0])
    return [first, *(dict[str, object](verdict=each) for each in said[1:])]


def best_accuracy(u: Counts, p: Counts, measure: str, limits: Limits, others: int = 0) -> np.ndarray:
    """The highest accuracy any classifier can have while the known ``measure`` meets the limits
    (:func:`~responsible.measures.feasibility.attainable`).
    """
    return attainable(u, p, KNOWN[measure], limits, others)
