"""Performance of one scored model on the test rows: figures from confusion counts and from scores, with intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from responsible.statistics import intervals
from responsible.statistics.intervals import Inference
from responsible.statistics.probability_metrics import SCORES
from responsible.statistics.rates import PERFORMANCE

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Performance:
    """``table``: ``figure, value, low, high, method``; ``confusion``: test rows ``[y, ŷ]``; ``rows``: rows by split."""

    table: pd.DataFrame
    confusion: Ints
    rows: dict[str, int]


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
    ROC AUC DeLong's, log loss and Brier score normal ones. Undefined figures are NaN.
    """
    test = (cells["split"] == "test").to_numpy()
    score, label, counts = score[test], label[test], cells["n"].to_numpy()[test]
    point = confusion_counts(score >= decision_threshold, label, counts)
    half = intervals.half_counts(point[None], models=1)
    draws = intervals.replicates(point[None], inference.replicates, rng, probabilities=half)[:, 0]
    found = [_from_counts(name, point, draws, inference.confidence) for name in PERFORMANCE]
    found += [_from_scores(name, score, counts * label, counts * (1 - label), inference.confidence) for name in SCORES]
    table = pd.DataFrame(found, columns=["figure", "value", "low", "high", "method"])
    rows = cells.groupby("split")["n"].sum()
    return Performance(table, point, {str(split): int(n) for split, n in rows.items()})


Figure = tuple[str, float, float, float, str]


def _from_counts(name: str, point: Ints, draws: Ints, confidence: float) -> Figure:
    value = float(PERFORMANCE[name](point))
    interval = intervals.including(intervals.percentile(PERFORMANCE[name](draws), confidence), value)
    return name, value, interval.low, interval.high, "multinomial"


def _from_scores(name: str, score: Array, positives: Ints, negatives: Ints, confidence: float) -> Figure:
    interval = SCORES[name].interval(score, positives, negatives, confidence)
    value = SCORES[name].value(score, positives, negatives)
    return name, value, interval.low, interval.high, "DeLong" if name == "roc_auc" else "normal"


def summary(found: Performance) -> dict[str, object]:
    """The headline values: every figure, the confusion counts and the rows of each split, as plain numbers."""
    (tn, fp), (fn, tp) = found.confusion.tolist()
    values = dict(zip(found.table["figure"], found.table["value"], strict=True))
    return {**values, "confusion": {"tp": tp, "fp": fp, "fn": fn, "tn": tn}, "rows": found.rows}


def paired_change(joint: Ints, inference: Inference, rng: np.random.Generator) -> pd.DataFrame:
    """Reweighed minus baseline for every figure of counts, on the same rows: ``figure, value, low, high``.

    ``joint[y, ŷ_baseline, ŷ_reweighed]`` are the test rows; the draws keep each row's two predictions together, so the
    interval is that of the change and not of two independent models.
    """
    half = intervals.half_counts(joint[None])
    draws = intervals.replicates(joint[None], inference.replicates, rng, probabilities=half)[:, 0]
    rows = []
    for name, compute in PERFORMANCE.items():
        value = float(compute(joint.sum(-2)) - compute(joint.sum(-1)))
        change = compute(draws.sum(-2)) - compute(draws.sum(-1))
        found = intervals.including(intervals.percentile(change, inference.confidence), value)
        rows.append((name, value, found.low, found.high))
    return pd.DataFrame(rows, columns=["figure", "value", "low", "high"])
