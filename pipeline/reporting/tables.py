"""What documents show of rows: columns of Markdown tables from a CSV, and filters for rows of data frames."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pipeline.reporting import formatting
from pipeline.reporting.formatting import Markup, escape
from responsible.limits import EXCEEDED
from responsible.names import CHANGE
from responsible.validation import InputError

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.reporting.sources import TableRow
    from responsible.models import Models

ANSWERS = {True: "yes", False: "no", None: "unclear"}
Column = Callable[[Sequence["TableRow"]], Markup]


def exceeds(verdict: str, *, bold: bool = False) -> str:
    """Whether a verdict says that the limit is exceeded: ``yes`` (``bold`` in Markdown), ``no`` or ``unclear``.

    Empty without a verdict. That is not the same as whether a difference is shown.
    """
    said = ANSWERS[EXCEEDED[verdict]] if verdict else ""
    return "**yes**" if bold and said == "yes" else said


def share(value: float) -> str:
    """A share of 1 in percent with two significant digits, for prose; ``100 %`` only when it is all of them."""
    digits = 0 if value >= 0.0995 or not value else 1 if value >= 0.00995 else 2
    return formatting.percent(value, 1 if value < 1 and round(value * 100) == 100 else digits)


def difference(value: float, digits: int, unit: str, more: str, less: str) -> str:
    """A signed difference as people say it: ``9.9 points lower``. One that rounds to zero at its ``digits`` has no
    direction: ``less than 0.1 points apart``.
    """
    if math.isnan(value) or round(abs(value), digits):
        return f"{formatting.number(abs(value), digits)} {unit} {more if value > 0 else less}"
    return f"less than {formatting.number(10.0**-digits, digits)} {unit} apart"


def of_rows(show: Callable[[TableRow], str], pick: Mapping[str, Any]) -> Column:
    """Show the rows of a group that have the values of ``pick``, which must agree; nothing where there is none."""

    def column(rows: Sequence[TableRow]) -> Markup:
        found = {show(row): row for row in rows if all(row.text(k) == str(value) for k, value in pick.items())}
        if len(found) > 1:
            one, other, *_ = found.values()
            place = f"{one.file}: rows {one.line} and {other.line}"
            raise InputError(f"{place} both match one cell; narrow `where`, `by` or the column")
        return Markup(next(iter(found), ""))

    return column


def text(column: str, **pick: Any) -> Column:
    """A text as it is spelled, or as people call it."""
    return of_rows(lambda row: escape(row.shown(column)), pick)


def words(column: str, **pick: Any) -> Column:
    """A name of the metrics files as a reader says it, without underscores."""
    return of_rows(lambda row: escape(formatting.words(row.shown(column))), pick)


def verdict(column: str = "verdict", **pick: Any) -> Column:
    """A verdict in words."""
    return of_rows(lambda row: formatting.verdict(row.text(column)), pick)


def exceeded(column: str = "verdict", **pick: Any) -> Column:
    """Whether a verdict says that the limit is exceeded, which is not the same as whether a difference is shown."""
    return of_rows(lambda row: exceeds(row.text(column), bold=True), pick)


def code(column: str, **pick: Any) -> Column:
    """A text as it is spelled in the data, as code."""
    return of_rows(lambda row: formatting.code(row.text(column)), pick)


def number(column: str, digits: int | None = None, **pick: Any) -> Column:
    """A number, a whole one as a count; an empty field stays empty."""

    def show(row: TableRow) -> str:
        if not (text := row.text(column)):
            return ""
        return formatting.number(int(text) if text.removeprefix("-").isdecimal() else row.number(column), digits)

    return of_rows(show, pick)


def percent(column: str, digits: int = 1, **pick: Any) -> Column:
    """A share, in percent."""
    return of_rows(lambda row: formatting.percent(row.number(column), digits) if row.text(column) else "", pick)


def interval(column: str = "value", digits: int | None = None, **pick: Any) -> Column:
    """``value [low, high]`` from the columns of these names, or the row's reason why there is none."""

    def show(row: TableRow) -> str:
        low, high = ((row.number(end) if end in row else math.nan) for end in ("low", "high"))
        return formatting.interval(row.number(column), low, high, row.get("reason", ""), digits=digits)

    return of_rows(show, pick)


