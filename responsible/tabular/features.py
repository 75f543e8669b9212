"""A feature: the parameters of a column that the models see, or that cases are compared by."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from responsible.tabular.sources import Bins
from responsible.validation import Params


class Feature(Params):
    """A column the models see. ``bins`` are the inner edges of half-open intervals that become its levels.

    ``minimum`` and ``maximum`` are the values a good row may have, bounds included. Levels with fewer rows than
    ``min_count`` become the one level "Rare".
    """

    kind: Literal["numeric", "categorical"]
    minimum: float | None = None
    maximum: float | None = None
    bins: Bins | None = None
    min_count: Annotated[int, Field(ge=2, le=1_000_000)] | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        limits = [x for x in (self.minimum, self.maximum) if x is not None]
        if self.kind == "categorical" and (limits or self.bins):
            raise ValueError("minimum, maximum and bins are for kind: numeric, got kind: categorical")
        if self.kind == "numeric" and not self.bins and self.min_count:
            raise ValueError("min_count is for levels: kind: categorical, or bins, got numbers")
        if limits != sorted(limits):
            raise ValueError(f"minimum must be <= maximum, got {self.minimum} and {self.maximum}")
        if self.bins and (self.bins != sorted(set(self.bins)) or not _within(self.bins, self.minimum, self.maximum)):
            raise ValueError(f"bins must rise strictly between minimum and maximum, got {self.bins}")
        return self


def _within(bins: list[float], minimum: float | None, maximum: float | None) -> bool:
    return (minimum is None or minimum < bins[0]) and (maximum is None or bins[-1] <= maximum)
