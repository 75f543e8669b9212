"""Write a sample table of any size: ``python -m commands.sample budget --rows 300000 --seed 12 --out big.csv``.

The same rows and seed give the same bytes, a longer table begins with the shorter one, and the rows are written in
chunks, so memory stays bounded. The suffix of ``--out`` chooses CSV (missing values as ``NA``) or Parquet (nulls).
``batches``, ``healthcare_batches`` and ``segments_batches`` are tables of a month each: ``--out`` is their folder,
``--rows`` those of each.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet
from tqdm import tqdm

from pipeline.entry import run
from responsible.datasets import budget, budget_batches, healthcare, healthcare_batches, segments, segments_batches
from responsible.validation import InputError, did_you_mean


class Sample(NamedTuple):
    """A table that can be drawn: its columns with their types, the chunks of a number of rows and a seed, its size."""

    columns: dict[str, type]
    draw: Callable[..., Iterator[dict[str, Any]]]
    rows: int = 20_000
    parts: tuple[str, ...] = ()  # names of several tables, of which `draw` takes one as its third argument


TABLES = {
    "budget": Sample(budget.COLUMNS, budget.draw, 20_000),
    "healthcare": Sample(healthcare.COLUMNS, healthcare.draw, 5_000),
    "segments": Sample(segments.COLUMNS, segments.draw, 1_500),
    "batches": Sample(budget_batches.COLUMNS, budget_batches.draw, budget_batches.BATCH, budget_batches.MONTHS),
    "healthcare_batches": Sample(
        healthcare_batches.COLUMNS, healthcare_batches.draw, healthcare_batches.BATCH, healthcare_batches.MONTHS
    ),
    "segments_batches": Sample(
        segments_batches.COLUMNS, segments_batches.draw, segments_batches.BATCH, budget_batches.MONTHS
    ),
}
TYPES = {int: pa.int64(), float: pa.float64(), str: pa.string()}
SUFFIXES = (".csv", ".parquet")


def main(table: str = "budget", rows: int | None = None, seed: int = 12, out: str | None = None) -> None:
    """Write ``rows`` rows of ``table`` to ``out``, whole or not at all; by default the sample in data/raw."""
    if table not in TABLES:
        raise InputError(f"sample: table {table!r} is not known{did_you_mean(table, TABLES)}")
    own = TABLES[table]
    rows, out = own.rows if rows is None else rows, out or f"data/raw/{table}{'' if own.parts else '.csv'}"
    if rows < 1 or seed < 0:
        raise InputError(f"sample: --rows must be >= 1 and --seed >= 0, got {rows} and {seed}")
    if own.parts:
        for part in own.parts:
            _whole(str(Path(out, f"{part}.csv")), own._replace(draw=partial(own.draw, month=part)), rows, seed)
        return
    if Path(out).suffix not in SUFFIXES:
        raise InputError(f"sample: --out must end in {' or '.join(SUFFIXES)}, got {out!r}")
    _whole(out, own, rows, seed)


def _whole(out: str, sample: Sample, rows: int, seed: int) -> None:
    """Write one table whole or not at all."""
    Path(out).parent.mkdir(parents=True, exist_ok=True)
    part = Path(out + ".part")
    try:
        _write(part, sample, rows, seed, as_text=out.endswith(".csv"))
        os.replace(part, out)
    finally:
        part.unlink(missing_ok=True)


def _write(path: Path, sample: Sample, rows: int, seed: int, as_text: bool) -> None:
    schema = pa.schema([(name, TYPES[kind]) for name, kind in sample.columns.items()])
    with _sink(path, schema, as_text) as sink, tqdm(total=rows, unit=" rows", unit_scale=True, disable=None) as bar:
        for chunk in sample.draw(rows, seed):
            table = pa.table(chunk, schema=schema)
            sink.write_table(_text(table) if as_text else table)
            bar.update(len(table))


def _sink(path: Path, schema: pa.Schema, as_text: bool) -> Any:
    if not as_text:
        return pa.parquet.ParquetWriter(path, schema)
    plain = pa.csv.WriteOptions(quoting_style="none", quoting_header="none")
    return pa.csv.CSVWriter(path, pa.schema([(name, pa.string()) for name in schema.names]), write_options=plain)


def _text(table: pa.Table) -> pa.Table:
    return pa.table({name: pc.fill_null(table[name].cast(pa.string()), "NA") for name in table.column_names})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m commands.sample", description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("table", choices=sorted(TABLES))
    parser.add_argument("--rows", type=int, help="default: the size of the sample in data/raw")
    parser.add_argument("--seed", type=int, default=12)
    parser.add_argument("--out", help="default: data/raw/TABLE.csv")
    run(lambda: main(**vars(parser.parse_args())))
