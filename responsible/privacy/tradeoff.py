"""Privacy against utility: the three mechanisms side by side, with what an attacker gains and what is promised."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from responsible.clustering.each import Each, in_turn
from responsible.privacy.accounting import ledger
from responsible.privacy.attacks import attacks
from responsible.privacy.domain import Privacy, domain, refuse_outside
from responsible.privacy.mechanisms import MECHANISMS, Setting
from responsible.privacy.utility import WithoutNoise, curves, utility, without_noise

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Tradeoff:
    """Tables of the comparison, and the silhouette without noise on the rows it was measured on.

    ``curves``: ``mechanism, epsilon, measure, level, value, low, high, draws``; measures as in
    :data:`responsible.privacy.utility.MEASURES`, level empty for all people. ``attack``: ``mechanism, epsilon, measure,
    value, low, high, draws, cap``, the cap being that of any attacker on membership. ``ledger``: as in
    :class:`responsible.privacy.accounting.LedgerEntry`. ``rows`` of the table's ``of`` were used
    where noisy rows and silhouettes are.
    """

    curves: pd.DataFrame
    attack: pd.DataFrame
    ledger: pd.DataFrame
    silhouette: float
    rows: int
    of: int

    def value(self, mechanism: str, epsilon: float, measure: str, level: str = "") -> float:
        """The median over draws of one measure; NaN where it does not exist, such as noisy rows of the central one."""
        keys = {"mechanism": mechanism, "epsilon": epsilon, "measure": measure, "level": level}
        found = self.curves[np.logical_and.reduce([self.curves[key] == wanted for key, wanted in keys.items()])]
        return float(found["value"].iloc[0]) if len(found) else np.nan

    def drop(self, mechanism: str, epsilon: float) -> float:
        """Silhouette without noise minus with it, the classical way: on what is published.

        On the noisy rows where rows are published (``teaching``, ``local``); ``central`` publishes none, so there the
        original rows are scored in the segments of its centres.
        """
        measure = "silhouette" if MECHANISMS[mechanism].rows is None else "noisy_silhouette"
        return self.silhouette - self.value(mechanism, epsilon, measure)


def setting_of(x: Array, low: Array, high: Array, k: int, params: Privacy) -> Setting:
    """The mechanisms' common setting; mean and spread (population) of ``x`` (n, d) serve the teaching mapping only."""
    return Setting(domain(low, high, params.clip_norm), params.delta, k, params.rounds, x.mean(axis=0), x.std(axis=0))


def tradeoff(
    whole: WithoutNoise,
    low: Array,
    high: Array,
    params: Privacy,
    rng: np.random.Generator,
    *,
    k: int,
    names: Sequence[str] = (),
    each: Each = in_turn,
) -> Tradeoff:
    """Compare the mechanisms on a table with ``k`` segments; ``low`` and ``high`` (d,) are its declared bounds.

    InputError when the bounds do not contain the data. Above ``params.rows`` rows, a random sample of that many stands
    for the table wherever more than one pass is needed; central KMeans always reads all of them.
    """
    refuse_outside(whole.x, low, high, names or [str(column + 1) for column in range(len(low))])
    setting = setting_of(whole.x, low, high, k, params)
    part = whole.sample(params.rows, rng)
    runs = utility(whole, part, setting, params.epsilons, rng, draws=params.draws, each=each)
    attacked = attacks(part.x, setting, params.epsilons, params.draws, rng, each=each)
    entries = ledger(params.epsilons, setting)
    return Tradeoff(
        curves=curves(runs, ["mechanism", "epsilon", "measure", "level"], params.confidence),
        attack=_with_cap(curves(attacked, ["mechanism", "epsilon", "measure"], params.confidence), entries),
        ledger=entries,
        silhouette=without_noise(part, setting),
        rows=len(part.x),
        of=len(whole.x),
    )


def _with_cap(attack: pd.DataFrame, entries: pd.DataFrame) -> pd.DataFrame:
    """The attack's table with the ledger's cap on membership where there is a guarantee; 1 where there is none."""
    promised = entries[entries["guarantee"]][["mechanism", "epsilon", "advantage_cap"]]
    joined = attack.merge(promised.rename(columns={"advantage_cap": "cap"}), on=["mechanism", "epsilon"], how="left")
    return joined.assign(cap=joined["cap"].fillna(1.0).where(joined["measure"] == "membership"))
