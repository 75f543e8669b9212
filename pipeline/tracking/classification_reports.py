"""Confusion matrix and classification report of each model, on the test rows, as CSV and as text."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.reporting.formatting import columns
from pipeline.results.catalogue import STAGES, performance_of
from pipeline.results.figures import PARAMETERS
from pipeline.storage.files import read_json, write_csv, write_text
from pipeline.storage.parameters import read_yaml
from responsible.names import trained_here
from responsible.statistics.rates import divide

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd


def write_reports(root: Path, folder: Path) -> None:
    """``MODEL_confusion.csv``, ``MODEL_report.csv`` and ``MODEL_report.txt`` in ``folder``, from published metrics."""
    import pandas as pd

    for model, place in trained_here(read_yaml(root / PARAMETERS)).items():
        if not (root / f"metrics/{STAGES[place]}.json").is_file():
            continue  # no model is trained here
        n = read_json(root / f"metrics/{STAGES[place]}.json", f"{performance_of(model)}.confusion")
        if n["tn"] is None:
            continue  # about too few people to be passed on
        confusion = [[n["tn"], n["fp"]], [n["fn"], n["tp"]]]
        table = pd.DataFrame(confusion, columns=["predicted_0", "predicted_1"])
        table.insert(0, "label", [0, 1])
        report = classification(confusion)
        write_csv(folder / f"{model}_confusion.csv", table)
        write_csv(folder / f"{model}_report.csv", report)
        write_text(folder / f"{model}_report.txt", _text(report))


def classification(confusion: npt.ArrayLike) -> pd.DataFrame:
    """``class, precision, recall, f1, support`` from ``confusion[y, ŷ]`` (2, 2), in rows: scikit-learn's report.

    A line for label 0 and for label 1, each as the class that is looked for; their plain mean (``macro average``) and
    their mean by support (``weighted average``). Precision is undefined (NaN) for a class that is never predicted,
    recall for one without rows, and a mean is undefined when one of its terms is; a class without rows has no weight.
    At least one count is above 0.
    """
    import numpy as np
    import pandas as pd

    counts = np.asarray(confusion)
    support, chosen, right = counts.sum(axis=1), counts.sum(axis=0), counts.diagonal()
    each = divide([right, right, 2 * right], [chosen, support, chosen + support]).T
    weighted = support @ np.where(support[:, None] > 0, each, 0.0) / support.sum()
    table = pd.DataFrame([*each, each.mean(axis=0), weighted], columns=["precision", "recall", "f1"])
    table.insert(0, "class", ["0", "1", "macro average", "weighted average"])
    return table.assign(support=[*support.astype(int), int(support.sum()), int(support.sum())])


def _text(report: pd.DataFrame) -> str:
    rows = ((c, *(f"{x:.3f}" for x in rates), str(n)) for c, *rates, n in report.itertuples(index=False))
    return "\n".join(columns([tuple(report.columns), *rows])) + "\n"
