"""Tables of counts: from cells, by group of clusters where rows come in any, and what their doubt is measured by."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from responsible.names import CLUSTER, Judged
from responsible.statistics import jackknife
from responsible.statistics.intervals import Inference, half_counts, replicates
from responsible.statistics.rates import Counts

if TYPE_CHECKING:
    import pandas as pd

Code = npt.NDArray[np.int64]
JUDGED = Judged()  # two models, the first of which is the reference
Compute = Callable[[Counts], np.ndarray]


def tabulate(
    code: npt.NDArray[np.int64], levels: int, binary: Sequence[npt.ArrayLike], counts: npt.ArrayLike
) -> Counts:
    """Σ ``counts`` by level and by each 0/1 array of ``binary`` (label, prediction, …): (levels, 2, …, 2).

    Cells with code -1 (excluded levels) are left out.
    """
    kept, shape = code >= 0, (levels, *(2 for _ in binary))
    cell = np.ravel_multi_index((code[kept], *(np.asarray(b, dtype=np.int64)[kept] for b in binary)), shape)
    total = np.zeros(int(np.prod(shape)), dtype=np.int64)
    np.add.at(total, cell, np.asarray(counts, dtype=np.int64)[kept])
    return total.reshape(shape)


def counted(
    table: pd.DataFrame, code: Code, levels: int, binary: Sequence[npt.ArrayLike]
) -> tuple[Counts, Counts | None]:
    """:func:`tabulate` of cells ``table``, and the same by group of clusters, ``(GROUPS, levels, 2, …, 2)``; None where
    rows are independent.
    """
    if CLUSTER not in table:
        return tabulate(code, levels, binary, table["n"]), None
    within = np.where(code < 0, -1, table[CLUSTER].to_numpy() * levels + code)
    found = tabulate(within, jackknife.GROUPS * levels, binary, table["n"])
    parts = found.reshape(jackknife.GROUPS, levels, *found.shape[1:])
    return parts.sum(axis=0), parts


def everybody(table: pd.DataFrame, binary: Sequence[npt.ArrayLike]) -> tuple[Counts, Counts | None]:
    """:func:`counted` of all rows together, without the axis of levels."""
    joint, parts = counted(table, np.zeros(len(table), dtype=np.int64), 1, binary)
    return joint[0], None if parts is None else parts[:, 0]


class Draws(NamedTuple):
    """What the doubt about figures of a table is measured by: its replicates ``tables`` ``(number, *table.shape)``; and
    for clustered rows the counts by group of clusters, ``(GROUPS, *table.shape)`` (:mod:`.jackknife`).
    """

    tables: Counts
    parts: Counts | None = None

    def map(self, change: Compute) -> Draws:
        """The same with both changed, such as one of the last axes summed over."""
        return Draws(change(self.tables), None if self.parts is None else change(self.parts))

    def at(self, index: int) -> Draws:
        """Of one table along the first axis."""
        return self.map(lambda tables: tables[:, index])

    def sum(self, axis: int) -> Draws:
        """The same with one of the last axes summed over: added up, which is faster than a reduction of few numbers."""
        return self.map(lambda tables: reduce(np.add, np.moveaxis(tables, axis, 0)))


def drawn(
    table: Counts, inference: Inference, rng: np.random.Generator, *, models: int = 1, parts: Counts | None = None
) -> Draws:
    """Replicates with half a row in each empty cell; leading axes are independent. ``parts``: see :class:`Draws`."""
    half = half_counts(table, models)
    return Draws(replicates(table, inference.replicates, rng, event_axes=2 + models, probabilities=half), parts)


def marginals(joint: Counts, models: Judged = JUDGED) -> dict[str, Counts]:
    """``[..., level, y, ŷ]`` of each model from the joint counts of all of them, ``[..., level, y, ŷ, ŷ, …]``."""
    last = range(-len(models.names), 0)
    return {
        m: joint.sum(tuple(axis for axis in last if axis != own)) for own, m in zip(last, models.names, strict=True)
    }


def pairs(joint: Counts, models: Judged = JUDGED) -> dict[str, Counts]:
    """``[..., level, y, ŷ of the reference, ŷ]`` of each other model."""
    last = dict(zip(models.names, range(-len(models.names), 0), strict=True))
    out = {}
    for model in models.others:
        own = joint.sum(tuple(axis for name, axis in last.items() if name not in (model, models.reference)))
        out[model] = own if last[models.reference] < last[model] else own.swapaxes(-1, -2)
    return out


@dataclass(frozen=True, eq=False)
class Sides:
    """The tables of one comparison, unprivileged first, and their replicates: joint counts ``[side, y, a, b]`` of the
    reference and each other model, and each model's own ``[side, y, ŷ]``, whose figures do not depend on the others.
    """

    rows: int
    joint: Mapping[str, tuple[Counts, Draws]]
    models: Mapping[str, tuple[Counts, Draws]]

    @classmethod
    def of(
        cls, joint: Counts, parts: Counts | None, inference: Inference, rng: np.random.Generator, models: Judged
    ) -> Sides:
        """With replicates of the joint counts ``[side, y, ŷ, ŷ, …]``; ``parts``: the same by group of clusters."""

        def tables(split: Callable[..., dict[str, Counts]], axes: int) -> dict[str, tuple[Counts, Draws]]:
            groups = {} if parts is None else split(parts, models)
            own = split(joint, models).items()
            return {m: (t, drawn(t, inference, rng, models=axes, parts=groups.get(m))) for m, t in own}

        alone = tables(marginals, 1)  # drawn first
        return cls(int(joint.sum()), tables(pairs, 2), alone)

    def turned(self) -> Sides:
        """The same comparison, and the same replicates, from the other side."""
        whole, side = partial(np.flip, axis=-4), partial(np.flip, axis=-3)
        own = {model: (side(t), d.map(side)) for model, (t, d) in self.models.items()}
        return Sides(self.rows, {model: (whole(t), d.map(whole)) for model, (t, d) in self.joint.items()}, own)
