"""Two groups by hand: pooled sides of a table of levels, and why a measure of two tables has no value."""

from __future__ import annotations

import numpy as np

from responsible.fairness.comparisons import Comparison
from responsible.fairness.measures import MEASURES
from responsible.statistics.count_figures import reasons
from responsible.statistics.rates import Counts


def pool(counts: Counts, privileged: np.ndarray) -> tuple[Counts, Counts]:
    """The library's sums of ``counts[..., g, y, ŷ]`` over the groups outside and inside ``privileged`` (g,)."""
    inside = np.asarray(privileged, dtype=bool)
    return Comparison("", ~inside, inside).split(np.asarray(counts), axis=-3)


def undefined(name: str, u: Counts, p: Counts, minimum: int = 1) -> str | None:
    """The library's reason of a measure at two tables ``(2, 2)``, None where it has a value."""
    return reasons(MEASURES[name].figure, np.stack([u, p]), minimum) or None
