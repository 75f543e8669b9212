"""Growth: ``prepare`` against DuckDB's own GROUP BY, on Parquet of 10⁴ to 10⁸ rows, in seconds of the processor.

Both run as processes of their own, and must count the same people by label and features. The stage does more: it types
and judges every field, splits by hash, digests the file and writes the profile. ``BENCH_ROWS=1000000000`` is another
size, which needs three bytes of disk for each row.
"""

from __future__ import annotations

import os
import resource
import statistics
from pathlib import Path
from typing import Any

from benchmarks._measure import ROOT, Child, agree, child, folder, ratio, seconds, table

SIZES = tuple(10**n for n in range(4, 9))
REPEATED, TURNS, AIM = 10**6, 5, 3  # rows up to which medians are taken; how many runs; times the bare query
SAMPLE = str(ROOT / "data/raw/budget.csv")


def draw(rows: int, out: str) -> None:
    """The people of the sample table in turn, each time with a target that is up to 39 dollars higher."""
    import duckdb

    duckdb.execute(f"CREATE TABLE people AS FROM read_csv('{SAMPLE}', nullstr = 'NA')")
    (number,) = duckdb.execute("SELECT count(*) FROM people").fetchall()[0]
    target, *others = (f'"{name}"' for name, *_ in duckdb.execute("DESCRIBE people").fetchall())
    moved = f"({target} + hash(place) % 40)::BIGINT AS {target}, {', '.join(others)}"
    turns = "SELECT range * $number AS first FROM range($turns)"
    drawn = f"(SELECT *, first + people.rowid AS place FROM people CROSS JOIN ({turns}))"  # noqa: S608 - as below
    query = f"SELECT {moved} FROM {drawn} WHERE place < $rows"  # noqa: S608 - of this module alone
    for name, value in {"$number": number, "$turns": -(-rows // number), "$rows": rows}.items():
        query = query.replace(name, str(value))
    duckdb.execute("SET preserve_insertion_order = false")
    how = "FORMAT parquet, ROW_GROUP_SIZE 1000000" if out.endswith(".parquet") else "FORMAT csv"
    duckdb.execute(f"COPY ({query}) TO '{out}' ({how})")


def stage(source: str, out: str) -> float:
    """Processor seconds of the stage, imports included."""
    from benchmarks.fitting import prepare

    prepare(source, out)
    return used()


def bare(source: str, out: str) -> float:
    """Processor seconds of the query alone, imports included; its counts are in the folder ``out``."""
    import duckdb

    from pipeline.storage.parameters import section

    names = [name for name, *_ in duckdb.execute(f"DESCRIBE FROM read_parquet('{source}')").fetchall()]
    label = f'"{names[0]}" >= {section("params.yaml", "threshold", float)} AS label'
    features = ", ".join(f'"{name}"' for name in names[1:])
    query = f"SELECT {label}, {features}, count(*) AS n FROM read_parquet('{source}') GROUP BY ALL"  # noqa: S608 - as above
    duckdb.sql(query).write_parquet(str(Path(out, "bare.parquet")))
    return used()


def used() -> float:
    """Processor seconds of this process."""
    spent = resource.getrusage(resource.RUSAGE_SELF)
    return spent.ru_utime + spent.ru_stime


def apart(out: str, name: str) -> int:
    """People that the stage and the query ``name`` count in different groups of label and features."""
    import numpy as np
    import pandas as pd

    from benchmarks.preparing import counts
    from pipeline.storage import files
    from pipeline.storage.parameters import section
    from responsible.tabular.cells import labels

    cells, meta = files.read_parquet(str(Path(out, "cells.parquet")))
    cells["label"] = labels(cells, meta["cuts"], section("params.yaml", "threshold", float)).astype(np.int64)
    theirs = pd.read_parquet(Path(out, f"{name}.parquet"))
    theirs = theirs.rename(columns={c: f"x.{c}" for c in theirs if c not in ("label", "n")})
    theirs["label"] = theirs["label"].astype(np.int64)
    names = [str(n) for n in theirs if n != "n"]
    return int(counts(cells, names).sub(counts(theirs, names), fill_value=0).abs().sum())


def line(rows: int, what: str, found: list[Child], rival: float = 0) -> tuple[str, ...]:
    """Rows, what, processor seconds and their spread, seconds on the wall, peak memory, and times the ``rival``."""
    spent = [run.value for run in found]
    spread = f"{seconds(min(spent))} to {seconds(max(spent))}" if len(spent) > 1 else ""
    wall, peak = statistics.median(run.seconds for run in found), max(run.peak for run in found)
    times = ratio(statistics.median(spent), rival) if rival else ""
    return (f"{rows:,}", what, seconds(statistics.median(spent)), spread, seconds(wall), f"{peak:,.0f}", times)


HEADER = ("rows", "what", "processor", "spread", "wall", "peak MiB", "ratio")


def run(small: bool) -> None:
    """Print what both need at every size, and that they count the same."""
    own = (int(os.environ["BENCH_ROWS"]),) if "BENCH_ROWS" in os.environ else SIZES
    sizes: Any = (3_000,) if small else own
    lines, different = [], 0
    for rows in sizes:
        with folder() as place:
            given = {"source": str(place / "rows.parquet"), "out": str(place)}
            child("benchmarks.scale:draw", rows=rows, out=given["source"])
            turns = range(1 if small or rows > REPEATED else TURNS)
            theirs, ours = ([child(f"benchmarks.scale:{name}", **given) for _ in turns] for name in ("bare", "stage"))
            lines += [line(rows, "GROUP BY of DuckDB", theirs)]
            lines += [line(rows, "prepare", ours, statistics.median(run.value for run in theirs))]
            different += child("benchmarks.scale:apart", out=str(place), name="bare").value
            table(HEADER, lines[-2:])
    print()
    table(HEADER, lines)
    agree("people counted into different groups by prepare and by DuckDB", different, 0)
    print(f"aim: {SIZES[-1]:,} rows within {AIM} × of DuckDB's own GROUP BY")
