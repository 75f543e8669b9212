"""What noise costs: the segments of each mechanism and ε against the segments without noise, over several draws.

Silhouette is told twice. Scored on noisy rows, as is usual, it mostly measures the noise itself; scored on the original
rows it says how good the segments are that people would be put in.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain

import numpy as np
import numpy.typing as npt
import pandas as pd

from responsible.clustering.each import Each, in_turn
from responsible.clustering.partition import adjusted_rand, contingency, inertia, silhouettes
from responsible.privacy.mechanisms import MECHANISMS, Published, Setting
from responsible.privacy.noise import streams
from responsible.privacy.private_kmeans import Curator

Array = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]

MEASURES = {
    "noisy_silhouette": "silhouette of the noisy rows in their own segments: the classical figure; empty without rows",
    "silhouette": "silhouette of the original rows in the segments that the noise leads to",
    "ari": "adjusted Rand index of these segments and those without noise",
    "inertia_ratio": "squared distances to the published centres over those to the centres without noise",
    "changed": "share of people whose segment changes, after matching segments one to one",
}
"""Every measure of utility, by its name in tables; ``changed`` is also told for each protected level."""


@dataclass(frozen=True, eq=False)
class WithoutNoise:
    """Rows ``x`` (n, d) in their own units, their segments without noise ``labels`` (n,; −1 an outlier) and their
    protected level ``codes`` (n,), which index ``levels``.
    """

    x: Array
    labels: Labels
    codes: Labels
    levels: Sequence[str]

    def sample(self, rows: int, rng: np.random.Generator) -> WithoutNoise:
        """At most ``rows`` of the rows, drawn at random without replacement, in their order."""
        if len(self.x) <= rows:
            return self
        kept = np.sort(rng.choice(len(self.x), rows, replace=False))
        return WithoutNoise(self.x[kept], self.labels[kept], self.codes[kept], self.levels)


def utility(
    whole: WithoutNoise,
    part: WithoutNoise,
    setting: Setting,
    epsilons: Sequence[float],
    rng: np.random.Generator,
    *,
    draws: int,
    each: Each = in_turn,
) -> pd.DataFrame:
    """Every measure of every draw: ``mechanism, epsilon, draw, measure, level, value``; level is empty for all people.

    Central KMeans reads the ``whole`` table; noisy rows are drawn, and everything is measured, on its ``part``.
    """
    unit, drawn = setting.domain.unit(whole.x), list(streams(MECHANISMS, rng, draws))
    places = [{"mechanism": n, "epsilon": epsilon, "draw": draw} for n, draw, _ in drawn for epsilon in epsilons]
    published = chain.from_iterable(each(partial(_one_draw, unit, part, setting, epsilons), drawn))
    rows = [
        {**place, "measure": measure, "level": level, "value": value}
        for place, values in zip(places, published, strict=True)
        for (measure, level), value in values.items()
    ]
    return pd.DataFrame(rows)


def _one_draw(
    unit: Array, part: WithoutNoise, setting: Setting, epsilons: Sequence[float], drawn: tuple[str, int, list[int]]
) -> list[dict[tuple[str, str], float]]:
    """Every measure at each ε of one draw of one mechanism; ``unit`` (n, d) is the whole table in the unit ball."""
    name, _, seed = drawn
    mechanism, points = MECHANISMS[name], (part.x - setting.mean) / setting.spread
    curator = Curator(unit) if mechanism.rows is None else None
    shown = [mechanism.publish(part.x, e, setting, np.random.default_rng(seed), curator) for e in epsilons]
    found = [_measured(one, part, points, setting) for one in shown]
    scores = silhouettes(points, np.array([labels for labels, _ in found])).mean(axis=0)
    return [values | {("silhouette", ""): score} for (_, values), score in zip(found, scores.tolist(), strict=True)]


def without_noise(part: WithoutNoise, setting: Setting) -> float:
    """The silhouette of the segments without noise on the same rows: what a drop is measured from."""
    return float(silhouettes((part.x - setting.mean) / setting.spread, part.labels[None]).mean())


def _measured(
    published: Published, part: WithoutNoise, points: Array, setting: Setting
) -> tuple[Labels, dict[tuple[str, str], float]]:
    """The segments of the original rows, and every measure of them but their silhouette (scored for all at once)."""
    labels = published.assign(part.x)
    centres = (published.centres - setting.mean) / setting.spread
    moved = changed(part.labels, labels)
    values = {
        ("noisy_silhouette", ""): _noisy_silhouette(published, setting),
        ("ari", ""): adjusted_rand(part.labels, labels),
        ("inertia_ratio", ""): float(((points - centres[labels]) ** 2).sum()) / inertia(points, part.labels),
        ("changed", ""): float(moved.mean()),
    }
    for code, level in enumerate(part.levels):
        values["changed", level] = float(moved[part.codes == code].mean()) if (part.codes == code).any() else np.nan
    return labels, values


def _noisy_silhouette(published: Published, setting: Setting) -> float:
    if published.rows is None:
        return np.nan
    noisy = (published.rows - setting.mean) / setting.spread
    return float(silhouettes(noisy, published.assign(published.rows)[None]).mean())


def changed(before: Labels, after: Labels) -> npt.NDArray[np.bool_]:
    """Whose segment changes, (n,) bool, when segments are matched one to one so that as few people as possible change.

    The matching maximises the people who stay (Kuhn 1955); names of segments mean nothing. Outliers (−1) before are a
    segment of their own; who is in a segment without a partner changes.
    """
    from scipy.optimize import linear_sum_assignment

    table = contingency(before, after)
    kept = np.zeros(table.shape, dtype=bool)
    kept[linear_sum_assignment(table, maximize=True)] = True
    return ~kept[before - before.min(initial=0), after - after.min(initial=0)]


def prediction(draws: Array, confidence: float) -> tuple[Array, Array]:
    """The interval over axis 0 of ``draws`` (d, ...) in which one more draw falls with a chance of ``confidence``.

    From the r-th lowest to the r-th highest of d independent draws the chance is (d + 1 − 2r) / (d + 1) for any
    continuous distribution, and more with ties (Wilks 1941); r is the largest that leaves ``confidence``. NaN with
    fewer than :func:`responsible.privacy.domain.least_draws` draws, whose whole range would hold one more less often.
    """
    rank = math.floor((len(draws) + 1) * (1 - confidence) / 2 + 1e-9)
    if rank < 1:
        return np.full(draws.shape[1:], np.nan), np.full(draws.shape[1:], np.nan)
    ordered = np.sort(draws, axis=0)
    return ordered[rank - 1], ordered[-rank]


def curves(runs: pd.DataFrame, keys: Sequence[str], confidence: float) -> pd.DataFrame:
    """Median and prediction interval over the draws of each ``keys`` combination: ``value, low, high, draws``.

    The interval says what one release may turn out to be, see :func:`prediction`; it is not the error of the median.
    """
    rows = []
    for place, group in runs.groupby(list(keys), sort=False, dropna=False):
        values = group["value"].to_numpy()
        known = values[~np.isnan(values)]
        low, high = prediction(known, confidence)
        middle = float(np.median(known)) if len(known) else np.nan
        rows.append(
            {
                **dict(zip(keys, place, strict=True)),
                "value": middle,
                "low": float(low),
                "high": float(high),
                "draws": len(known),
            }
        )
    return pd.DataFrame(rows)
