"""Drift of a column between the reference and each period: its distances, its tests, and its missing values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from responsible.measures import exact_tests
from responsible.monitoring.distances import BINS, DISTANCES, kolmogorov_smirnov, no_drift, total_variation
from responsible.monitoring.spending import Spending
from responsible.statistics.streams import stream
from responsible.validation import MISSING as NO_VALUE

VALUES, MISSING = "values", "missing"  # the two questions that are asked of a column
DRAWS = 1_000  # pairs of samples behind a no-drift level
Row = dict[str, Any]
MOST_TESTED = 20  # values of a number that are tested one by one; more are tested as a whole, by their order
UNSEEN = "not in the reference"  # in place of a level, all levels together that the reference does not have
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Distribution:
    """Counts of a column: ``reference`` (k,) and ``periods`` (periods, k) by its ``levels``, the missing ones apart.

    ``seen`` says which levels the reference has. ``ordered``: the levels are numbers, rising, or have an order.
    """

    name: str
    levels: tuple[str, ...]
    reference: Ints
    periods: Ints
    missing: int
    missing_periods: Ints
    ordered: bool
    values: npt.NDArray[np.float64] | None = None

    @property
    def seen(self) -> npt.NDArray[np.bool_]:
        """Which levels the reference has."""
        return self.reference > 0

    @property
    def by_order(self) -> bool:
        """Whether it is tested as a whole: a number of more values than can be named one by one."""
        return self.ordered and int(self.seen.sum()) > MOST_TESTED

    def unseen(self, period: int) -> list[str]:
        """The levels of a period that the reference does not have; a number of many values has none."""
        return [] if self.by_order else [self.levels[i] for i in np.flatnonzero(self.periods[period] * ~self.seen)]

    def tested(self, period: int) -> tuple[list[str], Ints, Ints]:
        """Level, reference count and period count of each test: the reference's levels, and all others as one."""
        seen, now = self.seen, self.periods[period]
        names = [*(level for level, own in zip(self.levels, seen, strict=True) if own), UNSEEN]
        return names, np.append(self.reference[seen], 0), np.append(now[seen], now[~seen].sum())

    def binned(self, period: int) -> tuple[list[str], Ints, Ints]:
        """The same for distances: its levels, or of a number of many values the deciles of the reference."""
        if not self.by_order or self.values is None:
            return list(self.levels), self.reference, self.periods[period]
        upto = np.cumsum(self.reference) / max(self.reference.sum(), 1)
        edges = np.unique(np.searchsorted(upto, np.arange(1, BINS) / BINS - 1e-12))
        place = np.searchsorted(edges, np.arange(len(self.levels)), side="left")
        size = len(edges) + 1
        held = [np.bincount(place, rows, size).astype(np.int64) for rows in (self.reference, self.periods[period])]
        cuts = [f"{self.values[edge]:g}" for edge in edges]
        names = [f"at most {cuts[0]}", *(f"above {a}, at most {b}" for a, b in pairwise(cuts))]
        return [*names, f"above {cuts[-1]}"], held[0], held[1]


def distribution(
    column: str, reference: pd.DataFrame, batches: pd.DataFrame, periods: Sequence[str], *, name: str = ""
) -> Distribution:
    """Of ``column`` in cells with ``n``; ``batches`` have a ``period``. Numbers are ordered, "Missing" is no level."""
    numeric = pd.api.types.is_numeric_dtype(reference[column])
    both = pd.concat([reference[column], batches[column]], ignore_index=True)
    code, found = pd.factorize(both if numeric else both.mask(both == NO_VALUE), sort=True)
    at = pd.Index(periods).get_indexer(pd.Index(batches["period"]))
    k, n = len(found), np.concatenate([reference["n"].to_numpy(), batches["n"].to_numpy()])
    row = np.concatenate([np.zeros(len(reference), dtype=np.int64), np.where(at < 0, -1, at + 1)])
    place = row * (k + 1) + np.where(code < 0, k, code)
    table = np.bincount(place[row >= 0], n[row >= 0], (len(periods) + 1) * (k + 1)).astype(np.int64)
    table = table.reshape(len(periods) + 1, k + 1)
    levels = tuple(f"{value:g}" if numeric else str(value) for value in found)
    values = np.asarray(found, dtype=float) if numeric else None
    return Distribution(
        name or column, levels, table[0, :k], table[1:, :k], int(table[0, k]), table[1:, k], numeric, values
    )


def of_bins(name: str, levels: Sequence[str], reference: npt.ArrayLike, bins: Sequence[npt.ArrayLike]) -> Distribution:
    """Of counted bins (k,) of the reference and of each period, such as those of the target; missing ones are none."""
    return Distribution(
        name,
        tuple(levels),
        np.asarray(reference, dtype=np.int64),
        np.asarray(bins, dtype=np.int64).reshape(-1, len(levels)),
        0,
        np.zeros(len(bins), dtype=np.int64),
        ordered=True,
    )


