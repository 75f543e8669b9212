"""The privacy ledger: for each mechanism and ε the guarantee, the noise, and what is not protected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import pandas as pd

from responsible.privacy.domain import ADJACENCY, DIAMETER
from responsible.privacy.gaussian_mechanism import composed, delta
from responsible.privacy.gaussian_mechanism import epsilon as smallest_epsilon
from responsible.privacy.mechanisms import MECHANISMS, Setting

EVERYWHERE = (
    "the choice of K and method, which used the data",
    "the number of rows, which is public",
    "people with several rows: the guarantee is for one row",
    "patterns of the whole population",
    "rounding of floating-point noise (Mironov 2012)",
)
NOT_PROTECTED: dict[str, tuple[str, ...]] = {
    "teaching": (
        "any single person: rows are not clipped, so there is no finite ε; the ledger supposes they were",
        "the mean and standard deviation of each feature, taken from the data",
        *EVERYWHERE,
    ),
    "local": EVERYWHERE,
    "central": ("anything from the curator, who has the true rows", *EVERYWHERE),
}


@dataclass(frozen=True)
class LedgerEntry:
    """One line of the ledger.

    ``sigma`` is the noise's standard deviation and ``sensitivity`` the most one person moves what it is added to, both
    in the units of ``unit``; ``multiplier`` is their quotient. ``real_epsilon`` is the exact ε of all rounds at
    ``delta`` (dp-accounting's accountant gives the same: a test), NaN where ``guarantee`` is false, for no finite one
    holds; ``epsilon_if_clipped`` is what it would be if rows were clipped to the declared bounds, as they are wherever
    there is a guarantee. ``advantage_cap`` in [0, 1] is the largest membership advantage (true minus false positive
    rate) of any attacker who knows all other rows, 2Φ(1/2σ) − 1.
    """

    mechanism: str
    title: str
    guarantee: bool
    epsilon: float
    delta: float
    real_epsilon: float
    epsilon_if_clipped: float
    sigma: float
    unit: str
    sensitivity: float
    multiplier: float
    adjacency: str
    rounds: int
    composition: str
    advantage_cap: float
    not_protected: str


def entry(mechanism: str, epsilon: float, setting: Setting) -> LedgerEntry:
    """The ledger's line for ``mechanism`` (a name of MECHANISMS) asked for ``epsilon``."""
    chosen, central = MECHANISMS[mechanism], MECHANISMS[mechanism].rows is None
    deviation, rounds = chosen.deviation(epsilon, setting), setting.rounds if central else 1
    sensitivity = DIAMETER if chosen.guarantee else setting.domain.diameter(setting.spread)
    multiplier = deviation / sensitivity
    exact = smallest_epsilon(composed([multiplier] * rounds), setting.delta)
    return LedgerEntry(
        mechanism=mechanism,
        title=chosen.title,
        guarantee=chosen.guarantee,
        epsilon=epsilon,
        delta=setting.delta,
        real_epsilon=exact if chosen.guarantee else float("nan"),
        epsilon_if_clipped=exact,
        sigma=deviation,
        unit=chosen.unit,
        sensitivity=sensitivity,
        multiplier=multiplier,
        adjacency=ADJACENCY,
        rounds=rounds,
        composition=f"{rounds} rounds of counts and sums, all published" if central else "one noisy row a person",
        advantage_cap=delta(composed([multiplier] * rounds), 0.0),
        not_protected="; ".join(NOT_PROTECTED[mechanism]),
    )


def ledger(epsilons: Sequence[float], setting: Setting) -> pd.DataFrame:
    """One row for each mechanism and ε, columns as in :class:`LedgerEntry`."""
    return pd.DataFrame([asdict(entry(name, epsilon, setting)) for name in MECHANISMS for epsilon in epsilons])
