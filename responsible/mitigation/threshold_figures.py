"""Label thresholds: which are tried, what constrains the choice, and the figures of counts they are judged by."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
import numpy.typing as npt

from responsible.fairness.comparisons import Row, simultaneous, together
from responsible.fairness.groups import Groups
from responsible.fairness.measures import MEASURES
from responsible.limits import Limits
from responsible.measures.costs import COST, Costs
from responsible.statistics.count_figures import CountFigure, estimate, performance_figure
from responsible.statistics.count_tables import Draws
from responsible.statistics.intervals import Inference
from responsible.statistics.rates import RATES, rate
from responsible.tabular.cells import Grid
from responsible.validation import Params, did_you_mean

Array = npt.NDArray[np.float64]
Bits = npt.NDArray[np.bool_]
Counts = npt.NDArray[np.int64]
Value = Callable[[Counts], Array]
UNPRIVILEGED, PRIVILEGED = 0, 1


class Sweep(Params):
    """Which label thresholds are tried, and how one is chosen.

    ``attribute``: the sensitive attribute of the fairness measures (pooled, or each level against everybody else where
    none is privileged; then every level must meet the constraints). ``limits``: constraints by name, each a
    fairness measure of the reweighed model or ``base_rate``. ``choose_by``: the reweighed performance figure that is
    highest at the chosen threshold among those that meet every constraint; of declared costs the mean is least instead.
    """

    grid: Grid
    attribute: str
    limits: dict[str, Limits]
    choose_by: Literal["accuracy", "balanced_accuracy", "precision", "recall", "f1"]

    def model_post_init(self, _: object) -> None:
        """Refuse constraints on quantities that do not exist."""
        for name in self.limits:
            if name not in (known := [*MEASURES, "base_rate"]):
                raise ValueError(f"limits.{name} is not a constraint{did_you_mean(name, known)}")

    def decider(self, costs: Costs | None) -> str:
        """The figure that decides among the thresholds that meet every constraint."""
        return COST if costs else self.choose_by


def figure(name: str, costs: Costs | None = None) -> CountFigure:
    """The figure ``name`` of tables of :func:`sides`: a fairness measure, a performance figure, ``base_rate`` or, of
    declared ``costs``, their mean.
    """
    if name == COST and costs:
        return costs.figure
    if name in MEASURES:
        return MEASURES[name].figure
    if name == "base_rate":
        return CountFigure(lambda table: rate(table.sum(axis=-3), name), (RATES[name],))
    return performance_figure(name)


def sides(name: str, counts: Counts, *, each: bool = False) -> Counts:
    """What the figure compares, of counts ``[..., group, y, ŷ]``, as ``[..., comparison, side, y, ŷ]``.

    Groups are unprivileged, privileged and excluded, and a fairness measure compares the first two; with ``each`` they
    are levels and, last, excluded, and it compares every level with all others. The base rate and performance have all
    rows as one side.
    """
    if name not in MEASURES:
        return counts.sum(axis=-3, keepdims=True)[..., None, :, :, :]
    own = counts[..., :-1, :, :]
    return np.stack([own, own.sum(axis=-3, keepdims=True) - own], axis=-3) if each else own[..., None, :, :, :]


def estimates(
    name: str,
    tables: tuple[Counts, Draws],
    inference: Inference,
    who: Groups | None,
    limits: Limits | None = None,
    *,
    costs: Costs | None = None,
) -> list[Row]:
    """The figure ``name`` of each comparison of a table ``[comparison, side, y, ŷ]`` of :func:`sides` and its draws.

    Rows of ``comparison, measure, value, low, high, reason, minimum, maximum, verdict`` and, with the groups ``who`` of
    which each level is compared, those of :func:`~responsible.fairness.comparisons.together`.
    """
    known: Row = {end: getattr(limits, end, None) for end in ("minimum", "maximum")}

    def at(confidence: Inference) -> list[Row]:
        found = estimate(figure(name, costs), *tables, confidence)
        ends = zip(found.value.tolist(), found.low.tolist(), found.high.tolist(), found.reason.tolist(), strict=True)
        own = [dict(zip(("value", "low", "high", "reason"), each, strict=True)) for each in ends]
        return [row | known | {"verdict": limits.judge(row["low"], row["high"]) if limits else ""} for row in own]

    names = who.levels if who and name in MEASURES else ("",)
    wide = simultaneous(inference, who) if who and name in MEASURES else None
    rows = together(at(inference), at(wide) if wide else [])
    return [{"comparison": level, "measure": name, **row} for level, row in zip(names, rows, strict=True)]


def quantity(name: str, *, each: bool = False, costs: Costs | None = None) -> Value:
    """The figure ``name`` of counts ``[..., group, y, ŷ]``, of each comparison: (..., comparison)."""
    return lambda counts: figure(name, costs).compute(sides(name, counts, each=each))
