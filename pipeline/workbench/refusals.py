"""Which field of a form a refusal concerns, so that it can stand beside it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from pipeline.drafting.request import Request

TABLE = "table"
OPTION = re.compile(r"--(\w+)\b")
# How keys of params.yaml begin → the field that decides them, or None where the key names a column.
KEYS: Mapping[str, str] = {
    r"(?:budget|healthcare)\.(?:target|outcome)\b": "target",
    r"\bthreshold: ": "target",
    r"(?:budget\.key|healthcare\.id)\b": "id",
    r"(?:budget|healthcare)\.time(?:_format)?\b": "time",
    r"(?:sensitive|healthcare\.protected)\.|\bsegments\.protected\b": "protected",
    r"\bsegments\.features\.": "bounds",
    r"\bmodels\.\S*score\b": "score",
    r"\bmodels\.\S*decision\b": "decision",
}


def beside(refusal: str, asked: Request | None) -> dict[str, list[str]]:
    """Field of a :class:`Request` → the lines of the refusal that are about it; the rest is about the table."""
    found: dict[str, list[str]] = {}
    for line in refusal.splitlines():
        field = _field(line, asked)
        found.setdefault(field, []).append(line.removeprefix(f"--{field}: "))
    return found


def _field(line: str, asked: Request | None) -> str:
    if option := OPTION.match(line):
        return option[1]
    if asked and (own := _of_column(line, asked.named())):
        return own
    return next((field for key, field in KEYS.items() if re.search(key, line)), TABLE)


def _of_column(line: str, roles: Iterable[tuple[str, str]]) -> str:
    """The field in which the column that the line names was chosen: ``TABLE: COLUMN: rule`` or ``column 'COLUMN'``."""
    for field, column in roles:
        if f": {column}: " in line or f"column {column!r}" in line or line.startswith(f"{column} "):
            return field
    return ""
