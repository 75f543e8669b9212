"""Text files as they are: compressed, in any encoding, with line ends of any system; as UTF-8 for engines; and their
records, rows and lines.
"""

from __future__ import annotations

import csv
import errno
import gzip
import itertools
import sys
import tempfile
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple, TextIO, cast

from pipeline.entry import watch
from responsible.validation import InputError

if TYPE_CHECKING:
    from pipeline.ingest.source_files import SourceTable

BLOCK = 1 << 20  # characters or bytes at a time


def opened(path: Path, encoding: str = "utf-8", newline: str | None = "") -> TextIO:
    """The text of a file; bytes that are not of its encoding come as surrogates, so that a message can say where."""
    codec = "utf-8-sig" if encoding == "utf-8" else encoding
    try:
        if path.suffix.lower() == ".gz":
            return cast("TextIO", gzip.open(path, "rt", encoding=codec, errors="surrogateescape", newline=newline))
        return path.open(encoding=codec, errors="surrogateescape", newline=newline)
    except OSError as error:
        raise InputError(f"{path}: cannot be opened: {error.strerror}; check its permissions") from None


def unreadable(path: Path, encoding: str, error: Exception) -> InputError:
    """What to say of a file whose bytes are not what its name or its declared encoding promises."""
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        rule = f"there is no space for a copy of it in UTF-8 in {tempfile.gettempdir()}"
        return InputError(f"{path}: {rule}; free some space, or set TMPDIR to a folder with more")
    remedy = "write the file again" if path.suffix.lower() == ".gz" else "correct the encoding or write the file again"
    return InputError(f"{path}: not readable as {encoding}: {' '.join(str(error).split())}; {remedy}")


def raw(path: Path) -> IO[bytes]:
    """The bytes of a file, decompressed."""
    try:
        return cast("IO[bytes]", gzip.open(path)) if path.suffix.lower() == ".gz" else path.open("rb")
    except OSError as error:
        raise InputError(f"{path}: cannot be opened: {error.strerror}; check its permissions") from None


def needs_copy(path: Path, encoding: str) -> bool:
    """Whether engines cannot read the file as it is: not UTF-8, or with line ends of several systems."""
    if encoding != "utf-8":
        return True
    windows = feeds = returns = 0  # of blocks without returns, whether there is a feed is enough to know
    last = b""
    try:
        with raw(path) as file:
            while block := file.read(BLOCK):
                if b"\r" not in block and last != b"\r":
                    feeds += b"\n" in block
                    continue
                windows += block.count(b"\r\n") + (last == b"\r" and block.startswith(b"\n"))
                feeds += block.count(b"\n")
                returns += block.count(b"\r")
                last = block[-1:]
    except (OSError, EOFError) as error:
        raise unreadable(path, "gzip", error) from None
    return sum(kind > 0 for kind in (windows, feeds - windows, returns - windows)) > 1


def lines(path: Path) -> int:
    """How many lines the file has, in any system's way, besides the header: it has at most that many rows."""
    ends, last = 0, b"\n"
    try:
        with raw(path) as file:
            while block := file.read(BLOCK):
                last = block[-1:]
                ends += block.count(b"\n") + block.count(b"\r") - block.count(b"\r\n")
    except (OSError, EOFError) as error:
        raise unreadable(path, "gzip", error) from None
    return ends - (last in b"\r\n")


def copy(path: Path, encoding: str, to: Path) -> None:
    """Write the text as UTF-8 with a line feed at every line's end; a byte not of the encoding stays as it is."""
    try:
        with (
            opened(path, encoding, newline=None) as text,
            to.open("w", encoding="utf-8", errors="surrogateescape", newline="\n") as file,
        ):
            while block := text.read(BLOCK):
                file.write(block)
    except (UnicodeError, OSError, EOFError) as error:
        raise unreadable(path, encoding, error) from None


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
