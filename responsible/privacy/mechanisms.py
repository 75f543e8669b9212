"""Three ways to publish segments with noise: as taught (no guarantee), locally noised rows, central private KMeans.

Each takes people's rows ``x`` (n, d) in the features' own units and returns what would be published. The two with a
guarantee scale by the declared bounds, never by the data.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from responsible.clustering.partition import nearest
from responsible.privacy.domain import DIAMETER, Domain
from responsible.privacy.gaussian_mechanism import sigma
from responsible.privacy.noise import Noise
from responsible.privacy.private_kmeans import Curator, noise_deviation, private_kmeans

Array = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]

STARTS = 3  # of KMeans on rows that are already noisy: working on what is published costs no privacy
TEACHING_FACTOR = 0.6  # of the rule σ = 0.6/ε, which no theorem connects with ε


@dataclass(frozen=True, eq=False)
class Setting:
    """What the mechanisms share: the declared domain, δ, K, the rounds of the central one, and the data's scaling.

    ``mean`` and ``spread`` (d,) standardise the features. They come from the data, and only the teaching mapping uses
    them.
    """

    domain: Domain
    delta: float
    k: int
    rounds: int
    mean: Array
    spread: Array


@dataclass(frozen=True, eq=False)
class Published:
    """What a mechanism publishes, in the features' own units.

    ``centres`` (k, d) with the ``scale`` (d,) in which distances to them are measured; the noisy ``rows`` (n, d), or
    None when no rows leave the curator; noisy ``counts`` (k,), or None when counting is left to who has the rows.
    """

    centres: Array
    scale: Array
    rows: Array | None = None
    counts: Array | None = None

    def assign(self, x: Array) -> Labels:
        """The nearest centre of each row ``(n, d)`` → ``(n,)``."""
        return nearest(x / self.scale, self.centres / self.scale)


@dataclass(frozen=True, eq=False)
class Mechanism:
    """One way to publish: what it is called, whether (ε, δ) is a promise, its noise and what it publishes.

    ``deviation(epsilon, setting)`` is the noise's standard deviation in the units of ``unit``.
    ``rows(x, epsilon, setting, noise)`` are the noisy rows in the features' own units; None when none are published.
    """

    title: str
    guarantee: bool
    unit: str
    deviation: Callable[[float, Setting], float]
    rows: Callable[[Array, float, Setting, Noise], Array] | None
    scale: Callable[[Setting], Array]

    def publish(
        self, x: Array, epsilon: float, setting: Setting, noise: Noise, curator: Curator | None = None
    ) -> Published:
        """What the mechanism publishes about the rows ``x`` (n, d) at ``epsilon``.

        ``curator`` holds ``setting.domain.unit(x)`` where it exists already: one draw shares it at every ε.

        Noisy rows come sorted by their noisy values: in a sorted table a row's place tells its true value's rank, which
        no noise on the value hides, and KMeans starts from rows by their place.
        """
        if self.rows is None:
            curator = curator or Curator(setting.domain.unit(x))
            return _central(curator, self.deviation(epsilon, setting), setting, noise)
        rows = self.rows(x, epsilon, setting, noise)
        return clustered(rows[np.lexsort(rows.T)], self.scale(setting), setting.k)


def clustered(rows: Array, scale: Array, k: int) -> Published:
    """KMeans of noisy rows (n, d), distances measured in ``scale``; its random starts are fixed and need no secrecy."""
    from sklearn.cluster import KMeans

    centres = KMeans(k, n_init=STARTS, random_state=0).fit(rows / scale).cluster_centers_
    return Published(centres * scale, scale, rows)


def _teaching_rows(x: Array, epsilon: float, setting: Setting, noise: Noise) -> Array:
    """σ = 0.6/ε on standardised features, nothing clipped."""
    deviation = MECHANISMS["teaching"].deviation(epsilon, setting)
    return np.asarray(x + deviation * setting.spread * noise.standard_normal(x.shape))


def _local_rows(x: Array, epsilon: float, setting: Setting, noise: Noise) -> Array:
    """Rows moved into the declared domain, noise on every coordinate in units of the ball, back in their own units."""
    deviation = MECHANISMS["local"].deviation(epsilon, setting)
    return setting.domain.undo(setting.domain.unit(x) + deviation * noise.standard_normal(x.shape))


def _central(curator: Curator, deviation: float, setting: Setting, noise: Noise) -> Published:
    found = private_kmeans(curator, setting.k, deviation, setting.rounds, noise)
    return Published(setting.domain.undo(found.centres), setting.domain.reach, counts=found.counts)


MECHANISMS: dict[str, Mechanism] = {
    "teaching": Mechanism(
        title="noise on features, as often taught: no guarantee",
        guarantee=False,
        unit="standard deviations of a feature",
        deviation=lambda epsilon, _: TEACHING_FACTOR / epsilon,
        rows=_teaching_rows,
        scale=lambda setting: setting.spread,
    ),
    "local": Mechanism(
        title="calibrated local Gaussian: each row noised before anyone sees it",
        guarantee=True,
        unit="radius of the declared ball",
        deviation=lambda epsilon, setting: DIAMETER * sigma(epsilon, setting.delta),
        rows=_local_rows,
        scale=lambda setting: setting.domain.reach,
    ),
    "central": Mechanism(
        title="central private KMeans: a trusted curator publishes noisy counts and sums",
        guarantee=True,
        unit="people (counts), radius of the declared ball (sums)",
        deviation=lambda epsilon, setting: noise_deviation(epsilon, setting.delta, setting.rounds),
        rows=None,
        scale=lambda setting: setting.domain.reach,
    ),
}
"""Every mechanism by its name in parameters and tables."""
