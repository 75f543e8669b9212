"""Calibration of scores on reference rows: how often rows of a score and a decision have label 1.

Scores are cut into deciles within each decision and neighbours are pooled until the shares rise (pool adjacent
violators, Ayer et al. 1955), so rows of a decision never share a block with those of the other. What a period's labels
may be is drawn: what is not known of the shares (a Beta posterior, Jeffreys' prior) and the luck of its own rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from responsible.statistics.rates import Counts

DECILES = 10
LEAST_ROWS = 50  # reference rows of either decision from which a group has a calibration of its own
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Calibration:
    """Blocks of score within a decision: the ``decision`` of each, its highest score ``upto``, the reference's ``rows``
    and ``positives``; all (blocks,), those of decision 0 first, scores rising.
    """

    decision: Ints
    upto: Floats
    rows: Ints
    positives: Ints

    def place(self, score: Floats, decision: Ints) -> Ints:
        """The block of each row, (m,): of its decision the first whose highest score is not below its own."""
        out = np.zeros(len(score), dtype=np.int64)
        for value in np.unique(self.decision):
            own, mine = np.flatnonzero(self.decision == value), decision == value
            out[mine] = own[np.minimum(np.searchsorted(self.upto[own], score[mine]), len(own) - 1)]
        return out

    def counts(self, score: Floats, decision: Ints, n: Ints) -> Ints:
        """Rows of each block."""
        return np.bincount(self.place(score, decision), n, len(self.rows)).astype(np.int64)

    def expected(self, rows: Ints) -> Counts:
        """The expected table (y, ŷ) of ``rows`` (blocks,), not in whole rows."""
        ones = rows * self.positives / self.rows
        return _table(self.decision, ones, rows - ones)

    def draws(self, rows: Ints, number: int, rng: np.random.Generator) -> Counts:
        """``number`` tables (y, ŷ) that ``rows`` (blocks,) may turn out to have, (number, 2, 2)."""
        share = rng.beta(self.positives + 0.5, self.rows - self.positives + 0.5, size=(number, len(self.rows)))
        ones = rng.binomial(rows, share)
        return _table(self.decision, ones, rows - ones)


def _table(decision: Ints, ones: np.ndarray, zeros: np.ndarray) -> Counts:
    sides = [[own[..., decision == value].sum(axis=-1) for value in (0, 1)] for own in (zeros, ones)]
    return np.stack([np.stack(side, axis=-1) for side in sides], axis=-2)


def calibration(score: Floats, decision: Ints, label: Ints, n: Ints) -> Calibration | None:
    """From reference rows, counted as ``n`` (m,). None when a decision has fewer than :data:`LEAST_ROWS` of them."""
    blocks: list[tuple[int, float, int, int]] = []
    for value in (0, 1):
        mine = (decision == value) & (n > 0)
        if n[mine].sum() < LEAST_ROWS:
            return None
        blocks += [(value, *block) for block in _pooled(*_deciles(score[mine], label[mine], n[mine]))]
    decided, upto, rows, ones = (np.array(column) for column in zip(*blocks, strict=True))
    return Calibration(decided, upto.astype(float), rows, ones)


def _deciles(score: Floats, label: Ints, n: Ints) -> tuple[Floats, Ints, Ints]:
    """Highest score, rows and positives of at most ten parts of equal size; rows of one score stay together."""
    distinct, place = np.unique(score, return_inverse=True)
    rows, ones = (np.bincount(place, own, len(distinct)).astype(np.int64) for own in (n, n * label))
    upto = np.cumsum(rows)
    parts = min(DECILES, max(1, int(upto[-1]) // LEAST_ROWS))
    ends = np.unique(np.searchsorted(upto, upto[-1] * np.arange(1, parts + 1) / parts - 1e-9))
    within = np.searchsorted(ends, np.arange(len(distinct)))
    held = [np.bincount(within, own, len(ends)).astype(np.int64) for own in (rows, ones)]
    return distinct[ends], held[0], held[1]


def _pooled(upto: Floats, rows: Ints, ones: Ints) -> list[tuple[float, int, int]]:
    """Neighbours as one until the shares of label 1 rise strictly."""
    blocks: list[tuple[float, int, int]] = []
    for end, n, k in zip(upto.tolist(), rows.tolist(), ones.tolist(), strict=True):
        blocks.append((end, n, k))
        while len(blocks) > 1 and blocks[-2][2] * blocks[-1][1] >= blocks[-1][2] * blocks[-2][1]:
            (_, n0, k0), (last, n1, k1) = blocks[-2:]
            blocks[-2:] = [(last, n0 + n1, k0 + k1)]
    return blocks
