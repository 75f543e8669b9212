"""Digests of contents: MD5 as DVC names contents, SHA-256 for everything that this repository names itself."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any


def md5(content: bytes | Path) -> str:
    """Hex MD5 of bytes or of a file's content, by which DVC knows an output; no protection against forgery."""
    read = content.read_bytes() if isinstance(content, Path) else content
    return hashlib.md5(read, usedforsecurity=False).hexdigest()


def sha256(content: bytes | str) -> str:
    """Hex SHA-256 of bytes, or of a text in UTF-8."""
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()


def of_value(value: Any) -> str:
    """Hex SHA-256 of a value as JSON with sorted keys; what JSON does not have, a date for one, counts as its text."""
    return sha256(json.dumps(value, sort_keys=True, default=str))
