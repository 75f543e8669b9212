"""Declared columns: from the fields of a table to typed values and, for each row, what is wrong with it.

One narwhals expression serves every engine and every table: text becomes a number only where a regular expression
says that it is one, because engines differ in what else they accept ("1_000", "0x1F", "nan"). A row is judged by the
checks of its columns in the order they are declared; the first that fails is its ``reason``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import narwhals as nw

from responsible.validation import MISSING, InputError

KEY = "row_key"  # integer key of a row, added by the reader
REASON = "reason"  # what is wrong with a row; null for a good one
VALUE = "value"  # the field that is wrong, as it stands in the table
NUMBER = r"(?:[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
NOT_FINITE = r"(?:[+-]?(?:[nN][aA][nN]|[iI][nN][fF](?:[iI][nN][iI][tT][yY])?))"
BLANKS = r"[ \t\r\n]*"
_DAYS = (
    r"(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-9])"
)
DATE = rf"^[0-9]{{4}}-(?:(?:0[1-9]|1[0-2])|(?:{_DAYS})(?:[T ][0-9:.,]+(?:[zZ]|[+-][0-9:]+)?)?)$"

_NULL = nw.lit(None, nw.String)
Check = tuple[str, nw.Expr]
Kind = Literal["numeric", "categorical", "month"]
Closed = Literal["left", "right"]


@dataclass(frozen=True)
class Declared:
    """One output column ``name`` made from ``column``.

    kind
        ``numeric``: float64, null when missing; with ``bins`` the text of its interval, "Missing" when missing.
        ``categorical``: text as spelled, "Missing" when missing. ``month``: the YYYY-MM of an ISO date; of an
        instant (a time with an offset) where its reader makes it local to prepare.time_zone.
    minimum, maximum
        Range of a good number, bounds included.
    bins
        Rising inner edges of half-open intervals, ``closed`` on one side (:func:`intervals`), or named by ``labels``.
    levels
        The texts a good row may have; None for any.
    required
        A missing value makes the row bad.
    """

    name: str
    column: str
    kind: Kind
    minimum: float | None = None
    maximum: float | None = None
    bins: Sequence[float] | None = None
    levels: Sequence[str] | None = None
    required: bool = False
    labels: Sequence[str] | None = None
    closed: Closed = "left"


def months(declared: Sequence[Declared]) -> list[str]:
    """The columns whose months are declared."""
    return [each.column for each in declared if each.kind == "month"]


def token(name: str) -> str:
    """The name of a table's column inside an engine: letters and digits of ASCII as they are, others as code points.

    Engines read dots, quotes and backticks in names differently. Distinct names have distinct tokens.
    """
    return "c_" + "".join(c if c.isascii() and c.isalnum() else f"_{ord(c):x}_" for c in name)


def made(name: str) -> str:
    """The name inside an engine of a column that is made, not read."""
    return "made_" + token(name)


def typed(
    frame: nw.LazyFrame[Any], declared: Sequence[Declared], missing_values: Sequence[str], keep: Sequence[str] = ()
) -> nw.LazyFrame[Any]:
    """``REASON``, ``VALUE`` and :func:`made` of each declared name, from a lazy frame with columns by :func:`token`.

    ``missing_values`` are the texts that mean missing besides the empty field, blanks around them ignored. ``keep``
    names columns of the frame to carry along. Raises :class:`InputError` when the type of a native column cannot hold
    what is declared (a list, a date as a number).
    """
    schema = frame.collect_schema()
    fields = [_Field(d, schema[token(d.column)], missing_values) for d in declared]
    checks = [(f, rule, bad) for f in fields for rule, bad in f.checks()]
    reasons = (nw.when(bad).then(nw.lit(f"{f.declared.column}: {rule}")) for f, rule, bad in checks)
    values = (nw.when(bad).then(nw.coalesce(f.text, nw.lit(""))) for f, rule, bad in checks)
    wrong = {REASON: nw.coalesce(*reasons, _NULL), VALUE: nw.coalesce(*values, _NULL)}
    return frame.select(*keep, **wrong, **{made(f.declared.name): f.value() for f in fields})


def intervals(
    bins: Sequence[float], minimum: float | None = None, maximum: float | None = None, closed: Closed = "left"
) -> list[str]:
    """Texts of the intervals that ``bins`` cut a range into: "[18, 24)", the last one closed when it has an end.

    Without a ``minimum`` the first is "< 18", without a ``maximum`` the last is ">= 65"; ``closed`` on the right, those
    are "<= 18", "(18, 24]" and "> 65".
    """
    edges = [_number(b) for b in bins]
    if closed == "right":
        lowest = f"<= {edges[0]}" if minimum is None else f"[{_number(minimum)}, {edges[0]}]"
        highest = f"> {edges[-1]}" if maximum is None else f"({edges[-1]}, {_number(maximum)}]"
        return [lowest, *(f"({low}, {high}]" for low, high in pairwise(edges)), highest]
    first = f"< {edges[0]}" if minimum is None else f"[{_number(minimum)}, {edges[0]})"
    last = f">= {edges[-1]}" if maximum is None else f"[{edges[-1]}, {_number(maximum)}]"
    return [first, *(f"[{low}, {high})" for low, high in pairwise(edges)), last]


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(float(value))


class _Field:
    """The expressions of one declared column, given the type the engine found for it."""

    def __init__(self, declared: Declared, dtype: nw.dtypes.DType, missing_values: Sequence[str]) -> None:
        self.declared, self.dtype = declared, dtype
        self.is_text = dtype in (nw.String, nw.Categorical, nw.Enum)
        self._refuse_types()
        self.column = nw.col(token(declared.column))
        self.text = self.column if dtype == nw.String else self.column.cast(nw.String)
        self.missing = self.column.is_null()
        if self.is_text:
            self.missing = self.missing | self._matches("|".join(["", *map(re.escape, missing_values)]))
        elif dtype.is_float() and "nan" in {m.lower() for m in missing_values}:
            self.missing = self.missing | self.column.is_nan()

    def _matches(self, pattern: str) -> nw.Expr:
        """Whether the text, blanks around it ignored, matches as a whole."""
        return self.text.str.contains(f"^{BLANKS}(?:{pattern}){BLANKS}$")

    def _refuse_types(self) -> None:
        numeric = self.is_text or self.dtype.is_numeric() or self.dtype == nw.Boolean
        if not (numeric or (self.dtype.is_temporal() and self.declared.kind != "numeric")):
            rule = f"cannot be read as {self.declared.kind}, got type {self.dtype}"
            raise InputError(f"{self.declared.column} {rule}; convert the column")

    def value(self) -> nw.Expr:
        """The typed value; where the field is bad it is null or unspecified text."""
        if self.declared.kind == "numeric":
            return self.number() if self.declared.bins is None else self._interval(self.declared.bins)
        text = self.text.str.slice(0, 7) if self.declared.kind == "month" else self.text
        return nw.when(self.missing).then(nw.lit(MISSING)).otherwise(text)

    def number(self) -> nw.Expr:
        """float64; null when missing or when text is not a number."""
        column = self.column.cast(nw.Int64) if self.dtype == nw.Boolean else self.column
        if self.is_text:
            plain, padded = self.text.str.contains(f"^{NUMBER}$"), self._matches(NUMBER)  # stripping all rows is slow
            stripped = nw.when(padded).then(self.text.str.strip_chars())
            column = nw.when(plain).then(self.text).otherwise(stripped)
        return nw.when(~self.missing).then(column).cast(nw.Float64)

    def _interval(self, bins: Sequence[float]) -> nw.Expr:
        d, number = self.declared, self.number()
        *lower, last = d.labels or intervals(bins, d.minimum, d.maximum, d.closed)
        levels = nw.lit(last)
        for edge, level in reversed(list(zip(bins, lower, strict=True))):
            below = number <= edge if d.closed == "right" else number < edge
            levels = nw.when(below).then(nw.lit(level)).otherwise(levels)
        unreadable = nw.when(number.is_null()).then(_NULL).otherwise(levels)
        return nw.when(self.missing).then(nw.lit(MISSING)).otherwise(unreadable)

    def checks(self) -> Iterator[Check]:
        """Each rule with the expression that is true where it is broken."""
        if self.declared.required:
            yield "missing", self.missing
        if self.declared.kind == "numeric":
            yield from self._number_checks()
        elif self.declared.kind == "month":
            yield "not an ISO date (YYYY-MM-DD)", ~self.missing & ~self.text.str.contains(DATE)
        elif self.declared.levels is not None:
            yield (
                f"not one of {', '.join(self.declared.levels)}",
                ~self.missing & ~self.text.is_in(self.declared.levels),
            )

    def _number_checks(self) -> Iterator[Check]:
        number = self.number()
        if self.is_text:
            yield "not finite", ~self.missing & self._matches(NOT_FINITE)
            yield "not a number", ~self.missing & number.is_null()
        yield "not finite", ~self.missing & ~number.is_finite()
        if self.declared.minimum is not None:
            yield f"below {_number(self.declared.minimum)}", number < self.declared.minimum
        if self.declared.maximum is not None:
            yield f"above {_number(self.declared.maximum)}", number > self.declared.maximum
