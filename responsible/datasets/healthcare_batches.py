"""Six months of requests after those that were audited, with changes that a monitor should find.

Requests are those of :mod:`responsible.datasets.healthcare`, each with a day of its month in 2026, and three things
change:

* **March**: need is read the wrong way round. A necessary request is approved as often as others usually are, and
  others as often as necessary ones. In April all is well again.
* **from April on** of the requests of general practitioners that used to be approved, :data:`REFUSED` are refused.
* **from May on** requests from rural places wait :data:`LONGER` minutes more.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from responsible.datasets import healthcare
from responsible.datasets.chunks import CHUNK, Columns

MONTHS = tuple(f"2026-{month:02d}" for month in range(1, 7))
COLUMNS = healthcare.COLUMNS
MARCH, APRIL, MAY = 3, 4, 5
REFUSED, LONGER = 0.25, 4
BATCH = 900


def draw(rows: int, seed: int, month: str) -> Iterator[Columns]:
    """The batch of a month of :data:`MONTHS` in chunks.

    Every month has a stream of its own, so a longer batch begins with the rows of a shorter one.
    """
    at = MONTHS.index(month) + 1
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(2026, at)))
    for chunk in healthcare.draw(rows, int(rng.integers(2**31))):
        yield _changed(chunk, at, rng)


def _changed(chunk: Columns, at: int, rng: np.random.Generator) -> Columns:
    size = len(chunk["approved"])
    day, lot = rng.integers(1, 29, CHUNK)[:size], rng.random((2, CHUNK))[:, :size]
    ids = np.array([f"2026-{at:02d}-{own}" for own in chunk["request_id"]], dtype=object)
    out = chunk | {"request_id": ids, "requested_on": np.array([f"2026-{at:02d}-{d:02d}" for d in day], dtype=object)}
    if at == MARCH:
        usual = np.array(healthcare.APPROVED)[1 - chunk["clinical_necessity"]]
        chance = usual + healthcare.BIAS * (chunk["requester_type"] == "Surgeon")
        out["approved"] = (lot[0] < chance).astype(np.int64)
    if at >= APRIL:
        refused = (chunk["requester_type"] == "GP") & (lot[1] < REFUSED)
        out["approved"] = np.where(refused, 0, chunk["approved"])
    if at >= MAY:
        out["processing_minutes"] = chunk["processing_minutes"] + LONGER * chunk["location_rural"]
    return out
