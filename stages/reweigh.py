"""Reweigh: Kamiran and Calders' weights on the training cells, and the baseline's estimator fitted with them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline import entry
from pipeline.storage import files, models, parameters
from responsible.fairness.groups import declared_groups, weighing_groups
from responsible.mitigation.reweighing import Reweigh, Weights, level_table, row_weights, weight_table
from responsible.modelling.logistic_regression import published_coefficients, train
from responsible.modelling.parameters import Logistic
from responsible.modelling.performance import performance, summary
from responsible.names import ATTRIBUTE, FEATURE
from responsible.statistics.intervals import Inference
from responsible.statistics.streams import stream
from responsible.tabular.cells import labels
from responsible.tabular.levels import Cover, Disclosure, blanked, by_split, cover
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
    disclosure: Disclosure


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
    logistic, reweigh, disclosure = given.model, given.reweigh, given.disclosure
    table, meta = files.read_cells(cells)

    label = labels(table, meta["cuts"], given.threshold)
    rows = np.where(table["split"] == "train", table["n"], 0)
    code, names = weighing_groups(table, declared_groups(table, given.sensitive, reweigh.attributes), reweigh.groups)
    found, names, weight = row_weights(code, label, rows, names, reweigh)
    kinds = {FEATURE + name: kind for name, kind in meta["features"].items()}
    trained = train(table, kinds, label, logistic, weight)
    rng = stream(given.seed, "reweigh/performance")
    judged = performance(table, label, trained.score, logistic.decision_threshold, inference=given.inference, rng=rng)
    judged = judged.published(disclosure)
    shown = cover(table, given.sensitive, by_split(table, label), disclosure)
    public = shown.cells(table)
    each = {name: level_table(public[ATTRIBUTE + name].to_list(), label, rows, weight) for name in given.sensitive}
    for name, own in each.items():
        crossed = pd.Series(rows).groupby([public[ATTRIBUTE + name], code, label]).sum()
        hidden = ["reweighed_base_rate"] * (not disclosure.safe(crossed))
        hidden += ["rows", "base_rate", "reweighed_base_rate"] * (name in shown.withheld)
        each[name] = blanked(own, np.ones(len(own)), hidden)
    totals, of_groups = _published(found, names, shown, given)

    models.write_model(model, trained.pipeline)
    files.write_parquet(scores, files.scored(table, trained.score), meta)
    files.write_json(metrics, {"reweigh": summary(judged) | {"weights": totals}})
    files.write_csv(weights, of_groups)
    files.write_csv(levels, pd.concat(each, names=["attribute"]).reset_index("attribute"))
    files.write_csv(figures, judged.table)
    files.write_csv(terms, published_coefficients(trained.pipeline, table, disclosure))


def _published(
    found: Weights, names: tuple[str, ...], shown: Cover, given: Parameters
) -> tuple[dict[str, object], pd.DataFrame]:
    """Headline and table of the weights, from which the rows of each group and label can be had: only if these may be.

    Crossed groups are finer than the levels of either attribute; groups that are levels must not tell merged ones.
    """
    totals, table = dict(found.summary()), weight_table(found, names)
    levels = given.reweigh.groups == "levels" and any(shown.merged(name) for name in given.reweigh.attributes)
    if given.disclosure.safe(found.counts) and not levels and shown.withheld.isdisjoint(given.reweigh.attributes):
        return {**totals}, table
    gone, reason = ("largest", "effective_rows", "rows"), given.disclosure.reason
    columns = ["rows", "weight", "weighted_rows", "share_of_weight", "effective_rows", "base_rate"]
    undefined = {"undefined": dict.fromkeys(gone, reason)}
    return {**totals, **dict.fromkeys(gone), **undefined}, blanked(table, np.ones(len(table)), columns)


if __name__ == "__main__":
    entry.run(main)
