"""Performance of one scored model on the test rows: figures from confusion counts and from scores, with intervals."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from responsible.names import CLUSTER
from responsible.statistics import jackknife
from responsible.statistics.count_figures import change, estimate, performance_figure
from responsible.statistics.count_tables import Draws, drawn
from responsible.statistics.intervals import Inference, Interval
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
    ``minimum_denominator``, is NaN and has a ``reason``. Where rows come in clusters (cells with a column ``CLUSTER``)
    all intervals are those of the delete-a-group jackknife.
    """
    test = (cells["split"] == "test").to_numpy()
    score, label, counts = score[test], label[test], cells["n"].to_numpy()[test]
    clusters = cluster_of(cells[test])
    point = confusion_counts(score >= decision_threshold, label, counts)
    parts = None if clusters is None else _by_group(clusters, score >= decision_threshold, label, counts)
    draws = drawn(point[None], inference, rng, parts=parts)
    found = [_from_counts(name, point, draws, inference) for name in PERFORMANCE]
    scored = (score, counts * label, counts * (1 - label))
    found += [_from_scores(name, scored, inference, clusters) for name in SCORES]
    table = pd.DataFrame(found, columns=["figure", "value", "low", "high", "method", "reason"])
    rows = cells.groupby("split")["n"].sum()
    return Performance(table, point, {str(split): int(n) for split, n in rows.items()})


def cluster_of(cells: pd.DataFrame) -> Ints | None:
    """The group of clusters of each cell, (m,); None where rows are independent."""
    return cells[CLUSTER].to_numpy() if CLUSTER in cells else None


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
        reason = jackknife.FEW if _support(name, *cells[1:], clusters) < inference.minimum_denominator else ""
    if reason:
        return name, np.nan, np.nan, np.nan, method, reason
    interval = SCORES[name].interval(*cells, inference.confidence)
    if clusters is not None:
        interval = score_interval(name, interval, cells, clusters, inference.confidence)
    return name, SCORES[name].value(*cells), interval.low, interval.high, method, ""


def score_interval(
    name: str,
    found: Interval,
    cells: tuple[Array, Ints, Ints],
    clusters: Ints,
    confidence: float,
    *,
    before: Array | None = None,
) -> Interval:
    """The interval ``found`` of a figure of scores, or of its change since the scores ``before``, at the width of the
    jackknife over groups of clusters.
    """
    score, positives, negatives = cells

    def figure(kept: npt.NDArray[np.bool_]) -> float:
        now, *then = (s[kept] for s in (score, before) if s is not None)
        rows = positives[kept], negatives[kept]
        return SCORES[name].value(now, *rows) - sum(SCORES[name].value(old, *rows) for old in then)

    value, values = np.asarray(figure(np.ones(len(score), dtype=bool))), jackknife.of_cells(figure, clusters)
    highest = np.inf if name == "log_loss" else 1.0
    bounds = (0.0, highest) if before is None else (-np.inf, np.inf)
    support = _support(name, positives, negatives, clusters)
    return jackknife.stretched(found, value, values, support=support, confidence=confidence, bounds=bounds)


def _support(name: str, positives: Ints, negatives: Ints, clusters: Ints) -> Ints:
    """How many groups of clusters a figure of scores rests on: ROC AUC on those of either label, the fewer count."""
    rows = (positives, negatives) if name == "roc_auc" else (positives + negatives,)
    return np.asarray(min(np.unique(clusters[each > 0]).size for each in rows))


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


def paired_change(
    joint: Ints, inference: Inference, rng: np.random.Generator, clusters: Ints | None = None
) -> pd.DataFrame:
    """Reweighed minus baseline for every figure of counts, on the same rows: ``figure, value, low, high, reason``.

    ``joint[y, ŷ_baseline, ŷ_reweighed]`` are the test rows, and ``clusters`` the same by group of clusters, if any. The
    draws keep each row's two predictions together, so the interval is that of the change and not of two independent
    models.
    """
    parts = None if clusters is None else clusters[:, None]
    draws = drawn(joint[None], inference, rng, models=2, parts=parts)
    found = [(name, change(performance_figure(name), joint[None], draws, inference)) for name in PERFORMANCE]
    rows = [(name, each.value, each.low, each.high, each.reason) for name, each in found]
    return pd.DataFrame(rows, columns=["figure", "value", "low", "high", "reason"])
