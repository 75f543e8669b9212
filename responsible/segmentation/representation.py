"""Representation: whether segments isolate a protected group that no feature names.

A segment is one-sided for a level when the level exceeds the flag in it *and* is more frequent in it than outside it:
80 % of a segment is no finding where 80 % of everybody are. Only a written justification answers a flag: one that names
the segment and the level, so that it does not answer for another segment after the data have changed, and is not empty.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from responsible.clustering.partition import Labels
from responsible.segmentation.capped_assignment import Caps
from responsible.statistics.intervals import wilson
from responsible.statistics.rates import divide
from responsible.statistics.significance import Test, association, holm, independence
from responsible.tabular.sources import Text, refuse_repeats
from responsible.validation import Params


class Justification(Params):
    """Why one-sidedness of a segment for a level is acceptable. ``segment`` counts from 1, as the documents do."""

    segment: Annotated[int, Field(ge=1, le=10_000)]
    level: Text
    reason: str


class Representation(Params):
    """The share above which a segment that differs from everybody is one-sided, the answers to that, the adjusted p
    below which it differs, and the caps to try.
    """

    flag: Annotated[float, Field(gt=0, le=1)]
    justifications: list[Justification] | None = None
    level: Annotated[float, Field(gt=0, lt=1)]
    caps: Caps

    @model_validator(mode="after")
    def _one_answer_each(self) -> Self:
        refuse_repeats("justifications", [f"segment {j.segment}, level {j.level}" for j in self.justifications or []])
        return self

    def reason(self, segment: int, level: str) -> str:
        """The justification for a segment (from 1) and level; "" when there is none that says anything."""
        found = [j.reason.strip() for j in self.justifications or [] if (j.segment, j.level) == (segment, level)]
        return found[0] if found else ""


@dataclass(frozen=True)
class Share:
    """One level in one segment: ``count`` of ``n`` people, their share with Wilson's interval, and the population's.

    ``difference`` is the share minus the population's, with Newcombe's interval; ``p_adjusted`` by Holm over all
    segments and levels tests it. ``above_flag``: the share exceeds the flag; ``flagged``: it does, and it exceeds the
    population's with an adjusted p below the level. ``reason`` is the justification given.
    """

    segment: int
    level: str
    n: int
    count: int
    share: float
    low: float
    high: float
    population: float
    difference: float
    difference_low: float
    difference_high: float
    p: float
    p_adjusted: float
    method: str
    above_flag: bool
    flagged: bool
    reason: str


def shares(
    labels: Labels, codes: Labels, levels: Sequence[str], params: Representation, confidence: float
) -> list[Share]:
    """Every level in every segment of ``labels``, from ``codes`` (n,) into ``levels``. Outliers (−1) are no segment.

    A segment is compared with everybody outside it (chi-square, Fisher where an expected count is below 5). With two
    levels the second says the same as the first, so each segment counts once in Holm's family.
    """
    table = tabulated(labels, codes, len(levels))
    tests = [[_outside(table, k, level) for level in range(len(levels))] for k in range(len(table) - 1)]
    family = np.array([[test.p for test in row] for row in tests])
    counted = family[:, :1] if len(levels) == 2 else family
    adjusted = np.broadcast_to(holm(counted.ravel()).reshape(counted.shape), family.shape)
    above = table > params.flag * table.sum(axis=1, keepdims=True)
    more = table * table.sum() > table.sum(axis=0) * table.sum(axis=1, keepdims=True)
    return [
        Share(
            segment=k + 1,
            level=name,
            **_sizes(table, k, level, confidence),
            p=tests[k][level].p,
            p_adjusted=float(adjusted[k, level]),
            method=tests[k][level].method,
            above_flag=bool(above[k, level]),
            flagged=bool(above[k, level] and more[k, level] and adjusted[k, level] < params.level),
            reason=params.reason(k + 1, name),
        )
        for k in range(len(table) - 1)
        for level, name in enumerate(levels)
    ]


def tabulated(labels: Labels, codes: Labels, levels: int) -> npt.NDArray[np.int64]:
    """Counts (K + 1, levels) of people by segment and level; the last row are those of no segment."""
    k = int(labels.max(initial=-1)) + 1
    rows = np.where(labels >= 0, labels, k)
    return np.bincount(rows * levels + codes, minlength=(k + 1) * levels).reshape(k + 1, levels)


def dependence(labels: Labels, codes: Labels, levels: int, rng: np.random.Generator) -> Test:
    """Chi-square test and Cramér's V of segment and level: 0 when every segment mirrors the population."""
    return association(tabulated(labels, codes, levels)[:-1], rng)


def _outside(table: npt.NDArray[np.int64], k: int, level: int) -> Test:
    inside, rest = table[k], np.delete(table, k, axis=0).sum(axis=0)
    return independence(np.array([[row.sum() - row[level], row[level]] for row in (rest, inside)]))


def _sizes(table: npt.NDArray[np.int64], k: int, level: int, confidence: float) -> dict[str, Any]:
    """Count, share and difference of one level in segment ``k``, with their intervals."""
    n, total = int(table[k].sum()), int(table.sum())
    count, everyone = int(table[k, level]), int(table[:, level].sum())
    inside, outside = (wilson(c, m, confidence) for c, m in ((count, n), (everyone - count, total - n)))
    share, rest = float(divide(count, n)), float(divide(everyone - count, total - n))
    # share − population = (share − rest) · (1 − n/N); Newcombe (1998, method 10) for the difference of the two shares
    apart, gap = 1 - n / total, share - rest
    down, up = np.hypot(share - inside.low, outside.high - rest), np.hypot(inside.high - share, rest - outside.low)
    return {
        "n": n,
        "count": count,
        "share": share,
        "low": float(inside.low),
        "high": float(inside.high),
        "population": everyone / total,
        "difference": share - everyone / total,
        "difference_low": float(apart * (gap - down)),
        "difference_high": float(apart * (gap + up)),
    }
