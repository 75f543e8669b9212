"""The decision threshold of a scored model: what every cut of the score does, and which is best.

A cut at t answers yes from a score of t. Rows are counted by score bin, side and label, replicates are drawn of that
one table, and a cut is a sum over bins: bands of neighbouring thresholds come from the same replicates. Bands are
pointwise. A threshold is chosen on some rows and judged on others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from responsible.fairness.comparisons import headlines
from responsible.fairness.groups import Groups
from responsible.fairness.measures import MEASURES
from responsible.measures.costs import COST, Costs
from responsible.measures.scores import Scored
from responsible.names import POOLED
from responsible.statistics import jackknife
from responsible.statistics.count_figures import CountFigure, Estimate, change, estimate, performance_figure
from responsible.statistics.count_tables import Draws, drawn
from responsible.statistics.intervals import Inference, replicates
from responsible.statistics.rates import RATES, Counts

Ints = npt.NDArray[np.int64]
COLUMNS = ["model", "threshold", "attribute", "comparison", "figure", "value", "low", "high", "reason"]
GRID = np.arange(1, 100) / 100
ACCURACY, BENEFIT, ALL = "accuracy", "net_benefit", "net_benefit_of_selecting_all"
MOST = 1_000  # replicates of a table of all bins; the end of a 95 % band is then known to a tenth of its width


def net_benefit(thresholds: np.ndarray, *, all_selected: bool = False) -> CountFigure:
    """Net benefit TP/n − FP/n · t/(1 − t) at each of ``thresholds``, along the axis before the side; ≤ base rate.

    True positives per row, less false ones at the exchange rate that a cut at t stands for (Vickers & Elkin 2006).
    ``all_selected``: of answering yes to everybody, which a useful model beats; answering no has 0.
    """
    odds = thresholds / (1 - thresholds)

    def compute(table: Counts) -> np.ndarray:
        whole = table.sum(axis=-3)
        yes = whole.sum(axis=-1) if all_selected else whole[..., 1]
        return np.asarray((yes[..., 1] - odds * yes[..., 0]) / whole.sum(axis=(-2, -1)))

    return CountFigure(compute, (RATES["selection_rate"],), bounds=(-np.inf, 1.0))


def curves(
    model: str,
    found: Scored,
    attributes: Sequence[tuple[Groups, Ints]],
    measures: Sequence[str],
    *,
    costs: Costs | None,
    inference: Inference,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Accuracy, cost if there are ``costs``, net benefit and each of ``measures`` at every threshold of the grid.

    ``attributes`` are groups with the code (m,) of each cell. A figure of everybody has no attribute and comparison.
    Measures of scores do not depend on a threshold, and are left out. Columns: :data:`COLUMNS`.
    """
    few = inference.model_copy(update={"replicates": min(inference.replicates, MOST)})
    everybody = np.zeros(len(found.label), dtype=np.int64)
    whole = _tables(model, found, everybody, sides=1, inference=few, rng=rng)
    of_all = {ACCURACY: performance_figure("accuracy"), BENEFIT: net_benefit(GRID)}
    of_all |= {ALL: net_benefit(GRID, all_selected=True)} | ({COST: costs.figure} if costs else {})
    frames = [_rows(model, "", "", name, estimate(figure, *whole, few)) for name, figure in of_all.items()]
    for who, code in attributes:
        for versus in headlines(who):
            tables = _tables(model, found, versus.sides(code), sides=2, inference=few, rng=rng)
            for name in measures:
                if name in MEASURES:
                    own = estimate(MEASURES[name].figure, *tables, few)
                    frames.append(_rows(model, who.attribute, POOLED if who.reference else versus.name, name, own))
    return pd.concat(frames, ignore_index=True)


def _rows(model: str, attribute: str, comparison: str, figure: str, own: Estimate) -> pd.DataFrame:
    place = {"model": model, "threshold": GRID, "attribute": attribute, "comparison": comparison, "figure": figure}
    ends = {"value": own.value, "low": own.low, "high": own.high, "reason": own.reason}
    return pd.DataFrame(place | ends)[COLUMNS]


