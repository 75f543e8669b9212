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
``d.NAME``
    What a model of somebody else decided: int64, 1 for yes.
``n``
    int64, the number of rows, at least 1.

The schema's metadata has under ``responsible`` a JSON object: ``cuts`` (the cut points, rising), ``rows`` (the sum of
``n``), ``features`` (name → numeric or categorical), ``attributes`` (names), and ``labels``: false where rows have no
target, so that each has the bin 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field, model_validator

from responsible.models import External, Models
from responsible.names import ATTRIBUTE, CLUSTER, DECISION, FEATURE, SCORE
from responsible.tabular import predictions
from responsible.tabular.columns import Declared, Kind
from responsible.tabular.schema import SPLITS, Budget, Sensitive, refuse_conflicts
from responsible.tabular.sources import Prepare
from responsible.validation import InputError, Params

MOST_WEIGHT = 10**9  # rows that one may stand for; sums of 64 bits hold as many such rows


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


@dataclass(frozen=True)
class Plan:
    """How a table becomes cells: the parameters of table, label, sweep and audit, and the seed of split and sample."""

    prepare: Prepare
    budget: Budget
    sensitive: Mapping[str, Sensitive]
    threshold: float
    grid: Grid | None
    seed: int
    models: Models | None = None

    def __post_init__(self) -> None:
        """Refuse roles that exclude each other."""
        refuse_conflicts(self.budget, self.sensitive, self.threshold)

    @property
    def cuts(self) -> list[float]:
        """The sorted cut points of the target."""
        return cuts(self.threshold, self.grid)

    def declared(self) -> list[Declared]:
        """Every column of the table that has a role, in the order in which a row is judged."""
        budget, out = self.budget, []
        if target := budget.target:
            kind: Kind = "categorical" if target.favourable else "numeric"
            out.append(Declared("target", target.column, kind, target.minimum, target.maximum, required=True))
        if budget.key:
            out.append(Declared("key", budget.key, "categorical", required=True))
        if budget.cluster:
            out.append(Declared("cluster", budget.cluster, "categorical", required=True))
        if budget.split_column:
            out.append(Declared("split", budget.split_column, "categorical", levels=SPLITS, required=True))
        if budget.time:
            out.append(Declared("month", budget.time, "month", required=True, form=budget.time_format))
        if budget.weight:
            out.append(Declared("weight", budget.weight, "numeric", 1, MOST_WEIGHT, required=True, whole=True))
        for name, f in budget.features.items():
            out.append(Declared(FEATURE + name, name, f.kind, f.minimum, f.maximum, f.bins))
        for name, attribute in self.sensitive.items():
            out.append(attribute.declared(ATTRIBUTE + name, budget.features.get(attribute.column)))
        of_table = ((name, own) for name, own in self.external.items() if not own.file)
        return [*out, *(column for model in of_table for column in predictions.declared(*model))]

    @property
    def external(self) -> Mapping[str, External]:
        """The models of somebody else."""
        return self.models.external if self.models else {}

    @property
    def undivided(self) -> bool:
        """Whether nobody learns from these rows, so that all of them are test rows, unless a column says otherwise."""
        return self.models is not None and not self.models.trained and not self.budget.split_column

    def names(self, scored: str = "") -> list[str]:
        """The cells' columns before ``n``, in their order, which is also their sort order; ``scored`` names a model
        whose scores are counted instead, by group and label.
        """
        attributes = [ATTRIBUTE + name for name in self.sensitive]
        cluster = [CLUSTER] if self.budget.cluster else []
        if scored:
            return ["split", "bin", *cluster, *attributes, SCORE + scored, DECISION + scored, predictions.EXACT]
        month = ["month"] if self.budget.time else []
        features = (FEATURE + name for name in self.budget.features)
        decisions = (DECISION + name for name in self.external)
        return ["split", "bin", *month, *cluster, *features, *attributes, *decisions]

    def kinds(self) -> dict[str, str]:
        """Feature → "numeric" or "categorical" as it stands in the cells: binned numbers are categorical."""
        return {name: "categorical" if f.bins else f.kind for name, f in self.budget.features.items()}
