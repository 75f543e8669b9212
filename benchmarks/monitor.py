"""Monitor: twelve batches of a million rows against the reference, beside scipy on the same rows.

The rival reads each batch with pandas and asks scipy about every feature, row by row: chi-square and Jensen-Shannon of
levels, Kolmogorov-Smirnov of numbers. Ours reads the same files into counts and answers every question of the page.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks._measure import ROOT, agree, child, folder, ratio, seconds, table
from commands import sample
from responsible.datasets import budget_batches

ROWS, SMALL = 1_000_000, 3_000
FEATURES = {"Age": "numeric", "Gender": "levels", "Education_Level": "levels", "Recommended_Activity": "levels"}
STATISTICS = ("chi_square", "jensen_shannon", "kolmogorov_smirnov")


def ours(batches: str) -> dict[str, Any]:
    """Seconds and the distances of ``monitor/drift.csv``, by what the stage computes of ``batches``."""
    from pipeline.storage import parameters
    from stages.monitor_budget import Parameters, followed

    given = parameters.load(ROOT / "params.yaml", Parameters)
    own = given.monitor.model_copy(update={"source": batches, "pattern": "*.csv"})
    scores = {"trained": str(ROOT / "data/scores/reweighed.parquet")}
    start = time.perf_counter()
    answer, _, _ = followed(
        given.model_copy(update={"monitor": own}),
        str(ROOT / "data/prepared/budget.parquet"),
        scores,
        str(ROOT / "data/models/reweighed.skops"),
    )
    moved = answer.drift[(answer.drift["question"] == "values") & answer.drift["name"].isin(FEATURES)]
    values = {f"{r.name}/{r.period}": [getattr(r, s) for s in STATISTICS] for r in moved.itertuples(index=False)}
    return {"seconds": time.perf_counter() - start, "cpu": time.process_time(), "values": values}


def theirs(batches: str) -> dict[str, Any]:
    """The same distances by pandas and scipy, of rows."""
    from scipy import stats
    from scipy.spatial.distance import jensenshannon

    start = time.perf_counter()
    base, values = pd.read_csv(ROOT / "data/raw/budget.csv"), {}
    for file in sorted(Path(batches).glob("*.csv")):
        rows = pd.read_csv(file)
        for name, kind in FEATURES.items():
            first, second = base[name].dropna(), rows[name].dropna()
            found = [np.nan, np.nan, np.nan]
            if kind == "numeric":
                found[2] = float(stats.ks_2samp(first, second, method="asymp").statistic)
            else:
                counts = pd.DataFrame({"a": first.value_counts(), "b": second.value_counts()}).fillna(0).to_numpy().T
                found[0] = float(stats.chi2_contingency(counts, correction=False).statistic)
                found[1] = float(jensenshannon(*counts, base=2))
            values[f"{name}/{file.stem}"] = found
    return {"seconds": time.perf_counter() - start, "cpu": time.process_time(), "values": values}


def run(small: bool) -> None:
    """Print seconds and memory of both, and by how much their statistics differ."""
    n = SMALL if small else ROWS
    with folder() as place:
        sample.main("batches", rows=n, out=str(place / "batches"))
        found = {
            name: child(f"benchmarks.monitor:{name}", batches=str(place / "batches")) for name in ("ours", "theirs")
        }
    mine, other = (found[name].value for name in ("ours", "theirs"))
    print(f"{len(budget_batches.MONTHS)} batches of {n:,} rows, CSV; ours asks every question of the page")
    table(
        ("", "seconds", "processor", "peak MiB"),
        [
            ("ours", seconds(mine["seconds"]), seconds(mine["cpu"]), f"{found['ours'].peak:,.0f}"),
            (
                "pandas and scipy, distances of four features",
                seconds(other["seconds"]),
                seconds(other["cpu"]),
                f"{found['theirs'].peak:,.0f}",
            ),
        ],
    )
    print(f"ratio {ratio(other['seconds'], mine['seconds'])}")
    apart = max(
        abs(a - b) / max(1.0, abs(a))
        for key, values in other["values"].items()
        for a, b in zip(values, mine["values"][key], strict=True)
        if not (np.isnan(a) or b is None or np.isnan(b))
    )
    agree("distances of scipy and ours on the same rows, largest relative difference", apart, 1e-9)
