"""The choice of a label threshold: constraints, the figure that decides, and how often chance would choose another.

A hard bound met on one sample often is a coin flip, so the choice is repeated on multinomial replicates of its split:
the same people drawn anew for all thresholds at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from responsible.fairness.comparisons import Row, any_level
from responsible.measures.costs import COST, Costs
from responsible.mitigation.swept import Swept
from responsible.mitigation.threshold_figures import Array, Bits, Sweep, estimates, quantity, sides
from responsible.names import DATA
from responsible.statistics import intervals
from responsible.statistics.intervals import Inference
from responsible.validation import InputError

Counts = npt.NDArray[np.int64]


def replicate_counts(swept: Swept, split: str, number: int, rng: np.random.Generator) -> Counts:
    """The mitigated model's counts ``[replicate, threshold, group, y, ŷ]`` when a split's rows are drawn anew together.

    Cells that agree in group, labels and predictions at every threshold are one outcome of the multinomial draw.
    """
    mine, size = (swept.split == split) & (swept.counts > 0), len(swept.thresholds)
    label, predicted = (bits.T[mine].astype(np.int64) for bits in (swept.found.label, swept.found.mitigated))
    cell = swept.group[mine, None] * 4 + label * 2 + predicted
    kinds, kind = np.unique(cell, axis=0, return_inverse=True)
    total = np.zeros(len(kinds), dtype=np.int64)
    np.add.at(total, kind.reshape(-1), swept.counts[mine])
    hot = (kinds[:, :, None] == np.arange(4 * swept.groups)).reshape(len(kinds), -1).astype(float)
    # Sums of whole numbers far below 2**53 are exact in floating point, and the product runs in BLAS.
    chunks = [intervals.replicates(total, part, rng) @ hot for part in _parts(number, 1_000)]
    return np.concatenate(chunks).astype(np.int64).reshape(number, size, swept.groups, 2, 2)


def replicate_groups(parts: Counts, number: int, rng: np.random.Generator) -> Counts:
    """As :func:`replicate_counts` of clustered rows, whose groups ``[group of clusters, threshold, ...]`` are drawn."""
    times = rng.multinomial(len(parts), np.full(len(parts), 1 / len(parts)), size=number)
    return np.asarray(np.tensordot(times.astype(float), parts.astype(float), axes=1)).round().astype(np.int64)


def _parts(number: int, most: int) -> list[int]:
    return [min(most, number - start) for start in range(0, number, most)]


def winners(counts: Counts, usable: Bits, sweep: Sweep, *, each: bool = False, costs: Costs | None = None) -> Counts:
    """The index of the chosen threshold for counts ``[..., threshold, group, y, ŷ]``, -1 where none is feasible.

    ``usable`` (thresholds,) marks those with models; ``each`` as in :func:`.threshold_figures.sides`. Best is the
    highest figure of ``choose_by``, or with ``costs`` the least mean cost. An undefined constraint is not met; a tie
    goes to the lowest.
    """
    met = np.broadcast_to(usable, counts.shape[:-3]).copy()
    for name, limits in sweep.limits.items():
        value = quantity(name, each=each)(counts)
        met &= ((value >= limits.low) & (value <= limits.high)).all(axis=-1)
    score = quantity(sweep.decider(costs), costs=costs)(counts)[..., 0] * (-1 if costs else 1)
    score = np.where(met, np.nan_to_num(score, nan=np.finfo(float).min), -np.inf)
    return np.where(met.any(-1), score.argmax(-1), -1)


def misses(counts: Counts, usable: Bits, sweep: Sweep, *, each: bool = False) -> Array:
    """How far each threshold is from meeting the constraints: Σ over constraints of the distance to the nearest limit,
    of the level farthest away where ``each`` is compared.

    0 when all are met; infinite for a threshold without models or with an undefined constraint. Units are the
    constraints' own (a ratio and a rate count alike).
    """
    total = np.where(usable, 0.0, np.inf)
    for name, limits in sweep.limits.items():
        value = quantity(name, each=each)(counts)
        away = np.where(np.isnan(value), np.inf, np.maximum(0, np.maximum(limits.low - value, value - limits.high)))
        total = total + away.max(axis=-1)
    return total


@dataclass(frozen=True)
class ThresholdChoice:
    """What the sweep recommends, and how firmly.

    ``index`` is the chosen threshold's, or the nearest miss's when ``feasible`` is false; ``distance`` is how far that
    one is from meeting the constraints (0 when feasible). ``chosen_on`` names the split, ``chosen_by`` the
    figure. ``frequency`` (thresholds,) is how often each threshold wins over the replicates, ``none`` how often none is
    feasible. ``constraints`` has a row a constraint: its ``value, low, high, minimum, maximum, verdict`` at the index
    on the choosing split, and the level that lies ``farthest`` where each is compared.
    """

    thresholds: tuple[float, ...]
    index: int
    feasible: bool
    distance: float
    chosen_on: str
    chosen_by: str
    frequency: Array
    none: float
    constraints: pd.DataFrame

    @property
    def reported(self) -> float:
        """The threshold whose figures are reported: the recommended one, or the nearest miss."""
        return self.thresholds[self.index]

    def summary(self, figures: pd.DataFrame) -> dict[str, object]:
        """Headline values, with the ``figures`` of the reported threshold (:func:`.threshold_sweep.table`)."""
        at = figures[figures["threshold"] == self.reported].set_index(["model", "figure"])["value"]
        base = float(at[DATA, "base_rate"])
        models = [m for m in figures["model"].unique() if m != DATA]
        own = {m: {k: at[m, k] for k in ("f1", "accuracy", COST, *_FAIRNESS) if (m, k) in at} for m in models}
        return {
            "recommended_threshold": self.reported if self.feasible else None,
            "feasible": self.feasible,
            "reported_threshold": self.reported,
            "nearest_miss_distance": self.distance,
            "selection_frequency": float(self.frequency[self.index]),
            "no_feasible_threshold_frequency": self.none,
            "positive_rate": base,
            "trivial_accuracy": max(base, 1 - base),  # of the better of always yes and always no
            "chosen_on": self.chosen_on,
            "chosen_by": self.chosen_by,
            **own,
        }


_FAIRNESS = ("statistical_parity_difference", "disparate_impact", "equal_opportunity_difference")


def choose_threshold(
    swept: Swept, sweep: Sweep, inference: Inference, rng: np.random.Generator, costs: Costs | None = None
) -> ThresholdChoice:
    """Choose on the rows of split ``valid``, or of ``train`` when the table has no valid rows; never on test.

    Where ``costs`` of wrong answers are declared, their mean decides in place of ``choose_by``.

    Raises:
        InputError: no threshold has models at all.
    """
    usable = swept.usable
    if not usable.any():
        raise InputError(
            f"threshold_sweep: no threshold has models; at {swept.thresholds[0]:g}: {swept.found.reason[0]}"
        )
    split = "valid" if (swept.split == "valid").any() else "train"
    parts = swept.parts(split).sum(-2)
    point, many = parts.sum(axis=0), inference.replicates
    clustered = swept.clusters is not None
    draws = replicate_groups(parts, many, rng) if clustered else replicate_counts(swept, split, many, rng)
    won, chosen = (winners(counts, usable, sweep, each=swept.each, costs=costs) for counts in (draws, point))
    best, distance = int(chosen), misses(point, usable, sweep, each=swept.each)
    index = best if best >= 0 else int(np.argmin(distance))
    frequency = np.bincount(won[won >= 0], minlength=len(usable)) / len(won)
    held = _constraints(parts[:, index], swept, sweep, inference, rng)
    none = float((won < 0).mean())
    by, away = sweep.decider(costs), float(distance[index])
    return ThresholdChoice(swept.thresholds, index, best >= 0, away, split, by, frequency, none, held)


def _constraints(
    parts: Counts, swept: Swept, sweep: Sweep, inference: Inference, rng: np.random.Generator
) -> pd.DataFrame:
    rows: list[Row] = []
    for name, limits in sweep.limits.items():
        by_group = sides(name, parts, each=swept.each)
        tables = by_group.sum(axis=0), swept.drawn(by_group, inference, rng)
        found = estimates(name, tables, inference, swept.unpooled, limits)
        found = any_level(found, ("measure",)) if len(found) > 1 else found
        rows += [{"farthest": "", **row} for row in found]
    columns = ["constraint", "value", "low", "high", "minimum", "maximum", "verdict", "farthest"]
    return pd.DataFrame(rows, columns=["measure", *columns[1:]]).set_axis(columns, axis=1)
