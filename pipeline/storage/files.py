"""Tables, metrics and documents in and out: equal values give equal bytes, and a file appears whole or not at all."""

from __future__ import annotations

import contextlib
import io
import json
import math
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.storage.text import AGAIN, BUILD, csv_text, read_text
from responsible.names import ATTRIBUTE, FEATURE, SCORE, SWITCHED_OFF
from responsible.validation import InputError, cause

if TYPE_CHECKING:
    import pandas as pd

DECIMALS = 6
Read = tuple["pd.DataFrame", dict[str, Any]]  # a table and what its file says of it
CELLS = ("split", "bin", "n")  # columns of every table of cells, and with the score of every one of scores


def write_bytes(path: str | Path, content: bytes) -> None:
    """Write under a temporary name beside ``path`` and move it into place, so a killed run leaves no half file.

    Where that fails, a full disk for one, :class:`InputError` says why, and what was at ``path`` is still there.
    """
    path = Path(path)
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(content)
        os.replace(part, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise InputError(f"{path}: cannot be written: {cause(error)}") from None


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


def read_json(path: str | Path, section: str = "") -> Any:
    """The JSON object of a file an earlier stage wrote, or what it holds at a dotted key, an object as well."""
    try:
        found = json.loads(read_text(path))
    except (json.JSONDecodeError, RecursionError) as error:
        raise InputError(f"{path}: not readable as JSON ({error}); {AGAIN}") from None
    for key in ("", *section.split(".")) if section else ("",):
        found = found.get(key) if key else found
        if not isinstance(found, dict):
            raise InputError(f"{path}: must hold {section or 'an object'}, so it is a different file; {AGAIN}")
    return found


def csv_of(frame: pd.DataFrame) -> str:
    """CSV with six significant digits and empty fields for undefined values; so a p of 1e-9 does not become 0.

    What is below 1e-12 is rounding noise, which differs between processors, and becomes 0.
    """
    frame = frame.copy()
    for column in frame.select_dtypes("float"):
        frame[column] = frame[column].where(frame[column].abs() >= 1e-12, frame[column] * 0)
    return str(frame.to_csv(index=False, lineterminator="\n", float_format=f"%.{DECIMALS}g"))


def write_csv(path: str | Path, frame: pd.DataFrame) -> None:
    """A table as :func:`csv_of` has it."""
    write_text(path, csv_of(frame))


def write_if_any(path: str | Path, frame: pd.DataFrame) -> None:
    """:func:`write_csv` of a table with rows; one without any says that its analysis is switched off."""
    write_csv(path, frame if len(frame) else frame.iloc[:0, :0].assign(**{SWITCHED_OFF: ()}))


def read_csv(path: str | Path, columns: Sequence[str] = ()) -> pd.DataFrame:
    """A table an earlier stage wrote with :func:`write_csv`; text stays text and only empty fields are undefined.

    It has at least these ``columns``, but for the table of an analysis that is switched off.
    """
    import pandas as pd

    return pd.read_csv(io.StringIO(csv_text(path, columns)), keep_default_na=False, na_values=[""])


def write_parquet(path: str | Path, frame: pd.DataFrame, meta: Mapping[str, Any] | None = None) -> None:
    """Parquet without an index; ``meta`` goes into the schema as JSON under the key ``responsible``."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pandas(frame, preserve_index=False)
    content = {b"responsible": json.dumps(meta or {}, sort_keys=True, ensure_ascii=False).encode()}
    buffer = io.BytesIO()
    pq.write_table(table.replace_schema_metadata({**(table.schema.metadata or {}), **content}), buffer)
    write_bytes(path, buffer.getvalue())


def read_parquet(
    path: str | Path, columns: Iterable[str] = (), meta: Iterable[str] = ()
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """A table of :func:`write_parquet` and its ``meta``; text columns come as plain strings.

    Raises:
        InputError: there is no such file, it is no Parquet or cut, or it lacks one of the ``columns`` or of the keys of
            ``meta`` that the reader needs: then it is another table.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(_existing(path))
        frame, held = table.to_pandas(), json.loads((table.schema.metadata or {}).get(b"responsible", b"{}"))
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InputError(f"{path}: not readable as Parquet: {' '.join(str(error).split())}; {AGAIN}") from None
    for kind, wanted, there in (("column", columns, frame.columns), ("key", meta, held)):
        if absent := [name for name in wanted if name not in there]:
            raise InputError(f"{path}: {kind} {absent[0]!r} is missing, so it is a different table; {AGAIN}")
    return frame, held


def read_cells(path: str | Path) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The cells of ``prepare`` and their meta; every feature that the meta names is among the columns."""
    frame, meta = read_parquet(path, CELLS, ("cuts", "features", "attributes"))
    names = [FEATURE + name for name in meta["features"]] + [ATTRIBUTE + name for name in meta["attributes"]]
    if absent := [name for name in names if name not in frame]:
        raise InputError(f"{path}: column {absent[0]!r} is missing, so it is a different table; {AGAIN}")
    return frame, meta


def scored(cells: pd.DataFrame, score: Any) -> pd.DataFrame:
    """The scores table: split, bin, sensitive levels and counts of every cell, in the cells' order, and its ``score``.

    Scores are rounded to nine decimals: the last digits of a probability depend on the processor.
    """
    keep = [name for name in cells.columns if not name.startswith(FEATURE)]
    return cells[keep].assign(score=score.round(9))


def read_scores(paths: Mapping[str, str | Path]) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The score tables of one run side by side, by model; the scores of each as a column of its name."""
    (model, path), *others = paths.items()
    first, meta = read_parquet(path, (*CELLS, "score"), ["cuts"])
    found = first.rename(columns={"score": model})
    for name, other in others:
        second, its = read_parquet(other, (*CELLS, "score"), ["cuts"])
        if meta != its or not first.drop(columns="score").equals(second.drop(columns="score")):
            raise InputError(f"{path} and {other} score different cells; run `dvc repro`")
        found[name] = second["score"]
    return found, meta


def read_judged(cells: str | Path, scores: str | Path, trained: Mapping[str, str | Path]) -> tuple[Read, Read]:
    """The cells of ``prepare`` with the scores (``s.`` columns) of the models ``trained`` here, by their files; and the
    counted ``scores`` of all other models.
    """
    table, meta = read_cells(cells)
    if trained:
        both, _ = read_scores(trained)
        if not both[[*CELLS]].equals(table[[*CELLS]]):
            raise InputError(f"{cells} has other cells than the scores; run `dvc repro`")
        table = table.assign(**{SCORE + name: both[name] for name in trained})
    return (table, meta), read_parquet(scores, ("model", "score", *CELLS), ["cuts", "rounding"])


def read_csvs(paths: Mapping[str, str | Path], name: str, columns: Sequence[str] = ()) -> pd.DataFrame:
    """Several tables of the same columns as one, with the key of each in a first column ``name``."""
    import pandas as pd

    return pd.concat({key: read_csv(path, columns) for key, path in paths.items()}, names=[name]).reset_index(name)


def _existing(path: str | Path) -> Path:
    if not Path(path).is_file():
        fault = "is a folder, not a file; move it away, then" if Path(path).is_dir() else "no such file;"
        raise InputError(f"{path}: {fault} {BUILD}")
    return Path(path)
