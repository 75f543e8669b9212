"""What the columns of a table are for, as the parameters say it: target, features, sensitive attributes and so on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Literal, Self
from zoneinfo import available_timezones

from pydantic import Field, field_validator, model_validator

from responsible.tabular.sources import Levels, Source, Text, refuse_repeats
from responsible.validation import MISSING, InputError, Params, did_you_mean

SPLITS = ("train", "valid", "test")
RESERVED = ("all", "month")  # names of rows in the base-rate table that are not attributes
Seed = Annotated[int, Field(ge=0, le=2**32 - 1)]  # the most that scikit-learn takes
Threshold = Annotated[float, Field(allow_inf_nan=False)]


class Split(Params):
    """Shares of the rows for training, validation and test; they sum to 1, and only ``valid`` may be 0."""

    train: Annotated[float, Field(gt=0, lt=1)]
    valid: Annotated[float, Field(ge=0, lt=1)]
    test: Annotated[float, Field(gt=0, lt=1)]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if abs(self.train + self.valid + self.test - 1) > 1e-9:
            raise ValueError(f"shares must sum to 1, got {self.train} + {self.valid} + {self.test}")
        return self


class Prepare(Params):
    """How a table is read: the engine, what happens to bad rows, how many rows, and what means "missing".

    ``time_zone`` is where the month of an instant (a date and time with an offset) is taken, in every format.
    """

    engine: Text
    on_bad_rows: Literal["error", "drop"]
    minimum_rows: Annotated[int, Field(ge=1, le=10**12)]
    sample_rows: Annotated[int, Field(ge=0, le=10**12)]
    missing_values: list[str]
    time_zone: str = "UTC"
    split: Split

    @field_validator("time_zone")
    @classmethod
    def _known(cls, zone: str) -> str:
        """Refuse what is no time zone of the IANA database."""
        if zone not in available_timezones():
            raise ValueError(f"must name a time zone such as UTC or Europe/Berlin, got {zone!r}")
        return zone

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        refuse_repeats("missing_values", self.missing_values)
        return self


class Feature(Params):
    """A column the models see. ``bins`` are the inner edges of half-open intervals that become its levels.

    ``minimum`` and ``maximum`` are the values a good row may have, bounds included.
    """

    kind: Literal["numeric", "categorical"]
    minimum: float | None = None
    maximum: float | None = None
    bins: Annotated[list[float], Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        limits = [x for x in (self.minimum, self.maximum) if x is not None]
        if self.kind == "categorical" and (limits or self.bins):
            raise ValueError("minimum, maximum and bins are for kind: numeric, got kind: categorical")
        if limits != sorted(limits):
            raise ValueError(f"minimum must be <= maximum, got {self.minimum} and {self.maximum}")
        if self.bins and (self.bins != sorted(set(self.bins)) or not _within(self.bins, self.minimum, self.maximum)):
            raise ValueError(f"bins must rise strictly between minimum and maximum, got {self.bins}")
        return self


def _within(bins: list[float], minimum: float | None, maximum: float | None) -> bool:
    return (minimum is None or minimum < bins[0]) and (maximum is None or bins[-1] <= maximum)


class Target(Params):
    """What the label is cut from: numbers, or the ``favourable`` levels of a text column, which count as 1."""

    column: Text
    minimum: float | None = None
    maximum: float | None = None
    favourable: Levels | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.favourable is not None and (self.minimum, self.maximum) != (None, None):
            raise ValueError("minimum and maximum are for a numeric target, got favourable levels beside them")
        if None not in (self.minimum, self.maximum) and self.minimum > self.maximum:  # type: ignore[operator]
            raise ValueError(f"minimum must be <= maximum, got {self.minimum} and {self.maximum}")
        refuse_repeats("favourable", self.favourable or [])
        return self


class Budget(Source):
    """The table of the budget line and the roles of its columns."""

    key: Text | None = None
    time: Text | None = None
    split_column: Text | None = None
    target: Target
    features: Annotated[dict[Text, Feature], Field(min_length=1)]

    @model_validator(mode="after")
    def _one_role_each(self) -> Self:
        single = {"target": self.target.column, "key": self.key, "time": self.time, "split_column": self.split_column}
        roles = [(role, column) for role, column in single.items() if column]
        roles += [("features", name) for name in self.features]
        seen: dict[str, str] = {}
        for role, column in roles:
            if (other := seen.setdefault(column.lower(), role)) != role:
                raise ValueError(f"{other} and {role} must be different columns, got {column!r} for both")
        refuse_repeats("features", self.features)
        return self


class Sensitive(Params):
    """A sensitive attribute: its column, the levels that are privileged, and levels its audit leaves out.

    All other levels are unprivileged, missing values among them; they are never privileged. Where the column is a
    feature with bins, the levels are its intervals.
    """

    column: Text
    privileged: Levels
    exclude: list[Text] = Field(default_factory=list)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        refuse_repeats("privileged and exclude", [*self.privileged, *self.exclude])
        if MISSING in self.privileged:
            raise ValueError(f"privileged must not hold {MISSING!r}: a missing value is never privileged")
        return self

    def role(self, level: str) -> Literal["privileged", "unprivileged", "excluded"]:
        """What a level of this attribute counts as."""
        if level in self.exclude:
            return "excluded"
        return "privileged" if level in self.privileged else "unprivileged"


def refuse_conflicts(budget: Budget, sensitive: Mapping[str, Sensitive], threshold: float) -> None:
    """InputError when a sensitive attribute is what it cannot be: the target, a key, or another attribute again.

    Also when a text target, whose favourable levels count as 1 and the others as 0, is not cut at 1. A line for each.
    """
    taken = {
        "target": budget.target.column,
        "key": budget.key,
        "time": budget.time,
        "split_column": budget.split_column,
    }
    roles = {column: f"budget.{role}" for role, column in taken.items() if column}
    names: dict[str, str] = {}
    faults = []
    if budget.target.favourable and threshold != 1:
        faults.append(f"threshold must be 1 when budget.target has favourable levels, got {threshold:g}")
    for name, attribute in sensitive.items():
        place = f"sensitive.{name}"
        if name in RESERVED or not name:
            faults.append(f"{place}: the name is taken (by rows of the base-rate table); choose another")
        if (other := names.setdefault(name.lower(), name)) != name:
            faults.append(f"{place} and sensitive.{other} differ only in case; rename one")
        if (role := roles.setdefault(attribute.column, place)) != place:
            faults.append(f"{place} and {role} must be different columns, got {attribute.column!r} for both")
    if faults:
        raise InputError("\n".join(faults))


def refuse_absent(key: str, levels: Iterable[str], present: Iterable[str], where: str) -> None:
    """InputError when a declared level is not among those ``present``, with the nearest ones."""
    present = sorted(present)
    for level in levels:
        if level not in present:
            raise InputError(f"{key}: level {level!r} does not occur in {where}{did_you_mean(level, present)}")
