"""Cells: one row for each distinct combination of split, target bin, features and sensitive levels, with its count n.

The columns of the cells' Parquet file, which all but ``n`` are unique together and order the rows:

``split``
    train, valid or test.
``bin``
    int32, the number of cut points at or below the target. So the label at any cut point is a comparison of bin
    numbers, and no stage after ``prepare`` needs a row.
``month``
    YYYY-MM, only where a time column is declared.
``cluster_group``
    The group, 0 to 99, of the cluster (person) whose rows these are, only where ``budget.cluster`` is declared.
``x.NAME``
    A feature: float64, null when missing, or text, "Missing" when missing; binned numbers are text.
``a.NAME``
    A sensitive attribute: its level as spelled in the table, or "Missing".
``n``
    int64, the number of rows, at least 1.

The schema's metadata has under ``responsible`` a JSON object: ``cuts`` (the cut points, rising), ``rows`` (the sum of
``n``), ``features`` (name → numeric or categorical) and ``attributes`` (names).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field, model_validator

from responsible.validation import InputError, Params


class Grid(Params):
    """Evenly spaced thresholds from ``minimum`` to ``maximum``, both included when the step allows."""

    minimum: float
    maximum: float
    step: Annotated[float, Field(gt=0)]

    @model_validator(mode="after")
    def _rising(self) -> Self:
        if self.minimum > self.maximum:
            raise ValueError(f"minimum must be <= maximum, got {self.minimum} and {self.maximum}")
        if self.maximum - self.minimum > 1000 * self.step:
            raise ValueError(f"step must give at most 1001 thresholds, got {self.step}")
        return self

    def values(self) -> list[float]:
        """The thresholds, rising; each is minimum + i·step, so none drifts by repeated addition."""
        count = int((self.maximum - self.minimum) / self.step + 1e-9) + 1
        return [float(self.minimum + i * self.step) for i in range(count)]


def cuts(threshold: float, grid: Grid | None) -> list[float]:
    """Sorted distinct cut points: the label threshold and the thresholds of the sweep, where there is one."""
    return sorted({float(threshold), *(grid.values() if grid else ())})


def labels(cells: pd.DataFrame, cut: Sequence[float], threshold: float) -> npt.NDArray[np.int64]:
    """Label of each cell at ``threshold``, shape (cells,): 1 where the target is at least the threshold, else 0.

    Raises :class:`InputError` when the threshold is not one of the cut points the cells were counted with.
    """
    if float(threshold) not in cut:
        known = ", ".join(f"{c:g}" for c in cut)
        raise InputError(f"threshold must be a cut point of the cells ({known}), got {threshold}; run prepare again")
    return (cells["bin"].to_numpy() > list(cut).index(float(threshold))).astype(np.int64)
