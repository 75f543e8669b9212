"""Coverage: in which share of data sets each kind of 95 % interval holds the truth; and of tables called segmented.

Each data set is drawn from a population by level, pooled and judged as an audit does. Many levels, rates near 0 and 1,
a level without one of the labels and models that hardly disagree are where intervals used to fail. The suite draws
fewer data sets of the same cases and holds the same bounds. ``--seed`` of pytest changes the draws there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks import coverage_segments
from benchmarks._measure import table
from responsible.fairness.measures import MEASURES
from responsible.statistics.count_figures import CountFigure, change_interval, interval, performance_figure
from responsible.statistics.count_tables import drawn
from responsible.statistics.intervals import Inference, Interval
from responsible.statistics.rates import PERFORMANCE, Counts

Array = npt.NDArray[np.float64]
Hits = dict[tuple[str, str], Array]

LEVELS, RATES = (2, 5, 10, 20, 40), (0.02, 0.5, 0.98)
DATA_SETS = 1_000
LEAST = 0.91
"""The least share of data sets in which a 95 % interval may hold the truth, simulation error included."""
FEW = Inference(confidence=0.95, replicates=600, minimum_denominator=1)


@dataclass(frozen=True)
class Case:
    """A population: ``levels`` of which the first is privileged and has half of the ``rows``; the unprivileged share
    the rest.

    ``base`` are the base rates, ``tpr`` and ``fpr`` the rates of model a, each (privileged, unprivileged). Model b
    differs from a in the share ``disagree`` of the rows. With ``lacking`` one unprivileged level has no label 1.
    """

    name: str
    levels: int
    base: tuple[float, float]
    tpr: tuple[float, float]
    fpr: tuple[float, float]
    disagree: float = 0.1
    lacking: bool = False
    rows: int = 2_000

    def population(self) -> Array:
        """Probabilities ``[level, y, a, b]``, which sum to 1."""
        side = np.minimum(np.arange(self.levels), 1)
        share = np.where(side == 0, 0.5, 0.5 / (self.levels - 1))
        base = np.array(self.base)[side]
        if self.lacking:
            base[-1] = 0.0
        label = np.stack([1 - base, base], axis=-1)
        selected = np.stack([np.array(self.fpr)[side], np.array(self.tpr)[side]], axis=-1)
        model = np.stack([1 - selected, selected], axis=-1)
        other = (1 - self.disagree) * np.eye(2) + self.disagree * np.eye(2)[::-1]
        return np.asarray(share[:, None, None, None] * label[..., None, None] * model[..., None] * other)


def cases() -> Iterator[Case]:
    """Every number of levels at rates and base rates near 0, ½ and 1, then what is rare in another way."""
    for levels in LEVELS:
        for rate in RATES:
            other = 0.95 * rate if rate > 0.5 else 1.5 * rate if rate < 0.5 else 0.45
            yield Case(f"rates of {rate}", levels, (0.4, 0.3), (rate, other), (rate, other))
            yield Case(f"base rate of {rate}", levels, (rate, other), (0.8, 0.7), (0.2, 0.25))
        yield Case("few disagreements", levels, (0.5, 0.4), (0.9, 0.85), (0.1, 0.15), disagree=0.002)
        if levels > 2:
            yield Case("a level without label 1", levels, (0.5, 0.4), (0.9, 0.85), (0.1, 0.15), lacking=True)


def pooled(counts: Counts) -> Counts:
    """``[..., side, y, a, b]``, unprivileged first, of ``[..., level, y, a, b]``."""
    return np.stack([counts[..., 1:, :, :, :].sum(axis=-4), counts[..., 0, :, :, :]], axis=-4)


def figures() -> Iterator[tuple[str, CountFigure, bool]]:
    """Name, figure, and whether it is of everybody, of all measures and performance figures."""
    yield from ((name, measure.figure, False) for name, measure in MEASURES.items())
    yield from ((name, performance_figure(name), True) for name in PERFORMANCE)


def coverage(case: Case, data_sets: int, seed: int) -> dict[tuple[str, str], float]:
    """(figure, ``value`` or ``change``) → the share of data sets with a defined figure whose interval holds it."""
    rng, truth = np.random.default_rng(seed), pooled(case.population())
    rows = rng.multinomial(case.rows, case.population().ravel(), data_sets)
    sample = pooled(rows.reshape(data_sets, *case.population().shape))
    shares = {}
    for everybody in (False, True):
        joint, real = (t.sum(axis=-4, keepdims=True) if everybody else t for t in (sample, truth))
        one, both = drawn(joint.sum(axis=-1), FEW, rng), drawn(joint, FEW, rng, models=2)
        for name, figure, of_all in figures():
            if of_all is not everybody:
                continue
            views = [t.sum(axis=-1) for t in (joint, real)]
            change = figure.compute(real.sum(axis=-2)) - figure.compute(real.sum(axis=-1))
            found = interval(figure, views[0], one, FEW.confidence)
            shares[name, "value"] = _held(found, figure.compute(views[1]), figure.compute(views[0]))
            found = change_interval(figure, joint, both, FEW.confidence)
            shares[name, "change"] = _held(found, change, figure.compute(views[0]))
    return shares


def _held(found: Interval, truth: Array, estimates: Array) -> float:
    """The share of defined intervals that hold the truth, to the last digits; 1 when none is defined."""
    defined = ~np.isnan(found.low) & ~np.isnan(estimates)
    inside = (found.low <= truth + 1e-12) & (truth - 1e-12 <= found.high)
    return float(inside[defined].mean()) if defined.any() else 1.0


def worst(data_sets: int, seed: int) -> list[tuple[str, ...]]:
    """By figure and kind the least share at each number of levels, and the case that has the least."""
    found = [(case, coverage(case, data_sets, seed)) for case in cases()]
    lines = []
    for key in found[0][1]:
        least = [min(shares[key] for case, shares in found if case.levels == levels) for levels in LEVELS]
        where = min(found, key=lambda each: each[1][key])[0]
        lines.append((" ".join(key).replace("_", " "), *(f"{share:.3f}" for share in least), where.name))
    return lines


def run(*, small: bool = False, seed: int = 12) -> None:
    """Print the least coverage of each kind of interval by number of levels, then the tables called segmented."""
    header = ("least coverage of 95 % intervals", *(f"{levels} levels" for levels in LEVELS), "where")
    table(header, worst(40 if small else DATA_SETS, seed))
    print()
    coverage_segments.segments(small=small, seed=seed)
