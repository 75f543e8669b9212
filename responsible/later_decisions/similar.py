"""Similar cases by period: was a case decided as the most similar case before it was?

Half of the reference's cases, drawn at random, are what every other case is laid beside: those of the other half, which
say how often such a pair is decided differently, and those of each period. Given that half, cases of one distribution
are alike, whichever period they are of, so shares of them are tested exactly although pairs share a case.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.spatial import cKDTree

from responsible.fairness.individual import LEAF, Similarity, points
from responsible.fairness.like_cases import Ints, Points, reach_of
from responsible.healthcare.cases import OUTCOME, binary
from responsible.healthcare.similar_cases import scaled

EARLIER = "earlier"  # the decision of the most similar earlier case; -1 where none is similar
MOST_ROWS = 20_000  # of either half, and of a period: beyond that a share is known to a hundredth


def laid_beside(
    reference: pd.DataFrame,
    periods: Sequence[pd.DataFrame],
    rules: Similarity,
    bounds: Mapping[str, tuple[float, float]],
    stream: Callable[[str], np.random.Generator],
) -> tuple[pd.DataFrame, list[pd.DataFrame]]:
    """The other half of the reference, and each period, with :data:`EARLIER`.

    Cases that lack a weighted feature have no similar one. At most :data:`MOST_ROWS` of each are used, drawn from the
    ``stream`` of a name.
    """
    order = stream("halves").permutation(len(reference))
    base = reference.iloc[order[: len(order) // 2][:MOST_ROWS]]
    known = _points(base, rules, bounds)
    base, where = base[known[0]], known[1]
    tree, decided = cKDTree(where, leafsize=LEAF), binary(base, OUTCOME)

    def beside(cases: pd.DataFrame, name: str) -> pd.DataFrame:
        few = len(cases) <= MOST_ROWS
        own = cases if few else cases.iloc[np.sort(stream(name).permutation(len(cases))[:MOST_ROWS])]
        return own.assign(**{EARLIER: _earlier(own, tree, decided, rules, bounds)})

    return beside(reference.iloc[order[len(order) // 2 :]], "reference"), [
        beside(part, f"period/{at}") for at, part in enumerate(periods)
    ]


def _points(
    cases: pd.DataFrame, rules: Similarity, bounds: Mapping[str, tuple[float, float]]
) -> tuple[npt.NDArray[np.bool_], Points]:
    unit = scaled(cases, list(rules.weights), bounds)
    known = unit.notna().all(axis=1).to_numpy()
    return known, points(unit[known], rules.weights)


def _earlier(
    cases: pd.DataFrame, tree: cKDTree, decided: Ints, rules: Similarity, bounds: Mapping[str, tuple[float, float]]
) -> Ints:
    out = np.full(len(cases), -1, dtype=np.int64)
    known, where = _points(cases, rules, bounds)
    if len(where) and tree.n:
        distance, at = tree.query(where, distance_upper_bound=reach_of(rules.threshold))
        out[known] = np.where(np.isfinite(distance), decided[np.minimum(at, tree.n - 1)], -1)
    return out
