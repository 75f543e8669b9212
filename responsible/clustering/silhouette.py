"""The mean silhouette of partitions of many points: exact where that is cheap, a stated sample with interval above.

A silhouette needs the distance of every point to every other. Above ``rows`` points it is estimated from ``subsamples``
random subsets of ``rows`` points each, drawn without replacement and scored as tables of their own. The sets are drawn
independently, so the t-interval over them is one for what the whole table would give; a mean over fewer points of a
cluster makes its b slightly smaller on average, which for 1,000 rows and more is far below the interval's width.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import scipy
from pydantic import Field

from responsible.clustering.partition import Labels, Points, silhouettes
from responsible.validation import Params


class Sampling(Params):
    """Number of ``rows`` up to which silhouettes are exact, and how many subsamples of that size replace them above."""

    rows: Annotated[int, Field(ge=100, le=50_000)]
    subsamples: Annotated[int, Field(ge=3, le=1_000)]


@dataclass(frozen=True)
class Silhouette:
    """Mean silhouette ``value`` in [−1, 1] with the interval of its estimation, and the points it rests on.

    ``low`` and ``high`` equal the value when it is exact: all points were used. NaN when there are not two clusters.
    """

    value: float
    low: float
    high: float
    rows: int

    @property
    def exact(self) -> bool:
        """Whether every point was used."""
        return self.low == self.high


def mean_silhouettes(
    points: Points, labelings: Sequence[Labels], sampling: Sampling, rng: np.random.Generator, confidence: float
) -> list[Silhouette]:
    """The mean silhouette of each partition, all on the same points; see the module's text."""
    rows = min(len(points), sampling.rows)
    return [_summary(means, rows, confidence) for means in _means(points, labelings, sampling, rng)]


def silhouette_differences(
    points: Points, labelings: Sequence[Labels], sampling: Sampling, rng: np.random.Generator, confidence: float
) -> list[Silhouette]:
    """Mean silhouette of the first partition minus that of each of the others, paired on the same points."""
    first, *others = _means(points, labelings, sampling, rng)
    rows = min(len(points), sampling.rows)
    return [_summary(first - other, rows, confidence) for other in others]


def _means(points: Points, labelings: Sequence[Labels], sampling: Sampling, rng: np.random.Generator) -> list[Points]:
    """Mean silhouettes of each partition: one number when exact, else one a subsample."""
    stacked = np.stack([np.asarray(labels, dtype=np.int64) for labels in labelings])
    if len(points) <= sampling.rows:
        return list(silhouettes(points, stacked).mean(axis=0)[:, None])
    drawn = [rng.choice(len(points), sampling.rows, replace=False) for _ in range(sampling.subsamples)]
    return list(np.stack([silhouettes(points[rows], stacked[:, rows]).mean(axis=0) for rows in drawn], axis=1))


def _summary(means: Points, rows: int, confidence: float) -> Silhouette:
    value = float(means.mean())
    if len(means) == 1:
        return Silhouette(value, value, value, rows)
    half = float(scipy.special.stdtrit(len(means) - 1, (1 + confidence) / 2) * means.std(ddof=1) / np.sqrt(len(means)))
    return Silhouette(value, value - half, value + half, rows * len(means))
