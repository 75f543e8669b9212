"""Analyse every scored model besides the audit: decision thresholds, calibration, similar groups, ratios, failures.

What is not asked for in `fairness` is not computed, and its table says that it is switched off.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipeline import entry
from pipeline.plots.decision_threshold import decision_threshold
from pipeline.plots.style import Picture, unavailable
from pipeline.storage import files, parameters
from responsible.analyses import calibration_models, factors, failing_groups, impact_ratios, similar_groups
from responsible.analyses import decision_threshold as thresholds
from responsible.fairness import evaluation
from responsible.fairness.comparisons import headlines
from responsible.fairness.groups import Groups, declared_groups
from responsible.measures.scores import Scored
from responsible.modelling.score_intervals import cluster_of
from responsible.names import BASELINE, POOLED, REWEIGHED, SWITCHED_OFF
from responsible.statistics.count_tables import counted
from responsible.statistics.rates import Counts
from responsible.statistics.streams import stream
from responsible.tabular.cells import labels
from responsible.words import Section

Bits = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
Coded = list[tuple[Groups, Ints]]
OFF = pd.DataFrame(columns=[SWITCHED_OFF])


class Parameters(evaluation.Parameters):
    """What this stage reads of the parameter file."""

    words: Section


def main(
    *,
    params: str = "params.yaml",
    cells: str = "data/prepared/budget.parquet",
    baseline: str = "data/scores/baseline.parquet",
    reweighed: str = "data/scores/reweighed.parquet",
    metrics: str = "metrics/model_analyses.json",
    thresholds_csv: str = "plots/decision_threshold.csv",
    calibration_csv: str = "plots/calibration_models.csv",
    similar_csv: str = "plots/similar_groups.csv",
    ratios_csv: str = "plots/impact_ratios.csv",
    failing_csv: str = "plots/failing_groups.csv",
    picture: str = "plots/decision_threshold.svg",
    picture_narrow: str = "plots/decision_threshold_narrow.svg",
) -> None:
    """Write the tables of every analysis that is switched on; see the names of the outputs."""
    given = parameters.load(params, Parameters)
    both, meta = files.read_scores({BASELINE: baseline, REWEIGHED: reweighed})
    both = both.assign(label=labels(both, meta["cuts"], given.threshold))
    split = "valid" if (both["split"] == "valid").any() else "train"
    parts = {own: both[both["split"] == own].reset_index(drop=True) for own in (split, "test")}
    rules, found = given.fairness, dict[str, thresholds.Best]()
    tables = dict.fromkeys((thresholds_csv, calibration_csv, similar_csv, ratios_csv, failing_csv), OFF)
    drawn: Picture = unavailable("Decision thresholds", given.disclosure.reason)
    if not given.disclosure.minimum_cell:  # finer counts than the audit publishes
        who = declared_groups(both, given.sensitive)
        tables[thresholds_csv], found = _thresholds(given, parts[split], parts["test"], who)
        tables[calibration_csv] = calibration_models.calibration_models(
            _scored(parts["test"]), _coded(parts["test"], who), given.inference
        )
        rows = {"valid": "validation rows", "train": "training rows"}[split]
        sure, seen = given.inference.confidence, (tables[thresholds_csv], found, rules.chosen, given.words)
        drawn = decision_threshold(*seen, on=rows, confidence=sure)
        if rules.within or rules.failing_groups:
            columns = factors.factors(files.read_cells(cells)[0])[(both["split"] == "test").to_numpy()]
            tables[similar_csv] = _similar(given, parts["test"], who, columns.reset_index(drop=True))
            tables[failing_csv] = _failing(given, parts["test"], columns.reset_index(drop=True))
        if rules.local_law_144:
            tables[ratios_csv] = _ratios(given, parts["test"], who)
    files.write_json(metrics, {"model_analyses": {model: best.summary() for model, best in found.items()}})
    for path, table in tables.items():
        files.write_csv(path, table)
    drawn.write(picture, picture_narrow)


def _models(table: pd.DataFrame) -> list[str]:
    """The models whose scores a table has."""
    return [model for model in (BASELINE, REWEIGHED) if model in table]


def _decided(table: pd.DataFrame, given: Parameters) -> dict[str, Bits]:
    cut = given.model.decision_threshold
    return {model: (table[model] >= cut).to_numpy() for model in _models(table)}


def _scored(table: pd.DataFrame) -> Scored:
    """Every row, without a level; each analysis brings its own code."""
    scores = {model: table[model].to_numpy() for model in _models(table)}
    label, n = table["label"].to_numpy(), table["n"].to_numpy()
    return Scored(scores, label, n, np.zeros(len(table), dtype=np.int64), cluster_of(table))


def _coded(table: pd.DataFrame, who: list[Groups]) -> Coded:
    return [(own, own.codes(table)) for own in who]


def _thresholds(
    given: Parameters, chosen_on: pd.DataFrame, judged_on: pd.DataFrame, who: list[Groups]
) -> tuple[pd.DataFrame, dict[str, thresholds.Best]]:
    """The curves of every model on the choosing rows, and its best threshold, judged on the test rows."""
    rules, parts = given.fairness, (_scored(chosen_on), _scored(judged_on))
    frames, found = [], {}
    for model in _models(chosen_on):
        rng = stream(given.seed, f"model_analyses/{model}")
        curves = partial(thresholds.curves, costs=rules.costs, inference=given.inference, rng=rng)
        best = partial(thresholds.best, costs=rules.costs, inference=given.inference, rng=rng)
        frames.append(curves(model, parts[0], _coded(chosen_on, who), rules.chosen))
        found[model] = best(model, *parts, given.model.decision_threshold)
    return pd.concat(frames, ignore_index=True), found


def _similar(given: Parameters, test: pd.DataFrame, who: list[Groups], columns: pd.DataFrame) -> pd.DataFrame:
    """Every chosen measure of every headline comparison within the declared factors; a factor is not its own."""
    if not (within := given.fairness.within):
        return OFF
    frames, rng = [], stream(given.seed, "model_analyses/similar_groups")
    for own in who:
        column = given.sensitive[own.attribute].column
        if not (alike := [name for name in within if name not in (own.attribute, column)]):
            continue
        stratum, names = factors.strata(columns[alike])
        for versus, (model, yes) in [(v, m) for v in headlines(own) for m in _decided(test, given).items()]:
            side = versus.sides(own.codes(test))
            cell = np.where(side < 0, -1, stratum * 2 + side)
            table, parts = counted(test, cell, 2 * len(names), [test["label"], yes])
            by_group = None if parts is None else _stratified(parts, len(names))
            strata = _stratified(table, len(names)), given.fairness.chosen, names
            found = similar_groups.similar_groups(*strata, given.inference, rng, by_group=by_group)
            place = {"model": model, "attribute": own.attribute, "comparison": POOLED if own.reference else versus.name}
            frames.append(found.assign(**place, within=" & ".join(alike)))
    return pd.concat(frames, ignore_index=True) if frames else OFF


def _stratified(table: Counts, strata: int) -> Counts:
    """``[..., stratum, side, y, ŷ]`` of a table whose levels are sides within strata."""
    return table.reshape(*table.shape[:-3], strata, 2, 2, 2)


def _failing(given: Parameters, test: pd.DataFrame, columns: pd.DataFrame) -> pd.DataFrame:
    if (rules := given.fairness.failing_groups) is None:
        return OFF
    rng, sure = stream(given.seed, "model_analyses/failing_groups"), given.inference.confidence
    decided = _decided(test, given)
    return failing_groups.failing_groups(_scored(test), decided, columns, rules, rng, confidence=sure)


def _ratios(given: Parameters, test: pd.DataFrame, who: list[Groups]) -> pd.DataFrame:
    codes, n, sure = _coded(test, who), test["n"].to_numpy(), given.inference.confidence
    frames = [
        impact_ratios.impact_ratios(model, codes, yes, test[model].to_numpy(), counts=n, confidence=sure)
        for model, yes in _decided(test, given).items()
    ]
    return pd.concat(frames, ignore_index=True)


if __name__ == "__main__":
    entry.run(main)
