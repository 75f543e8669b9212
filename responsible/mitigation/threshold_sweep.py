"""The threshold sweep: one baseline and one mitigated model for each label threshold, compared on the same people."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from responsible.fairness.comparisons import Row, any_level
from responsible.fairness.groups import declared_groups, weighing_groups
from responsible.fairness.measures import MEASURES, ordered, standard
from responsible.measures.costs import COST, Costs
from responsible.mitigation.reweighing import Reweigh, row_weights
from responsible.mitigation.swept import Mitigation, Predictions, Swept, Teach
from responsible.mitigation.threshold_figures import (
    PRIVILEGED,
    UNPRIVILEGED,
    Array,
    Bits,
    Sweep,
    estimates,
    sides,
)
from responsible.modelling.encoding import Design, design
from responsible.modelling.newton import encoded, fit, probability
from responsible.modelling.parameters import Logistic
from responsible.modelling.score_intervals import cluster_of
from responsible.names import ANY_LEVEL, BASELINE, DATA
from responsible.statistics.intervals import Inference
from responsible.statistics.rates import PERFORMANCE
from responsible.tabular.cells import labels
from responsible.tabular.schema import Sensitive
from responsible.validation import InputError

ENDS = ("value", "low", "high", "simultaneous_low", "simultaneous_high")
Watch = Callable[[Iterable[npt.NDArray[np.bool_]]], Iterable[npt.NDArray[np.bool_]]]


class Encoded(NamedTuple):
    """Features encoded once: ``matrix`` (u, d), an array or sparse, holds the encoded rows of ``design``."""

    design: Design
    matrix: Any


@dataclass(frozen=True)
class Fitter:
    """What the models of every threshold share: training ``counts`` (m,), both models' features, what one is taught."""

    counts: npt.NDArray[np.int64]
    features: tuple[Encoded, Encoded]
    teach: Teach
    model: Logistic

    def predict(self, labels: Bits, watch: Watch) -> Predictions:
        """Fit both models at each threshold, whose labels are the rows of ``labels`` (thresholds, m), and predict."""
        found, reasons = np.zeros((2, *labels.shape), dtype=bool), []
        near: Sequence[Array | None] = (None, None)
        for t, label in enumerate(watch(labels)):
            try:
                near = fitted = self._pair(label, near)
                found[:, t] = [self._predicted(*own) for own in zip(fitted, self.features, strict=True)]
                reasons.append("")
            except InputError as error:
                reasons.append(str(error))
        return Predictions(labels, found[0], found[1], tuple(reasons))

    def _pair(self, label: npt.NDArray[np.bool_], near: Sequence[Array | None]) -> tuple[Array, Array]:
        """The coefficients of both models, from those ``near``: of the threshold before."""
        weights, taught = self.teach(label)
        return self._fitted(0, label, self.counts, near[0]), self._fitted(1, taught, self.counts * weights, near[1])

    def _fitted(self, own: int, label: Bits, weights: npt.NDArray[np.generic], near: Array | None) -> Array:
        parts, matrix = self.features[own]
        return fit(matrix, parts.total(weights * label), parts.total(weights * ~label), self.model, near)

    def _predicted(self, beta: Array, own: Encoded) -> npt.NDArray[np.bool_]:
        return (probability(own.matrix, beta) >= self.model.decision_threshold)[own.design.row]


def sweep_cells(
    cells: pd.DataFrame,
    kinds: Mapping[str, str],
    cuts: Sequence[float],
    sensitive: Mapping[str, Sensitive],
    *,
    model: Logistic,
    reweigh: Reweigh,
    sweep: Sweep,
    adopted: Mitigation | None = None,
    watch: Watch = iter,
) -> Swept:
    """Fit the baseline and the reweighed or the ``adopted`` model at every threshold of the grid, on the training rows.

    ``kinds`` maps each ``x.`` column of ``cells`` to its kind, ``cuts`` are the cut points of the cells, and ``watch``
    sees each threshold go by (a progress bar).
    """
    rows = np.where(cells["split"] == "train", cells["n"], 0)
    own = adopted or _reweighing(cells, rows, sensitive, reweigh)
    plain = _encoded(cells, rows, kinds, model)
    other = _encoded(cells, rows, kinds, model, own.dropped) if own.dropped else plain
    fitter = Fitter(rows, (plain, other), own.teach, model)
    label = np.stack([labels(cells, cuts, t) for t in sweep.grid.values()]).astype(bool)
    who = declared_groups(cells, sensitive, [sweep.attribute])[0]
    level = who.codes(cells)
    group = np.where(who.privileged[level], PRIVILEGED, UNPRIVILEGED) if who.reference else level
    group = np.where(level < 0, 2 if who.reference else len(who.levels), group)
    split, counts = cells["split"].to_numpy(dtype=object), cells["n"].to_numpy()
    unpooled = None if who.reference else who
    found = fitter.predict(label, watch)
    return Swept(
        tuple(sweep.grid.values()), found, group, split, counts, unpooled, cluster_of(cells), (BASELINE, own.name)
    )


