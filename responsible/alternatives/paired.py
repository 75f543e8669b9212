"""Two candidates on the same test rows: what each reaches, and by how much the second narrows the disparity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from responsible.fairness.measures import MEASURES
from responsible.measures.costs import Costs
from responsible.names import Judged
from responsible.statistics.count_figures import CountFigure, Estimate, change, estimate, performance_figure
from responsible.statistics.count_tables import Sides
from responsible.statistics.intervals import Inference
from responsible.statistics.rates import Counts

PAIR = Judged(("instead", "alternative"), "instead")
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
    """Two candidates on the test rows: each figure of the second, and its change from the first, paired.

    The disparity is narrowed by the least of ``gains`` (:func:`narrowed`), the negative of ``disparity_change``.
    ``measures`` are other measures of the second, by name.
    """

    performance: Estimate
    disparity: Estimate
    signed: Estimate
    performance_change: Estimate
    gains: tuple[Estimate, ...]
    measures: Mapping[str, Estimate] = field(default_factory=dict)

    @property
    def disparity_change(self) -> Estimate:
        """The change of the absolute disparity; its interval has the least ends of the gains'."""
        ends = {name: -min(getattr(own, name) for own in self.gains) for name in ("value", "low", "high")}
        return replace(self.gains[0], value=ends["value"], low=ends["high"], high=ends["low"])


def compared(
    found: Joint,
    measure: str,
    costs: Costs | None,
    inference: Inference,
    rng: np.random.Generator,
    *,
    others: Sequence[str] = (),
) -> Compared:
    """From joint counts ``[side, y, a, b]`` with the side outside of the audit last, which performance counts too."""
    joint, parts = found
    pooled = Sides.of(
        joint.sum(0, keepdims=True), None if parts is None else parts.sum(1, keepdims=True), inference, rng, PAIR
    )
    groups = Sides.of(joint[:2], None if parts is None else parts[:, :2], inference, rng, PAIR)
    name, quality, size, signed = PAIR.subject, quality_of(costs), size_of(measure), MEASURES[measure].figure
    before, after = (estimate(signed, *groups.models[own], inference) for own in PAIR.names)
    if signed.gaps:
        gains: tuple[Estimate, ...] = (turned(change(size, *groups.joint[name], inference)),)
    else:
        gains = narrowed(before, after, change(signed, *groups.joint[name], inference))
    return Compared(
        estimate(quality, *pooled.models[name], inference),
        estimate(size, *groups.models[name], inference),
        after,
        change(quality, *pooled.joint[name], inference),
        gains,
        {other: estimate(MEASURES[other].figure, *groups.models[name], inference) for other in others},
    )


def turned(found: Estimate) -> Estimate:
    """The negative of an estimate."""
    return replace(found, value=-found.value, low=-found.high, high=-found.low)


def narrowed(before: Estimate, after: Estimate, moved: Estimate) -> tuple[Estimate, Estimate]:
    """By how much |d₁| exceeds |d₂|: it is the lesser of d₁ − d₂ and d₁ + d₂ where d₁ ≥ 0; both change their sign
    where it is not.

    Both are linear in the rates, so that their errors shrink with the root of the rows, as those of an absolute value
    near 0 do not. ``before`` is d₁, ``after`` d₂ and ``moved`` d₂ − d₁, paired. The half width of the sum follows from
    the other three by the parallelogram law, Var(d₁ + d₂) = 2 Var d₁ + 2 Var d₂ − Var(d₂ − d₁), towards each end as in
    the square-and-add rule (Zou & Donner 2008); of ``moved``, the smaller half width counts.
    """
    one, other, step = (before, after, moved) if not before.value < 0 else map(turned, (before, after, moved))
    least = min(step.value - step.low, step.high - step.value) ** 2

    def half(first: float, second: float) -> float:
        return float(np.sqrt(max(2 * first**2 + 2 * second**2 - least, 0.0)))

    total = one.value + other.value
    low = total - half(one.value - one.low, other.value - other.low)
    high = total + half(one.high - one.value, other.high - other.value)
    return turned(step), replace(step, value=total, low=low, high=high)


def lossy(costs: Costs | None, found: Compared) -> Compared:
    """The comparison with a performance change that falls where performance gets worse: costs change their sign."""
    return found if costs is None else replace(found, performance_change=turned(found.performance_change))


def ends(name: str, found: Estimate) -> dict[str, float]:
    """A figure as the columns of a table: ``name``, ``name_low``, ``name_high``."""
    return {name: found.value, f"{name}_low": found.low, f"{name}_high": found.high}
