"""Twelve months of the budget table after it was collected, with changes that a monitor should find.

Rows are those of :mod:`responsible.datasets.budget`, each with a date of its month in 2025, and four things change:

* **May**: answers to ``With children?`` are missing three times as often, from 28 % to 84 %; in June all is well again.
* **from June on** one new activity, :data:`NEW`, is recommended to 8 % of people, whoever they are.
* **from August on** a third of those with a Master's degree have a Bachelor's instead, 14 % in place of 21 %. Both are
  degrees, so nothing else moves with them.
* **from October on** every budget is a tenth lower, though nothing that the model sees has changed.

Labels come late: in November and December the budget of nobody is known yet.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from responsible.datasets import budget
from responsible.datasets.chunks import CHUNK, Columns

MONTHS = tuple(f"2025-{month:02d}" for month in range(1, 13))
DATE, TARGET = "Date", "Budget (in dollars)"
COLUMNS: dict[str, type] = {DATE: str, **budget.COLUMNS}
NEW, NEW_SHARE = "Learn: Take an online class", 0.08
MAY, JUNE, AUGUST, OCTOBER, NOVEMBER = 5, 6, 8, 10, 11
BATCH = 1_500


def draw(rows: int, seed: int, month: str) -> Iterator[Columns]:
    """The batch of a month of :data:`MONTHS` in chunks; None where a value is missing.

    Every month has a stream of its own, so a longer batch begins with the rows of a shorter one.
    """
    at = MONTHS.index(month) + 1
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(2025, at)))
    for chunk in budget.draw(rows, int(rng.integers(2**31))):
        yield _changed(chunk, at, rng)


def _changed(chunk: Columns, at: int, rng: np.random.Generator) -> Columns:
    size = len(chunk[TARGET])
    day, lot = rng.integers(1, 29, CHUNK)[:size], rng.random((3, CHUNK))[:, :size]
    out = {DATE: np.array([f"2025-{at:02d}-{d:02d}" for d in day], dtype=object), **chunk}
    if at == MAY:
        women = chunk["Gender"] == "Female"
        least = np.where(women, 0.03, 1.0)  # three times 0.01 and three times a third
        known = np.where(women, 0.01, 1 / 3)
        gone = lot[0] < (least - known) / (1 - known)
        out["With children?"] = np.where(gone, np.full(size, None, dtype=object), chunk["With children?"])
    if at >= JUNE:
        out["Recommended_Activity"] = np.where(lot[1] < NEW_SHARE, NEW, chunk["Recommended_Activity"])
    if at >= AUGUST:
        master = chunk["Education_Level"] == budget.DEGREES[1]
        out["Education_Level"] = np.where(master & (lot[2] < 1 / 3), budget.DEGREES[0], chunk["Education_Level"])
    if at >= OCTOBER:
        out[TARGET] = np.maximum(1, np.round(chunk[TARGET].astype(float) * 0.9)).astype(int).astype(object)
    if at >= NOVEMBER:
        out[TARGET] = np.full(size, None, dtype=object)
    return out
