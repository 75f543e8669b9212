"""A synthetic table of requests for approval with one known, intended bias, so that an audit can be held to the truth.

Who asks and what for are drawn independently of each other: a requester is a surgeon with probability 0.25, the
premium level is full with 0.6, the place rural with 0.3, an emergency 0.2, clinically necessary 0.6. Severity and
persistence are uniform on 1..10, scope on 1..5, the four shares uniform on 0..1 with three decimals, the day uniform
on the 365 days of 2025. Two things follow from who asks, and nothing else does:

* **approved** has probability 0.85 when necessary, else 0.40, plus ``bias`` = 0.10 when a surgeon asks. So for equal
  need a general practitioner is approved 0.10 less often, within emergencies as outside them, in every month;
* **processing_minutes** is uniform on 8..11 with the full premium and on 13..17 with the limited one: 5.5 minutes.

Approval does not depend on premium level, place, severity, emergency, or the month: an audit that finds otherwise has
found chance.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from responsible.datasets.chunks import CHUNK, Columns, chunks

SURGEON, FULL, RURAL, EMERGENCY, NECESSARY = 0.25, 0.6, 0.3, 0.2, 0.6  # shares
APPROVED = (0.40, 0.85)  # probability when not necessary, necessary
BIAS = 0.10  # added for surgeons
MINUTES = ((13, 18), (8, 12))  # half-open: limited, full
FIRST_DAY, DAYS = dt.date(2025, 1, 1), 365
COLUMNS: dict[str, type] = {
    "request_id": str,
    "requested_on": str,
    "requester_type": str,
    "premium_level": str,
    "location_rural": int,
    "emergency": int,
    "symptom_severity": int,
    "diagnostic_uncertainty": float,
    "time_sensitivity": float,
    "historical_alignment": float,
    "intervention_feasibility": float,
    "scope": int,
    "persistence": int,
    "clinical_necessity": int,
    "processing_minutes": int,
    "approved": int,
}


def draw(rows: int, seed: int, bias: float = BIAS) -> Iterator[Columns]:
    """The table in :func:`chunks`; nothing is missing. ``bias`` is what surgeons' probability of approval has over that
    of others, in [-0.4, 0.15].
    """
    return chunks(rows, seed, lambda rng, start: _chunk(rng, start, bias))


def _chunk(rng: np.random.Generator, start: int, bias: float) -> Columns:
    surgeon, full, rural, emergency, necessary = (
        rng.random(CHUNK) < share for share in (SURGEON, FULL, RURAL, EMERGENCY, NECESSARY)
    )
    chance = np.where(necessary, APPROVED[1], APPROVED[0]) + bias * surgeon
    columns = (
        np.array([f"R{number:08d}" for number in range(start + 1, start + CHUNK + 1)], dtype=object),
        _days()[rng.integers(0, DAYS, CHUNK)],
        np.where(surgeon, "Surgeon", "GP").astype(object),
        np.where(full, "Full", "Limited").astype(object),
        rural.astype(np.int64),
        emergency.astype(np.int64),
        rng.integers(1, 11, CHUNK),
        *(rng.integers(0, 1001, CHUNK) / 1000 for _ in range(4)),
        rng.integers(1, 6, CHUNK),
        rng.integers(1, 11, CHUNK),
        necessary.astype(np.int64),
        np.where(full, rng.integers(*MINUTES[1], CHUNK), rng.integers(*MINUTES[0], CHUNK)),
        (rng.random(CHUNK) < chance).astype(np.int64),
    )
    return dict(zip(COLUMNS, columns, strict=True))


def _days() -> npt.NDArray[np.object_]:
    return np.array([(FIRST_DAY + dt.timedelta(days=d)).isoformat() for d in range(DAYS)], dtype=object)
