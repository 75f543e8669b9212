"""The price of representation: what capping a level's share in every segment costs, as a frontier over the cap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from responsible.clustering.each import Each, in_turn
from responsible.clustering.partition import Labels, Points, nearest, silhouettes, squared
from responsible.segmentation.capped_assignment import Capped, Caps, capped
from responsible.segmentation.representation import tabulated


@dataclass(frozen=True)
class Price:
    """The cheapest assignment under one cap, on the rows reassigned, against everybody in the nearest segment.

    ``inertia_ratio`` ≥ 1 is the sum of squared distances to the same centres over that without a cap, ``gap`` how far
    above the best possible it can be at most (relative). ``moved`` is the share of people in another segment than the
    nearest, ``moved_by_level`` of each level; ``highest`` the largest share of a level in a segment. NaN where the cap
    cannot be met (``state``).
    """

    cap: float
    state: str
    silhouette: float
    inertia_ratio: float
    gap: float
    moved: float
    moved_by_level: Sequence[float]
    highest: float


def frontier(
    points: Points,
    centres: Points,
    codes: Labels,
    levels: int,
    *,
    caps: Caps,
    rng: np.random.Generator,
    each: Each = in_turn,
) -> tuple[float, list[Price]]:
    """The silhouette without a cap and the price of every cap, the strictest first, on at most ``caps.rows`` points."""
    rows = np.sort(rng.choice(len(points), min(len(points), caps.rows), replace=False))
    points, codes = points[rows], codes[rows]
    free = nearest(points, centres)
    costs = squared(points, centres)
    kept = np.floor(caps.keep * np.bincount(free, minlength=len(centres))).astype(np.int64)
    answers = each(partial(capped, costs, codes, kept=kept), caps.values())
    labelings = [free, *(free if a.labels is None else a.labels for a in answers)]
    scores = silhouettes(points, np.stack(labelings)).mean(axis=0)
    least = float(costs.min(axis=1).sum())
    found = zip(answers, scores[1:], strict=True)
    prices = [_price(a, free, codes, levels, least=least, silhouette=float(s)) for a, s in found]
    return float(scores[0]), prices


def _price(answer: Capped, free: Labels, codes: Labels, levels: int, *, least: float, silhouette: float) -> Price:
    none = float("nan")
    if answer.labels is None:
        return Price(answer.cap, answer.state, none, none, none, none, [none] * levels, none)
    moved = answer.labels != free
    counts = tabulated(answer.labels, codes, levels)[:-1]
    return Price(
        cap=answer.cap,
        state=answer.state,
        silhouette=silhouette,
        inertia_ratio=answer.cost / least,
        gap=max(0.0, answer.cost / answer.bound - 1),
        moved=float(moved.mean()),
        moved_by_level=[float(moved[codes == c].mean()) if (codes == c).any() else none for c in range(levels)],
        highest=float((counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)).max()),
    )
