"""Reweigh: Kamiran and Calders' weights on the training cells, and the baseline's estimator fitted with them.

An adopted candidate of the search for alternatives is trained in its place, as the search trains it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipeline import entry
from pipeline.storage import files, models, parameters
from responsible.alternatives.candidates import adoption
from responsible.alternatives.material import Material
from responsible.alternatives.parameters import Alternatives
from responsible.fairness.groups import declared_groups, weighing_groups
from responsible.mitigation.reweighing import Reweigh, Weights, level_table, row_weights, weight_table
from responsible.modelling.logistic_regression import published_coefficients, train
from responsible.modelling.parameters import Logistic
from responsible.modelling.performance import performance, summary
from responsible.models import Models
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
    models: Models
    model: Logistic
    reweigh: Reweigh
    inference: Inference
    disclosure: Disclosure
    alternatives: Alternatives | None = None  # absent where none are searched


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
    logistic, disclosure = given.model, given.disclosure
    table, meta = files.read_cells(cells)

    label = labels(table, meta["cuts"], given.threshold)
    own = _taught(given, table, meta["features"], label)
    kinds = {FEATURE + name: kind for name, kind in meta["features"].items() if name not in own.dropped}
    seen = table.drop(columns=[FEATURE + name for name in own.dropped])
    trained = train(seen, kinds, own.label, logistic, own.weight)
    rng = stream(given.seed, "reweigh/performance")
    judged = performance(table, label, trained.score, logistic.decision_threshold, inference=given.inference, rng=rng)
    judged = judged.published(disclosure)
    shown = cover(table, given.sensitive, by_split(table, label), disclosure)
    totals, of_groups = _published(own.weights, own.names, shown, given)

    models.write_model(model, trained.pipeline)
    files.write_parquet(scores, files.scored(table, trained.score), meta)
    headline = summary(judged) | {"weights": totals}
    named = {"performance": {given.models.own[1]: headline}} if given.models.adopted else {"reweigh": headline}
    files.write_json(metrics, named)
    files.write_csv(weights, of_groups)
    files.write_csv(levels, _levels(table, label, own, shown, given))
    files.write_csv(figures, judged.table)
    files.write_csv(terms, published_coefficients(trained.pipeline, seen, disclosure))


class Taught(NamedTuple):
    """What the model learns: the ``weight`` (m,) of training rows, the ``label`` (m,) they are taught with, features it
    does not have; and the ``weights`` by group and label, the groups' ``names``, and the group ``code`` (m,) of a cell.
    """

    weight: npt.NDArray[np.float64]
    label: npt.NDArray[np.generic]
    code: npt.NDArray[np.int64]
    weights: Weights
    names: tuple[str, ...]
    dropped: tuple[str, ...] = ()


def _taught(
    given: Parameters, table: pd.DataFrame, features: Mapping[str, str], label: npt.NDArray[np.int64]
) -> Taught:
    """Of the adopted candidate, or of reweighing as declared."""
    reweigh, rows = given.reweigh, np.where(table["split"] == "train", table["n"], 0)
    if given.models.adopted:
        material = Material(table, label, features, given.sensitive, given.model, reweigh)
        own = adoption(given.models.adopted, material, given.alternatives)
        weight, taught = own.lesson(label)
        code, names = own.groups()
        found = Weights.of(code, label, rows, weight, len(names))
        return Taught(weight, taught.astype(int), code, found, names, own.candidate.dropped)
    code, names = weighing_groups(table, declared_groups(table, given.sensitive, reweigh.attributes), reweigh.groups)
    found, names, weight = row_weights(code, label, rows, names, reweigh)
    return Taught(weight, label, code, found, names)


def _levels(
    table: pd.DataFrame, label: npt.NDArray[np.int64], taught: Taught, shown: Cover, given: Parameters
) -> pd.DataFrame:
    """What the weights do to each level of every attribute, as far as it may be shown."""
    public, rows, found = shown.cells(table), np.where(table["split"] == "train", table["n"], 0), {}
    for name in given.sensitive:
        level = public[ATTRIBUTE + name]
        own = level_table(level.to_list(), label, rows, taught.weight)
        crossed = pd.Series(rows).groupby([level, taught.code, label]).sum()
        hidden = ["reweighed_base_rate"] * (not given.disclosure.safe(crossed))
        hidden += ["rows", "base_rate", "reweighed_base_rate"] * (name in shown.withheld)
        found[name] = blanked(own, np.ones(len(own)), hidden)
    return pd.concat(found, names=["attribute"]).reset_index("attribute")


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
