"""Evaluate fairness: every declared sensitive attribute, baseline and reweighed on the same test rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field

from pipeline import entry
from pipeline.documents import comparison as _comparison
from pipeline.documents import model_analyses as _analyses
from pipeline.plots import fairness as _draw
from pipeline.reporting.engine import fill
from pipeline.storage import files, parameters
from responsible.fairness import evaluation
from responsible.fairness.evaluation import Evaluation, evaluate, summary
from responsible.fairness.groups import Groups, declared_groups
from responsible.fairness.proxies import ALL, proxies, together
from responsible.modelling.disclosure import covered, published
from responsible.names import BASELINE, MODELS, REWEIGHED
from responsible.statistics.streams import stream
from responsible.tabular.cells import labels
from responsible.tabular.levels import Cover, blanked, by_split, cover
from responsible.tabular.schema import Target
from responsible.words import Section


class Parameters(evaluation.Parameters):
    """What this stage reads of the parameter file."""

    target: Target = Field(alias="budget.target")
    words: Section


def main(
    *,
    params: str = "params.yaml",
    cells: str = "data/prepared/budget.parquet",
    baseline: str = "data/scores/baseline.parquet",
    reweighed: str = "data/scores/reweighed.parquet",
    template: str = "docs/templates/comparison.md.j2",
    reweighing: str = "metrics/reweigh.json",
    performance_baseline: str = "plots/performance_baseline.csv",
    performance_reweighed: str = "plots/performance_reweighed.csv",
    analyses: str = "metrics/model_analyses.json",
    similar: str = "plots/similar_groups.csv",
    impact: str = "plots/impact_ratios.csv",
    failing: str = "plots/failing_groups.csv",
    metrics: str = "metrics/evaluate_fairness.json",
    fairness_csv: str = "plots/fairness.csv",
    group_rates_csv: str = "plots/group_rates.csv",
    intersections_csv: str = "plots/intersection_rates.csv",
    change_csv: str = "plots/performance_change.csv",
    group_tests_csv: str = "plots/group_tests.csv",
    confusion_csv: str = "plots/confusion.csv",
    proxies_csv: str = "plots/proxies.csv",
    score_quality_csv: str = "plots/score_quality.csv",
    disparities: str = "plots/disparities.svg",
    disparities_narrow: str = "plots/disparities_narrow.svg",
    group_rates: str = "plots/group_rates.svg",
    group_rates_narrow: str = "plots/group_rates_narrow.svg",
    comparison: str = "docs/comparison.md",
) -> None:
    """Audit both models; see the names of the outputs."""
    given = parameters.load(params, Parameters)
    fairness, inference = given.fairness, given.inference
    both, meta = files.read_scores(baseline, reweighed)
    weights = files.read_json(reweighing, "reweigh.weights")
    reports = {BASELINE: performance_baseline, REWEIGHED: performance_reweighed}
    performance = files.read_csvs(reports, "model", ["figure", "value", "low", "high"])

    label_of_all = labels(both, meta["cuts"], given.threshold)
    whole = cover(both, given.sensitive, by_split(both, label_of_all), given.disclosure)
    found, declared, finer = _evaluated(whole.cells(both), label_of_all, whole, given)
    guessed = _guessed(cells, declared, given, [whole, finer])
    known = together(guessed)
    headline = {name: models | known[name] for name, models in summary(found.fairness).items()}

    files.write_json(metrics, {"evaluate_fairness": headline})
    files.write_csv(proxies_csv, guessed)
    files.write_csv(fairness_csv, found.fairness)
    files.write_csv(group_rates_csv, found.group_rates)
    files.write_csv(intersections_csv, found.intersection_rates)
    files.write_csv(group_tests_csv, found.group_tests)
    files.write_csv(confusion_csv, found.confusion)
    files.write_csv(change_csv, found.performance_change)
    files.write_csv(score_quality_csv, found.score_quality)
    found = replace(found, **given.words.tables(vars(found)))
    limits = _draw.disparities(found.fairness, inference.confidence)
    means = given.words.meaning(given.target.column, given.target.favourable, given.threshold)
    tables, cluster = (found, performance, weights, means), meta.get("cluster")
    rates = _draw.group_rates(found.group_rates, inference.confidence, "jackknife" if cluster else "Wilson")
    limits.write(disparities, disparities_narrow)
    rates.write(group_rates, group_rates_narrow)
    said = _comparison.context(*tables, inference=inference, fairness=fairness, cluster=cluster, words=given.words)
    said |= {"limits": limits, "rates": rates, "minimum_cell": given.disclosure.minimum_cell}
    said |= _analyses.context(analyses, similar, impact, failing, fairness)
    files.write_text(comparison, fill(template, said, output=comparison))


def _evaluated(
    both: pd.DataFrame, label: npt.NDArray[np.int64], whole: Cover, given: Parameters
) -> tuple[Evaluation, list[Groups], Cover]:
    """What may be published of the test rows of ``both``, whose levels ``whole`` has merged; the groups; a cover."""
    here, levels = (both["split"] == "test").to_numpy(), whole.sensitive(given.sensitive)
    cut = given.model.decision_threshold
    test, label = both[here].reset_index(drop=True), label[here]
    shown = covered(test, label, [test[model] >= cut for model in MODELS], levels, given.disclosure)
    declared = declared_groups(shown.cover.cells(both), shown.cover.sensitive(levels))
    rng = stream(given.seed, "evaluate_fairness/intervals")
    found = evaluate(
        shown.cover.cells(test), label, declared, cut, fairness=given.fairness, inference=given.inference, rng=rng
    )
    if given.disclosure.minimum_cell:
        found = replace(found, **published(vars(found), shown, whole, given.sensitive))
    return found, declared, shown.cover


def _guessed(cells: str, declared: list[Groups], given: Parameters, covers: list[Cover]) -> pd.DataFrame:
    """How well the other features guess each attribute, from the cells, which are the scores' and hold features.

    Where small counts must not be published, only what all of them together guess is: one feature of few values has
    an AUC that is a difference of rates.
    """
    counted, meta = files.read_cells(cells)
    attributes = {given.sensitive[who.attribute].column: who for who in declared}
    for each in covers:
        counted = each.cells(counted)
    found = proxies(counted, meta["features"], attributes, params=given.model, inference=given.inference)
    if not given.disclosure.minimum_cell:
        return found
    others = {c: [kind for name, kind in meta["features"].items() if name != c] for c in attributes}
    told = {who.attribute for column, who in attributes.items() if "numeric" in others[column]} - covers[0].withheld
    kept = (found["feature"] == ALL) & found["attribute"].isin(told)
    found = blanked(found, ~kept, ["value", "low", "high"], given.disclosure.reason)
    found.loc[~kept, "strength"] = ""
    return blanked(found, found["attribute"].isin(covers[0].withheld), ["privileged", "unprivileged"])


if __name__ == "__main__":
    entry.run(main)
