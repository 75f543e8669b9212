"""Values with their intervals, limits and verdicts: a row each, as in a forest plot; several columns share the rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from pipeline.plots.style import LETTER, LINE, Canvas, fold

GAP, INSET = 10, 18  # between plot and text; left of a plot without names beside it, for half a tick


@dataclass(frozen=True)
class Mark:
    """A value of a ``kind`` with its interval, and what is ``said`` of it at the right; ``bold`` where it is bad."""

    kind: str
    value: float
    low: float
    high: float
    said: str
    bold: bool = False


@dataclass(frozen=True)
class Cell:
    """The marks of a row in a column, limits (NaN where open), a ``note``, the limits' ``shade``, everybody's value."""

    marks: Sequence[Mark] = ()
    minimum: float = math.nan
    maximum: float = math.nan
    note: str = ""
    shade: str = "within"
    whole: float = math.nan


@dataclass(frozen=True)
class Row:
    """A row: its name, and a cell for each column."""

    label: str
    cells: Sequence[Cell]


@dataclass(frozen=True)
class Column:
    """A scale with its title, what ticks look like, how wide what is said may be, where parity lies, what says it."""

    title: str
    low: float
    high: float
    tick: Callable[[float], str]
    said: float
    parity: float = math.nan
    head: str = ""

    def share(self, value: float) -> float:
        """From 0 at the low end to 1 at the high one; values beyond lie at the end."""
        return (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)


def ticks(low: float, high: float, most: int) -> list[float]:
    """At most ``most`` round numbers from low to high."""
    if low == high:
        return [low]
    size = 10.0 ** math.floor(math.log10((high - low) / most))
    found: list[float] = []
    for step in (s * size for s in (1, 2, 5, 10, 20, 50, 100)):
        found = [i * step for i in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]
        if len(found) <= most:
            break
    return found


def said_width(texts: Sequence[str]) -> float:
    """The width of the longest of the lines."""
    return max((len(line) for text in texts for line in text.split("\n")), default=0) * LETTER


def forest(
    canvas: Canvas, columns: Sequence[Column], rows: Sequence[Row], label: float = 285, phone: float = 0
) -> None:
    """Draw the rows below what is there, names in ``label`` pixels beside them.

    On a phone the columns stand below each other, and names above their values unless they have ``phone`` pixels.
    """
    if not canvas.narrow:
        _Block(canvas, columns, rows, label).draw()
        return
    for place, column in enumerate(columns):
        own = [replace(row, cells=[row.cells[place]]) for row in rows if row.cells[place].marks]
        _Block(canvas, [column], own, phone).draw()


class _Block:
    """Rows and columns over one axis. Notes that differ between the columns stand below their own values."""

    def __init__(self, canvas: Canvas, columns: Sequence[Column], rows: Sequence[Row], label: float) -> None:
        self.canvas, self.columns, self.rows, self.label = canvas, columns, rows, label
        self.each = (canvas.width - label) / len(columns)
        self.below = any(len({cell.note for cell in row.cells if cell.note}) > 1 for row in rows)
        self.texts = [self._texts(row) for row in rows]

    def _texts(self, row: Row) -> list[tuple[str, str]]:
        """The lines of a row's name and, unless they stand below, of its notes, with their class."""
        width = (self.label or self.canvas.width) - GAP
        notes = () if self.below else dict.fromkeys(cell.note for cell in row.cells if cell.note)
        return [(line, "") for line in fold(row.label, width)] + [(x, "muted") for n in notes for x in fold(n, width)]

    def _note(self, cell: Cell) -> list[str]:
        return fold(cell.note, self.each - GAP) if self.below and cell.note else []

    def draw(self) -> None:
        """Titles, names, and every column."""
        if not self.rows:
            return
        titles = [fold(column.title, self.each - column.said * bool(column.head) - GAP) for column in self.columns]
        top = self.canvas.y + LINE * max(map(len, titles)) + 4
        starts = []
        for row, texts in zip(self.rows, self.texts, strict=True):
            starts.append(top + (0 if self.label else LINE * len(texts) + 5))
            y = top
            for line, classes in texts:
                y = self.canvas.lines(0, y, [line], classes)
            notes = max(LINE * len(self._note(cell)) for cell in row.cells)
            top = max(y, starts[-1] + _values(row) + notes) + 12
        for place, (column, lines) in enumerate(zip(self.columns, titles, strict=True)):
            left = self.label + place * self.each
            right = left + self.each - column.said - 2 * GAP
            under = self.canvas.lines(left, self.canvas.y, lines, "muted")
            if column.head:
                self.canvas.text(right + GAP, under - LINE + 13, column.head, "muted")
            self._column(column, (left + (0 if self.label else INSET), right), starts, top, place)
        self.canvas.y = top + LINE + 14

    def _column(
        self, column: Column, ends: tuple[float, float], starts: Sequence[float], bottom: float, place: int
    ) -> None:
        left, right = ends
        canvas = self.canvas

        def at(value: float) -> float:
            return left + (right - left) * column.share(value)

        cells = [row.cells[place] for row in self.rows]
        for cell, row, start in zip(cells, self.rows, starts, strict=True):
            if not (math.isnan(cell.minimum) and math.isnan(cell.maximum)):
                low, high = (
                    at(end if math.isnan(limit) else limit)
                    for limit, end in ((cell.minimum, column.low), (cell.maximum, column.high))
                )
                canvas.box(low, start - 1, high - low, _values(row) + 2, cell.shade)
        for tick in ticks(column.low, column.high, max(3, int((right - left) / 48))):
            kind = "axis" if math.isclose(tick, column.parity, abs_tol=1e-9) else "grid"
            for row, start in zip(self.rows, starts, strict=True):
                canvas.line((at(tick), start - 3, at(tick), start + _values(row) + 3), kind)
            canvas.text(at(tick), bottom + 9, column.tick(tick), "muted middle")
        for cell, row, start in zip(cells, self.rows, starts, strict=True):
            _cell(canvas, cell, at, start, right + GAP)
            canvas.lines(left, start + _values(row) + 2, self._note(cell), "muted")


def _values(row: Row) -> float:
    return max(LINE * sum(1 + mark.said.count("\n") for mark in cell.marks) for cell in row.cells)


def _cell(canvas: Canvas, cell: Cell, at: Callable[[float], float], y: float, edge: float) -> None:
    for mark in cell.marks:
        lines = mark.said.split("\n")
        middle = y + LINE * len(lines) / 2
        if not math.isnan(mark.low):
            canvas.path([(at(mark.low), middle), (at(mark.high), middle)], mark.kind)
        if not math.isnan(mark.value):
            canvas.mark(at(mark.value), middle, mark.kind)
        y = canvas.lines(edge, y, lines, "bold" if mark.bold else "")
        if not math.isnan(cell.whole):
            canvas.path([(at(cell.whole), middle - 8), (at(cell.whole), middle + 8)], "ink")
