"""Performance of one scored model on the test rows: figures from confusion counts and from scores, with intervals."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from responsible.statistics.count_figures import change, drawn, estimate, performance_figure
from responsible.statistics.intervals import Inference
from responsible.statistics.probability_metrics import SCORES
from responsible.statistics.rates import PERFORMANCE
from responsible.tabular.levels import Disclosure, blanked

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
    ``minimum_denominator``, is NaN and has a ``reason``.
    """
    test = (cells["split"] == "test").to_numpy()
    score, label, counts = score[test], label[test], cells["n"].to_numpy()[test]
    point = confusion_counts(score >= decision_threshold, label, counts)
    draws = drawn(point[None], inference, rng)
    found = [_from_counts(name, point, draws, inference) for name in PERFORMANCE]
    found += [_from_scores(name, score, counts * label, counts * (1 - label), inference) for name in SCORES]
    table = pd.DataFrame(found, columns=["figure", "value", "low", "high", "method", "reason"])
    rows = cells.groupby("split")["n"].sum()
    return Performance(table, point, {str(split): int(n) for split, n in rows.items()})


Figure = tuple[str, float, float, float, str, str]


def _from_counts(name: str, point: Ints, draws: Ints, inference: Inference) -> Figure:
    found = estimate(performance_figure(name), point[None], draws, inference)
    return name, float(found.value), float(found.low), float(found.high), "multinomial", found.reason


def _from_scores(name: str, score: Array, positives: Ints, negatives: Ints, inference: Inference) -> Figure:
    method = "DeLong" if name == "roc_auc" else "normal"
    if reason := lacking(name, int(positives.sum()), int(negatives.sum()), inference.minimum_denominator):
        return name, np.nan, np.nan, np.nan, method, reason
    interval = SCORES[name].interval(score, positives, negatives, inference.confidence)
    return name, SCORES[name].value(score, positives, negatives), interval.low, interval.high, method, ""


def lacking(figure: str, positives: int, negatives: int, minimum: int) -> str:
    """Why a figure of scores is not reported, "" when it is: ROC AUC needs ``minimum`` rows of each label, a mean loss
    as many rows in all.
    """
    if figure == "roc_auc" and min(positives, negatives) == 0:
        return "no_negatives" if positives else "no_positives"
    rows = min(positives, negatives) if figure == "roc_auc" else positives + negatives
    return "n_below_minimum" if rows < minimum else ""


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


def paired_change(joint: Ints, inference: Inference, rng: np.random.Generator) -> pd.DataFrame:
    """Reweighed minus baseline for every figure of counts, on the same rows: ``figure, value, low, high, reason``.

    ``joint[y, ŷ_baseline, ŷ_reweighed]`` are the test rows; the draws keep each row's two predictions together, so the
    interval is that of the change and not of two independent models.
    """
    draws = drawn(joint[None], inference, rng, models=2)
    found = [(name, change(performance_figure(name), joint[None], draws, inference)) for name in PERFORMANCE]
    rows = [(name, each.value, each.low, each.high, each.reason) for name, each in found]
    return pd.DataFrame(rows, columns=["figure", "value", "low", "high", "reason"])
