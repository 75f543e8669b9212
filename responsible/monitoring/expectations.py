"""Performance that is expected before labels are in, from scores that the reference's rows have calibrated.

Confidence-based performance estimation (NannyML 2022; Garg et al. 2022 for its limits): if among reference rows of one
score and decision the share q has label 1, then of as many rows of a period q are expected to. **It assumes that
calibration survives**: that rows of one score still have label 1 as often as they did. A changed relation of features
and label (concept drift) is invisible to it, and a change of features alone may break calibration as well. So each
estimate stands beside the truth as soon as labels come.

Scores are cut into deciles within each decision and neighbours are pooled until the shares rise (pool adjacent
violators, Ayer et al. 1955), so rows of a decision never share a block with those of the other. What a period's labels
may be is drawn: what is not known of the shares (a Beta posterior, Jeffreys' prior) and the luck of its own rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from responsible.monitoring.batches import DECISION, SCORE
from responsible.monitoring.sides import EVERYBODY, Sides, by_label, label, labelled
from responsible.statistics.count_figures import Compute, performance_figure
from responsible.statistics.intervals import Inference, percentile
from responsible.statistics.rates import Counts
from responsible.statistics.streams import stream

EXPECTED = ("accuracy", "precision", "recall")
PLACE = ("attribute", "group", "figure", "period", "rows")
COLUMNS = [*PLACE, "value", "low", "high", "calibration", "status", "truth", "inside"]
OWN, WAITING, JUDGED = "own", "waiting", "judged"
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


def expectations(
    each: Sequence[Sides],
    calibrating: pd.DataFrame,
    periods: Sequence[tuple[str, pd.DataFrame, bool]],
    *,
    cut: int,
    inference: Inference,
    seed: int,
) -> pd.DataFrame:
    """A row of :data:`COLUMNS` for each group, figure and period; ``periods`` are name, cells, and whether labels are
    complete. Rows without a score, of a model with decisions of its own, are left out.

    ``calibration`` is ``own`` where the group's reference rows suffice for one, else that of ``everybody``. ``truth``
    is what the labels say, and ``inside`` whether it lies in the interval; both empty while they are waited for.
    """
    rows: list[dict[str, Any]] = []
    whole = _calibrated(calibrating, cut)
    for sides in each:
        for side, group in sides.own():
            own = whole if sides.attribute == EVERYBODY else _calibrated(sides.of(calibrating, side), cut)
            if (used := own or whole) is None:
                continue
            place = {"attribute": sides.attribute, "group": group, "calibration": OWN if own else EVERYBODY}
            for period, cells, complete in periods:
                part = sides.of(cells[cells[SCORE].notna()], side)
                known = by_label(Sides("", "", ("",)), part, cut) if complete else None
                rng = stream(seed, f"monitor/expected/{sides.attribute}/{group}/{period}")
                at = {"period": period, "rows": int(part["n"].sum()), "status": JUDGED if complete else WAITING}
                rows += [place | at | row for row in _of_period(used, part, known, inference, rng)]
    return pd.DataFrame(rows, columns=COLUMNS)


def _calibrated(cells: pd.DataFrame, cut: int) -> Calibration | None:
    there = labelled(cells[cells[SCORE].notna()])
    columns = there[SCORE].to_numpy(), there[DECISION].to_numpy(), label(there, cut), there["n"].to_numpy()
    return calibration(*columns)


def _of_period(
    used: Calibration, part: pd.DataFrame, known: Counts | None, inference: Inference, rng: np.random.Generator
) -> list[dict[str, Any]]:
    counts = used.counts(part[SCORE].to_numpy(), part[DECISION].to_numpy(), part["n"].to_numpy())
    table, draws, out = used.expected(counts), used.draws(counts, inference.replicates, rng), []
    for figure in EXPECTED:
        compute = performance_figure(figure).compute
        value, low, high = expected(compute, table, draws, inference.confidence)
        truth = float("nan") if known is None else float(compute(known))
        inside = "" if np.isnan(truth) or np.isnan(low) else str(low <= truth <= high)
        out.append({"figure": figure, "value": value, "low": low, "high": high, "truth": truth, "inside": inside})
    return out


def expected(compute: Compute, table: Counts, draws: Counts, confidence: float) -> tuple[float, float, float]:
    """A figure of the expected ``table`` (y, ŷ), with the interval, over ``draws`` (number, y, ŷ), that its truth
    should fall into. ``compute`` takes tables (…, side, y, ŷ).

    NaN where undefined, as precision without a selected row; the interval where more than 5 % of the draws are.
    """
    value = float(compute(table[None]))
    found = percentile(compute(draws[:, None]), confidence)
    return value, float(np.minimum(found.low, value)), float(np.maximum(found.high, value))
