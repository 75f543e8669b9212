"""Encoding: distinct feature combinations, and their columns imputed, scaled and one-hot from counts.

Medians, modes and scales of counted combinations are those of the rows they stand for, of the training rows only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

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


def numbers_of(x: pd.Series[float], counts: npt.NDArray[np.float64], params: Logistic) -> npt.NDArray[np.float64]:
    """A numeric column (u,) as the model has it: the median of the training rows where it is missing, and beside it
    whether it was, if training rows say so; standardised, if ``params`` say so. (u, 1) or (u, 2).

    Raises:
        InputError: no training row has a value.
    """
    value, seen = x.to_numpy(dtype=float), counts > 0
    median, missing = weighted_median(value, counts), np.isnan(value)
    if np.isnan(median):
        raise InputError(f"feature {str(x.name).removeprefix(FEATURE)!r} has no value in the training rows; drop it")
    told = params.numeric_missing == "indicator" and missing[seen].any()
    out = np.column_stack([np.where(missing, median, value), *([missing] if told else [])])
    if params.scale:
        mean = counts @ out / counts.sum()
        variance = counts @ (out - mean) ** 2 / counts.sum()
        noise = counts.sum() * np.finfo(float).eps  # what rounding leaves of a column whose values are equal
        out = (out - mean) / np.where(variance <= noise * variance + (noise * mean) ** 2, 1.0, np.sqrt(variance))
    return out


def levels_of(
    x: pd.Series[str], counts: npt.NDArray[np.float64], params: Logistic
) -> tuple[list[str], npt.NDArray[np.int64]]:
    """The levels of a column (u,) that training rows have, and which of them each of its values is (−1 if none)."""
    code, levels = pd.factorize(x)
    rows = dict(zip(map(str, levels), np.bincount(code, counts, len(levels)), strict=True))
    names, fills = sorted(level for level, n in rows.items() if n > 0), params.categorical_missing == "mode"
    names = [level for level in names if not (fills and level == MISSING)] or names
    place = {level: at for at, level in enumerate(names)}
    if fills:
        place[MISSING] = place[max(names, key=rows.__getitem__)]
    return names, np.array([place.get(level, -1) for level in rows], dtype=np.int64)[code]
