"""Label thresholds: which are tried, what constrains the choice, and the figures of counts they are judged by."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
import numpy.typing as npt

from responsible.fairness.measures import MEASURES
from responsible.limits import Limits
from responsible.statistics.count_figures import CountFigure, performance_figure
from responsible.statistics.rates import RATES, rate
from responsible.tabular.cells import Grid
from responsible.validation import Params, did_you_mean

Array = npt.NDArray[np.float64]
Bits = npt.NDArray[np.bool_]
Counts = npt.NDArray[np.int64]
Value = Callable[[Counts], Array]
UNPRIVILEGED, PRIVILEGED, EXCLUDED = 0, 1, 2


class Sweep(Params):
    """Which label thresholds are tried, and how one is chosen.

    ``attribute``: the sensitive attribute of the fairness measures (pooled). ``limits``: constraints by name, each a
    fairness measure of the reweighed model or ``base_rate``. ``choose_by``: the reweighed performance figure that is
    highest at the chosen threshold among those that meet every constraint.
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


def figure(name: str) -> CountFigure:
    """The figure ``name`` of tables of :func:`sides`: a fairness measure, a performance figure or ``base_rate``."""
    if name in MEASURES:
        return MEASURES[name].figure
    if name == "base_rate":
        return CountFigure(lambda table: rate(table.sum(axis=-3), name), (RATES[name],))
    return performance_figure(name)


def sides(name: str, counts: Counts) -> Counts:
    """What the figure compares, of counts ``[..., group, y, ŷ]`` with groups unprivileged, privileged, excluded: the
    first two for a fairness measure, all rows as one side for the base rate and performance.
    """
    return counts[..., :EXCLUDED, :, :] if name in MEASURES else counts.sum(axis=-3, keepdims=True)


def quantity(name: str) -> Value:
    """The figure ``name`` of counts ``[..., group, y, ŷ]``: (...)."""
    return lambda counts: figure(name).compute(sides(name, counts))
