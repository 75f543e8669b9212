"""Comparisons: which groups of a protected attribute are set against which, and the family their tests belong to.

Every comparison is *unprivileged against privileged*.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from responsible.fairness.groups import Groups
from responsible.names import POOLED
from responsible.statistics import significance

KEY = ["attribute", "comparison", "scope", "hypothesis"]


@dataclass(frozen=True, eq=False)
class Comparison:
    """Levels of an attribute on both sides: ``u`` and ``p`` are (levels,) bool; ``name`` says who ``u`` is."""

    name: str
    u: npt.NDArray[np.bool_]
    p: npt.NDArray[np.bool_]

    def split(self, table: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
        """Sums of ``table`` over the levels of either side, (u, p); ``axis`` is the axis of levels."""
        u, p = (np.compress(side, table, axis=axis).sum(axis=axis) for side in (self.u, self.p))
        return u, p

    def sides(self, code: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """(n,) side of each case by the code of its level: 0 unprivileged, 1 privileged, -1 neither."""
        side = np.where(self.u, 0, np.where(self.p, 1, -1))
        return np.asarray(np.where(code < 0, -1, side[code]), dtype=np.int64)


def comparisons(who: Groups) -> list[Comparison]:
    """All unprivileged levels pooled, then each alone, against all privileged levels pooled; with a single unprivileged
    level only that. The first is the attribute's headline.
    """
    index = np.arange(len(who.levels))
    single = [Comparison(who.levels[i], index == i, who.privileged) for i in np.flatnonzero(~who.privileged)]
    return single if len(single) == 1 else [Comparison(POOLED, ~who.privileged, who.privileged), *single]


def adjust(tables: Sequence[pd.DataFrame]) -> list[pd.DataFrame]:
    """The tables with ``p_adjusted``: Holm over one family, every distinct (attribute, comparison, scope, hypothesis).

    Measures of one hypothesis count once; undefined tests do not count. Pass all declared comparisons of an audit
    (approvals and waits) at once: the family is the audit, not the table.
    """
    family = pd.concat([t[[*KEY, "p"]] for t in tables]).dropna(subset=["p"]).drop_duplicates(KEY)
    family = family.assign(p_adjusted=significance.holm(family["p"].to_numpy())).drop(columns="p")
    return [table.merge(family, on=KEY, how="left") for table in tables]
