"""Contributions: how far each feature moves the log odds of a linear model away from those of a reference.

The log odds of a row are β₀ + Σ_j β_j z_j over the encoded columns j. Against a reference r, a feature contributes

    c_f = Σ_{j of f} β_j (z_j − r_j),    so that    log odds = (β₀ + Σ_j β_j r_j) + Σ_f c_f    exactly.

Where r is the mean of each column, c_f is the Shapley value of the feature for features that vary independently
(Štrumbelj & Kononenko 2014; Lundberg & Lee 2017, "Linear SHAP"). A contribution says what the model does, and no cause.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.pipeline import Pipeline

from responsible.names import FEATURE
from responsible.validation import InputError, did_you_mean

Array = npt.NDArray[np.float64]
OF_TREES = "no_reasons_without_coefficients"  # why a model that is not linear has no contributions


@dataclass(frozen=True, eq=False)
class Contributions:
    """``table`` (rows, features): by how much each feature moves the log odds; ``reference``: where they start."""

    table: pd.DataFrame
    reference: float

    @property
    def log_odds(self) -> Array:
        """ln(p / (1 − p)) of each row: (rows,)."""
        return self.reference + self.table.to_numpy().sum(axis=1)


def is_linear(model: Pipeline) -> bool:
    """Whether a fitted model has coefficients, and so exact contributions."""
    return hasattr(model[-1], "coef_")


def reference(
    model: Pipeline, x: pd.DataFrame, counts: npt.ArrayLike, named: Mapping[str, float | str] | None = None
) -> Array:
    """The encoded columns (d,) of the reference: their mean over the rows ``x`` (u, features), each ``counts`` times.

    A ``named`` feature has its one value instead of its mean.

    Raises:
        InputError: the model has no coefficients; a named feature is none of the model's, or has a level that the rows
            lack.
    """
    if not is_linear(model):
        kind = type(model[-1]).__name__
        raise InputError(f"a {kind} has no coefficients, so no exact reasons yet; explain a logistic regression")
    n, owner = np.asarray(counts, dtype=float), _owners(model)
    found = _mean(model, x, n)
    for name, value in (named or {}).items():
        column = FEATURE + name
        if column not in x:
            known = [str(c).removeprefix(FEATURE) for c in x]
            raise InputError(f"reasons.reference: {name!r} is no feature{did_you_mean(name, known)}")
        if isinstance(value, str) and value not in (levels := set(x.loc[n > 0, column])):
            rule = f"level {value!r} does not occur in the training rows"
            raise InputError(f"reasons.reference.{name}: {rule}{did_you_mean(value, sorted(map(str, levels)))}")
        row = x.iloc[[0]].assign(**{column: pd.Series([value], x.index[:1], x[column].dtype)})
        found[owner == column] = _mean(model, row, np.ones(1))[owner == column]
    return found


def _mean(model: Pipeline, x: pd.DataFrame, n: Array) -> Array:
    return np.asarray(model[:-1].transform(x).T @ n, dtype=np.float64).ravel() / n.sum()


def contributions(model: Pipeline, x: pd.DataFrame, against: Array) -> Contributions:
    """Those of each row of ``x`` (u, features) against the encoded columns (d,) of a :func:`reference`.

    A level that was not seen in training has no column, and contributes what the reference's levels are worth less.
    """
    encoded, beta, owner = model[:-1].transform(x), model[-1].coef_[0], _owners(model)
    found = {}
    for column in dict.fromkeys(owner):
        own = np.flatnonzero(owner == column)
        found[str(column).removeprefix(FEATURE)] = np.asarray(encoded[:, own] @ beta[own]) - against[own] @ beta[own]
    return Contributions(pd.DataFrame(found, index=x.index), float(model[-1].intercept_[0] + against @ beta))


def reason_codes(found: Contributions, top: int, unnamed: Collection[str] = ()) -> list[list[str]]:
    """For each row the at most ``top`` features that lower its score most, the most first; ties in feature order.

    A feature that does not lower the score is no reason, and those ``unnamed`` are left out.
    """
    own = found.table.drop(columns=[name for name in unnamed if name in found.table])
    values, names = own.to_numpy(), list(map(str, own.columns))
    order = np.argsort(values, axis=1, kind="stable")[:, :top]
    return [[names[j] for j in places if row[j] < 0] for row, places in zip(values, order, strict=True)]


def _owners(model: Pipeline) -> npt.NDArray[np.object_]:
    """The ``x.`` column that each encoded column comes from: (d,)."""
    widths = [(name, len(step.get_feature_names_out([name]))) for name, step, _ in model[0].transformers_]
    return np.repeat(np.array([name for name, _ in widths], dtype=object), [width for _, width in widths])
