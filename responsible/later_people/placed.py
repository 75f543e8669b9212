"""Later people and those who were segmented, by period, segment, level and distance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from responsible.monitoring.alarms import DISTANCE, LEVELS, SEGMENTS, WITHIN
from responsible.monitoring.drift import Distribution, of_bins
from responsible.monitoring.sides import EVERYBODY

Codes = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Placed:
    """People in segments: ``segments`` and ``levels`` are names, ``period`` (n,) indexes ``periods``, -1 for those who
    were segmented; ``segment``, ``level`` and ``distance`` are (n,), ``beyond`` says who is out of reach.
    """

    periods: tuple[str, ...]
    segments: tuple[str, ...]
    levels: tuple[str, ...]
    period: Codes
    segment: Codes
    level: Codes
    distance: npt.NDArray[np.float64]
    beyond: npt.NDArray[np.bool_]

    @property
    def questions(self) -> int:
        """How many questions they are in a period."""
        return 4 + len(self.segments) + len(self.levels)

    def table(self, code: Codes, size: int, which: npt.NDArray[np.bool_] | None = None) -> Codes:
        """Counts (1 + periods, size) of a code, those of the segmented people first."""
        kept = slice(None) if which is None else which
        place = (self.period[kept] + 1) * size + code[kept]
        return np.bincount(place, minlength=(1 + len(self.periods)) * size).reshape(-1, size)


def placed(people: pd.DataFrame, segments: int, beyond: float, periods: Sequence[str]) -> Placed:
    """From ``period`` (empty: segmented), ``segment`` (from 1), ``level`` and ``distance`` of each person; ``periods``
    are all of them, those without people as well.

    The reach of ``segments`` is the distance that the share ``beyond`` of the segmented people exceeds, rounded down to
    whole people.
    """
    levels, level = np.unique(people["level"].to_numpy(dtype=str), return_inverse=True)
    at = pd.Index(list(periods)).get_indexer(pd.Index(people["period"]))
    distance = people["distance"].to_numpy(dtype=float)
    known = np.sort(distance[at < 0])
    reach = known[len(known) - 1 - int(beyond * len(known))]
    return Placed(
        tuple(periods),
        tuple(str(k + 1) for k in range(segments)),
        tuple(map(str, levels)),
        at.astype(np.int64),
        people["segment"].to_numpy(dtype=np.int64) - 1,
        level.astype(np.int64),
        distance,
        distance > reach,
    )


def columns(found: Placed) -> Iterator[tuple[str, str, Distribution]]:
    """Kind, name and distribution of each question but the last kind."""
    k, size = len(found.segments), len(found.levels)
    tables = [
        (SEGMENTS, EVERYBODY, found.segments, found.table(found.segment, k)),
        (LEVELS, EVERYBODY, found.levels, found.table(found.level, size)),
        *(
            (WITHIN, name, found.levels, found.table(found.level, size, found.segment == at))
            for at, name in enumerate(found.segments)
        ),
    ]
    for kind, name, levels, table in tables:
        yield kind, name, of_bins(f"{kind}/{name}", levels, table[0], list(table[1:]))
    distinct, code = np.unique(found.distance, return_inverse=True)
    table = found.table(code.astype(np.int64), len(distinct))
    names = [f"{value:g}" for value in distinct]
    yield (
        DISTANCE,
        EVERYBODY,
        Distribution(
            DISTANCE, tuple(names), table[0], table[1:], 0, np.zeros(len(found.periods), dtype=np.int64), True, distinct
        ),
    )
