"""Train the baseline: logistic regression on the training cells, scored on every cell, judged on the test rows."""

from __future__ import annotations

from pipeline import entry
from pipeline.storage import files, models, parameters
from responsible.modelling.logistic_regression import published_coefficients, train
from responsible.modelling.parameters import Logistic
from responsible.modelling.performance import performance, summary
from responsible.names import FEATURE
from responsible.statistics.intervals import Inference
from responsible.statistics.streams import stream
from responsible.tabular.cells import labels
from responsible.tabular.levels import Disclosure
from responsible.tabular.schema import Seed, Threshold
from responsible.validation import Params


class Parameters(Params):
    """What this stage reads of the parameter file."""

    seed: Seed
    threshold: Threshold
    model: Logistic
    inference: Inference
    disclosure: Disclosure


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
    given = parameters.load(params, Parameters)
    table, meta = files.read_cells(cells)

    label = labels(table, meta["cuts"], given.threshold)
    trained = train(table, {FEATURE + name: kind for name, kind in meta["features"].items()}, label, given.model)
    rng = stream(given.seed, "train_baseline/performance")
    found = performance(table, label, trained.score, given.model.decision_threshold, inference=given.inference, rng=rng)
    found = found.published(given.disclosure)

    models.write_model(model, trained.pipeline)
    files.write_parquet(scores, files.scored(table, trained.score), meta)
    files.write_json(metrics, {"train_baseline": summary(found)})
    files.write_csv(figures, found.table)
    files.write_csv(terms, published_coefficients(trained.pipeline, table, given.disclosure))


if __name__ == "__main__":
    entry.run(main)
