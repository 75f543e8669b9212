"""The fit of :mod:`.logistic_regression` as arrays: what is fitted many times, and only for its scores.

The encoding, the penalty and the optimum are those of the estimator (tests compare them), without an estimator that
could be stored: scikit-learn takes longer to import than most stages compute. Wide one-hot columns are sparse.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit, log_expit

from responsible.modelling.encoding import design, levels_of, numbers_of
from responsible.modelling.parameters import Logistic
from responsible.validation import InputError

Array = npt.NDArray[np.float64]
ONE_LABEL = "training rows have only one label at this threshold; choose a threshold inside the data"
NOT_CONVERGED = "logistic regression did not converge; set model.scale: true or lower model.C"
TOLERANCE = 1e-9  # of the gradient, per unit of weight
MOST_STEPS, ROWS = 200, 1 << 16  # of Newton's method; rows whose part of the Hessian is computed at once


def encoded(x: pd.DataFrame, counts: npt.ArrayLike, kinds: Mapping[str, str], params: Logistic) -> Any:
    """The columns of :func:`~.encoding.encoder` for ``x`` (u rows that stand for ``counts`` training rows each).

    (u, d); a sparse matrix of scipy where the solver is ``lbfgs``. Raises as that function.
    """
    n = np.asarray(counts, dtype=np.float64)
    numeric = {name: numbers_of(x[name], n, params) for name, kind in kinds.items() if kind == "numeric"}
    levels = {name: levels_of(x[name], n, params) for name, kind in kinds.items() if kind != "numeric"}
    width = sum(len(names) for names, _ in levels.values()) + len(numeric)
    if params.solver_for(width) == "lbfgs":
        from scipy import sparse

        parts = [sparse.csr_array(numeric[c]) if c in numeric else _sparse(*levels[c]) for c in kinds]
        return sparse.hstack(parts, format="csr")
    return np.hstack([numeric[c] if c in numeric else _onehot(*levels[c]) for c in kinds])


def _onehot(names: list[str], code: npt.NDArray[np.int64]) -> Array:
    return np.asarray(code[:, None] == np.arange(len(names)), dtype=np.float64)


def _sparse(names: list[str], code: npt.NDArray[np.int64]) -> Any:
    from scipy import sparse

    known = np.flatnonzero(code >= 0)
    return sparse.csr_array((np.ones(len(known)), (known, code[known])), shape=(len(code), len(names)))


def fit(
    matrix: Any,
    positives: Array,
    negatives: Array,
    params: Logistic,
    start: Array | None = None,
    *,
    tolerance: float = TOLERANCE,
) -> Array:
    """The coefficients (d + 1,), the intercept last, of rows of ``matrix`` (u, d) with weights of label 1 and label 0.

    Minimises ½‖β‖² + C Σ w log-loss as :func:`~.logistic_regression.fit`, from ``start`` if there is any.
    A step of Newton's method follows a gradient within the ``tolerance``, which about squares what is left of it.

    Raises:
        InputError: only one label has weight, or the solver does not converge.
    """
    if not (positives.sum() > 0 and negatives.sum() > 0):
        raise InputError(ONE_LABEL)
    seen = positives + negatives > 0
    loss = _Loss(matrix if seen.all() else matrix[seen], positives[seen], negatives[seen], params.C)
    beta = np.zeros(matrix.shape[1] + 1) if start is None else start
    return _newton(loss, beta, tolerance) if isinstance(matrix, np.ndarray) else _lbfgs(loss, beta)


def probability(matrix: Any, beta: Array) -> Array:
    """P(label = 1) of each row of ``matrix``: (u,)."""
    return np.asarray(expit(matrix @ beta[:-1] + beta[-1]))


def scores(
    cells: pd.DataFrame, kinds: Mapping[str, str], labels: npt.ArrayLike, params: Logistic, weights: npt.ArrayLike = 1.0
) -> Array:
    """The scores of :func:`~.logistic_regression.train`: fitted on the cells of split ``train``, of all: (m,)."""
    parts, rows = design(cells), np.where(cells["split"] == "train", cells["n"], 0)
    matrix, weight, label = encoded(parts.x, parts.total(rows), kinds, params), rows * np.asarray(weights), labels
    totals = parts.total(weight * np.asarray(label)), parts.total(weight * (1 - np.asarray(label)))
    return probability(matrix, fit(matrix, *totals, params))[parts.row]


class _Loss:
    """½‖β‖² / (C Σw) + the weighted mean log-loss, of coefficients β whose last one, the intercept, has no penalty."""

    def __init__(self, x: Any, positives: Array, negatives: Array, c: float) -> None:
        total = positives.sum() + negatives.sum()
        self.x, self.positives, self.negatives = x, positives / total, negatives / total
        self.penalty = np.append(np.full(x.shape[1], 1 / (c * total)), 0.0)

    def linear(self, beta: Array) -> Array:
        """The linear term of each row: (u,)."""
        return np.asarray(self.x @ beta[:-1] + beta[-1])

    def value(self, beta: Array, z: Array) -> float:
        loss = (self.positives + self.negatives) @ log_expit(z) - self.negatives @ z
        return float(self.penalty @ beta**2 / 2 - loss)

    def gradient(self, beta: Array, z: Array) -> tuple[Array, Array]:
        """The gradient, and the curvature of each row's loss in its linear term: (d + 1,), (u,)."""
        p, weight = expit(z), self.positives + self.negatives
        residual = weight * p - self.positives
        return np.append(self.x.T @ residual, residual.sum()) + self.penalty * beta, weight * p * (1 - p)

    def hessian(self, curvature: Array) -> Array:
        d = self.x.shape[1]
        out = np.diag(self.penalty)
        out[d, d] += curvature.sum()
        out[d, :d] = out[:d, d] = self.x.T @ curvature
        root = np.sqrt(curvature)
        for first in range(0, len(root), ROWS):
            part = self.x[first : first + ROWS] * root[first : first + ROWS, None]
            out[:d, :d] += part.T @ part
        return out


def _newton(loss: _Loss, beta: Array, tolerance: float) -> Array:
    """Newton's method, a step halved while it leads up; the last step is taken from within the tolerance."""
    z = loss.linear(beta)
    here = loss.value(beta, z)
    for _ in range(MOST_STEPS):
        gradient, curvature = loss.gradient(beta, z)
        try:
            step = np.linalg.solve(loss.hessian(curvature), gradient)
        except np.linalg.LinAlgError:
            break
        if np.abs(gradient).max() <= tolerance:
            return np.asarray(beta - step)
        size, before = 1.0, here
        while True:
            z = loss.linear(beta - size * step)
            here = loss.value(beta - size * step, z)
            if here <= before + 1e-12 * abs(before) or size <= 1e-9:
                break
            size /= 2
        beta = beta - size * step
    raise InputError(NOT_CONVERGED)


def _lbfgs(loss: _Loss, beta: Array) -> Array:
    from scipy.optimize import minimize

    def at(b: Array) -> tuple[float, Array]:
        z = loss.linear(b)
        return loss.value(b, z), loss.gradient(b, z)[0]

    options = {"maxiter": 10_000, "maxls": 50, "gtol": TOLERANCE, "ftol": 64 * np.finfo(float).eps}
    found = minimize(at, beta, jac=True, method="L-BFGS-B", options=options)
    if not found.success:
        raise InputError(NOT_CONVERGED)
    return np.asarray(found.x)
