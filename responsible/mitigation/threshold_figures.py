"""Label thresholds: which are tried, what constrains the choice, and the figures of counts they are judged by."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
import numpy.typing as npt

from responsible.fairness import verdicts
from responsible.fairness.measures import MEASURES
from responsible.limits import Limits
from responsible.statistics import intervals
from responsible.statistics.rates import PERFORMANCE, rate
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


def quantity(name: str) -> Value:
    """The figure ``name`` of counts ``[..., group, y, ŷ]`` with groups unprivileged, privileged, excluded: (...).

    Fairness measures compare the first two groups; the base rate and performance figures are of all rows.
    """
    if name in MEASURES:
        return lambda c: MEASURES[name].compute(c[..., UNPRIVILEGED, :, :], c[..., PRIVILEGED, :, :])
    if name == "base_rate":
        return lambda c: rate(c.sum(-3), "base_rate")
    return lambda c: PERFORMANCE[name](c.sum(-3))


def interval(name: str, draws: Counts, point: Counts, confidence: float) -> intervals.Interval:
    """The interval of :func:`quantity` ``name`` at counts ``point`` ``[..., group, y, ŷ]`` from replicates of them."""
    if name in MEASURES:
        two = [(c[..., UNPRIVILEGED, :, :], c[..., PRIVILEGED, :, :]) for c in (draws, point)]
        return verdicts.interval(name, two[0], two[1], confidence)
    return intervals.percentile(quantity(name)(draws), confidence)
