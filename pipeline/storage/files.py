"""Tables, metrics and documents in and out: equal values give equal bytes, and a file appears whole or not at all."""

from __future__ import annotations

import io
import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.storage.text import read_text
from responsible.names import BASELINE, FEATURE, REWEIGHED
from responsible.validation import InputError

if TYPE_CHECKING:
    import pandas as pd

DECIMALS = 6


def write_bytes(path: str | Path, content: bytes) -> None:
    """Write under a temporary name beside ``path`` and move it into place, so a killed run leaves no half file."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_bytes(content)
    os.replace(part, path)


def write_text(path: str | Path, text: str) -> None:
    """UTF-8 text with Unix line ends, written whole."""
    write_bytes(path, text.encode())


def rounded(value: Any) -> Any:
    """Plain JSON value: floats to six decimals, NaN and infinity to None, containers recursively, -0.0 to 0.0."""
    if isinstance(value, Mapping):
        return {str(k): rounded(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [rounded(v) for v in value]
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float):
        return round(value, DECIMALS) + 0.0 if math.isfinite(value) else None
    return value


def write_json(path: str | Path, value: Any) -> None:
    """Sorted, rounded JSON that never holds NaN; the same value gives the same bytes."""
    write_text(path, json.dumps(rounded(value), indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n")


def read_json(path: str | Path) -> Any:
    """The JSON value of a file an earlier stage wrote."""
    try:
        return json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise InputError(f"{path}: not readable as JSON ({error}); run `dvc repro` to build it again") from None


def write_csv(path: str | Path, frame: pd.DataFrame) -> None:
    """CSV with six significant digits and empty fields for undefined values; so a p of 1e-9 does not become 0.

    What is below 1e-12 is rounding noise, which differs between processors, and becomes 0.
    """
    frame = frame.copy()
    for column in frame.select_dtypes("float"):
        frame[column] = frame[column].where(frame[column].abs() >= 1e-12, frame[column] * 0)
    write_text(path, frame.to_csv(index=False, lineterminator="\n", float_format=f"%.{DECIMALS}g"))


def read_csv(path: str | Path) -> pd.DataFrame:
    """A table an earlier stage wrote with :func:`write_csv`; text stays text and only empty fields are undefined."""
    import pandas as pd

    return pd.read_csv(io.StringIO(read_text(path)), keep_default_na=False, na_values=[""])


def write_parquet(path: str | Path, frame: pd.DataFrame, meta: Mapping[str, Any] | None = None) -> None:
    """Parquet without an index; ``meta`` goes into the schema as JSON under the key ``responsible``."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pandas(frame, preserve_index=False)
    content = {b"responsible": json.dumps(meta or {}, sort_keys=True, ensure_ascii=False).encode()}
    buffer = io.BytesIO()
    pq.write_table(table.replace_schema_metadata({**(table.schema.metadata or {}), **content}), buffer)
    write_bytes(path, buffer.getvalue())


def read_parquet(path: str | Path) -> tuple[pd.DataFrame, dict[str, Any]]:
    """A table of :func:`write_parquet` and its ``meta``; text columns come as plain strings."""
    import pyarrow.parquet as pq

    table = pq.read_table(_existing(path))
    return table.to_pandas(), json.loads((table.schema.metadata or {}).get(b"responsible", b"{}"))


def scored(cells: pd.DataFrame, score: Any) -> pd.DataFrame:
    """The scores table: split, bin, sensitive levels and counts of every cell, in the cells' order, and its ``score``.

    Scores are rounded to nine decimals: the last digits of a probability depend on the processor.
    """
    keep = [name for name in cells.columns if not name.startswith(FEATURE)]
    return cells[keep].assign(score=score.round(9))


def read_scores(baseline: str | Path, reweighed: str | Path) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Both score tables of one run side by side, their scores as columns ``baseline`` and ``reweighed``."""
    (first, meta), (second, other) = read_parquet(baseline), read_parquet(reweighed)
    if meta != other or not first.drop(columns="score").equals(second.drop(columns="score")):
        raise InputError(f"{baseline} and {reweighed} score different cells; run `dvc repro`")
    return first.rename(columns={"score": BASELINE}).assign(**{REWEIGHED: second["score"]}), meta


def read_csvs(paths: Mapping[str, str | Path], name: str) -> pd.DataFrame:
    """Several tables of the same columns as one, with the key of each in a first column ``name``."""
    import pandas as pd

    return pd.concat({key: read_csv(path) for key, path in paths.items()}, names=[name]).reset_index(name)


def _existing(path: str | Path) -> Path:
    if not Path(path).is_file():
        raise InputError(f"{path}: no such file; run `dvc repro` to build it")
    return Path(path)
