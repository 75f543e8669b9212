"""Train the baseline: logistic regression on the training cells, scored on every cell, judged on the test rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from responsible.cells import FEATURE, labels
from responsible.encoding import Logistic
from responsible.groups import Inference
from responsible.model import coefficients, train
from responsible.performance import performance, summary
from stages import _io, _models

PARAMS: dict[str, Any] = {"seed": int, "threshold": float, "model": Logistic, "inference": Inference}


def main(
    *,
    params: str = "params.yaml",
    cells: str = "data/prepared/budget.parquet",
    model: str = "data/models/baseline.skops",
    scores: str = "data/scores/baseline.parquet",
    metrics: str = "metrics/train_baseline.json",
    figures: str = "plots/performance_baseline.csv",
    terms: str = "plots/coefficients_baseline.csv",
) -> None:
    """Fit, score and judge; see the names of the outputs."""
    seed, threshold, logistic, inference = _io.load(params, PARAMS)
    table, meta = _io.read_parquet(cells)

    label = labels(table, meta["cuts"], threshold)
    trained = train(table, {FEATURE + name: kind for name, kind in meta["features"].items()}, label, logistic)
    rng = np.random.default_rng([seed, 1])
    found = performance(table, label, trained.score, logistic.decision_threshold, inference=inference, rng=rng)

    _models.write_model(model, trained.pipeline)
    _io.write_parquet(scores, _io.scored(table, trained.score), meta)
    _io.write_json(metrics, {"train_baseline": summary(found)})
    _io.write_csv(figures, found.table)
    _io.write_csv(terms, coefficients(trained.pipeline))


if __name__ == "__main__":
    _io.run(main)
