"""Performance of one scored model on the test rows: figures from confusion counts and from scores, with intervals."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from responsible.modelling.score_intervals import cluster_of, lacking, score_interval, score_support
from responsible.names import NO_SCORES
from responsible.statistics import jackknife
from responsible.statistics.count_figures import change, estimate, performance_figure
from responsible.statistics.count_tables import Draws, drawn
from responsible.statistics.intervals import Inference
from responsible.statistics.probability_metrics import SCORES
from responsible.statistics.rates import PERFORMANCE
from responsible.tabular.levels import Disclosure, blanked

CHANGED = ("figure", "value", "low", "high", "reason")
Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Performance:
    """``table``: ``figure, value, low, high, method, reason``; ``confusion``: test ``[y, ŷ]``; ``rows`` by split.

    ``withheld`` is the reason, if any, for which neither the confusion counts nor a figure of them are published.
    """

    table: pd.DataFrame
    confusion: Ints
    rows: dict[str, int]
    withheld: str = ""

    def published(self, disclosure: Disclosure) -> Performance:
        """Without the confusion counts and the figures of counts when a count is too small to be published.

        Figures of the scores of all test rows (ROC AUC, log loss, Brier score) are no counts of people, and stay.
        """
        if disclosure.safe(self.confusion):
            return self
        of_counts = self.table["figure"].isin(list(PERFORMANCE))
        table = blanked(self.table, of_counts, ["value", "low", "high"], disclosure.reason)
        return replace(self, table=table, withheld=disclosure.reason)


def confusion_counts(predicted: npt.ArrayLike, label: Ints, counts: Ints) -> Ints:
    """Σ ``counts`` by 0/1 label and 0/1 prediction: (2, 2), label first."""
    cell = 2 * label + np.asarray(predicted, dtype=np.int64)
    return np.asarray(np.bincount(cell, weights=counts, minlength=4), dtype=np.int64).reshape(2, 2)


def performance(
    cells: pd.DataFrame,
    label: Ints,
    score: Array,
    decision_threshold: float,
    *,
    inference: Inference,
    rng: np.random.Generator,
) -> Performance:
    """Judge 0/1 ``label`` and ``score`` of cells (both (m,)) on the rows of split ``test``.

    Accuracy, balanced accuracy, precision, recall and F1 have multinomial percentile intervals of the confusion counts;
    ROC AUC DeLong's, log loss and Brier score normal ones. A figure that is undefined, or rests on fewer rows than
    ``minimum_denominator``, is NaN and has a ``reason``. Where rows come in clusters (cells with a column ``CLUSTER``)
    all intervals are those of the delete-a-group jackknife.
    """
    test = (cells["split"] == "test").to_numpy()
    rows = cells.groupby("split")["n"].sum()
    found = of_decisions(
        cells[test],
        label[test],
        score[test] >= decision_threshold,
        (cells[test], score[test], label[test]),
        inference=inference,
        rng=rng,
    )
    return replace(found, rows={str(split): int(n) for split, n in rows.items()})


def of_decisions(
    test: pd.DataFrame,
    label: Ints,
    decision: npt.NDArray[np.bool_],
    scores: tuple[pd.DataFrame, Array, Ints] | None,
    *,
    inference: Inference,
    rng: np.random.Generator,
) -> Performance:
    """As :func:`performance`, of the 0/1 ``decision`` (m,) of each test cell, and of ``scores`` of the same rows in
    cells that may be others: (cells, score, label). Without them what rests on scores has the reason
    :data:`~responsible.names.NO_SCORES`.
    """
    clusters, counts = cluster_of(test), test["n"].to_numpy()
    point = confusion_counts(decision, label, counts)
    parts = None if clusters is None else _by_group(clusters, decision, label, counts)
    draws = drawn(point[None], inference, rng, parts=parts)
    found = [_from_counts(name, point, draws, inference) for name in PERFORMANCE]
    if scores is None:
        found += [(name, np.nan, np.nan, np.nan, "", NO_SCORES) for name in SCORES]
    else:
        cells, score, truth = scores
        n = cells["n"].to_numpy()
        scored = (score, n * truth, n * (1 - truth))
        found += [_from_scores(name, scored, inference, cluster_of(cells)) for name in SCORES]
    table = pd.DataFrame(found, columns=["figure", "value", "low", "high", "method", "reason"])
    return Performance(table, point, {"test": int(counts.sum())})


def _by_group(clusters: Ints, predicted: npt.ArrayLike, label: Ints, counts: Ints) -> Ints:
    """Confusion counts by group of clusters, (GROUPS, 1, y, ŷ)."""
    cell = clusters * 4 + 2 * label + np.asarray(predicted, dtype=np.int64)
    found = np.bincount(cell, weights=counts, minlength=4 * jackknife.GROUPS)
    return np.asarray(found, dtype=np.int64).reshape(-1, 1, 2, 2)


Figure = tuple[str, float, float, float, str, str]


def _from_counts(name: str, point: Ints, draws: Draws, inference: Inference) -> Figure:
    found = estimate(performance_figure(name), point[None], draws, inference)
    method = "multinomial" if draws.parts is None else "jackknife"
    return name, float(found.value), float(found.low), float(found.high), method, found.reason


def _from_scores(name: str, cells: tuple[Array, Ints, Ints], inference: Inference, clusters: Ints | None) -> Figure:
    method = "jackknife" if clusters is not None else "DeLong" if name == "roc_auc" else "normal"
    reason = lacking(name, int(cells[1].sum()), int(cells[2].sum()), inference.minimum_denominator)
    if clusters is not None and not reason:
        reason = jackknife.FEW if score_support(name, *cells[1:], clusters) < inference.minimum_denominator else ""
    if reason:
        return name, np.nan, np.nan, np.nan, method, reason
    interval = SCORES[name].interval(*cells, inference.confidence)
    if clusters is not None:
        interval = score_interval(name, interval, cells, clusters, inference.confidence)
    return name, SCORES[name].value(*cells), interval.low, interval.high, method, ""


def summary(found: Performance) -> dict[str, object]:
    """The headline values: every figure, the confusion counts and the rows of each split, as plain numbers."""
    (tn, fp), (fn, tp) = found.confusion.tolist()
    values = dict(zip(found.table["figure"], found.table["value"], strict=True))
    reasons = {figure: why for figure, why in zip(found.table["figure"], found.table["reason"], strict=True) if why}
    counts: dict[str, object] = {"tp": tp, "fp": fp, "fn": fn, "tn": tn}
    if found.withheld:
        counts = dict.fromkeys(counts) | {"undefined": dict.fromkeys(counts, found.withheld)}
    undefined = {"undefined": reasons} if reasons else {}
    return {**values, **undefined, "confusion": counts, "rows": found.rows}


def paired_change(
    joint: Ints, inference: Inference, rng: np.random.Generator, clusters: Ints | None = None
) -> pd.DataFrame:
    """A model minus the reference for every figure of counts, on the same rows: :data:`CHANGED`.

    ``joint[y, ŷ of the reference, ŷ]`` are the test rows, and ``clusters`` the same by group of clusters, if any. The
    draws keep each row's two predictions together, so the interval is that of the change and not of two independent
    models.
    """
    parts = None if clusters is None else clusters[:, None]
    draws = drawn(joint[None], inference, rng, models=2, parts=parts)
    found = [(name, change(performance_figure(name), joint[None], draws, inference)) for name in PERFORMANCE]
    rows = [(name, each.value, each.low, each.high, each.reason) for name, each in found]
    return pd.DataFrame(rows, columns=list(CHANGED))
