"""Where a table is, how it is read, and its features, as the parameters say it; what texts and lists there may be."""

from __future__ import annotations

import codecs
from abc import abstractmethod
from collections import Counter
from collections.abc import Iterable
from typing import Annotated, Literal, Self
from zoneinfo import available_timezones

from pydantic import Field, WrapValidator, field_validator, model_validator

from responsible.tabular.columns import Declared, Spelling
from responsible.tabular.queries import Query, Session, source
from responsible.validation import Params

Text = Annotated[str, Field(min_length=1)]
Delimiter = Annotated[str, Field(pattern=r'^[^"\r\n]$')]
TimeFormat = Annotated[str, Field(pattern="%[Yy].*%[mbB]|%[mbB].*%[Yy]")]
Bins = Annotated[list[float], Field(min_length=1)]
Levels = Annotated[list[Text], Field(min_length=1)]

MOST_ROWS = 1_000_000
"""Rows that are kept of a table whose rows later stages hold in memory, unless ``sample_rows`` says another number."""


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

    ``sample_rows`` is how many rows of each table are used, chosen by hash; 0 for all, but of a :class:`RowTable` at
    most :data:`MOST_ROWS`. ``time_zone`` is where the month of an instant (a date and time with an offset) is taken, in
    every format. ``spark`` is the session of the engine of that name.
    """

    engine: Text
    on_bad_rows: Literal["error", "drop"]
    minimum_rows: Annotated[int, Field(ge=1, le=10**12)]
    sample_rows: Annotated[int, Field(ge=0, lt=2**31)]  # no engine has a larger limit, and the hash no more values
    missing_values: list[str]
    time_zone: str = "UTC"
    split: Split
    spark: Session | None = None

    @property
    def most_rows(self) -> int:
        """How many rows of a :class:`RowTable` are used at most."""
        return self.sample_rows or MOST_ROWS

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
        if self.spark and self.engine != "spark":
            raise ValueError(f"spark is for engine: spark, got engine: {self.engine}")
        return self


class Source(Params):
    """Where a table is, and how it is read.

    ``source`` is a path, or a :class:`~responsible.tabular.queries.Query`, to which the keys of files do not
    apply. Besides prepare.missing_values, ``missing_values`` of this table alone mean missing. A text file is in
    ``encoding``, one of Python's; its numbers have the ``decimal`` sign and, between groups of three digits, the
    ``thousands`` sign. ``trim`` takes blanks off the ends of column names and texts. ``allow_unequal_drop`` is the
    written reason why dropped rows may fall unequally on groups.
    """

    source: Annotated[Text, WrapValidator(source)]
    pattern: Text | None = None
    delimiter: Delimiter
    encoding: Text = "utf-8"
    decimal: Literal[".", ","] = "."
    thousands: Literal[".", ",", " ", "'", "_", "\u00a0", "\u202f", "’"] | None = None
    trim: bool = False
    missing_values: list[Text] = Field(default_factory=list)
    allow_unequal_drop: Text | None = None

    @field_validator("encoding")
    @classmethod
    def _known(cls, encoding: str) -> str:
        """The name that Python has for the codec; refuse what is none, or makes no text of bytes."""
        try:
            codec = codecs.lookup(encoding)
        except LookupError:
            raise ValueError(f"must be an encoding of Python, such as cp1252, got {encoding!r}") from None
        if not codec._is_text_encoding:
            raise ValueError(f"must be an encoding of texts, such as cp1252, got {encoding!r}")
        return codec.name

    @model_validator(mode="after")
    def _signs_apart(self) -> Self:
        if self.decimal == self.thousands:
            raise ValueError(f"decimal and thousands must be different signs, got {self.decimal!r} for both")
        refuse_repeats("missing_values", self.missing_values)
        if isinstance(self.source, Query):
            self._refuse_beside_query()
        return self

    def _refuse_beside_query(self) -> None:
        usual = {"pattern": None, "encoding": "utf-8", "decimal": ".", "thousands": None}
        if changed := [key for key, value in usual.items() if getattr(self, key) != value]:
            raise ValueError(f"{changed[0]} is for files, and source is a query; remove the key")
        named = getattr(self, "cluster", None)
        if unnamed := [key for key in ("key", "id") if getattr(self, key, "not a role") is None and not named]:
            rule = "must name a column when source is a query: a database gives rows in any order, so none has a number"
            raise ValueError(f"{unnamed[0]} {rule}")

    def spelling(self, prepare: Prepare) -> Spelling:
        """How the table writes its fields."""
        missing = list(dict.fromkeys([*prepare.missing_values, *self.missing_values]))
        return Spelling(missing, self.decimal, self.thousands, self.trim)


class RowTable(Source):
    """A table whose rows a later stage needs, one by one."""

    @abstractmethod
    def declared(self) -> list[Declared]:
        """The columns with a role, in the order in which a row is judged."""


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


def refuse_repeats(name: str, values: Iterable[str]) -> None:
    """ValueError when a text occurs twice; features differ by more than case, because engines ignore it."""
    counts = Counter(v.lower() if name == "features" else v for v in values)
    if repeated := [v for v, n in counts.items() if n > 1]:
        raise ValueError(f"{name} must not repeat a value, got {repeated[0]!r} twice")
