"""Scaling of features to standard deviations from their mean, so that none counts more for its unit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from responsible.clustering.partition import Points
from responsible.validation import InputError


@dataclass(frozen=True)
class Scaling:
    """Centre and spread (d,) of each feature. Taken from the data: no privacy guarantee covers them."""

    centre: Points
    spread: Points

    def apply(self, values: Points) -> Points:
        """Values in their own units (n, d) as standard deviations from the mean."""
        return (values - self.centre) / self.spread

    def undo(self, points: Points) -> Points:
        """Standardised points in their own units."""
        return points * self.spread + self.centre


def scaling(values: Points) -> Scaling:
    """Mean and standard deviation (divided by n) of each column. InputError when a column is constant."""
    centre, spread = values.mean(axis=0), values.std(axis=0)
    if len(flat := np.flatnonzero(np.ptp(values, axis=0) == 0)):
        raise InputError(f"feature {int(flat[0]) + 1}: must vary, got one value in all {len(values)} rows; remove it")
    return Scaling(centre, spread)
