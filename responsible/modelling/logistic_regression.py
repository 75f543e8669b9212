"""Weighted logistic regression on cells: the same coefficients as on rows, at a cost that does not grow with rows.

The penalised likelihood of rows that share features and label is one term times their number, so fitting the distinct
feature combinations with weights (positives and negatives of each) is fitting the rows.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import ConvergenceWarning
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from responsible.modelling.encoding import Design, design, weighted_median
from responsible.modelling.newton import NOT_CONVERGED, ONE_LABEL, TOLERANCE
from responsible.modelling.parameters import Logistic
from responsible.names import FEATURE
from responsible.tabular.levels import Disclosure, blanked
from responsible.validation import MISSING, InputError

Array = npt.NDArray[np.float64]
MOST_ITERATIONS, ROWS = 10_000, 1 << 18  # of a fit; feature combinations that are scored at once


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
    levels = [pd.factorize(x[name])[0] for name, kind in kinds.items() if kind == "categorical"]
    rows = np.unique([0, *(row for code in levels for row in np.unique(code, return_index=True)[1])])
    # only levels are left to learn, and each is in these rows: fitting encodes what it is given
    return ColumnTransformer(steps, verbose_feature_names_out=False, sparse_threshold=0.3).fit(x.iloc[rows])


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


def _labelled(positives: Array, negatives: Array) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], Array]:
    """Rows, labels and weights of a fit: those with weight of label 1, then those with weight of label 0."""
    if not (positives.sum() > 0 and negatives.sum() > 0):
        raise InputError(ONE_LABEL)
    up, down = np.flatnonzero(positives), np.flatnonzero(negatives)
    label, weights = np.repeat([1, 0], [len(up), len(down)]), np.concatenate([positives[up], negatives[down]])
    return np.concatenate([up, down]), label, weights


def _fitted(matrix: Array, label: npt.NDArray[np.int64], weights: Array, params: Logistic) -> LogisticRegression:
    solver = params.solver_for(matrix.shape[1])
    model = LogisticRegression(C=params.C, solver=solver, tol=TOLERANCE, max_iter=MOST_ITERATIONS)
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        try:
            return model.fit(matrix, label, sample_weight=weights)
        except ConvergenceWarning:
            raise InputError(NOT_CONVERGED) from None


def fit(encode: ColumnTransformer, design: Design, labels: Array, weights: Array, params: Logistic) -> Pipeline:
    """The pipeline encode → logistic regression, fitted to cells with 0/1 ``labels`` and ``weights`` (both (m,)).

    Minimises ½‖β‖² + C Σ w log-loss (the intercept is not penalised), to a gradient of 1e-9 per unit of weight. Cells
    that carry no training rows have weight 0, and are not encoded.

    Raises:
        InputError: only one label has weight, or the solver does not converge.
    """
    rows, label, own = _labelled(design.total(weights * labels), design.total(weights * (1 - labels)))
    model = _fitted(encode.transform(design.x.iloc[rows]), label, own, params)
    return Pipeline([("encode", encode), ("logistic", model)])


@dataclass(frozen=True)
class Trained:
    """A fitted pipeline and its ``score`` of every cell, P(label = 1): (m,)."""

    pipeline: Pipeline
    score: Array


def train(
    cells: pd.DataFrame, kinds: Mapping[str, str], labels: npt.ArrayLike, params: Logistic, weights: npt.ArrayLike = 1.0
) -> Trained:
    """Fit on the cells of split ``train`` and score all of them.

    ``kinds`` maps each ``x.`` column to its kind, ``labels`` (m,) are 0/1, ``weights`` (m,) multiply the training rows
    of a cell (reweighing). Encoding is learned from unweighted training rows. Raises as :func:`fit`.
    """
    parts, rows = design(cells), np.where(cells["split"] == "train", cells["n"], 0)
    encode = encoder(parts.x, parts.total(rows), kinds, params)
    pipeline = fit(encode, parts, np.asarray(labels), rows * np.asarray(weights, dtype=float), params)
    return Trained(pipeline, score(pipeline, parts))


def score(model: Pipeline, design: Design) -> Array:
    """P(label = 1) for each cell of the design, in [0, 1]: (m,). Encoded in parts, for the sake of memory."""
    parts = (design.x.iloc[first : first + ROWS] for first in range(0, len(design.x), ROWS))
    return np.concatenate([model.predict_proba(part)[:, 1] for part in parts])[design.row]


def coefficients(model: Pipeline) -> pd.DataFrame:
    """The fitted terms: ``term``, ``coefficient`` (log odds), ``odds_ratio`` = exp(coefficient), ``unit``.

    ``unit`` says what one step is: ``level`` for a one-hot or indicator column, and for a numeric column the number of
    the column's own units that one standard deviation is (1 when unscaled). Every level has a penalised term, so a
    level's odds ratio is against the intercept, not against a reference level.
    """
    names = [name.removeprefix(FEATURE) for name in model[:-1].get_feature_names_out()]
    beta = np.concatenate([model[-1].intercept_, model[-1].coef_[0]])
    units = [float("nan"), *_units(model[0])]
    return pd.DataFrame(
        {"term": ["(intercept)", *names], "coefficient": beta, "odds_ratio": np.exp(beta), "unit": units}
    )


def published_coefficients(model: Pipeline, cells: pd.DataFrame, disclosure: Disclosure) -> pd.DataFrame:
    """:func:`coefficients` without the terms of levels that have too few training rows to be published."""
    rows = cells[cells["split"] == "train"]
    few = set()
    for column in (c for c in cells if str(c).startswith(FEATURE)):
        name, values = str(column).removeprefix(FEATURE), rows[column]
        if pd.api.types.is_numeric_dtype(values):
            counts = {f"missingindicator_{column}": rows.loc[values.isna(), "n"].sum()}
        else:
            counts = {f"{name}_{level}": n for level, n in rows["n"].groupby(values).sum().items()}
        few |= {term for term, n in counts.items() if not disclosure.safe(n)}
    found = coefficients(model)
    return blanked(found, found["term"].isin(few), ["coefficient", "odds_ratio"])


def _units(encode: ColumnTransformer) -> list[float]:
    out: list[float] = []
    for name, step, _ in encode.transformers_:
        width = len(step.get_feature_names_out([name]))
        scaler = step.named_steps.get("scale")
        scale = None if scaler is None else scaler.estimator.scale_
        out += [1.0] * width if scale is None else [float(s) for s in scale]
    return out
