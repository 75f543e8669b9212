"""Cases with a known bias: what the audit must find is written here, one line for each planted difference."""

from __future__ import annotations

import numpy as np
import pandas as pd

from responsible.fairness.groups import Groups, groups
from responsible.limits import Limits
from responsible.modelling.parameters import Logistic
from responsible.statistics.intervals import Inference

PLAIN = Logistic(
    C=1.0,
    scale=True,
    numeric_missing="indicator",
    categorical_missing="level",
    solver="newton-cholesky",
    decision_threshold=0.5,
)
INFERENCE = Inference(confidence=0.95, replicates=1000, minimum_denominator=10)
LIMITS = {
    "statistical_parity_difference": Limits(minimum=-0.1, maximum=0.1),
    "equal_opportunity_difference": Limits(minimum=-0.1, maximum=0.1),
    "predictive_parity_difference": Limits(minimum=-0.1, maximum=0.1),
    "mean_wait_difference": Limits(minimum=-2, maximum=2),
}


def planted(n: int, rng: np.random.Generator, bias: float = 0.10, slower: float = 5.0) -> pd.DataFrame:
    """Requests where surgeons are approved ``bias`` more often for equal need, and a limited premium waits ``slower``.

    Approval is .85 when necessary and .40 when not, for general practitioners; nothing else matters.
    """
    surgeon, full, necessary = (rng.random(n) < share for share in (0.25, 0.6, 0.6))
    approved = rng.random(n) < np.where(necessary, 0.85, 0.40) + bias * surgeon
    minutes = rng.integers(80, 111, n) / 10 + slower * ~full
    return pd.DataFrame(
        {
            "outcome": approved.astype(int),
            "merit": necessary.astype(int),
            "urgency": (rng.random(n) < 0.3).astype(int),
            "duration": minutes,
            "month": [f"2024-{month:02d}" for month in rng.integers(1, 13, n)],
            "priority": rng.random(n).round(3) * 10,
            "a.requester": np.where(surgeon, "Surgeon", "GP"),
            "a.premium": np.where(full, "Full", "Limited"),
            "a.place": np.where(rng.random(n) < 0.3, "Rural", "Urban"),
            "f.scope": rng.integers(1, 6, n).astype(float),
            "f.clinic": np.array(["North", "South", "West"])[rng.integers(0, 3, n)],
        }
    )


PRIVILEGED = {"requester": "Surgeon", "premium": "Full", "place": "Urban"}


def who(attribute: str) -> Groups:
    """The groups of one of :func:`planted`'s attributes."""
    levels = {"requester": ("GP", "Surgeon"), "premium": ("Full", "Limited"), "place": ("Rural", "Urban")}
    return groups(attribute, levels[attribute], [PRIVILEGED[attribute]])


def everybody() -> list[Groups]:
    """The groups of all its attributes."""
    return [who(attribute) for attribute in PRIVILEGED]
