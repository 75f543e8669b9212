"""Fitting: logistic regression on cells against the same regression on rows, in processes of their own.

Both start from a table in memory and end with coefficients: encoding is learned, the matrix made, the model fitted.
The rows are those the cells count, so what is compared is the fit; ``preparing`` has the pass that counts them.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks._measure import agree, best, child, folder, parameters, ratio, sample, seconds, table, within
from responsible.modelling.parameters import WIDE

SIZES = (300_000, 3_000_000)


def prepare(source: str, out: str) -> None:
    """Count a table into cells in the folder ``out``."""
    from stages import prepare

    place = Path(out)
    params = parameters(place / "params.yaml", budget__source=source)
    prepare.main(**within(place, prepare.main, params=str(params), cells=str(place / "cells.parquet")))


def _read(cells: str) -> tuple[Any, dict[str, str], np.ndarray, Any]:
    """Cells, kinds of the features, labels, and the parameters of the regression."""
    from pipeline.storage import files
    from pipeline.storage.parameters import section
    from responsible.modelling.parameters import Logistic
    from responsible.names import FEATURE
    from responsible.tabular.cells import labels

    logistic, threshold = section("params.yaml", "model", Logistic), section("params.yaml", "threshold", float)
    frame, meta = files.read_parquet(cells)
    kinds = {FEATURE + name: kind for name, kind in meta["features"].items()}
    return frame, kinds, labels(frame, meta["cuts"], threshold), logistic


def on_cells(cells: str, repeats: int) -> dict[str, Any]:
    """Seconds and coefficients of the fit on cells (which also scores every cell)."""
    from responsible.modelling.logistic_regression import train

    frame, kinds, label, logistic = _read(cells)
    spent, trained = best(partial(train, frame, kinds, label, logistic), repeats)
    return {"seconds": spent, "rows": int((frame["split"] == "train").sum()), **_coefficients(trained.pipeline)}


def on_rows(cells: str, repeats: int) -> dict[str, Any]:
    """Seconds and coefficients of scikit-learn's own pipeline on the training rows, shuffled."""
    frame, kinds, label, logistic = _read(cells)
    place = np.repeat(np.arange(len(frame)), np.where(frame["split"] == "train", frame["n"], 0))
    np.random.default_rng(1).shuffle(place)
    x, y = frame[list(kinds)].iloc[place].reset_index(drop=True), label[place]
    wide = x.select_dtypes("str").nunique().sum() > WIDE
    spent, fitted = best(lambda: _pipeline(kinds, logistic, wide=wide).fit(x, y), repeats)
    return {"seconds": spent, "rows": len(y), **_coefficients(fitted)}


def _pipeline(kinds: dict[str, str], logistic: Any, *, wide: bool = False) -> Any:
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    numeric = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler())
    steps = {"numeric": numeric, "categorical": OneHotEncoder(sparse_output=wide)}
    encode = ColumnTransformer([(name, steps[kind], [name]) for name, kind in kinds.items()])
    model = LogisticRegression(C=logistic.C, solver="lbfgs" if wide else "newton-cholesky", tol=1e-9, max_iter=10_000)
    return make_pipeline(encode, model)


def _coefficients(fitted: Any) -> dict[str, list[float]]:
    return {"coefficients": [*fitted[-1].intercept_, *fitted[-1].coef_[0]]}


def run(small: bool) -> None:
    """Print both ways by number of rows, and by how much their coefficients differ."""
    lines, apart = [], 0.0
    with folder() as place:
        for rows in (3_000,) if small else SIZES:
            source = sample(rows, place / "rows.parquet")
            child("benchmarks.fitting:prepare", source=str(source), out=str(place))
            repeats = 3 if rows <= SIZES[0] else 1
            cells = str(place / "cells.parquet")
            ours = child("benchmarks.fitting:on_cells", cells=cells, repeats=repeats)
            theirs = child("benchmarks.fitting:on_rows", cells=cells, repeats=repeats)
            lines.append(_line(rows, ours, theirs))
            beta = [np.array(found.value["coefficients"]) for found in (ours, theirs)]
            apart = max(apart, float(np.abs(beta[0] - beta[1]).max()))
    table(("rows", "training rows", "cells", "on cells", "peak MiB", "on rows", "peak MiB", "ratio"), lines)
    agree("coefficients on cells and on rows, largest difference", apart, 1e-6)


def _line(rows: int, ours: Any, theirs: Any) -> tuple[str, ...]:
    a, b = ours.value["seconds"], theirs.value["seconds"]
    sizes = f"{rows:,}", f"{theirs.value['rows']:,}", f"{ours.value['rows']:,}"
    return (*sizes, seconds(a), f"{ours.peak:,.0f}", seconds(b), f"{theirs.peak:,.0f}", ratio(b, a))
