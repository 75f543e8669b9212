"""The doubt that few rows leave: how far rows of a kind nobody has seen yet could move a figure of counts.

Wilson's interval of a rate of 0 in n rows ends at z²/(n + z²), as if z² rows with the event had been added (3.84 at
95 %), and that of a rate of 1 begins at n/(n + z²). Replicates of a table cannot tell this: they only repeat what was
seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from responsible.statistics.intervals import Interval, quantile
from responsible.statistics.rates import Counts, Rate, parts

Rows = list[np.ndarray]
"""Tables of rows to add to a table, each an alternative to the others."""


def doubted(
    found: Interval, compute: Callable[[Counts], np.ndarray], table: Counts, doubts: Iterator[Rows]
) -> Interval:
    """The interval, stretched to the square-and-add of how far each doubt can move the figure down, and up."""
    estimate = compute(table)
    down = up = np.zeros(np.shape(estimate))
    for alternatives in doubts:
        moves = [np.nan_to_num(compute(table + rows) - estimate) for rows in alternatives]
        down, up = down + np.min([*moves, down * 0], axis=0) ** 2, up + np.max([*moves, up * 0], axis=0) ** 2
    stretched = Interval(estimate - np.sqrt(down), estimate + np.sqrt(up))
    known = np.isnan(estimate)
    low, high = np.minimum(found.low, stretched.low), np.maximum(found.high, stretched.high)
    return Interval(np.where(known, found.low, low)[()], np.where(known, found.high, high)[()], found.undefined_share)


def unseen(rates: Sequence[Rate], table: Counts, confidence: float, groups: Counts | None = None) -> Iterator[Rows]:
    """For each side and rate that is 0 or 1: z² rows in a cell of the kind not seen, an alternative for each cell.

    Of rows in clusters, whose counts by group are ``groups``, as many as count like z² independent ones if each group
    were a single observation: the most that clusters can do.
    """
    extra = quantile(confidence) ** 2
    for side in range(table.shape[-3]):
        for rate in rates:
            k, n = parts(table[..., side, :, :], rate)
            rows = extra * _alike(n, None if groups is None else parts(groups[..., side, :, :], rate)[1])
            kinds = ((rate.numerator, (k == 0) & (n > 0)), (rate.denominator & ~rate.numerator, (k == n) & (n > 0)))
            for mask, certain in kinds:
                if np.any(certain):
                    yield [_placed(table, rows * certain, (side, *cell)) for cell in np.argwhere(mask).tolist()]


def agreed(rates: Sequence[Rate], joint: Counts, confidence: float, groups: Counts | None = None) -> Iterator[Rows]:
    """For each side and rate on whose labels the models agree everywhere: z² rows in a cell where they disagree.

    ``groups`` as in :func:`unseen`.
    """
    extra = quantile(confidence) ** 2
    for side in range(joint.shape[-4]):
        for rate in rates:
            labels = np.flatnonzero(rate.denominator.any(axis=1))
            own = joint[..., side, :, :, :][..., labels, :, :]
            agree = (own[..., 0, 1] + own[..., 1, 0]).sum(axis=-1) == 0
            if np.any(agree):
                held = None if groups is None else groups[..., side, :, :, :][..., labels, :, :].sum(axis=(-3, -2, -1))
                rows = extra * _alike(own.sum(axis=(-3, -2, -1)), held)
                yield [_placed(joint, rows * agree, (side, y, a, 1 - a)) for y in labels.tolist() for a in (0, 1)]


def _alike(rows: np.ndarray, groups: np.ndarray | None) -> np.ndarray:
    """How many rows there are to a group that has any; 1 where rows are independent."""
    return np.ones(()) if groups is None else np.maximum(rows / np.maximum((groups > 0).sum(axis=0), 1), 1.0)


def _placed(table: Counts, rows: np.ndarray, cell: tuple[int, ...]) -> np.ndarray:
    """A table like ``table`` that has ``rows`` ``(...)`` in one cell and none elsewhere."""
    out = np.zeros(table.shape)
    np.moveaxis(out, range(-len(cell), 0), range(len(cell)))[cell] = rows
    return out