def _tables(
    model: str, found: Scored, side: Ints, *, sides: int, inference: Inference, rng: np.random.Generator
) -> tuple[Counts, Draws]:
    """``[threshold, side, y, ŷ]`` and its replicates; cells of side −1 are left out."""
    bins = len(GRID) + 1
    place = np.searchsorted(GRID, np.round(found.scores[model], 9), side="right")
    cell = np.where(side < 0, -1, (place * sides + side) * 2 + found.label)
    binned = _counted(cell, found.counts, bins * sides * 2).reshape(bins, sides, 2)
    parts = None
    if found.clusters is not None:
        by_group = np.where(cell < 0, -1, found.clusters * bins * sides * 2 + cell)
        parts = _cut(_counted(by_group, found.counts, jackknife.GROUPS * bins * sides * 2).reshape(-1, bins, sides, 2))
    draws = replicates(binned, inference.replicates, rng)
    return _cut(binned), Draws(_cut(draws), parts)


def _counted(cell: Ints, counts: Ints, size: int) -> Ints:
    held = cell >= 0
    return np.asarray(np.bincount(cell[held], weights=counts[held], minlength=size), dtype=np.int64)


def _cut(binned: Counts) -> Counts:
    """``[..., threshold, side, y, ŷ]`` of ``[..., bin, side, y]``: who has a score of at least each threshold."""
    below = np.cumsum(binned, axis=-3)[..., :-1, :, :]
    return np.stack([below, binned.sum(axis=-3, keepdims=True) - below], axis=-1)


@dataclass(frozen=True)
class Best:
    """The best threshold of a model by ``figure`` (the mean cost, or accuracy): chosen on some rows, judged on others.

    ``now`` and ``then`` are the figure at the ``current`` threshold and at the best one, ``change`` is paired.
    ``calibrated`` is the threshold that would be best if the scores were right: c_FP / (c_FP + c_FN) (Elkan 2001).
    """

    figure: str
    threshold: float
    current: float
    calibrated: float
    now: Estimate
    then: Estimate
    change: Estimate

    def summary(self) -> dict[str, object]:
        """For the metrics file."""
        ends = {"value": self.change.value, "low": self.change.low, "high": self.change.high}
        return {
            "judged_by": self.figure,
            "current_threshold": self.current,
            "best_threshold": self.threshold,
            "calibrated_threshold": self.calibrated,
            f"{self.figure}_now": self.now.value,
            f"{self.figure}_at_best": self.then.value,
            "change": ends,
        }


def best(
    model: str,
    chosen_on: Scored,
    judged_on: Scored,
    current: float,
    *,
    costs: Costs | None,
    inference: Inference,
    rng: np.random.Generator,
    grid: npt.NDArray[np.float64] = GRID,
) -> Best:
    """The threshold of the ``grid``, or the ``current`` one, with the least cost, or without costs the highest
    accuracy.

    Of several as good, the one nearest to the current threshold. Judged by the change on ``judged_on``.
    """
    figure = costs.figure if costs else performance_figure("accuracy")
    tried = np.unique(np.append(grid, current))
    tables = np.stack([_joint(model, chosen_on, (t, t)).sum(axis=(0, -1)) for t in tried.tolist()])
    loss = figure.compute(tables) * (1 if costs else -1)
    order = np.lexsort((np.abs(tried - current), loss.round(12)))
    threshold = float(tried[order[0]])
    parts = _joint(model, judged_on, (current, threshold))
    joint, by_group = parts.sum(axis=0), None if judged_on.clusters is None else parts
    both = drawn(joint, inference, rng, models=2, parts=by_group)
    now, then = (estimate(figure, joint.sum(axis=axis), both.sum(axis), inference) for axis in (-1, -2))
    prices = costs or Costs(false_positive=1, false_negative=1)
    calibrated = prices.false_positive / (prices.false_positive + prices.false_negative)
    named = COST if costs else ACCURACY
    return Best(named, threshold, current, calibrated, now, then, change(figure, joint, both, inference))


def _joint(model: str, found: Scored, cuts: tuple[float, float]) -> Counts:
    """``[group of clusters, side, y, ŷ, ŷ]`` at two thresholds; one group and one side where there are none."""
    score, group = np.round(found.scores[model], 9), 0 if found.clusters is None else found.clusters
    cell = 8 * group + 4 * found.label + 2 * (score >= cuts[0]) + (score >= cuts[1])
    size = 8 * (1 if found.clusters is None else jackknife.GROUPS)
    return _counted(cell, found.counts, size).reshape(-1, 1, 2, 2, 2)