def drift(column: Distribution, periods: Sequence[str], spending: Spending, least: float, seed: int) -> list[Row]:
    """Two rows for each period, of the values and of the missing ones. ``least`` is the effect of an alarm, a share.

    Both have ``question, name, period, rows, effect, p, alarm, detectable, bound, moved, before, now``: the effect is
    the total variation (of a number of many values the Kolmogorov-Smirnov gap; of missing ones the change of their
    share), p the least of the exact tests of all levels, times their number, or Kolmogorov's. ``moved`` is the level
    that moved most, from a share of all rows ``before`` to ``now``, ``detectable`` the least change that would have
    raised an alarm with the power of :data:`~responsible.monitoring.spending.POWER`. That of values has each distance
    besides, and as ``NAME_no_drift`` what it stays under in 95 % of samples without drift. A period without rows of the
    column has NaN.
    """
    rows = []
    for at, period in enumerate(periods):
        place: Row = {"name": column.name, "period": period}
        rows.append(
            place
            | {"question": VALUES}
            | _values(column, at, spending, least, stream(seed, f"monitor/no_drift/{column.name}/{period}"))
        )
        rows.append(place | {"question": MISSING} | _missing(column, at, spending, least))
    return rows


def _values(column: Distribution, at: int, spending: Spending, least: float, rng: np.random.Generator) -> Row:
    names, then, now = column.binned(at)
    known = [name for name in DISTANCES if column.ordered or name != "kolmogorov_smirnov"]
    found: Row = {name: float(DISTANCES[name](then, now)) for name in known}
    if column.ordered:
        found["kolmogorov_smirnov"] = float(kolmogorov_smirnov(column.reference, column.periods[at]))
    found |= {f"{name}_no_drift": value for name, value in no_drift(known, then, now, DRAWS, rng).items()}
    n0, n1 = int(then.sum()), int(now.sum())
    whole = n0 + column.missing, n1 + int(column.missing_periods[at])
    found |= {"rows": n1, **_moved(names, then, now, whole)}
    if column.by_order:
        effect = found["kolmogorov_smirnov"]
        p, levels, detectable = exact_tests.of_gap(effect, n0, n1), 1, spending.gap_detected(n0, n1, least)
    else:
        p, levels, detectable = _by_level(column, at, spending, least)
        effect = float(total_variation(then, now))
    return found | _judged(spending, effect, p, least, levels) | {"detectable": detectable}


def _by_level(column: Distribution, at: int, spending: Spending, least: float) -> tuple[float, int, float]:
    """The least p of the levels, how many they are, and what would have been detected at the hardest of them."""
    _, then, now = column.tested(at)
    n0, n1 = int(then.sum()), int(now.sum())
    p = exact_tests.of_levels(then, now)
    if not min(n0, n1):
        return float("nan"), len(p), float("nan")
    hardest = float((then / n0)[np.argmin(np.abs(then / n0 - 0.5))])
    return float(np.nanmin(p)), len(p), spending.share_detected(hardest, n0, n1, least, levels=len(p))


def _moved(names: Sequence[str], then: Ints, now: Ints, whole: tuple[int, int]) -> Row:
    """The level whose share of the rows with a value changed most, and its shares of the ``whole``, of all rows."""
    n0, n1 = int(then.sum()), int(now.sum())
    if not min(n0, n1):
        return {"moved": "", "before": float("nan"), "now": float("nan")}
    most = int(np.argmax(np.abs(now / n1 - then / n0).round(12)))
    return {"moved": names[most], "before": float(then[most] / whole[0]), "now": float(now[most] / whole[1])}


def _missing(column: Distribution, at: int, spending: Spending, least: float) -> Row:
    k0, k1 = column.missing, int(column.missing_periods[at])
    n0, n1 = k0 + int(column.reference.sum()), k1 + int(column.periods[at].sum())
    before, now = (k / n if n else float("nan") for k, n in ((k0, n0), (k1, n1)))
    detectable = spending.share_detected(before, n0, n1, least)
    found = {"rows": n1, "moved": "", "before": before, "now": now, "detectable": detectable}
    return found | _judged(spending, abs(now - before), exact_tests.two_sided(k0, n0, k1, n1), least, 1)


def _judged(spending: Spending, effect: float, p: float, least: float, levels: int) -> Row:
    adjusted = min(1.0, p * levels) if not np.isnan(p) else p
    return {"effect": effect, "p": adjusted, "alarm": spending.alarm(effect, p, least, levels=levels)}
