"""The table of people to be segmented: numeric features with their declared bounds, and one protected attribute.

The bounds of a feature say which values a good row may have. They are declared, never read from the data, because the
noise of a privacy mechanism is measured by them: a bound that one person's value has set is that person's secret.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field, model_validator

from responsible.names import ATTRIBUTE, FEATURE
from responsible.tabular.columns import Declared
from responsible.tabular.levels import refuse_many
from responsible.tabular.sources import RowTable, Text, refuse_repeats
from responsible.validation import InputError, Params

PROFILE = ("column", "role", "level", "n", "missing", "share", "mean", "sd")


class Bounded(Params):
    """A numeric feature. ``minimum`` and ``maximum``: the values a good row may have, bounds included."""

    minimum: float
    maximum: float

    @model_validator(mode="after")
    def _wide(self) -> Self:
        if self.minimum >= self.maximum:
            raise ValueError(f"minimum must be < maximum, got {self.minimum} and {self.maximum}")
        return self


class Segments(RowTable):
    """The table of the segments line and the roles of its columns.

    ``protected`` is the column of the groups whose share in every segment is looked at; any number of levels, a
    missing value is the level "Missing". ``missing`` is what happens to a row without a value of a feature: the table
    is refused, the row is dropped, or it gets the feature's median.
    """

    protected: Text
    missing: Literal["refuse", "drop", "median"]
    features: Annotated[dict[Text, Bounded], Field(min_length=1)]

    @model_validator(mode="after")
    def _roles_apart(self) -> Self:
        refuse_repeats("features", self.features)
        if self.protected.lower() in {name.lower() for name in self.features}:
            raise ValueError(f"protected must not be a feature, got {self.protected!r} for both")
        return self

    def declared(self) -> list[Declared]:
        """Every column of the table that has a role, in the order in which a row is judged."""
        required = self.missing == "refuse"
        features = (
            Declared(FEATURE + name, name, "numeric", f.minimum, f.maximum, required=required)
            for name, f in self.features.items()
        )
        return [*features, Declared(ATTRIBUTE + self.protected, self.protected, "categorical")]

    def bounds(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Declared lowest and highest values, each (features,), in the order of the features."""
        low, high = zip(*((f.minimum, f.maximum) for f in self.features.values()), strict=True)
        return np.array(low, dtype=float), np.array(high, dtype=float)


def people(rows: pd.DataFrame, roles: Segments) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The table to segment, and its profile, from the typed good rows.

    The table has ``x.<feature>`` (float64, none missing) and ``a.<protected>`` (text), sorted by all columns: the order
    of the file says nothing and changes nothing. The profile has one row a feature (rows that have a value, rows
    without one, mean and standard deviation of the values) and one a protected level (rows, those of them without a
    value of some feature, share of the rows).

    Raises:
        InputError: no row is left, a feature has one value only, or the attribute one level only.
    """
    columns = [d.name for d in roles.declared()]
    found, protected = rows[columns], ATTRIBUTE + roles.protected
    numbers = found[columns[:-1]]
    gaps = numbers.isna().any(axis=1)
    if roles.missing == "median":
        found = found.fillna(numbers.median())
    table = found.dropna().sort_values(columns, ignore_index=True)
    _refuse(table, roles, int(gaps.sum()))
    return table, pd.concat([_features(numbers), _levels(rows[protected], gaps)], ignore_index=True)[list(PROFILE)]


def _features(numbers: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "column": [str(name).removeprefix(FEATURE) for name in numbers],
            "role": "feature",
            "level": "",
            "n": numbers.notna().sum().to_numpy(),
            "missing": numbers.isna().sum().to_numpy(),
            "share": numbers.notna().mean().to_numpy(),
            "mean": numbers.mean().to_numpy(),
            "sd": numbers.std(ddof=0).to_numpy(),
        }
    )


def _levels(levels: pd.Series[Any], gaps: pd.Series[Any]) -> pd.DataFrame:
    by_level = gaps.groupby(levels).agg(n="size", missing="sum").rename_axis("level").reset_index()
    name = str(levels.name).removeprefix(ATTRIBUTE)
    share = by_level["n"] / len(levels)
    return by_level.assign(column=name, role="protected", share=share, mean=np.nan, sd=np.nan)


def _refuse(table: pd.DataFrame, roles: Segments, gaps: int) -> None:
    if table.empty:
        why = f"all {gaps} good rows lack a value of a feature" if gaps else "there is no good row"
        raise InputError(f"{roles.source}: must leave rows to segment, but {why}; set segments.missing: median")
    for name in roles.features:
        if table[FEATURE + name].nunique() == 1:
            value = table[FEATURE + name].iloc[0]
            rule = f"must vary, got {value:g} in all {len(table)} rows"
            raise InputError(f"{roles.source}: feature {name!r} {rule}; remove it from segments.features")
    levels = table[ATTRIBUTE + roles.protected].unique()
    refuse_many("segments.protected", levels, f"column {roles.protected} of {roles.source}")
    if len(levels) == 1:
        got = f"got only {levels[0]!r} in {roles.source}"
        raise InputError(f"segments.protected: {roles.protected!r} must have at least two levels, {got}; name another")
