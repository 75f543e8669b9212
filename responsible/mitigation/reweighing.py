"""Reweighing: training weights under which label and group are independent.

Kamiran & Calders 2012, "Data preprocessing techniques for classification without discrimination",
doi 10.1007/s10115-011-0463-8, section 4.3.
A model fitted with these weights is *reweighed*; nothing here makes it fair.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field

from responsible.validation import InputError, Params

Array = npt.NDArray[np.float64]


class Reweigh(Params):
    """Which groups get the same weighted base rate, and what happens to a group that has only one of the labels.

    ``attributes``: one name of ``sensitive``, or several for their cross. ``groups``: ``privileged`` weighs pooled
    privileged against pooled unprivileged, ``levels`` weighs every level. ``empty_cells``: ``refuse``, or ``merge``
    such a group with others (see :func:`merge_empty`). ``strength`` is the exponent λ of the weights, W^λ: 1 makes the
    label independent of the groups, and less brings their base rates nearer only.
    """

    attributes: list[str]
    groups: Literal["privileged", "levels"]
    empty_cells: Literal["refuse", "merge"]
    strength: Annotated[float, Field(gt=0, le=1)] = 1.0


@dataclass(frozen=True)
class Weights:
    """Weight and mass of every (group, label) cell; all arrays are (groups, 2), label 0 first.

    ``largest`` is the largest weight that any row carries. ``effective_rows`` (per group) and ``effective_rows_total``
    are Kish's effective sample size (Σw)²/Σw²: how many equally weighted rows would carry the same information.
    """

    counts: Array
    weights: Array

    @classmethod
    def of(
        cls, code: npt.NDArray[np.int64], labels: npt.ArrayLike, counts: npt.ArrayLike, weight: Array, groups: int
    ) -> Weights:
        """Weights that somebody chose, one for all rows of a group ``code`` (m,) and label; 1 where there are none."""
        label, used = np.asarray(labels, dtype=np.int64), code >= 0
        table, each = np.zeros((groups, 2)), np.ones((groups, 2))
        np.add.at(table, (code[used], label[used]), np.asarray(counts, dtype=float)[used])
        there = used & (np.asarray(counts) > 0)
        each[code[there], label[there]] = weight[there]
        return cls(table, each)

    @property
    def weighted(self) -> Array:
        """Σw of each cell: (groups, 2), sums to the number of rows."""
        return np.where(self.counts > 0, self.counts * self.weights, 0.0)

    @property
    def base_rates(self) -> Array:
        """Weighted share of label 1 in each group: (groups,), equal in all at strength 1; NaN for one without rows."""
        mass = self.weighted.sum(1)
        return np.divide(self.weighted[:, 1], mass, out=np.full(len(mass), np.nan), where=mass > 0)

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

    def summary(self) -> dict[str, float]:
        """Headline values: the largest weight, training rows and the effective number of them."""
        rows = {"rows": self.counts.sum(), "effective_rows": self.effective_rows_total}
        return {"largest": self.largest, **{name: float(value) for name, value in rows.items()}}


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

    >>> reweigh([[14423, 1769], [22732, 9918]], ["F", "M"]).weights.round(3).tolist()  # UCI Adult, label 0 first
    [[0.854, 2.19], [1.093, 0.788]]
    """
    table = np.asarray(counts, dtype=float)
    if bad := [f"{name!r} has no row with label {label}" for name, label in _empty(table, names)]:
        raise InputError(
            f"reweighing is undefined: group {'; group '.join(bad)}; set reweigh.empty_cells: merge,"
            " choose another threshold, or exclude the level"
        )
    groups, labels = table.sum(1, keepdims=True), table.sum(0, keepdims=True)
    expected = groups * labels / table.sum()
    return _verified(Weights(table, np.divide(expected, table, out=np.ones_like(table), where=table > 0)))


def _verified(found: Weights) -> Weights:
    """The weights, once their invariants hold in the arithmetic too (counts beyond 2**53 would break them)."""
    total = found.counts.sum()
    same_mass = np.isclose(found.weighted.sum(), total, rtol=1e-9)
    if not same_mass or np.nanmax(np.abs(found.base_rates - found.counts[:, 1].sum() / total)) > 1e-9:
        raise ArithmeticError(f"reweighing lost precision on {total:g} rows: weighted base rates {found.base_rates}")
    return found


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


def row_weights(
    code: npt.NDArray[np.int64], labels: npt.ArrayLike, counts: npt.ArrayLike, names: Sequence[str], given: Reweigh
) -> tuple[Weights, tuple[str, ...], Array]:
    """Weights W^λ of cells with group ``code`` (m,), 0/1 ``labels`` (m,) and ``counts`` (m,) of training rows.

    Returns the weight table, its groups' names (merged names are joined with " + ") and the weight of each cell's rows
    (m,). Cells with code -1 (excluded levels) keep weight 1. Raises as :func:`reweigh`.
    """
    label, table = np.asarray(labels, dtype=np.int64), np.zeros((len(names), 2))
    used = code >= 0
    np.add.at(table, (code[used], label[used]), np.asarray(counts, dtype=float)[used])
    merged = merge_empty(table) if given.empty_cells == "merge" else np.arange(len(names))
    joined = tuple(" + ".join(n for n, m in zip(names, merged, strict=True) if m == k) for k in range(merged.max() + 1))
    pooled = np.zeros((len(joined), 2))
    np.add.at(pooled, merged, table)
    whole = reweigh(pooled, joined)
    found = Weights(whole.counts, whole.weights**given.strength)
    return found, joined, np.where(used, found.weights[merged[code], label], 1.0)


def weight_table(found: Weights, names: Sequence[str]) -> pd.DataFrame:
    """One row a group and label: training ``rows``, ``weight``, ``weighted_rows``, ``share_of_weight``, and the group's
    ``effective_rows`` and weighted ``base_rate``.
    """
    columns = {
        "group": np.repeat(list(names), 2),
        "label": np.tile([0, 1], len(names)),
        "rows": found.counts.ravel().astype(np.int64),
        "weight": found.weights.ravel(),
        "weighted_rows": found.weighted.ravel(),
        "share_of_weight": found.weighted.ravel() / found.weighted.sum(),
        "effective_rows": np.repeat(found.effective_rows, 2),
        "base_rate": np.repeat(found.base_rates, 2),
    }
    return pd.DataFrame(columns)


def level_table(level: Sequence[str], labels: npt.ArrayLike, counts: npt.ArrayLike, weights: Array) -> pd.DataFrame:
    """What the weights do to each single level: training ``rows``, ``base_rate`` before, ``reweighed_base_rate`` after.

    Weights of pooled groups equalise the pools, not the levels in them.
    """
    label, n = np.asarray(labels, dtype=float), np.asarray(counts, dtype=float)
    mass = pd.DataFrame(
        {"level": list(level), "rows": n, "ones": n * label, "w": n * weights, "w1": n * weights * label}
    )
    total = mass.groupby("level", as_index=False).sum().query("rows > 0")
    rates = {"base_rate": total["ones"] / total["rows"], "reweighed_base_rate": total["w1"] / total["w"]}
    return total[["level", "rows"]].astype({"rows": np.int64}).assign(**rates)
