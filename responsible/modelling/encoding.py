"""Encoding: distinct feature combinations, and their columns imputed, scaled and one-hot from counts.

Medians, modes and scales of counted combinations are those of the rows they stand for, of the training rows only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from responsible.modelling.parameters import Logistic
from responsible.names import FEATURE
from responsible.validation import MISSING, InputError


@dataclass(frozen=True)
class Design:
    """The distinct feature combinations ``x`` (u rows) of some cells and ``row`` (m,), which of them each cell has."""

    x: pd.DataFrame
    row: npt.NDArray[np.int64]

    def total(self, weights: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Σ of the cells' ``weights`` (m,) for each distinct combination: (u,)."""
        total = np.bincount(self.row, weights=np.asarray(weights, dtype=float), minlength=len(self.x))
        return np.asarray(total, dtype=np.float64)


def design(cells: pd.DataFrame) -> Design:
    """Distinct combinations of the ``x.`` columns of ``cells``; missing numbers are a value of their own here."""
    columns = [c for c in cells.columns if c.startswith(FEATURE)]
    row = np.asarray(cells.groupby(columns, dropna=False, sort=False).ngroup(), dtype=np.int64)
    first = np.unique(row, return_index=True)[1]
    return Design(cells[columns].iloc[first].reset_index(drop=True), row)


def weighted_median(values: npt.ArrayLike, counts: npt.ArrayLike) -> float:
    """The median of ``values`` repeated ``counts`` times, ignoring NaN; NaN when nothing is left.

    For an even number of rows it is the mean of the two middle ones, as :func:`numpy.median` on the rows.
    """
    value, count = np.asarray(values, dtype=float), np.asarray(counts, dtype=np.int64)
    kept = ~np.isnan(value) & (count > 0)
    order = np.argsort(value[kept], kind="stable")
    value, upto = value[kept][order], np.cumsum(count[kept][order])
    if not len(value):
        return float("nan")
    middle = np.searchsorted(upto, [(upto[-1] - 1) // 2, upto[-1] // 2], side="right")
    return float(value[middle].mean())


def encoder(x: pd.DataFrame, counts: npt.ArrayLike, kinds: Mapping[str, str], params: Logistic) -> ColumnTransformer:
    """Impute, scale and one-hot the columns of ``x`` (m rows standing for ``counts`` training rows each).

    ``kinds`` maps every column to ``numeric`` (missing is NaN) or ``categorical`` (missing is the level "Missing").
    A level that was not seen in training becomes all zeros at scoring time.

    Raises:
        InputError: a numeric column without any value in the training rows.
    """
    seen = np.asarray(counts) > 0
    x, n = x[seen], np.asarray(counts)[seen]
    width = sum(x[column].nunique() if kind == "categorical" else 1 for column, kind in kinds.items())
    onehot = OneHotEncoder(handle_unknown="ignore", sparse_output=params.solver_for(width) == "lbfgs")
    build = {
        "numeric": lambda column: _numeric(column, n, params),
        "categorical": lambda column: _categorical(column, n, params, onehot),
    }
    steps = [(name, build[kind](x[[name]]), [name]) for name, kind in kinds.items()]
    return ColumnTransformer(steps, verbose_feature_names_out=False, sparse_threshold=0.3).fit(x)


def _numeric(x: pd.DataFrame, n: npt.NDArray[np.int64], params: Logistic) -> Pipeline:
    median = weighted_median(x.iloc[:, 0], n)
    if np.isnan(median):
        raise InputError(f"feature {x.columns[0].removeprefix(FEATURE)!r} has no value in the training rows; drop it")
    impute = SimpleImputer(
        strategy="constant", fill_value=median, add_indicator=params.numeric_missing == "indicator"
    ).fit(x)
    # Frozen, because only this call knows the counts: refitting inside the column transformer would weigh cells alike.
    scaler = StandardScaler(with_mean=params.scale, with_std=params.scale)
    scale = FrozenEstimator(scaler.fit(impute.transform(x), sample_weight=n))
    return Pipeline([("impute", FrozenEstimator(impute)), ("scale", scale)])


def _categorical(x: pd.DataFrame, n: npt.NDArray[np.int64], params: Logistic, onehot: OneHotEncoder) -> Pipeline:
    if params.categorical_missing == "level":
        return Pipeline([("onehot", onehot)])
    rows = pd.Series(n).groupby(x.iloc[:, 0].to_numpy()).sum().drop(MISSING, errors="ignore")
    mode = rows.idxmax() if len(rows) else MISSING
    impute = SimpleImputer(missing_values=MISSING, strategy="constant", fill_value=mode)
    return Pipeline([("impute", impute), ("onehot", onehot)])
