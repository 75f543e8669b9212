"""Rates: what a table of counts says about one group, and the performance figures of a model.

Everything here is a function of ``counts[..., y, ŷ]``: how many rows have label ``y`` and prediction ``ŷ`` (0 or 1).
Leading axes (groups, replicates, thresholds) pass through untouched, so a point estimate and 10,000 replicates take
the same road.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import ArrayLike

Counts = np.ndarray
"""``(..., 2, 2)``, numbers of rows (integers, or floats when the rows are weighted), last two axes label and
prediction.
"""


@dataclass(frozen=True, eq=False)
class Rate:
    """A conditional probability ``P(event | condition)``, as two masks over the ``(y, ŷ)`` table.

    ``numerator`` marks the cells of event and condition, ``denominator`` those of the condition, both ``(2, 2)`` bool.
    ``empty`` is the reason code of the rate when the denominator has no rows; ``question`` is the rate in words.
    """

    numerator: np.ndarray
    denominator: np.ndarray
    empty: str
    question: str


_ROWS = ([[1, 1], [1, 1]], "group_absent")
_POSITIVES = ([[0, 0], [1, 1]], "no_positives")
_NEGATIVES = ([[1, 1], [0, 0]], "no_negatives")
_SELECTED = ([[0, 1], [0, 1]], "no_predicted_positives")
_REJECTED = ([[1, 0], [1, 0]], "no_predicted_negatives")
_POSITIVES_SELECTED = ([[0, 0], [0, 1]], "")
_CORRECT = ([[1, 0], [0, 1]], "")

_Cells = tuple[list[list[int]], str]


def _given(condition: _Cells, event: _Cells, question: str) -> Rate:
    denominator = np.array(condition[0], dtype=bool)
    numerator = denominator & np.array(event[0], dtype=bool)
    for mask in (numerator, denominator):
        mask.flags.writeable = False
    return Rate(numerator, denominator, condition[1], question)


RATES: dict[str, Rate] = {
    "selection_rate": _given(_ROWS, _SELECTED, "Of all rows, what share does the model select?"),
    "true_positive_rate": _given(_POSITIVES, _SELECTED, "Of the rows with label 1, what share is selected?"),
    "false_positive_rate": _given(_NEGATIVES, _SELECTED, "Of the rows with label 0, what share is selected?"),
    "positive_predictive_value": _given(_SELECTED, _POSITIVES, "Of the selected rows, what share has label 1?"),
    "base_rate": _given(_ROWS, _POSITIVES, "Of all rows, what share has label 1?"),
    "false_negative_rate": _given(_POSITIVES, _REJECTED, "Of the rows with label 1, what share is not selected?"),
    "true_negative_rate": _given(_NEGATIVES, _REJECTED, "Of the rows with label 0, what share is not selected?"),
    "negative_predictive_value": _given(_REJECTED, _NEGATIVES, "Of the rows not selected, what share has label 0?"),
    "false_discovery_rate": _given(_SELECTED, _NEGATIVES, "Of the selected rows, what share has label 0?"),
    "false_omission_rate": _given(_REJECTED, _POSITIVES, "Of the rows not selected, what share has label 1?"),
    "accuracy": _given(_ROWS, _CORRECT, "Of all rows, what share is predicted correctly?"),
}
"""Every rate by its name in metrics files. Each lies in [0, 1] and is undefined (NaN) when its denominator is zero."""


def parts(counts: Counts, name: str | Rate) -> tuple[np.ndarray, np.ndarray]:
    """Numerator and denominator, each ``(...)``, of a rate or its name for ``counts[..., y, ŷ]``; in rows."""
    counts, rate_ = np.asarray(counts), RATES[name] if isinstance(name, str) else name
    k, n = (sum(counts[..., y, h] for y, h in cells) for cells in _cells(rate_))
    return np.asarray(k)[()], np.asarray(n)[()]


@cache
def _cells(rate: Rate) -> tuple[list[tuple[int, int]], ...]:
    """The cells of numerator and denominator: adding them is five times as fast as selecting them by the masks."""
    return tuple([(y, h) for y, h in np.argwhere(mask).tolist()] for mask in (rate.numerator, rate.denominator))


def divide(numerator: ArrayLike, denominator: ArrayLike) -> np.ndarray:
    """``numerator / denominator`` as floats, NaN where the denominator is zero: undefined, neither 0 nor infinite."""
    over, under = np.asarray(numerator), np.asarray(denominator)
    if over.shape != under.shape:
        over, under = np.broadcast_arrays(over, under)
    quotient = np.full(over.shape, np.nan)
    np.divide(over, under, out=quotient, where=under != 0)
    return quotient[()]  # a scalar, not an array of no dimensions, for one table


def rate(counts: Counts, name: str) -> np.ndarray:
    """The rate ``name`` of ``counts[..., y, ŷ]``: ``(...)``, in [0, 1], NaN where the denominator has no rows.

    >>> round(float(rate([[990, 805], [532, 1369]], "false_positive_rate")), 4)  # [y, ŷ]
    0.4485
    """
    return divide(*parts(counts, name))


_EITHER = _given(([[0, 1], [1, 1]], "no_positives"), _POSITIVES_SELECTED, "Of the rows with label 1 or selected, both?")


def _balanced_accuracy(counts: Counts) -> np.ndarray:
    return (rate(counts, "true_positive_rate") + rate(counts, "true_negative_rate")) / 2


def _f1(counts: Counts) -> np.ndarray:
    counts = np.asarray(counts)
    hits = 2 * counts[..., 1, 1]
    return divide(hits, hits + counts[..., 0, 1] + counts[..., 1, 0])


PERFORMANCE: dict[str, Callable[[Counts], np.ndarray]] = {
    "accuracy": lambda counts: rate(counts, "accuracy"),
    "balanced_accuracy": _balanced_accuracy,
    "precision": lambda counts: rate(counts, "positive_predictive_value"),
    "recall": lambda counts: rate(counts, "true_positive_rate"),
    "f1": _f1,
}
"""Performance of a model from ``counts[..., y, ŷ]``, each ``(...)`` in [0, 1], NaN where undefined.

accuracy = (TP + TN) / n; balanced accuracy = (TPR + TNR) / 2, undefined when a class is missing; precision = TP / (TP
+ FP); recall = TP / (TP + FN); F1 = 2 TP / (2 TP + FP + FN), undefined when nobody has label 1 and nobody is selected.
"""

PERFORMANCE_RATES: dict[str, tuple[Rate, ...]] = {
    "accuracy": (RATES["accuracy"],),
    "balanced_accuracy": (RATES["true_positive_rate"], RATES["true_negative_rate"]),
    "precision": (RATES["positive_predictive_value"],),
    "recall": (RATES["true_positive_rate"],),
    "f1": (_EITHER,),
}
"""The rates each performance figure is made of. F1 is 2 J / (1 + J) of J = TP / (TP + FP + FN), Jaccard's (1901)."""
