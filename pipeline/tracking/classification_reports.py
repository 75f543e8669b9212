"""Confusion matrix and classification report of each model, on the test rows, as CSV and as text."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.reporting.formatting import columns
from pipeline.storage.files import read_json, write_csv, write_text
from responsible.statistics.classification_report import class_report

if TYPE_CHECKING:
    import pandas as pd

STAGES = {"baseline": "train_baseline", "reweighed": "reweigh"}  # which stage's metrics hold a model's confusion


def write_reports(root: Path, folder: Path) -> None:
    """``MODEL_confusion.csv``, ``MODEL_report.csv`` and ``MODEL_report.txt`` in ``folder``, from the metrics."""
    import pandas as pd

    for model, stage in STAGES.items():
        n = read_json(root / f"metrics/{stage}.json")[stage]["confusion"]
        confusion = [[n["tn"], n["fp"]], [n["fn"], n["tp"]]]
        table = pd.DataFrame(confusion, columns=["predicted_0", "predicted_1"])
        table.insert(0, "label", [0, 1])
        report = class_report(confusion)
        write_csv(folder / f"{model}_confusion.csv", table)
        write_csv(folder / f"{model}_report.csv", report)
        write_text(folder / f"{model}_report.txt", _text(report))


def _text(report: pd.DataFrame) -> str:
    rows = ((c, *(f"{x:.3f}" for x in rates), str(n)) for c, *rates, n in report.itertuples(index=False))
    return "\n".join(columns([tuple(report.columns), *rows])) + "\n"
