"""How far apart two contents of one output are: by their largest numeric difference, or by more than numbers."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable
from pathlib import PurePath
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq


def difference(path: str, old: bytes, new: bytes) -> float:
    """The largest absolute difference of two numbers in the same place of JSON, CSV or Parquet; 0 for equal contents.

    Infinite when a key, row, text or type differs, when one number is undefined and the other is not, or when the
    suffix of ``path`` names another format: only numbers can differ by a little.
    """
    read = _READERS.get(PurePath(path).suffix)
    if old == new:
        return 0.0
    if read is None:
        return math.inf
    try:
        return _apart(read(old), read(new))
    except (ValueError, pa.ArrowException):
        return math.inf


def _apart(old: Any, new: Any) -> float:
    if isinstance(old, dict) and isinstance(new, dict):
        return _largest(_apart(old[key], new[key]) for key in old) if list(old) == list(new) else math.inf
    if isinstance(old, list) and isinstance(new, list):
        return _largest(map(_apart, old, new)) if len(old) == len(new) else math.inf
    if isinstance(old, float) and isinstance(new, float):
        return 0.0 if old == new or (math.isnan(old) and math.isnan(new)) else _infinite_if_nan(abs(old - new))
    return 0.0 if type(old) is type(new) and old == new else math.inf


def _largest(differences: Iterable[float]) -> float:
    return max(differences, default=0.0)


def _infinite_if_nan(number: float) -> float:
    return math.inf if math.isnan(number) else number


def _json(content: bytes) -> Any:
    return json.loads(content, parse_int=float)


def _csv(content: bytes) -> list[list[str | float]]:
    return [[_number(cell) for cell in row] for row in csv.reader(io.StringIO(content.decode(), newline=""))]


def _number(cell: str) -> str | float:
    try:
        return float(cell)
    except ValueError:
        return cell


def _parquet(content: bytes) -> dict[str, Any]:
    """Columns as lists, with the types and the project's own metadata beside them; encoding and writer do not count."""
    table = pq.read_table(pa.BufferReader(content))
    meta = (table.schema.metadata or {}).get(b"responsible", b"null")
    types = {name: str(kind) for name, kind in zip(table.schema.names, table.schema.types, strict=True)}
    columns = {name: _floats(table[name]) for name in table.column_names}
    return {"types": types, "meta": _json(meta), "columns": columns}


def _floats(column: pa.ChunkedArray) -> list[Any]:
    numeric = pa.types.is_floating(column.type) or pa.types.is_integer(column.type)
    return [float(value) if numeric and value is not None else value for value in column.to_pylist()]


_READERS = {".json": _json, ".csv": _csv, ".parquet": _parquet}
