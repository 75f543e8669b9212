"""The classification report: precision, recall, F1 and support of each class, and their means.

What scikit-learn's function of that name prints, from four counts instead of the rows.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from responsible.statistics.rates import PERFORMANCE

FIGURES = ("precision", "recall", "f1")


def class_report(confusion: npt.ArrayLike) -> pd.DataFrame:
    """``class, precision, recall, f1, support`` from ``confusion[y, ŷ]`` (2, 2), in rows.

    A line for label 0 and for label 1, each as the class that is looked for; their plain mean (``macro average``) and
    their mean by support (``weighted average``). Precision is undefined (NaN) for a class that is never predicted,
    recall for one without rows, and a mean is undefined when one of its terms is; a class without rows has no weight.
    """
    one = np.asarray(confusion, dtype=float)
    by_class = [one[::-1, ::-1], one]  # a table with labels and predictions swapped looks for label 0
    values = np.array([[float(PERFORMANCE[figure](table)) for figure in FIGURES] for table in by_class])
    support = one.sum(axis=1)
    weighted = np.average(values[support > 0], axis=0, weights=support[support > 0]) if support.any() else values[0]
    table = pd.DataFrame(np.vstack([values, values.mean(axis=0), weighted]), columns=list(FIGURES))
    table.insert(0, "class", ["0", "1", "macro average", "weighted average"])
    return table.assign(support=[*support.astype(int), int(support.sum()), int(support.sum())])
