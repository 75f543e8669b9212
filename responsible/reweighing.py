"""Reweighing: training weights under which label and group are independent.

Kamiran & Calders 2012, "Data preprocessing techniques for classification without discrimination",
doi 10.1007/s10115-011-0463-8, section 4.3. A model fitted with these weights is *reweighed*; nothing here makes it fair.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from responsible.checks import InputError, Params

Array = npt.NDArray[np.float64]


class Reweigh(Params):
    """Which groups get the same weighted base rate, and what happens to a group that has only one of the labels.

    ``attributes``: one name of ``sensitive``, or several for their cross. ``groups``: ``privileged`` weighs pooled
    privileged against pooled unprivileged, ``levels`` weighs every level. ``empty_cells``: ``refuse``, or ``merge``
    such a group with others (see :func:`merge_empty`).
    """

    attributes: list[str]
    groups: Literal["privileged", "levels"]
    empty_cells: Literal["refuse", "merge"]


@dataclass(frozen=True)
class Weights:
    """Weight and mass of every (group, label) cell; all arrays are (groups, 2), label 0 first.

    ``largest`` is the largest weight that any row carries. ``effective_rows`` (per group) and ``effective_rows_total``
    are Kish's effective sample size (Σw)²/Σw²: how many equally weighted rows would carry the same information.
    """

    counts: Array
    weights: Array

    @property
    def weighted(self) -> Array:
        """Σw of each cell: (groups, 2), sums to the number of rows."""
        return np.where(self.counts > 0, self.counts * self.weights, 0.0)

    @property
    def largest(self) -> float:
        """The largest weight of a cell that has rows."""
        return float(self.weights[self.counts > 0].max())

    @property
    def effective_rows(self) -> Array:
        """(groups,): (Σw)²/Σw² over each group's rows; 0 for a group without rows."""
        return _kish(self.counts, self.weighted, axis=1)

    @property
    def effective_rows_total(self) -> float:
        """(Σw)²/Σw² over all rows."""
        return float(_kish(self.counts.reshape(1, -1), self.weighted.reshape(1, -1), axis=1)[0])


def _kish(counts: Array, weighted: Array, axis: int) -> Array:
    squares = np.divide(weighted**2, counts, out=np.zeros_like(weighted), where=counts > 0).sum(axis)
    return np.divide(weighted.sum(axis) ** 2, squares, out=np.zeros_like(squares), where=squares > 0)


def reweigh(counts: npt.ArrayLike, names: Sequence[str]) -> Weights:
    """W(g, c) = N_g · N_c / (N · N_gc) for counts (groups, 2) of training rows; ``names`` are the groups' for messages.

    Invariants: Σw = N; the weighted base rate is N_1/N in every group; W = 1 where group and label are independent.
    Counts may be sums of existing weights. A group without any row gets weight 1 (nothing carries it).

    Raises:
        InputError: a group has rows of only one label. W is undefined there, and dropping the cell would lose its
            mass: the weighted base rates would no longer be equal.
    """
    table = np.asarray(counts, dtype=float)
    if bad := [f"{name!r} has no row with label {label}" for name, label in _empty(table, names)]:
        raise InputError(
            f"reweighing is undefined: group {'; group '.join(bad)}; set reweigh.empty_cells: merge,"
            " choose another threshold, or exclude the level"
        )
    groups, labels = table.sum(1, keepdims=True), table.sum(0, keepdims=True)
    expected = groups * labels / table.sum()
    return Weights(table, np.divide(expected, table, out=np.ones_like(table), where=table > 0))


def _empty(table: Array, names: Sequence[str]) -> list[tuple[str, int]]:
    empty = (table == 0) & (table.sum(1, keepdims=True) > 0)
    return [(names[group], int(label)) for group, label in np.argwhere(empty)]


def merge_empty(counts: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """For each group the number of the merged group it belongs to: (groups,) integers from 0, in first-seen order.

    All groups that lack a label are merged into one; while that one still lacks a label, the smallest other group
    joins it. Groups with both labels stay alone. Without an empty cell every group keeps its own number.
    """
    table = np.asarray(counts, dtype=float)
    merged = ((table == 0) & (table.sum(1, keepdims=True) > 0)).any(1)
    while merged.any() and (table[merged].sum(0) == 0).any() and not merged.all():
        sizes = np.where(merged, np.inf, table.sum(1))
        merged[int(np.argmin(sizes))] = True
    own = np.where(merged, np.argmax(merged), np.arange(len(table)))
    return np.unique(own, return_inverse=True)[1].astype(np.int64)
