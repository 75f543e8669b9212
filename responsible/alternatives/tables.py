"""Counts of what candidates say: expected ones on the rows they are chosen on, whole rows where they are reported.

A randomised candidate says yes to a share of a cell. Where whole rows are needed, shares are rounded in order of
label and side, so that every total is within one row of its expectation; two candidates share
their random numbers, so that what they differ in is their own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from responsible.alternatives.material import Material
from responsible.names import CLUSTER
from responsible.statistics.count_figures import CountFigure
from responsible.statistics.count_tables import counted

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Counts = npt.NDArray[np.int64]
SIDES = 3  # of an attribute: unprivileged, privileged, outside of the audit
PART = 1_000_000  # cells times draws that are held at once


def selected(said: Array, n: Ints, order: Ints) -> Ints:
    """Of the ``n`` rows of each cell those that are selected where ``said`` (m,) is the share, in whole rows: (m,)."""
    mixed, found = (said > 0) & (said < 1) & (n > 0), np.where(said >= 1, n, 0)
    own = order[mixed[order]]
    upto = np.floor(np.cumsum(n[own] * said[own]) + 0.5)
    found[own] = np.clip(np.diff(upto, prepend=0.0), 0, n[own])
    return found.astype(np.int64)


def joint(material: Material, side: Ints, split: str, first: Array, second: Array) -> tuple[Counts, Counts | None]:
    """``[side, y, ŷ of the first, ŷ of the second]`` of the rows of a split; and the same by group of clusters."""
    n, label = material.rows(split), material.label
    order = np.lexsort((np.arange(len(n)), label, side))
    a, b = (selected(said, n, order) for said in (first, second))
    both = np.minimum(a, b)
    parts = {(1, 1): both, (1, 0): a - both, (0, 1): b - both, (0, 0): n - np.maximum(a, b)}
    clusters = {CLUSTER: np.tile(material.cells[CLUSTER].to_numpy(), 4)} if CLUSTER in material.cells else {}
    table = pd.DataFrame({"n": np.concatenate(list(parts.values())), **clusters})
    bits = [np.repeat([key[i] for key in parts], len(n)) for i in (0, 1)]
    return counted(table, np.tile(side, 4), SIDES, [np.tile(label, 4), *bits])


@dataclass(frozen=True, eq=False)
class Expected:
    """Figures of all candidates on expected counts of a split: what each ``said`` of the cells, (m, candidates)."""

    material: Material
    split: str
    said: Array
    figures: Mapping[str, tuple[str, CountFigure]]
    """By name: the attribute whose sides are compared, and the figure; of performance any attribute will do."""

    def values(self) -> dict[str, Array]:
        """Each figure of each candidate: (candidates,)."""
        return {name: own[0] for name, own in self._of(self.material.rows(self.split)[None]).items()}

    def drawn(self, number: int, rng: np.random.Generator) -> dict[str, Array]:
        """The same of replicates of the split's rows, drawn anew for all candidates together: (number, candidates).

        Rows in clusters are drawn by group of clusters.
        """
        n = self.material.rows(self.split)
        if CLUSTER in self.material.cells:
            group = self.material.cells[CLUSTER].to_numpy()
            groups = np.unique(group)
            times = rng.multinomial(len(groups), np.full(len(groups), 1 / len(groups)), size=number)
            return self._of(times[:, np.searchsorted(groups, group)] * n)
        live, found = np.flatnonzero(n), []
        for size in _parts(number, max(1, PART // len(live))):
            rows = np.zeros((size, len(n)), dtype=np.int64)
            rows[:, live] = rng.multinomial(n.sum(), n[live] / n.sum(), size=size)
            found.append(self._of(rows))
        return {name: np.concatenate([each[name] for each in found]) for name in self.figures}

    def _of(self, rows: Ints) -> dict[str, Array]:
        tables: dict[str, Array] = {}
        out = {}
        for name, (attribute, figure) in self.figures.items():
            if attribute not in tables:
                tables[attribute] = self._tables(self.material.sides[attribute], rows)
            out[name] = np.asarray(figure.compute(tables[attribute]))
        return out

    def _tables(self, side: Ints, rows: Ints) -> Array:
        """``[draw, candidate, side, y, ŷ]``."""
        found = np.zeros((len(rows), self.said.shape[1], SIDES, 2, 2))
        for who in range(SIDES):
            for label in (0, 1):
                own = np.flatnonzero((side == who) & (self.material.label == label))
                weights = rows[:, own].astype(float)
                yes = weights @ self.said[own]
                found[:, :, who, label, 1], found[:, :, who, label, 0] = yes, weights.sum(1)[:, None] - yes
        return found


def _parts(number: int, most: int) -> list[int]:
    return [min(most, number - start) for start in range(0, number, most)]


def two_sided(figure: CountFigure) -> Callable[[Counts], np.ndarray]:
    """The figure of tables with the side that is outside of the audit left out."""
    return lambda table: figure.compute(table[..., :2, :, :])
