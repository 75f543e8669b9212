"""Twelve months of people after the segments were made, with changes that a monitor should find.

People are those of :mod:`responsible.datasets.segments`, each with a date of its month in 2025, and two things change:

* **from July on** one in eight is of a new kind, :data:`NEW` in the plane (f1, f2), far from every segment. Two thirds
  of them are of group A, whatever the line says, so that the mix of groups stays nearly as it was.
* **from September on** half of the people in the second cluster no longer come.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from responsible.datasets import segments
from responsible.datasets.budget_batches import DATE, MONTHS
from responsible.datasets.chunks import CHUNK, Columns

COLUMNS: dict[str, type] = {DATE: str, **segments.COLUMNS}
NEW, NEW_SHARE, NEW_SPREAD = (6.5, -3.0), 1 / 8, 0.5
JULY, SEPTEMBER = 7, 9
BATCH = 400


def draw(rows: int, seed: int, month: str) -> Iterator[Columns]:
    """The batch of a month of :data:`~responsible.datasets.budget_batches.MONTHS` in chunks of at most ``rows`` people;
    from September on fewer come.
    """
    at = MONTHS.index(month) + 1
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(2025, at, 4)))
    for chunk in segments.draw(rows, int(rng.integers(2**31))):
        yield _changed(chunk, at, rng)


def _changed(chunk: Columns, at: int, rng: np.random.Generator) -> Columns:
    size = len(chunk["group"])
    day, lot = rng.integers(1, 29, CHUNK)[:size], rng.random((3, CHUNK))[:, :size]
    noise = rng.standard_normal((4, CHUNK))[:, :size]
    out = {DATE: np.array([f"2025-{at:02d}-{d:02d}" for d in day], dtype=object), **chunk}
    gone = np.zeros(size, dtype=bool)
    if at >= SEPTEMBER:
        gone = (chunk["group"] == "B") & (lot[1] < 1 / 2)
    if at >= JULY:
        new = lot[0] < NEW_SHARE
        f1, f2 = (centre + NEW_SPREAD * own for centre, own in zip(NEW, noise[:2], strict=True))
        moved = {"f1": f1, "f2": f2, "f3": 0.8 * f1 + noise[2], "f4": 0.5 * f2 + noise[3]}
        for name, values in moved.items():
            out[name] = np.where(new, np.clip(np.round(values, segments.DECIMALS) + 0.0, -5, 8), chunk[name])
        out["group"] = np.where(new, np.where(lot[2] < 2 / 3, "A", "B"), chunk["group"])
        gone &= ~new
    return {name: values[~gone] for name, values in out.items()}
