"""Conjunctions: the count table of text columns, and the rows of every combination of levels of a few of them; what is
searched among these.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import TYPE_CHECKING, Annotated

import numpy as np
import numpy.typing as npt
from pydantic import Field

from responsible.validation import Params

if TYPE_CHECKING:
    import pandas as pd

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Conjunction = tuple[tuple[str, str], ...]


class Search(Params):
    """What is searched: the most columns in a conjunction and the fewest rows of it, and of the rest, in the first
    half.

    ``level`` is the false discovery rate of the proposals and the family-wise error of the confirmations; ``most`` ends
    the search.
    """

    depth: Annotated[int, Field(ge=1, le=3)]
    support: Annotated[int, Field(ge=1, le=1_000_000)]
    level: Annotated[float, Field(gt=0, lt=1)]
    most: Annotated[int, Field(ge=1, le=1_000)]


class Failures(Search):
    """What is searched, and the groups that are ``watched``: figures in every run, without a search, for rules of the
    policy. A group is ``column=level & column=level``.
    """

    watched: list[Annotated[str, Field(min_length=3)]] | None = None


def text(conjunction: Conjunction) -> str:
    """``column=level & column=level``."""
    return " & ".join(f"{column}={level}" for column, level in conjunction)


def parts(conjunction: Conjunction) -> list[Conjunction]:
    """Every proper part of a conjunction, the shortest first; a part holds of more rows."""
    return [part for size in range(1, len(conjunction)) for part in combinations(conjunction, size)]


@dataclass(frozen=True, eq=False)
class CountedCells:
    """Distinct cells: ``codes`` of their levels (cells, columns), ``stratum`` (cells,) and ``counts`` [cells, outcome].

    ``levels`` maps each column to the names of its codes.
    """

    codes: Ints
    levels: dict[str, list[str]]
    stratum: Ints
    counts: Ints

    def member(self, conjunction: Conjunction) -> Bools:
        """(cells,) bool: the cells of which a conjunction holds."""
        columns = list(self.levels)
        own = [self.codes[:, columns.index(c)] == self.levels[c].index(v) for c, v in conjunction]
        return np.asarray(np.logical_and.reduce(own))


def tabulated(
    columns: pd.DataFrame, outcome: npt.ArrayLike, given: pd.DataFrame, counts: npt.ArrayLike = 1
) -> CountedCells:
    """The count table of text ``columns``, strata of ``given`` and 0/1 ``outcome``, n rows each, in sorted order.

    A row stands for ``counts`` of them (n,). The order of rows and columns' first values does not matter. ``given`` may
    have no columns: one stratum.
    """
    import pandas as pd  # which documents and rules, that know the parameters above only, do without

    coded = {str(c): pd.factorize(columns[c].astype(str), sort=True) for c in columns}
    frame = pd.DataFrame({c: code for c, (code, _) in coded.items()})
    strata = given.reset_index(drop=True)
    frame["stratum"] = strata.groupby(list(strata.columns)).ngroup() if len(strata.columns) else 0
    keys = list(frame.columns)
    rows = pd.Series(np.broadcast_to(counts, len(frame)))
    by_cell = rows.groupby([*(frame[key] for key in keys), pd.Series(np.asarray(outcome), name="outcome")])
    wide = by_cell.sum().unstack("outcome", fill_value=0)
    cells = wide.index.to_frame(index=False)[keys].to_numpy(dtype=np.int64)
    tallied = wide.reindex(columns=[0, 1], fill_value=0).to_numpy(dtype=np.int64)
    return CountedCells(cells[:, :-1], {c: [str(x) for x in v] for c, (_, v) in coded.items()}, cells[:, -1], tallied)


@dataclass(frozen=True, eq=False)
class Conjunctions:
    """Every conjunction of at most ``depth`` columns of a table, enumerated once."""

    table: CountedCells
    depth: int

    @cached_property
    def chosen(self) -> list[tuple[str, ...]]:
        """The choices of columns, the smallest first."""
        sizes = range(1, min(self.depth, len(self.table.levels)) + 1)
        return [chosen for size in sizes for chosen in combinations(self.table.levels, size)]

    @cached_property
    def codes(self) -> list[Ints]:
        """For each choice of columns, the index of the conjunction that holds of each cell: (cells,)."""
        place, start, out = {c: i for i, c in enumerate(self.table.levels)}, 0, []
        for chosen in self.chosen:
            levels = tuple(self.table.codes[:, place[c]] for c in chosen)
            own, code = np.unique(np.ravel_multi_index(levels, self._shape(chosen)), return_inverse=True)
            out.append(np.asarray(start + code, dtype=np.int64))
            start += len(own)
        return out

    @cached_property
    def ends(self) -> Ints:
        """For each choice of columns, the index after its last conjunction."""
        return np.array([code.max() + 1 for code in self.codes], dtype=np.int64)

    @property
    def number(self) -> int:
        """How many conjunctions hold of at least one cell."""
        return int(self.ends[-1])

    def index(self, conjunction: Conjunction) -> int:
        """The index of a conjunction that holds of at least one cell."""
        choice = self.chosen.index(tuple(column for column, _ in conjunction))
        return int(self.codes[choice][np.argmax(self.table.member(conjunction))])

    def _shape(self, chosen: Sequence[str]) -> tuple[int, ...]:
        return tuple(len(self.table.levels[c]) for c in chosen)

    def name(self, index: int) -> Conjunction:
        """The conjunction of an index."""
        choice = int(np.searchsorted(self.ends, index, side="right"))
        cell = self.table.codes[np.argmax(self.codes[choice] == index)]
        place = {c: i for i, c in enumerate(self.table.levels)}
        return tuple((c, self.table.levels[c][cell[place[c]]]) for c in self.chosen[choice])

    def rows(self, weights: npt.ArrayLike, stratum: Ints) -> Array:
        """Σ ``weights`` (cells,) of each conjunction within each stratum: (conjunctions, strata)."""
        strata = int(stratum.max()) + 1
        total = np.zeros(self.number * strata)
        for start, end, code in zip([0, *self.ends[:-1]], self.ends, self.codes, strict=True):
            cell = (code - start) * strata + stratum
            total[start * strata : end * strata] = np.bincount(cell, weights, (end - start) * strata)
        return total.reshape(self.number, strata)
