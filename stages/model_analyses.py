"""Analyse every model besides the audit: thresholds, calibration, similar groups, ratios, failures, flips, reasons.

What is not asked for in `fairness` is not computed, and its table says that it is switched off.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
import pandas as pd

from pipeline import entry
from pipeline.plots.decision_threshold import decision_threshold
from pipeline.plots.style import Picture, unavailable
from pipeline.reporting.tables import with_shown
from pipeline.storage import files, parameters
from pipeline.storage.models import read_model
from responsible.analyses import (
    calibration_models,
    disclosure,
    factors,
    failing_groups,
    flips,
    group_reasons,
    impact_ratios,
    similar_groups,
    similar_scores,
)
from responsible.analyses import decision_threshold as thresholds
from responsible.analyses.scored_tables import Bits, answered, coded, decided, of_split, scored
from responsible.fairness.comparisons import headlines
from responsible.fairness.evaluation import Parameters
from responsible.fairness.groups import Groups, declared_groups
from responsible.fairness.measures import KNOWN
from responsible.modelling.disclosure import Merged, withheld
from responsible.names import POOLED, SCORE, SWITCHED_OFF
from responsible.statistics.count_tables import counted
from responsible.statistics.streams import stream
from responsible.tabular.cells import labels

OFF = pd.DataFrame(columns=[SWITCHED_OFF])


def main(
    *,
    params: str = "params.yaml",
    cells: str = "data/prepared/budget.parquet",
    scores: str = "data/prepared/budget_scores.parquet",
    baseline: str = "data/scores/baseline.parquet",
    reweighed: str = "data/scores/reweighed.parquet",
    baseline_model: str = "data/models/baseline.skops",
    reweighed_model: str = "data/models/reweighed.skops",
    metrics: str = "metrics/model_analyses.json",
    thresholds_csv: str = "plots/decision_threshold.csv",
    calibration_csv: str = "plots/calibration_models.csv",
    similar_csv: str = "plots/similar_groups.csv",
    ratios_csv: str = "plots/impact_ratios.csv",
    failing_csv: str = "plots/failing_groups.csv",
    flips_csv: str = "plots/flip_rates.csv",
    reasons_csv: str = "plots/reasons.csv",
    picture: str = "plots/decision_threshold.svg",
    picture_narrow: str = "plots/decision_threshold_narrow.svg",
) -> None:
    """Write the tables of every analysis that is switched on; see the names of the outputs."""
    given = parameters.load(params, Parameters)
    table, frames = _read(given, cells, scores, dict(zip(given.models.own, (baseline, reweighed), strict=True)))
    tables = dict.fromkeys((thresholds_csv, calibration_csv, similar_csv, ratios_csv, failing_csv), OFF)
    test, models = of_split(table, "test"), given.models.judged(labelled=given.target is not None)
    yes, found = decided(test, given.models, given.model.decision_threshold), dict[str, thresholds.Best]()
    merged = Merged.of(table, yes, given.sensitive, given.disclosure, judged=models)
    who, limit = declared_groups(merged.cells(table), merged.sensitive), given.disclosure
    table, test, frames = merged.cells(table), merged.cells(test), [merged.cells(frame) for frame in frames]
    tests = [of_split(frame, "test") for frame in frames]
    if given.target and frames:
        tables[thresholds_csv], found = _thresholds(given, table, frames, who)
        each = [calibration_models.calibration_models(scored(t), coded(t, who), given.inference) for t in tests]
        tables[calibration_csv] = pd.concat(each, ignore_index=True)
    if given.fairness.local_law_144:
        tables[ratios_csv] = impact_ratios.of_models(test, tests, who, yes, given.inference.confidence)
    fitted = dict(zip(given.models.own, (baseline_model, reweighed_model), strict=True))
    tables[flips_csv], tables[reasons_csv], flipped = _why(given, table, who, fitted)
    if limit.minimum_cell:
        for path, published in ((calibration_csv, disclosure.calibration), (ratios_csv, disclosure.ratios)):
            tables[path] = published(tables[path], merged.shown, limit) if len(tables[path]) else OFF
    else:  # groups by features are finer than what the audit publishes
        columns = of_split(factors.factors(table).assign(split=table["split"]), "test").drop(columns="split")
        tables[similar_csv] = _similar(given, test, tests, who, columns)
        tables[failing_csv] = _failing(given, test, yes, columns)
    best = {model: at.summary() for model, at in found.items()}
    files.write_json(metrics, {"model_analyses": {name: best.get(name, {}) | of for name, of in flipped.items()}})
    for path, frame in tables.items():
        files.write_csv(path, frame)
    _drawn(given, tables[thresholds_csv], found).write(picture, picture_narrow)


def _read(
    given: Parameters, cells: str, scores: str, trained: Mapping[str, str]
) -> tuple[pd.DataFrame, list[pd.DataFrame]]:
    """The cells, with the scores of the models trained here (``s.`` columns) and labels; and the tables with scores:
    the cells, if models are trained here, and that of each other model that has any.
    """
    trained = {name: trained[name] for name in given.models.trained}
    read = files.read_judged(cells, scores, trained)
    table, external = (own.assign(label=labels(own, meta["cuts"], given.threshold)) for own, meta in read)
    others = external.groupby("model", sort=False)
    return table, [*([table] if trained else []), *(own.rename(columns={"score": f"{SCORE}{m}"}) for m, own in others)]


def _drawn(given: Parameters, table: pd.DataFrame, found: dict[str, thresholds.Best]) -> Picture:
    if not found:
        why = given.disclosure.reason if given.disclosure.minimum_cell else "no validation rows"
        return unavailable("Decision thresholds", why)
    shown = with_shown({"": table[table["value"].notna()]}, given.models)[""]
    seen = shown, {given.models.shown(m): own for m, own in found.items()}, given.fairness.chosen, given.words
    return decision_threshold(*seen, on="choosing rows", confidence=given.inference.confidence)


def _thresholds(
    given: Parameters, table: pd.DataFrame, frames: list[pd.DataFrame], who: list[Groups]
) -> tuple[pd.DataFrame, dict[str, thresholds.Best]]:
    """The curves of every model on the choosing rows, and its best threshold on the test rows; none without others.

    Of cells with decisions ``table``, and with scores ``frames``.
    """
    rules, limit, out, found = given.fairness, given.disclosure, [], dict[str, thresholds.Best]()
    by = given.models, given.model.decision_threshold
    for frame in frames:
        split = next(own for own in ("valid", "train", "test") if (frame["split"] == own).any())
        part, test = of_split(frame, split), scored(of_split(frame, "test"))
        for model in test.scores:
            rng, own = stream(given.seed, f"model_analyses/{model}"), given.models.external.get(model)
            now = own.decision_threshold if own else given.model.decision_threshold
            chosen_on, kept = scored(part), np.ones(len(thresholds.GRID), dtype=bool)
            if limit.minimum_cell:
                yes = answered(of_split(table, split), *by, model)
                chosen_on, kept = disclosure.coarse(chosen_on, model, now, limit, yes)
            curves = partial(thresholds.curves, costs=rules.costs, inference=given.inference, rng=rng)
            curve = curves(model, chosen_on, coded(part, who), rules.chosen)
            out.append(disclosure.curves(curve, kept, limit) if limit.minimum_cell else curve)
            if split != "test" and kept.any():
                grid = thresholds.GRID[kept]
                best = partial(thresholds.best, costs=rules.costs, inference=given.inference, rng=rng, grid=grid)
                judged, of_test = best(model, chosen_on, test, now), answered(of_split(table, "test"), *by, model)
                if disclosure.told(test, model, (now, judged.threshold), limit, of_test):
                    found[model] = judged
    return pd.concat(out, ignore_index=True), found


def _why(
    given: Parameters, table: pd.DataFrame, who: list[Groups], fitted: Mapping[str, str]
) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, dict[str, object]]]:
    """Flip rates of every model, reasons of those that are linear, and the flip rates of everybody by model."""
    pipelines = {name: read_model(fitted[name]) for name in given.models.trained}
    columns, cut = {name: own.column for name, own in given.sensitive.items()}, given.model.decision_threshold
    asked = {name: pipelines.get(name) for name in given.models.names}
    flipped = flips.of_models(table, who, columns, asked, cut=cut, confidence=given.inference.confidence)
    found = group_reasons.of_models(table, who, pipelines, cut) if pipelines else OFF
    if given.disclosure.minimum_cell:  # both are finer than what the audit publishes
        flipped, found = (withheld(t, np.ones(len(t), dtype=bool), given.disclosure.reason) for t in (flipped, found))
    return flipped, found, flips.summary(flipped)


def _similar(
    given: Parameters, test: pd.DataFrame, tests: list[pd.DataFrame], who: list[Groups], columns: pd.DataFrame
) -> pd.DataFrame:
    """Every chosen measure of every headline comparison within the declared factors; a factor is not its own."""
    within, rng = given.fairness.within or [], stream(given.seed, "model_analyses/similar_groups")
    measures = [name for name in given.fairness.chosen if given.target or not KNOWN[name].needs_labels]
    frames = []
    for own in who:
        column = given.sensitive[own.attribute].column
        if not (alike := [name for name in within if name not in (own.attribute, column)]):
            continue
        stratum, names = factors.strata(columns[alike])
        for versus in headlines(own):
            place = {"attribute": own.attribute, "comparison": POOLED if own.reference else versus.name}
            side, same = versus.sides(own.codes(test)), {"within": " & ".join(alike)}
            for model, yes in decided(test, given.models, given.model.decision_threshold).items():
                cell = np.where(side < 0, -1, stratum * 2 + side)
                table, parts = counted(test, cell, 2 * len(names), [test["label"], yes])
                by_group = None if parts is None else similar_groups.by_side(parts)
                asked = similar_groups.by_side(table), measures, names, given.inference, rng
                found = similar_groups.similar_groups(*asked, by_group=by_group)
                frames.append(found.assign(model=model, **place, **same))
            of_scores = similar_scores.similar_scores(tests, (own, versus), alike, measures, given.inference)
            frames += [of_scores.assign(**place, **same)] if len(of_scores) else []
    return pd.concat(frames, ignore_index=True) if frames else OFF


def _failing(given: Parameters, test: pd.DataFrame, yes: Mapping[str, Bits], columns: pd.DataFrame) -> pd.DataFrame:
    if (rules := given.fairness.failing_groups) is None or given.target is None:
        return OFF
    rng, sure = stream(given.seed, "model_analyses/failing_groups"), given.inference.confidence
    return failing_groups.failing_groups(scored(test), yes, columns, rules, rng, confidence=sure)


if __name__ == "__main__":
    entry.run(main)
