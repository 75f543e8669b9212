"""Digests of contents: MD5 as DVC names contents, SHA-256 for everything that this repository names itself."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import Any


def md5(content: bytes | Path) -> str:
    """Hex MD5 of bytes or of a file's content, by which DVC knows an output; no protection against forgery."""
    read = content.read_bytes() if isinstance(content, Path) else content
    return hashlib.md5(read, usedforsecurity=False).hexdigest()


def files_below(folder: Path, ignored: Sequence[str] = ()) -> list[Path]:
    """The files of a folder and of those in it, sorted; ``ignored`` are patterns of names that are not looked at."""
    found: list[Path] = []
    for path in sorted(folder.iterdir()):
        if not any(fnmatch(path.name, pattern) for pattern in ignored):
            found += files_below(path, ignored) if path.is_dir() else [path]
    return found


def md5_of_folder(folder: Path, ignored: Sequence[str] = ()) -> str:
    """The digest by which DVC knows a folder: that of the list of its files with theirs, and ``.dir``."""
    listed = [
        {"md5": md5(file), "relpath": file.relative_to(folder).as_posix()} for file in files_below(folder, ignored)
    ]
    text = json.dumps(sorted(listed, key=lambda one: one["relpath"]), sort_keys=True)
    return f"{md5(text.encode())}.dir"


def sha256(content: bytes | str) -> str:
    """Hex SHA-256 of bytes, or of a text in UTF-8."""
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()


def of_value(value: Any) -> str:
    """Hex SHA-256 of a value as JSON with sorted keys; what JSON does not have, a date for one, counts as its text."""
    return sha256(json.dumps(value, sort_keys=True, default=str))
