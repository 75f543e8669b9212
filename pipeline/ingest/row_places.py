"""Where a row stands in its file: the records of a CSV file, their rows and their lines."""

from __future__ import annotations

import csv
import itertools
import sys
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

from pipeline.entry import watch
from pipeline.ingest.source_files import opened
from responsible.validation import InputError


class Place(NamedTuple):
    """Where a row stands: its number among the file's data rows, from 1, and its first line (None in Parquet)."""

    row: int
    line: int | None

    def __str__(self) -> str:
        return f"row {self.row}" + (f" (line {self.line})" if self.line else "")


def records(path: Path, delimiter: str) -> Iterator[tuple[int, int, int]]:
    """Each record of a CSV file but header and blank lines: its number as engines count, its row, its first line.

    Engines count every record, blank lines among them and the header as 1; people count rows of data. InputError where
    a quoted field runs over several lines and does not end as it should, because what it swallowed cannot be told
    apart.
    """
    csv.field_size_limit(sys.maxsize)
    with opened(path) as file:
        rows, row = csv.reader(file, delimiter=delimiter, strict=True), 0
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
                yield number, row, line


def places(
    path: Path, delimiter: str, wanted: Collection[int], rejected: Collection[int]
) -> tuple[dict[int, Place], dict[int, Place]]:
    """Where rows of a CSV file stand: those read, by their order (``wanted``), and the rejected, by record number."""
    read: dict[int, Place] = {}
    lost: dict[int, Place] = {}
    for number, row, line in watch(records(path, delimiter), "finding lines"):
        if number in rejected:
            lost[number] = Place(row, line)
        elif (order := row - len(lost)) in wanted:
            read[order] = Place(row, line)
        if len(read) == len(wanted) and len(lost) == len(rejected):
            break
    return read, lost
