"""Typing: from the fields of declared columns to values and, for each row, what is wrong with it.

One narwhals expression serves every engine and every table: text becomes a number only where a regular expression
says that it is one, because engines differ in what else they accept ("1_000", "0x1F", "nan"). A row is judged by the
checks of its columns in the order they are declared; the first that fails is its ``reason``.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Iterator, Sequence
from functools import reduce
from typing import Any

import narwhals as nw

from responsible.tabular.columns import (
    DATES,
    NOT_WHOLE,
    REASON,
    VALUE,
    Declared,
    Spelling,
    intervals,
    made,
    number_text,
    token,
)
from responsible.validation import MISSING, InputError

NOT_FINITE = r"(?:[+-]?(?:[nN][aA][nN]|[iI][nN][fF](?:[iI][nN][iI][tT][yY])?))"
BLANKS = r"[ \t\r\n]*"
_DAYS = (
    r"(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-9])"
)
DATE = rf"^[0-9]{{4}}-(?:(?:0[1-9]|1[0-2])|(?:{_DAYS})(?:[T ][0-9:.,]+(?:[zZ]|[+-][0-9:]+)?)?)$"

MONTH_ALONE = "^[0-9]{4}-[0-9]{2}$"

FIRST = "first_broken_rule"  # the number of the check that a row breaks, within :func:`typed`
_NULL = nw.lit(None, nw.String)
Check = tuple[str, nw.Expr]


def typed(
    frame: nw.LazyFrame[Any], declared: Sequence[Declared], spelling: Spelling, keep: Sequence[str] = ()
) -> nw.LazyFrame[Any]:
    """``REASON``, ``VALUE`` and :func:`made` of each declared name, from a lazy frame with columns by :func:`token`.

    ``spelling`` is how the table writes texts, numbers and missing values. ``keep`` names columns of the frame to carry
    along. Raises :class:`InputError` when the type of a native column cannot hold
    what is declared (a list, a date as a number).
    """
    frame, checks, fields = _judged(frame, declared, spelling)
    own = [(nw.when(nw.col(FIRST) == i), f, rule) for i, (f, rule, _) in enumerate(checks)]
    values = (when.then(nw.coalesce(f.text, nw.lit(""))) for when, f, _ in own)
    wrong = {REASON: reason_of(_rules(checks)), VALUE: nw.coalesce(*values, _NULL)}
    return frame.select(*keep, **wrong, **{made(f.declared.name): f.value() for f in fields})


def rules(frame: nw.LazyFrame[Any], declared: Sequence[Declared], spelling: Spelling) -> list[str]:
    """What :func:`typed` says of a row, by the number of the check that it breaks (:data:`FIRST`)."""
    return _rules(_judged(frame, declared, spelling)[1])


def reason_of(known: Sequence[str]) -> nw.Expr:
    """The text of the ``known`` rule whose number is in :data:`FIRST`; null for a good row."""
    return nw.coalesce(*(nw.when(nw.col(FIRST) == i).then(nw.lit(rule)) for i, rule in enumerate(known)), _NULL)


def _judged(
    frame: nw.LazyFrame[Any], declared: Sequence[Declared], spelling: Spelling
) -> tuple[nw.LazyFrame[Any], list[tuple[_Field, str, nw.Expr]], list[_Field]]:
    """The frame with :data:`FIRST`, the checks it is the number of, and the fields."""
    schema = frame.collect_schema()
    fields = [_Field(d, schema[token(d.column)], spelling) for d in declared]
    for columns in ({f.lacks: f.is_missing() for f in fields}, {f.figure: f.number() for f in fields if f.is_number}):
        frame = frame.with_columns(**columns) if columns else frame
    checks = [(f, rule, bad) for f in fields for rule, bad in f.checks()]
    if not checks:
        return frame.with_columns(nw.lit(-1).alias(FIRST)), checks, fields
    first = nw.coalesce(*(nw.when(bad).then(nw.lit(i)) for i, (_, _, bad) in enumerate(checks)))
    broken = reduce(operator.or_, (bad for _, _, bad in checks))  # most rows are good, and need no more than this
    first = nw.when(broken).then(first).otherwise(nw.lit(-1))
    return frame.with_columns(first.alias(FIRST)), checks, fields


def _rules(checks: Sequence[tuple[_Field, str, nw.Expr]]) -> list[str]:
    return [f"{f.declared.column}: {rule}" for f, rule, _ in checks]


class _Field:
    """The expressions of one declared column, given the type the engine found for it."""

    def __init__(self, declared: Declared, dtype: nw.dtypes.DType, spelling: Spelling) -> None:
        self.declared, self.dtype, self.spelling = declared, dtype, spelling
        self.is_text = dtype in (nw.String, nw.Categorical, nw.Enum)
        self._refuse_types()
        self.column = nw.col(token(declared.column))
        self.text = self.column if dtype == nw.String else self.column.cast(nw.String)
        if self.is_text and spelling.trim:
            self.text = self.text.str.strip_chars()
        self.lacks, self.figure = f"lacks_{token(declared.name)}", f"number_{token(declared.name)}"
        self.is_number = declared.kind == "numeric"
        self.missing, self.parsed = nw.col(self.lacks), nw.col(self.figure)

    def is_missing(self) -> nw.Expr:
        """Whether there is no value; never null. ``missing`` once the frame has it as a column."""
        if self.is_text:
            return self.column.is_null() | self._matches("|".join(["", *map(re.escape, self.spelling.missing)]))
        if self.dtype.is_float() and "nan" in {m.lower() for m in self.spelling.missing}:
            return self.column.is_null() | self.column.is_nan()
        return self.column.is_null()

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
            return self.parsed if self.declared.bins is None else self._interval(self.declared.bins)
        text = self.text.str.slice(0, DATES[self.declared.kind]) if self.declared.kind in DATES else self.text
        return nw.when(self.missing).then(nw.lit(MISSING)).otherwise(text)

    def number(self) -> nw.Expr:
        """float64; null when missing or when text is not a number. ``parsed`` once the frame has it as a column."""
        column = self.column.cast(nw.Int64) if self.dtype == nw.Boolean else self.column
        if self.is_text:
            pattern = self.spelling.number()
            plain, padded = self.text.str.contains(f"^{pattern}$"), self._matches(pattern)  # stripping all rows is slow
            stripped = nw.when(padded).then(self.text.str.strip_chars())
            column = self._in_digits(nw.when(plain).then(self.text).otherwise(stripped))
        return nw.when(~self.missing).then(column).cast(nw.Float64)

    def _in_digits(self, number: nw.Expr) -> nw.Expr:
        """The text of a number without a thousands separator and with a decimal point."""
        if self.spelling.thousands:
            number = number.str.replace_all(self.spelling.thousands, "", literal=True)
        return number.str.replace_all(",", ".", literal=True) if self.spelling.decimal == "," else number

    def _interval(self, bins: Sequence[float]) -> nw.Expr:
        d, number = self.declared, self.parsed
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
        elif self.declared.kind in DATES:
            form = f"a date of the form {d}" if (d := self.declared.form) else "an ISO date (YYYY-MM-DD)"
            yield f"not {form}", ~self.missing & ~self.text.str.contains(DATE)
            if self.declared.kind == "day":
                yield "has no day", ~self.missing & self.text.str.contains(MONTH_ALONE)
        elif self.declared.levels is not None:
            yield (
                f"not one of {', '.join(self.declared.levels)}",
                ~self.missing & ~self.text.is_in(self.declared.levels),
            )

    def _number_checks(self) -> Iterator[Check]:
        number = self.parsed
        if self.is_text:
            yield "not finite", ~self.missing & self._matches(NOT_FINITE)
            yield "not a number", ~self.missing & number.is_null()
        yield "not finite", ~self.missing & ~number.is_finite()
        if self.declared.whole:
            yield NOT_WHOLE, number % 1 != 0
        if self.declared.minimum is not None:
            yield f"below {number_text(self.declared.minimum)}", number < self.declared.minimum
        if self.declared.maximum is not None:
            yield f"above {number_text(self.declared.maximum)}", number > self.declared.maximum