def _reweighing(
    cells: pd.DataFrame, rows: npt.NDArray[np.int64], sensitive: Mapping[str, Sensitive], given: Reweigh
) -> Mitigation:
    code, names = weighing_groups(cells, declared_groups(cells, sensitive, given.attributes), given.groups)
    return Mitigation(lambda label: (row_weights(code, label, rows, names, given)[2], label))


def _encoded(
    cells: pd.DataFrame,
    rows: npt.NDArray[np.int64],
    kinds: Mapping[str, str],
    model: Logistic,
    gone: Collection[str] = (),
) -> Encoded:
    parts = design(cells.drop(columns=list(gone)))
    left = {name: kind for name, kind in kinds.items() if name not in gone}
    return Encoded(parts, encoded(parts.x, parts.total(rows).astype(np.int64), left, model))


def table(
    swept: Swept,
    inference: Inference,
    rng: np.random.Generator,
    split: str = "test",
    *,
    measures: Collection[str] = (),
    costs: Costs | None = None,
) -> pd.DataFrame:
    """Every figure of both models at every threshold with its interval, on one split; long, a figure a row.

    Fairness measures are the standard ones and ``measures``; the mean ``cost`` is there where ``costs`` are declared.
    Columns: ``threshold, model, figure, value, low, high, reason``; the base rate belongs to no model (``data``). Where
    each level is compared, a measure has rows by ``level`` and one without, of the level ``farthest`` from parity
    (:func:`~responsible.fairness.comparisons.any_level`), with ``simultaneous_low, simultaneous_high``.
    """
    parts = swept.parts(split)
    views = dict(zip(swept.models, (parts.sum(-1), parts.sum(-2)), strict=True))
    jobs = [(DATA, parts.sum(-1), ["base_rate"])]
    compared = [name for name in ordered({*standard(), *measures}) if name in MEASURES]
    jobs += [(model, view, list(names)) for model, view in views.items() for names in (PERFORMANCE, compared)]
    jobs += [(model, view, [COST]) for model, view in views.items() if costs]
    frames = [frame for job in jobs for frame in _figures(*job, swept, inference=inference, rng=rng, costs=costs)]
    return pd.concat(frames, ignore_index=True).sort_values(["threshold", "model"], kind="stable", ignore_index=True)


def _figures(
    model: str,
    parts: npt.NDArray[np.int64],
    names: Sequence[str],
    swept: Swept,
    *,
    inference: Inference,
    rng: np.random.Generator,
    costs: Costs | None,
) -> Iterator[pd.DataFrame]:
    """A table for each figure, from one set of replicates: all of them compare the same sides."""
    by_group = sides(names[0], parts, each=swept.each)
    tables, draws = by_group.sum(axis=0), swept.drawn(by_group, inference, rng)
    for name in names:
        rows: list[Row] = []
        for t, (threshold, reason) in enumerate(zip(swept.thresholds, swept.found.reason, strict=True)):
            found = estimates(name, (tables[t], draws.at(t)), inference, swept.unpooled, costs=costs)
            if reason and model != DATA:
                found = [row | {**dict.fromkeys(ENDS, np.nan), "reason": reason} for row in found]
            found = [*any_level(found, ("measure",)), *found] if len(found) > 1 else found
            rows += [{"threshold": threshold, "model": model, "figure": name, "farthest": "", **row} for row in found]
        table = pd.DataFrame(rows).assign(level=lambda t: t["comparison"].replace(ANY_LEVEL, ""))
        yield table[["threshold", "model", "figure", *ENDS[:3], "reason", "level", "farthest", *ENDS[3:]]]


def wide(figures: pd.DataFrame, frequency: Array) -> pd.DataFrame:
    """One row a threshold: ``base_rate``, ``<model>_<figure>`` of both models and ``selection_frequency``."""
    named = figures.assign(column=figures["model"].str.cat(figures["figure"], sep="_").str.removeprefix("data_"))
    order = list(dict.fromkeys(named["column"]))
    out = named.pivot(index="threshold", columns="column", values="value")[order]
    return out.assign(selection_frequency=frequency).reset_index().rename_axis(columns=None)