def counted(column: str = "value", digits: int | None = None, **pick: Any) -> Column:
    """As ``interval``, with the counts behind it from ``count`` and ``of``: ``0.92 [0.86, 0.96] (115/125)``."""
    whole = interval(column, digits)

    def show(row: TableRow) -> str:
        if not row.text("count"):
            return whole([row])
        return f"{whole([row])} ({formatting.number(row.number('count'), 0)}/{formatting.number(row.number('of'), 0)})"

    return of_rows(show, pick)


def limits(**pick: Any) -> Column:
    """The limits from the columns ``minimum`` and ``maximum``."""

    def show(row: TableRow) -> str:
        low, high = (float(row.text(name)) if row.text(name) else None for name in ("minimum", "maximum"))
        return formatting.limits(low, high)

    return of_rows(show, pick)


SHOWS: dict[str, Callable[..., Column]] = {
    f.__name__: f for f in (text, words, code, verdict, exceeded, number, percent, interval, counted, limits)
}


def markdown(
    rows: Sequence[TableRow], columns: Mapping[str, Column], by: str | Sequence[str] | None, most: int | None
) -> tuple[list[str], str]:
    """The lines of a Markdown table: one for each row, or for each distinct value of the column(s) ``by``.

    Of more than ``most`` lines the first ones are kept, and a text says of how many.
    """
    keys = [by] if isinstance(by, str) else list(by or ())
    groups: dict[Any, list[TableRow]] = {}
    for row in rows:
        groups.setdefault(tuple(row.text(key) for key in keys) or row.line, []).append(row)
    lines = [[escape(heading) for heading in columns], ["---"] * len(columns)]
    lines += [[show(group) for show in columns.values()] for group in list(groups.values())[:most]]
    left = f", the first {most} of {len(groups)}" if most is not None and len(groups) > most else ""
    return [f"| {' | '.join(line)} |" for line in lines], left


def records(table: pd.DataFrame) -> list[Any]:
    """The rows of a data frame as named tuples."""
    return list(table.itertuples(index=False))


def _row_interval(row: Any, column: str = "value", digits: int | None = None, *, percent: bool = False) -> Markup:
    """``value [low, high]`` of a row; the ends are ``COLUMN_low`` and ``COLUMN_high`` where the row has them."""
    named = hasattr(row, f"{column}_low")
    ends = (f"{column}_low", f"{column}_high") if named else ("low", "high")
    value, low, high = (getattr(row, name) * (100 if percent else 1) for name in (column, *ends))
    places, unit = (1 if digits is None else digits, " %") if percent else (digits, "")
    return Markup(formatting.interval(value, low, high, getattr(row, "reason", ""), digits=places, unit=unit))


FILTERS: dict[str, Callable[..., Markup]] = {
    "code": lambda text: Markup(formatting.code(text)),
    "drawn": lambda picture, file, heading=True: formatting.drawn(picture.said, file, heading=heading),
    "interval": _row_interval,
    "limits": lambda row: Markup(formatting.limits(row.minimum, row.maximum)),
    "number": lambda value, digits=None: Markup(formatting.number(value, digits)),
    "p_value": lambda p, name="": Markup(formatting.p_value(p, name)),
    "percent": lambda share, digits=1: Markup(formatting.percent(share, digits)),
    "exceeded": lambda row: Markup(exceeds(row.verdict, bold=True)),
    "share": lambda value: Markup(share(value)),
    "shown": lambda row: Markup("yes" if row.shown else "no"),
    "verdict": lambda row: Markup(formatting.verdict(row.verdict)),
}
"""What a document of rows pipes its rows and their numbers through."""


def with_shown(tables: Mapping[str, pd.DataFrame], models: Models) -> dict[str, pd.DataFrame]:
    """The tables with the models as people read their names."""
    called = {name: models.shown(name) for name in models.names}
    changes = {f"{CHANGE}_{name}": f"{CHANGE}_{shown}" for name, shown in called.items()}
    figures = {f"^{re.escape(name)}\\.": f"{shown}." for name, shown in called.items()}
    known = {"model": called | changes}
    return {
        name: table.replace(known) if "model" in table else table.replace({"figure": figures}, regex=True)
        for name, table in tables.items()
    }
