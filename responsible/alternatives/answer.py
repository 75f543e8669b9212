"""The answer: whether there was a less discriminatory model of like quality, by paired changes on the test rows."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from responsible.fairness.measures import MEASURES
from responsible.fairness.verdicts import POWER
from responsible.measures.costs import Costs
from responsible.names import Judged
from responsible.statistics.count_figures import CountFigure, Estimate, change, estimate, performance_figure
from responsible.statistics.count_tables import Sides
from responsible.statistics.intervals import Inference
from responsible.statistics.rates import Counts
from responsible.statistics.sample_size import growth

Outcome = Literal["yes", "no", "cannot_be_told"]
PAIR = Judged(("instead", "alternative"), "instead")
MOST = 1e9  # more rows than anybody has: no number of rows would decide
Joint = tuple[Counts, Counts | None]


def size_of(measure: str) -> CountFigure:
    """The absolute value of a difference as a figure of tables ``(..., side, y, ŷ)``, in [0, 1]."""
    figure = MEASURES[measure].figure
    if figure.gaps:
        return figure
    signed = figure.compute
    return replace(figure, compute=lambda table: np.abs(signed(table)), gaps=(signed,), bounds=(0.0, 1.0))


def quality_of(costs: Costs | None) -> CountFigure:
    """What performance is: accuracy, or the mean of declared costs, of tables ``(..., side, y, ŷ)``."""
    return costs.figure if costs else performance_figure("accuracy")


@dataclass(frozen=True)
class Compared:
    """Two candidates on the test rows: each figure of the second, and its change from the first, paired."""

    performance: Estimate
    disparity: Estimate
    signed: Estimate
    performance_change: Estimate
    disparity_change: Estimate


def compared(
    found: Joint, measure: str, costs: Costs | None, inference: Inference, rng: np.random.Generator
) -> Compared:
    """From joint counts ``[side, y, a, b]`` with the side outside of the audit last, which performance counts too."""
    joint, parts = found
    pooled = Sides.of(
        joint.sum(0, keepdims=True), None if parts is None else parts.sum(1, keepdims=True), inference, rng, PAIR
    )
    groups = Sides.of(joint[:2], None if parts is None else parts[:, :2], inference, rng, PAIR)
    name, quality, size = PAIR.subject, quality_of(costs), size_of(measure)
    return Compared(
        estimate(quality, *pooled.models[name], inference),
        estimate(size, *groups.models[name], inference),
        estimate(MEASURES[measure].figure, *groups.models[name], inference),
        change(quality, *pooled.joint[name], inference),
        change(size, *groups.joint[name], inference),
    )


@dataclass(frozen=True)
class Answer:
    """Whether there was an ``alternative`` to the model ``instead``: names, and how both compare on the test rows.

    ``near`` other ones of ``searched`` candidates were within the stated loss. ``frequency`` is how often replicates of
    the validation rows choose the same, ``none`` how often none. ``needed`` test rows would tell, None where no number
    would, or where none is needed.
    """

    outcome: Outcome
    instead: str
    alternative: str
    compared: Compared | None
    searched: int
    near: int
    frequency: float
    none: float
    needed: int | None = None


def outcome(found: Compared, within: float, least: float, rows: int, confidence: float) -> tuple[Outcome, int | None]:
    """What the changes on test rows say, and the number of test rows that would tell.

    *Yes*: the disparity is less beyond noise, and a loss beyond ``within`` is not shown. *No*: it is shown that the
    disparity is not less by ``least``, or that the loss is larger. Otherwise it cannot be told; the rows then grow
    until the interval decides (:func:`~responsible.statistics.sample_size.growth`).
    """
    gain, loss = found.disparity_change, found.performance_change
    if gain.reason or loss.reason:
        return "cannot_be_told", None
    if loss.high < -within or gain.low > -least:
        return "no", None
    if gain.high < 0:
        return "yes", None
    limits = (-math.inf, 0.0) if gain.value < -least / 2 else (-least, math.inf)
    times = growth(gain.value, gain.low, gain.high, limits, confidence=confidence, power=POWER)
    return "cannot_be_told", math.ceil(rows * times) if rows * times < MOST else None


def lossy(costs: Costs | None, found: Compared) -> Compared:
    """The comparison with a performance change that falls where performance gets worse: costs change their sign."""
    if costs is None:
        return found
    was = found.performance_change
    return replace(found, performance_change=replace(was, value=-was.value, low=-was.high, high=-was.low))
