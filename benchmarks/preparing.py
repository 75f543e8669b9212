"""Preparing: the one pass over the rows, against pandas' read_csv and group-by of the same columns.

Both run as processes of their own, imports included, on the same CSV file, and must count the same cells. The stage
does more: it splits by hash, finds bad rows, digests the source and writes the profile.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from benchmarks._measure import agree, child, folder, ratio, sample, table

SIZES = (300_000, 10_000_000)
TARGET_SECONDS, TARGET_MIB = 30, 2048  # for ten million rows
PANDAS_BYTES = 1_000  # a row, with room: pandas holds the whole table at once


def pandas(source: str, out: str) -> None:
    """The rival: count the table by bin and features, missing as a value of its own, and write the cells."""
    import numpy as np
    import pandas as pd

    from pipeline.storage.parameters import section
    from responsible.tabular.cells import Grid, cuts

    threshold, grid = section("params.yaml", "threshold", float), section("params.yaml", "threshold_sweep.grid", Grid)
    rows = pd.read_csv(source, keep_default_na=False, na_values=["", "NA"])
    target, *features = rows.columns
    rows["bin"] = np.searchsorted(cuts(threshold, grid), rows.pop(target), side="right")
    cells = rows.groupby(["bin", *features], dropna=False).size().rename("n").reset_index()
    cells.to_parquet(Path(out, "pandas.parquet"))


def compare(out: str) -> int:
    """Rows that the two count into different cells, splits aside."""
    import pandas as pd

    ours, theirs = (pd.read_parquet(Path(out, f"{name}.parquet")) for name in ("cells", "pandas"))
    theirs = theirs.rename(columns={name: f"x.{name}" for name in theirs if name not in ("bin", "n")})
    names = [str(name) for name in theirs if name != "n"]
    return int(counts(ours, names).sub(counts(theirs, names), fill_value=0).abs().sum())


def counts(frame: Any, names: list[str]) -> Any:
    """Rows by the named columns, missing numbers and texts made alike in both tables."""
    texts = {name: frame[name].fillna("Missing") for name in frame[names].select_dtypes("str")}
    numbers = {name: frame[name].fillna(-1).astype(float) for name in names if name not in texts}
    return frame.assign(**texts, **numbers).groupby(names)["n"].sum()


def run(small: bool) -> None:
    """Print seconds, rows a second and peak memory of both, and whether they count the same."""
    lines, apart = [], 0
    with folder() as place:
        for rows in (3_000,) if small else SIZES:
            source = str(sample(rows, place / "rows.csv"))
            ours = child("benchmarks.fitting:prepare", source=source, out=str(place))
            theirs = child("benchmarks.preparing:pandas", source=source, out=str(place)) if _fits(rows) else None
            lines += _lines(rows, ours, theirs)
            apart += child("benchmarks.preparing:compare", out=str(place)).value if theirs else 0
    table(("rows", "what", "seconds", "rows a second", "peak MiB", "ratio"), lines)
    agree("rows counted into different cells by prepare and by pandas", apart, 0)
    if not small:
        met = ours.seconds < TARGET_SECONDS and ours.peak < TARGET_MIB
        goal = f"under {TARGET_SECONDS} s and {TARGET_MIB:,} MiB"
        print(f"target for {SIZES[-1]:,} rows, {goal}: {'met' if met else 'missed'}")


def _fits(rows: int) -> bool:
    return rows * PANDAS_BYTES < os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_AVPHYS_PAGES")


def _lines(rows: int, ours: Any, theirs: Any) -> list[tuple[str, ...]]:
    out = [(f"{rows:,}", "prepare", *_figures(rows, ours), "")]
    if theirs is None:
        return [*out, (f"{rows:,}", "pandas", "not run: too little free memory", "", "", "")]
    return [*out, (f"{rows:,}", "pandas", *_figures(rows, theirs), ratio(theirs.seconds, ours.seconds))]


def _figures(rows: int, found: Any) -> tuple[str, str, str]:
    return f"{found.seconds:.1f}", f"{rows / found.seconds:,.0f}", f"{found.peak:,.0f}"
