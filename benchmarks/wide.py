"""Many columns and many cells: the stages that train and judge, against scikit-learn's own pipeline on the rows.

``levels``: 20,000 rows with a feature of 5,000 levels, which a dense one-hot matrix would take 800 MB for. ``numbers``:
two features that hardly repeat, so that there are as many cells as rows. Each stage is a process of its own, imports
included; coefficients of the baseline and of the rival, fitted to the same training rows, must agree.
"""

from __future__ import annotations

import importlib
import inspect
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import fitting
from benchmarks._measure import ROOT, agree, child, folder, parameters, seconds, table, within
from benchmarks.scale import SAMPLE, used
from pipeline.storage.parameters import read_yaml

TRAINED = ("prepare", "train_baseline")
JUDGED = ("reweigh", "model_analyses", "evaluate_fairness", "threshold_sweep")
CASES = {"levels": (20_000, 5_000, TRAINED + JUDGED), "numbers": (3_000_000, 0, TRAINED)}  # rows, levels, stages
LEAST = 1e-3  # log odds by which coefficients may differ: both stop at a gradient of 1e-9 per unit of weight


def draw(rows: int, levels: int, out: str, seed: int = 12) -> None:
    """Rows of the sample table, each with a city of ``levels``, or with an income and a distance, of any digits."""
    import pandas as pd

    rng = np.random.default_rng(seed)
    people = pd.read_csv(SAMPLE, keep_default_na=False, na_values=["NA"])
    drawn = people.iloc[rng.integers(len(people), size=rows)].reset_index(drop=True)
    if levels:
        drawn["City"] = np.char.add("city ", rng.integers(levels, size=rows).astype(str))
    else:
        drawn["Income"], drawn["Distance"] = rng.lognormal(10, 0.5, rows), rng.exponential(20, rows)
    drawn.to_parquet(out)


def stage(name: str, source: str, out: str, levels: int) -> float:
    """Processor seconds of a stage on the table, from and to the folder ``out``."""
    place, main = Path(out), importlib.import_module(f"stages.{name}").main
    own = {"City": {"kind": "categorical"}} if levels else {n: {"kind": "numeric"} for n in ("Income", "Distance")}
    features = read_yaml(ROOT / "params.yaml")["budget"]["features"] | own
    params = parameters(place / "params.yaml", budget__source=source, budget__features=features)
    template = {"template": str(ROOT / path)} if (path := default(main, "template")) else {}
    main(**within(place, main, params=str(params), **template))
    return used()


def default(main: Any, name: str) -> str | None:
    """What an argument of a stage is when nobody says."""
    found = inspect.signature(main).parameters.get(name)
    return found.default if found else None


def rival(cells: str) -> dict[str, Any]:
    """The same fit of scikit-learn on the training rows that the cells count, and its processor seconds."""
    return fitting.on_rows(cells, repeats=1) | {"used": used()}


def apart(out: str, rival: list[float]) -> float:
    """The largest difference between the coefficients of the stored baseline and those of the ``rival``."""
    from pipeline.storage.models import read_model

    fitted = read_model(str(Path(out, "baseline.skops")))[-1]
    return float(np.abs(np.append(fitted.intercept_, fitted.coef_[0]) - rival).max())


def run(small: bool) -> None:
    """Print what each stage and the rival need, and by how much their coefficients differ."""
    lines, most = [], 0.0
    for case, (most_rows, most_levels, stages) in CASES.items():
        rows, levels = (2_000, most_levels // 10) if small else (most_rows, most_levels)
        with folder() as place:
            given = {"source": str(place / "rows.parquet"), "out": str(place), "levels": levels}
            child("benchmarks.wide:draw", rows=rows, levels=levels, out=given["source"])
            own = stages[:2] if small else stages
            found = {name: child("benchmarks.wide:stage", name=name, **given) for name in own}
            theirs = child("benchmarks.wide:rival", cells=str(place / "budget.parquet"))
            most = max(most, child("benchmarks.wide:apart", out=given["out"], rival=theirs.value["coefficients"]).value)
            shown = {name: (run.value, run.peak) for name, run in found.items()}
            shown["scikit-learn on rows, one fit"] = (theirs.value["used"], theirs.peak)
            lines += [(f"{rows:,} rows, {case}", what, seconds(s), f"{peak:,.0f}") for what, (s, peak) in shown.items()]
    table(("table", "what", "processor", "peak MiB"), lines)
    agree("coefficients of the baseline and of scikit-learn on rows, largest difference", most, LEAST)
