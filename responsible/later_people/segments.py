"""Later people in the segments of earlier ones: shares by period, and whether the segments still describe them.

Four kinds of questions, all judged like every other: an effect of the declared size, and a p at the common level.

* ``segments``: the share of people in each segment; ``levels``: that of each protected level.
* ``within``: the share of each level among the people of one segment.
* ``distance``: the distances to the nearest centre (Kolmogorov-Smirnov).
* ``beyond``: the share of people, of everybody and of each level, beyond the reach of the segments: farther from every
  centre than all but a declared share of the people who were segmented.

The last test is exact although the reach is read from the same reference. Under no change all people are exchangeable.
With r of the segmented people beyond it, k later ones lie there exactly when at least k of the r + k farthest of both
are later ones, whose chance is hypergeometric: Fisher's, given r and k.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import nan
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from responsible.later_people.placed import Placed, columns
from responsible.measures import exact_tests
from responsible.monitoring import drift
from responsible.monitoring.alarms import BEYOND, DISTANCE, Finding, Watched, answered, of_drift
from responsible.monitoring.parameters import Monitor
from responsible.monitoring.sides import EVERYBODY
from responsible.monitoring.spending import Spending
from responsible.statistics.intervals import wilson
from responsible.tabular.levels import Disclosure

SHARES = ("question", "name", "level", "period", "rows", "count", "share", "low", "high", "reference", "limit_low",
          "limit_high", "p", "alarm")  # fmt: skip
Row = dict[str, Any]


LINE = "segments"


@dataclass(frozen=True, eq=False)
class LaterPeople(Watched):
    """The ``rows`` of questions and the ``shares`` (:func:`shares`), how many people were ``segmented``, and how many
    are of the newest period.
    """

    rows: pd.DataFrame
    shares: pd.DataFrame
    segmented: int
    people: int


def later_people(
    found: Placed,
    findings: Sequence[Finding],
    monitor: Monitor,
    confidence: float,
    *,
    disclosure: Disclosure,
    seed: int,
) -> LaterPeople:
    """Ask every question of every period."""
    spending = Spending(monitor.share, monitor.horizon, found.questions)
    least, last = monitor.effects.share, len(found.periods) - 1
    rows = judged(found, spending, least, seed, disclosure)
    table = shares(found, spending, least, confidence, disclosure)
    asking = answered(of_drift(rows), findings)
    counts = int((found.period < 0).sum()), int((found.period == last).sum())
    return LaterPeople(LINE, found.periods, asking, tuple(findings), spending, rows, table, *counts)


def judged(found: Placed, spending: Spending, least: float, seed: int, disclosure: Disclosure) -> pd.DataFrame:
    """A row of :func:`~responsible.monitoring.drift.drift` for each question and period, with the kind as ``question``.

    ``least`` is the effect of an alarm. Questions on too few people (``disclosure``) are not judged.
    """
    rows = []
    for kind, name, column in columns(found):
        for row in drift.drift(column, found.periods, spending, least, seed):
            if row["question"] == drift.VALUES:
                at = found.periods.index(str(row["period"]))
                counts = () if kind == DISTANCE else (column.reference, column.periods[at])
                rows.append(row | {"question": kind, "name": name} | _hidden(disclosure, *counts))
    return pd.DataFrame([*rows, *_beyond(found, spending, least, disclosure)])


def _beyond(found: Placed, spending: Spending, least: float, disclosure: Disclosure) -> Iterator[Row]:
    whole = np.ones(len(found.level), dtype=bool)
    groups = [(EVERYBODY, whole), *((name, found.level == at) for at, name in enumerate(found.levels))]
    for name, which in groups:
        (n0, k0), *later = ((int(n), int(k)) for n, k in _out(found, which))
        before = k0 / n0 if n0 else nan
        for period, (n1, k1) in zip(found.periods, later, strict=True):
            now = k1 / n1 if n1 else nan
            effect, p = max(0.0, now - before), exact_tests.two_sided(k0, n0, k1, n1)
            yield {
                "question": BEYOND, "name": name, "period": period, "rows": n1, "moved": "", "before": before,
                "now": now, "effect": effect, "p": p, "alarm": spending.alarm(effect, p, least),
                "detectable": spending.share_detected(before, n0, n1, least),
            } | _hidden(disclosure, (k0, n0 - k0), (k1, n1 - k1))  # fmt: skip


def _out(found: Placed, which: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    table = found.table(found.beyond.astype(np.int64), 2, which)
    return [(int(row.sum()), int(row[1])) for row in table]


def _hidden(disclosure: Disclosure, *counts: Any) -> Row:
    """Nothing of a question that rests on too few people."""
    if all(disclosure.safe(own) for own in counts):
        return {}
    return dict.fromkeys(("before", "now", "effect", "p", "detectable"), nan) | {"alarm": False, "moved": ""}


def shares(found: Placed, spending: Spending, least: float, confidence: float, disclosure: Disclosure) -> pd.DataFrame:
    """A row of :data:`SHARES` for each segment, level, and level within a segment, in each period.

    ``count`` of ``rows`` with Wilson's interval, ``reference`` the share among the segmented people, and
    control limits about where an alarm begins. ``p`` is that of this share alone, times the shares of its question.
    """
    out = []
    for kind, name, column in columns(found):
        if kind == DISTANCE:
            continue
        n0, names = int(column.reference.sum()), column.levels
        for period, counts in zip(found.periods, column.periods, strict=True):
            few = not (disclosure.safe(counts) and disclosure.safe(column.reference))
            n1 = int(counts.sum())
            for at, level in enumerate(names):
                place = {"question": kind, "name": name, "level": level, "period": period, "rows": n1}
                pair = (int(column.reference[at]), n0), (int(counts[at]), n1)
                row = _share(*pair, spending, least, confidence, levels=len(names))
                out.append(place | (dict.fromkeys(row, nan) | {"alarm": False} if few else row))
    return pd.DataFrame(out, columns=list(SHARES))


def _share(
    then: tuple[int, int], later: tuple[int, int], spending: Spending, least: float, confidence: float, *, levels: int
) -> Row:
    (k0, n0), (k1, n1) = then, later
    before, now = k0 / n0 if n0 else nan, k1 / n1 if n1 else nan
    bound = spending.share_bound(before, n0, n1, least, levels=levels)
    inside, p = wilson(k1, n1, confidence), exact_tests.two_sided(k0, n0, k1, n1)
    return {
        "count": k1, "share": now, "low": float(inside.low), "high": float(inside.high), "reference": before,
        "limit_low": max(0.0, before - bound), "limit_high": min(1.0, before + bound), "p": min(1.0, p * levels),
        "alarm": spending.alarm(abs(now - before), p, least, levels=levels),
    }  # fmt: skip
