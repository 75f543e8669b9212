"""What a sweep leaves: the labels and predictions of every cell at every threshold, and their counts by group."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from responsible.fairness.groups import Groups
from responsible.mitigation.threshold_figures import Array, Bits
from responsible.names import MODELS, REWEIGHED
from responsible.statistics.count_tables import Draws, drawn, tabulate
from responsible.statistics.intervals import Inference
from responsible.statistics.jackknife import GROUPS

Teach = Callable[[Bits], tuple[Array, Bits]]
"""The labels of cells (m,) → the weights of their training rows, and the labels they are taught with, each (m,)."""


class Mitigation(NamedTuple):
    """How the mitigated model differs from the baseline: what it learns, the ``x.`` columns it does not have, and its
    name.
    """

    teach: Teach
    dropped: tuple[str, ...] = ()
    name: str = REWEIGHED


@dataclass(frozen=True)
class Predictions:
    """For every threshold whether each cell has the label and is predicted 1 by each model: (thresholds, m) bool.

    ``reason`` says why a threshold has no models ("" when it has): its predictions mean nothing.
    """

    label: Bits
    baseline: Bits
    mitigated: Bits
    reason: tuple[str, ...]


@dataclass(frozen=True)
class Swept:
    """Predictions at every threshold for cells with ``group``, ``split`` and ``counts``, each (m,).

    Groups: 0 unprivileged, 1 privileged, 2 excluded; or the levels of ``unpooled``, of which none is privileged.
    """

    thresholds: tuple[float, ...]
    found: Predictions
    group: npt.NDArray[np.int64]
    split: npt.NDArray[np.object_]
    counts: npt.NDArray[np.int64]
    unpooled: Groups | None = None
    clusters: npt.NDArray[np.int64] | None = None
    models: tuple[str, str] = MODELS

    @property
    def each(self) -> bool:
        """Whether each level is compared with everybody else."""
        return self.unpooled is not None

    @property
    def groups(self) -> int:
        """The number of groups, the excluded among them."""
        return 1 + (len(self.unpooled.levels) if self.unpooled else 2)

    @property
    def usable(self) -> npt.NDArray[np.bool_]:
        """Which thresholds have models: (thresholds,)."""
        return np.array([not reason for reason in self.found.reason])

    def joint(self, split: str) -> npt.NDArray[np.int64]:
        """Counts ``[threshold, group, y, ŷ_baseline, ŷ_mitigated]`` of the rows of one split."""
        return np.asarray(self.parts(split).sum(axis=0))

    def parts(self, split: str) -> npt.NDArray[np.int64]:
        """:meth:`joint` by group of clusters, the groups first; one group where rows are independent."""
        counts, own = np.where(self.split == split, self.counts, 0), self.groups
        many, code = (1, self.group) if self.clusters is None else (GROUPS, self.clusters * own + self.group)
        each = zip(self.found.label, self.found.baseline, self.found.mitigated, strict=True)
        found = [tabulate(code, own * many, bits, counts).reshape(many, own, 2, 2, 2) for bits in each]
        return np.stack(found, axis=1)

    def drawn(self, tables: npt.NDArray[np.int64], inference: Inference, rng: np.random.Generator) -> Draws:
        """What the doubt about figures is measured by, of ``tables`` by group of clusters."""
        return drawn(tables.sum(axis=0), inference, rng, parts=None if self.clusters is None else tables)
