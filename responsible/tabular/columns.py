"""Declared columns: what a field becomes, how the table spells it, and the names that columns have inside an engine."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

KEY = "row_key"  # integer key of a row, added by the reader
REASON = "reason"  # what is wrong with a row; null for a good one
VALUE = "value"  # the field that is wrong, as it stands in the table
Kind = Literal["numeric", "categorical", "month", "day"]
DATES = {"month": 7, "day": 10}  # kinds that are dates → the letters of an ISO date that they keep
NOT_WHOLE = "not a whole number"
Closed = Literal["left", "right"]


@dataclass(frozen=True)
class Declared:
    """One output column ``name`` made from ``column``.

    kind
        ``numeric``: float64, null when missing; with ``bins`` the text of its interval, "Missing" when missing.
        ``categorical``: text as spelled, "Missing" when missing. ``month``, ``day``: the YYYY-MM or YYYY-MM-DD of an
        ISO date; of an instant (a time with an offset) where its reader makes it local to prepare.time_zone.
    minimum, maximum
        Range of a good number, bounds included.
    bins
        Rising inner edges of half-open intervals, ``closed`` on one side (:func:`intervals`), or named by ``labels``.
    levels
        The texts a good row may have; None for any.
    required
        A missing value makes the row bad.
    whole
        A number with a fraction makes the row bad (:data:`NOT_WHOLE`).
    remedy
        What helps where a value is wrong; it is then refused even where bad rows are dropped, because the column is of
        another kind. A missing value is none of these.
    form
        How a date is written, as strptime has it ("%d.%m.%Y"); None for ISO dates. The reader makes them ISO.
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
    form: str | None = None
    whole: bool = False
    remedy: str = ""


@dataclass(frozen=True)
class Spelling:
    """How a table writes its fields: texts that mean missing besides the empty one (blanks around them ignored), the
    decimal sign, the sign between groups of three digits, and whether blanks around a text belong to it.
    """

    missing: Sequence[str] = ()
    decimal: str = "."
    thousands: str | None = None
    trim: bool = False

    def number(self) -> str:
        """A regular expression of finite numbers; where digits are grouped, every group but the first has three."""
        point, digits = re.escape(self.decimal), "[0-9]+"
        if self.thousands:
            digits = f"(?:[0-9]{{1,3}}(?:{re.escape(self.thousands)}[0-9]{{3}})+|[0-9]+)"
        return f"(?:[+-]?(?:{digits}(?:{point}[0-9]*)?|{point}[0-9]+)(?:[eE][+-]?[0-9]+)?)"


def months(declared: Sequence[Declared]) -> dict[str, str | None]:
    """The columns whose months or days are declared, with the form of their dates (None: ISO)."""
    return {each.column: each.form for each in declared if each.kind in DATES}


def token(name: str) -> str:
    """The name of a table's column inside an engine: letters and digits of ASCII as they are, others as code points.

    Engines read dots, quotes and backticks in names differently. Distinct names have distinct tokens.
    """
    return "c_" + "".join(c if c.isascii() and c.isalnum() else f"_{ord(c):x}_" for c in name)


def made(name: str) -> str:
    """The name inside an engine of a column that is made, not read."""
    return "made_" + token(name)


def intervals(
    bins: Sequence[float], minimum: float | None = None, maximum: float | None = None, closed: Closed = "left"
) -> list[str]:
    """Texts of the intervals that ``bins`` cut a range into: "[18, 24)", the last one closed when it has an end.

    Without a ``minimum`` the first is "< 18", without a ``maximum`` the last is ">= 65"; ``closed`` on the right, those
    are "<= 18", "(18, 24]" and "> 65".
    """
    edges = [number_text(b) for b in bins]
    if closed == "right":
        lowest = f"<= {edges[0]}" if minimum is None else f"[{number_text(minimum)}, {edges[0]}]"
        highest = f"> {edges[-1]}" if maximum is None else f"({edges[-1]}, {number_text(maximum)}]"
        return [lowest, *(f"({low}, {high}]" for low, high in pairwise(edges)), highest]
    first = f"< {edges[0]}" if minimum is None else f"[{number_text(minimum)}, {edges[0]})"
    last = f">= {edges[-1]}" if maximum is None else f"[{edges[-1]}, {number_text(maximum)}]"
    return [first, *(f"[{low}, {high})" for low, high in pairwise(edges)), last]


def number_text(value: float) -> str:
    """A bound or an edge as it stands in texts: whole numbers without a decimal point."""
    return str(int(value)) if value == int(value) else repr(float(value))
