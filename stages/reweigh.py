"""Reweigh: Kamiran and Calders' weights on the training cells, and the baseline's estimator fitted with them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline import entry
from pipeline.storage import files, models, parameters
from responsible.fairness.groups import declared_groups, weighing_groups
from responsible.mitigation.reweighing import Reweigh, level_table, row_weights, weight_table
from responsible.modelling.logistic_regression import coefficients, train
from responsible.modelling.parameters import Logistic
from responsible.modelling.performance import performance, summary
from responsible.names import ATTRIBUTE, FEATURE
from responsible.statistics.intervals import Inference
from responsible.statistics.streams import stream
from responsible.tabular.cells import labels
from responsible.tabular.schema import Seed, Sensitive, Threshold
from responsible.validation import Params


class Parameters(Params):
    """What this stage reads of the parameter file."""

    seed: Seed
    threshold: Threshold
    sensitive: dict[str, Sensitive]
    model: Logistic
    reweigh: Reweigh
    inference: Inference


def main(
    *,
    params: str = "params.yaml",
    cells: str = "data/prepared/budget.parquet",
    model: str = "data/models/reweighed.skops",
    scores: str = "data/scores/reweighed.parquet",
    metrics: str = "metrics/reweigh.json",
    weights: str = "plots/reweighing_weights.csv",
    levels: str = "plots/reweighing_levels.csv",
    figures: str = "plots/performance_reweighed.csv",
    terms: str = "plots/coefficients_reweighed.csv",
) -> None:
    """Weigh, fit, score and judge; see the names of the outputs."""
    given = parameters.load(params, Parameters)
    logistic, reweigh = given.model, given.reweigh
    table, meta = files.read_cells(cells)

    label = labels(table, meta["cuts"], given.threshold)
    rows = np.where(table["split"] == "train", table["n"], 0)
    code, names = weighing_groups(table, declared_groups(table, given.sensitive, reweigh.attributes), reweigh.groups)
    found, names, weight = row_weights(code, label, rows, names, reweigh.empty_cells)
    kinds = {FEATURE + name: kind for name, kind in meta["features"].items()}
    trained = train(table, kinds, label, logistic, weight)
    rng = stream(given.seed, "reweigh/performance")
    judged = performance(table, label, trained.score, logistic.decision_threshold, inference=given.inference, rng=rng)
    each = {name: level_table(table[ATTRIBUTE + name].to_list(), label, rows, weight) for name in given.sensitive}

    models.write_model(model, trained.pipeline)
    files.write_parquet(scores, files.scored(table, trained.score), meta)
    files.write_json(metrics, {"reweigh": summary(judged) | {"weights": found.summary()}})
    files.write_csv(weights, weight_table(found, names))
    files.write_csv(levels, pd.concat(each, names=["attribute"]).reset_index("attribute"))
    files.write_csv(figures, judged.table)
    files.write_csv(terms, coefficients(trained.pipeline))


if __name__ == "__main__":
    entry.run(main)
