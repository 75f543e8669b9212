"""Declared columns as levels: of features and sensitive attributes, by the names that the parameters give them."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from responsible.names import ATTRIBUTE, FEATURE
from responsible.validation import MISSING

Ints = npt.NDArray[np.int64]
MOST, PARTS = 10, 5  # distinct numbers that are levels as they are; of more, so many parts of about equal numbers


def factors(cells: pd.DataFrame, names: Iterable[str] = ()) -> pd.DataFrame:
    """Columns of text (m,): the named (default: all) features and attributes of cells with ``n``; a number as text.

    A number of more than ten distinct values is cut at its fifths, of rows and not of cells: ``0.2 to 0.4``.
    """
    known = {str(c)[len(FEATURE) :]: cells[c] for c in cells if str(c).startswith((FEATURE, ATTRIBUTE))}
    chosen = list(names) or list(known)
    return pd.DataFrame({name: _levels(known[name], cells["n"].to_numpy()) for name in chosen}, index=cells.index)


def _levels(column: pd.Series[Any], n: Ints) -> pd.Series[str]:
    if not pd.api.types.is_numeric_dtype(column):
        return column.astype(str)
    values = column.to_numpy(dtype=float)
    held = ~np.isnan(values)
    if len(np.unique(values[held])) <= MOST:
        said = [f"{value:g}" for value in values]
        return pd.Series(said, index=column.index).where(held, MISSING)
    order = np.argsort(values[held], kind="stable")
    below = np.cumsum(n[held][order]) / n[held].sum()
    edges = np.unique(values[held][order][[int(np.searchsorted(below, part / PARTS)) for part in range(1, PARTS)]])
    ends = [values[held].min(), *edges, values[held].max()]
    names = [f"{low:g} to {high:g}" for low, high in pairwise(ends)]
    place = np.searchsorted(edges, values, side="left").clip(0, len(names) - 1)
    return pd.Series(np.array(names, dtype=object)[place], index=column.index).where(held, MISSING).astype(str)


def strata(table: pd.DataFrame) -> tuple[Ints, list[str]]:
    """The stratum (m,) of each row of text columns, and the strata's names, ``level & level``, in sorted order."""
    whole = table.iloc[:, 0] if table.shape[1] == 1 else table.agg(" & ".join, axis=1)
    code, names = pd.factorize(whole, sort=True)
    return code.astype(np.int64), [str(name) for name in names]
