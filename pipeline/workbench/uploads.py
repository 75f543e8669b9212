"""A table that somebody hands over, as bytes or as a path in the repository, stored under a name of our own.

What it is follows from its bytes, never from its name. Nothing in it is executed or unpickled, and it is unpacked only
as far as the bounds reach. Text stays as it is; whether it is a table, whoever reads it says.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pipeline.repository import RepositoryError, git
from pipeline.workbench.bounds import MIB, Bounds
from responsible.validation import InputError

BLOCK = 1 << 20
LONGEST_LINE = 1 << 20  # bytes; a longer one is no record of a table
PARQUET, GZIP = b"PAR1", b"\x1f\x8b"
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
AS_CSV = "save the table as CSV or Parquet and upload that"
# How files begin that are no tables here → what they are.
OTHERS = {
    b"PK\x03\x04": "a ZIP archive or an Excel workbook",
    b"\xd0\xcf\x11\xe0": "an old Excel or Word file",
    b"%PDF": "a PDF document",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"SQLite format 3": "a SQLite database",
    b"\x80\x03": "a Python pickle, which is never loaded,",
    b"\x80\x04": "a Python pickle, which is never loaded,",
    b"\x80\x05": "a Python pickle, which is never loaded,",
    b"\x7fELF": "a program",
    b"ARROW1": "an Arrow file",
}
MARKUP = re.compile(rb"\s*(?:<!doctype|<html|<\?xml|\{|\[)", re.IGNORECASE)


@dataclass(frozen=True)
class Upload:
    """A stored table: our ``file``, the ``name`` it is shown by, its size in bytes and SHA-256, and notes on it.

    ``inside`` is its path where the repository's last commit has the same bytes, else "".
    """

    file: Path
    name: str
    size: int
    sha256: str
    notes: tuple[str, ...] = ()
    inside: str = ""


def accept(content: bytes, name: str, folder: Path, bounds: Bounds) -> Upload:
    """Store the bytes in ``folder``, unpacked if they are gzip.

    Raises:
        InputError: they are too many, or no table; with the place and what to do.
    """
    shown, notes = shown_name(name)
    if len(content) > bounds.upload:
        rule = f"must have at most {bounds.upload // MIB:,} MiB, got {len(content) / MIB:,.1f}"
        raise InputError(f"{shown}: {rule}; upload fewer rows or columns, or use Parquet")
    if content.startswith(GZIP):
        content = b"".join(_unpacked(content, shown, bounds.unpacked))
    _refuse_others(content, shown)
    if not content.startswith(PARQUET):
        _refuse_no_text(content, shown)
    file = folder / ("table.parquet" if content.startswith(PARQUET) else "table.csv")
    file.touch(mode=0o600)
    file.write_bytes(content)
    return Upload(file, shown, len(content), hashlib.sha256(content).hexdigest(), notes)


def named(path: str, repository: Path, folder: Path, bounds: Bounds) -> Upload:
    """Store a copy of a file that lies in the repository, so that no other file of the server can be read.

    Raises:
        InputError: it is elsewhere, not a file, or refused by :func:`accept`.
    """
    here = repository.resolve()
    try:
        file = (here / path.strip()).resolve()
        inside = file.relative_to(here)
    except (ValueError, OSError):
        raise InputError(f"{path}: must lie in the repository; upload the file instead") from None
    if any(part.startswith(".") for part in inside.parts) or not file.is_file():
        raise InputError(f"{path}: no such table in the repository; check the path, or upload the file")
    if (size := file.stat().st_size) > bounds.upload:
        rule = f"must have at most {bounds.upload // MIB:,} MiB, got {size / MIB:,.1f}"
        raise InputError(f"{inside.as_posix()}: {rule}; use `make start` in a terminal")
    found = accept(file.read_bytes(), file.name, folder, bounds)
    committed = _committed(here, inside.as_posix()) == found.file.read_bytes()
    return Upload(found.file, found.name, found.size, found.sha256, (), inside.as_posix() if committed else "")


def _committed(repository: Path, path: str) -> bytes | None:
    try:
        return git.output(repository, "cat-file", "blob", f"HEAD:./{path}")
    except RepositoryError:
        return None


def shown_name(name: str) -> tuple[str, tuple[str, ...]]:
    """The last part of a file's name, in at most 80 characters that print, and a note where it had folders in it."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    last = "".join(character for character in (parts[-1] if parts else "") if character.isprintable())[-80:]
    last = last.strip("./ ") or "table"
    said = f"{last}: its name had folders, which are ignored: a stored file never has the name of an upload"
    return last, ((said,) if len(parts) > 1 else ())


def _unpacked(content: bytes, shown: str, most: int) -> Iterator[bytes]:
    """The blocks of a gzip file, which may have several members, up to ``most`` bytes."""
    total, rest = 0, content
    while rest:
        unpacker, waiting = zlib.decompressobj(wbits=31), rest
        while waiting and not unpacker.eof:
            try:
                block = unpacker.decompress(waiting, BLOCK)
            except zlib.error as error:
                raise InputError(f"{shown}: not readable as gzip ({error}); write the file again") from None
            total += len(block)
            if total > most:
                rule = f"must unpack to at most {most // MIB:,} MiB"
                raise InputError(f"{shown}: {rule}, and it has more; upload fewer rows or columns")
            yield block
            waiting = unpacker.unconsumed_tail
        if not unpacker.eof:
            raise InputError(f"{shown}: its end is missing; upload the file again")
        rest = unpacker.unused_data


def _refuse_others(content: bytes, shown: str) -> None:
    if not content.strip():
        raise InputError(f"{shown}: is empty; it must begin with a header and have a row per person")
    for beginning, what in OTHERS.items():
        if content.startswith(beginning):
            raise InputError(f"{shown}: is {what} not a table; {AS_CSV}")
    if content.startswith(GZIP):
        raise InputError(f"{shown}: is packed twice; unpack it and upload the table")
    if MARKUP.match(content[:1000]):
        raise InputError(f"{shown}: line 1: is a web page or structured text, not a header; {AS_CSV}")


def _refuse_no_text(content: bytes, shown: str) -> None:
    """A text has no NUL but in UTF-16, whose mark it must have, and line ends."""
    if content.startswith(UTF_16):
        try:
            content = content.decode("utf-16").encode()
        except UnicodeDecodeError as error:
            rule = f"byte {error.start + 1}: not readable as UTF-16, as its first bytes promise"
            raise InputError(f"{shown}: {rule}; save it as CSV in UTF-8") from None
    if (place := content.find(b"\0")) >= 0:
        line = content.count(b"\n", 0, place) + 1
        raise InputError(f"{shown}: line {line}: has a NUL byte, which no text has; save it as CSV in UTF-8")
    start, line = 0, 1
    while start < len(content):
        end = content.find(b"\n", start, start + LONGEST_LINE + 1)
        if end < 0 and len(content) - start > LONGEST_LINE:
            rule = f"line {line}: has more than {LONGEST_LINE // MIB} MiB"
            raise InputError(f"{shown}: {rule}; is a line end missing, or a quote not closed?")
        start, line = (end + 1 if end >= 0 else len(content)), line + 1
