"""Where a row stands in its file: the records of a CSV file, their rows and their lines."""

from __future__ import annotations

import csv
import itertools
import sys
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from pipeline.entry import watch
from pipeline.ingest.source_files import SourceTable
from pipeline.ingest.text_files import opened
from responsible.validation import InputError


class Place(NamedTuple):
    """Where a row stands: its number among the file's data rows, from 1, and its first line (None in Parquet)."""

    row: int
    line: int | None

    def __str__(self) -> str:
        return f"row {self.row}" + (f" (line {self.line})" if self.line else "")


class Record(NamedTuple):
    """A record of a CSV file: its number as engines count, its place, its fields (None: its quotes do not match)."""

    number: int
    place: Place
    fields: Sequence[str] | None


def records(path: Path, table: SourceTable) -> Iterator[Record]:
    """Each record of a CSV file but header and blank lines. A byte that is not UTF-8 is a lone surrogate of its fields.

    Engines count every record, blank lines among them and the header as 1; people count rows of data. InputError where
    a quoted field runs over several lines and does not end as it should, because what it swallowed cannot be told
    apart.
    """
    csv.field_size_limit(sys.maxsize)
    with opened(path, table.encoding) as file:
        rows, row = csv.reader(file, delimiter=table.delimiter, strict=True), 0
        for number in itertools.count(1):
            line, found = rows.line_num + 1, None
            try:
                found = next(rows)
            except StopIteration:
                return
            except csv.Error:
                if rows.line_num > line:
                    rule = f"a quoted field begins on line {line} and does not end as it should (line {rows.line_num})"
                    raise InputError(f"{path}: {rule}; correct the quotes") from None
            if number > 1 and found != []:
                row += 1
                yield Record(number, Place(row, line), found)


def places(
    path: Path, table: SourceTable, wanted: Collection[int], rejected: Collection[int]
) -> tuple[dict[int, Place], dict[int, Place]]:
    """Where rows of a CSV file stand: those read, by their order (``wanted``), and the rejected, by record number."""
    read: dict[int, Place] = {}
    lost: dict[int, Place] = {}
    for number, place, _ in watch(records(path, table), "finding lines"):
        if number in rejected:
            lost[number] = place
        elif (order := place.row - len(lost)) in wanted:
            read[order] = place
        if len(read) == len(wanted) and len(lost) == len(rejected):
            break
    return read, lost
