"""Text files as they are: compressed, in any encoding, with line ends of any system; and as UTF-8 for engines."""

from __future__ import annotations

import errno
import gzip
import tempfile
from pathlib import Path
from typing import IO, TextIO, cast

from responsible.validation import InputError

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
    windows = feeds = returns = 0
    last = b""
    try:
        with raw(path) as file:
            while block := file.read(BLOCK):
                windows += block.count(b"\r\n") + (last == b"\r" and block.startswith(b"\n"))
                feeds += block.count(b"\n")
                returns += block.count(b"\r")
                last = block[-1:]
    except (OSError, EOFError) as error:
        raise unreadable(path, "gzip", error) from None
    return sum(kind > 0 for kind in (windows, feeds - windows, returns - windows)) > 1


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
