"""Tables of text fields on several engines, so that one expression can be asked the same question on each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import narwhals as nw
import pandas as pd
import polars as pl
import pyarrow as pa

from responsible.tabular.columns import KEY, token

ENGINES = ("duckdb", "polars", "pandas", "pyarrow")


def lazy(engine: str, columns: Mapping[str, Sequence[Any]], keys: Sequence[int] | None = None) -> nw.LazyFrame[Any]:
    """A lazy frame of ``columns`` by their tokens and of ``KEY`` (row numbers by default)."""
    rows = len(next(iter(columns.values())))
    fields = {
        KEY: pa.array(keys or range(1, rows + 1), pa.int64()),
        **{token(k): pa.array(v) for k, v in columns.items()},
    }
    table = pa.table(fields)
    if engine == "duckdb":
        return nw.from_native(duckdb.connect().from_arrow(table))
    native = {"polars": pl.from_arrow, "pandas": lambda t: t.to_pandas(), "pyarrow": lambda t: t}[engine](table)
    return nw.from_native(native).lazy()


def collect(frame: nw.LazyFrame[Any]) -> pd.DataFrame:
    """The rows as pandas, whatever the engine."""
    return frame.collect("pyarrow").to_native().to_pandas()
