"""A release: segments published once, with secret noise, and the account of everything released about the same people.

A release is not a stage of the pipeline. The pipeline's noise is seeded so that its figures can be checked, and for
that reason protects nobody; two runs of a release never agree, and what each one spends adds up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from responsible.privacy.accounting import entry
from responsible.privacy.domain import Domain, Privacy, Release
from responsible.privacy.gaussian_mechanism import accounted_epsilon, sigma
from responsible.privacy.mechanisms import MECHANISMS, Published, Setting
from responsible.privacy.noise import Noise, SecretNoise
from responsible.validation import InputError

Array = npt.NDArray[np.float64]


def released(x: Array, domain: Domain, k: int, params: Privacy, noise: Noise) -> Published:
    """What ``params.release`` publishes about the rows ``x`` (n, d), in their own units; ``k`` segments.

    Rows outside the declared domain are moved to its edge, never refused: whether a release fails must not depend on
    one person. InputError unless ``noise`` is the system's secret entropy, for a seed can be found or guessed.
    """
    if not isinstance(noise, SecretNoise):
        raise InputError(f"release: noise must be SecretNoise, got {type(noise).__name__}; a release takes no seed")
    chosen, setting = params.release, setting_without_data(domain, k, params)
    return MECHANISMS[chosen.mechanism].publish(x, chosen.epsilon, setting, noise)


def setting_without_data(domain: Domain, k: int, params: Privacy) -> Setting:
    """The mechanisms' setting with nothing taken from rows: the declared bounds stand in for mean and spread."""
    return Setting(domain, params.delta, k, params.rounds, domain.middle, domain.reach)


def described(published: Published, names: Sequence[str], domain: Domain, params: Privacy) -> dict[str, Any]:
    """The release as plain values: its line of the ledger, and each segment's centre and noisy size.

    ``scale`` are the features' units in which distances to the centres are measured. Sizes are None where counting is
    left to who has the noisy rows. Nothing else about the data is in it, no hash and no exact count.
    """
    chosen, setting = params.release, setting_without_data(domain, len(published.centres), params)
    sizes = [None] * len(published.centres) if published.counts is None else published.counts.tolist()
    return {
        "ledger": asdict(entry(chosen.mechanism, chosen.epsilon, setting)),
        "scale": dict(zip(names, published.scale.tolist(), strict=True)),
        "segments": [
            {"segment": number, "size": size, "centre": dict(zip(names, centre.tolist(), strict=True))}
            for number, (centre, size) in enumerate(zip(published.centres, sizes, strict=True), start=1)
        ],
    }


def noisy_rows(published: Published, names: Sequence[str]) -> pd.DataFrame | None:
    """The published noisy rows with each one's segment (1 …), sorted by what is published; None without rows.

    The protected attribute is not among the columns: nothing noises it, so it must not be published beside them.
    """
    if published.rows is None:
        return None
    return pd.DataFrame(published.rows, columns=list(names)).assign(segment=published.assign(published.rows) + 1)


def spent(history: Sequence[Mapping[str, Any]], delta: float) -> float:
    """The ε of all releases in ``history`` together, at ``delta``; each names its own ``epsilon`` and ``delta``.

    Each release is worth exactly one Gaussian answer with the multiplier that its budget was calibrated to, so the
    accountant composes those. 0 for no releases.
    """
    return accounted_epsilon([sigma(one["epsilon"], one["delta"]) for one in history], delta)


def line(number: int, chosen: Release, delta: float) -> dict[str, Any]:
    """One release in the history: its number, mechanism, ε and δ. No seed: there is none."""
    return {"release": number, "mechanism": chosen.mechanism, "epsilon": chosen.epsilon, "delta": delta}
