"""Evaluate fairness: every declared sensitive attribute, every model on the same test rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipeline import entry
from pipeline.documents import comparison as _comparison
from pipeline.documents import model_analyses as _analyses
from pipeline.plots import fairness as _draw
from pipeline.plots.group_rates import group_rates as _draw_rates
from pipeline.reporting.engine import fill
from pipeline.reporting.tables import with_shown
from pipeline.results.catalogue import performance_of
from pipeline.storage import files, parameters
from responsible.analyses.scored_tables import decided
from responsible.fairness.evaluation import Evaluation, Parameters, ScoredCells, evaluate, summary
from responsible.fairness.groups import Groups, declared_groups
from responsible.fairness.proxies import ALL, proxies, together
from responsible.modelling.disclosure import Merged, published
from responsible.modelling.performance import of_decisions
from responsible.names import SCORE
from responsible.statistics.streams import stream
from responsible.tabular.cells import labels
from responsible.tabular.levels import blanked


def main(
    *,
    params: str = "params.yaml",
    cells: str = "data/prepared/budget.parquet",
    scores: str = "data/prepared/budget_scores.parquet",
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
    performance_csv: str = "plots/performance.csv",
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
    """Audit every model; see the names of the outputs."""
    given = parameters.load(params, Parameters)
    analysed = _analyses.context(analyses, similar, impact, failing, fairness=given.fairness, models=given.models)
    fairness, inference, trained = given.fairness, given.inference, given.models.trained
    plain, own = given.models.own
    reports = {plain: performance_baseline, own: performance_reweighed} if trained else {}
    scored = {plain: baseline, own: reweighed} if trained else {}
    (table, meta), (external, of_scores) = files.read_judged(cells, scores, scored)
    weights = files.read_json(reweighing, f"{performance_of(own)}.weights") if trained else None
    read = [files.read_csvs({m: path}, "model", ["figure", "value", "low", "high"]) for m, path in reports.items()]

    table, external = (own.assign(label=labels(own, meta["cuts"], given.threshold)) for own in (table, external))
    found, judged, declared, merged = _evaluated(table, external, given)
    guessed = _guessed(table, meta["features"], declared, given, merged)
    known = together(guessed)
    headline = {name: models | known[name] for name, models in summary(found.fairness).items()}
    files.write_json(metrics, {"evaluate_fairness": headline})
    files.write_csv(proxies_csv, guessed)
    files.write_csv(fairness_csv, found.fairness)
    files.write_csv(group_rates_csv, found.group_rates)
    files.write_csv(intersections_csv, found.intersection_rates)
    files.write_csv(group_tests_csv, found.group_tests)
    files.write_if_any(performance_csv, pd.concat([*read[1:], judged]) if given.models.adopted else judged)
    files.write_if_any(confusion_csv, found.confusion)
    files.write_if_any(change_csv, found.performance_change)
    files.write_if_any(score_quality_csv, found.score_quality)
    found = replace(found, **given.words.tables(with_shown(vars(found), given.models)))
    limits = _draw.disparities(found.fairness, inference.confidence)
    target, models = given.target, given.models.judged(labelled=given.target is not None, shown=True)
    means = given.words.meaning(target.column, target.favourable, given.threshold) if target else ""
    each = with_shown({"performance": pd.concat([*read, judged])}, given.models)["performance"]
    tables, cluster = (found, each, weights, means), meta.get("cluster")
    rates = _draw_rates(found.group_rates, inference.confidence, "jackknife" if cluster else "Wilson")
    limits.write(disparities, disparities_narrow)
    rates.write(group_rates, group_rates_narrow)
    said = _comparison.context(
        *tables, inference=inference, fairness=fairness, models=models, cluster=cluster, words=given.words
    )
    said |= {"limits": limits, "rates": rates, "minimum_cell": given.disclosure.minimum_cell}
    said |= {"rounding": of_scores["rounding"], "all_rows": bool((table["split"] == "test").all())} | analysed
    files.write_text(comparison, fill(template, said, output=comparison))


def _evaluated(
    table: pd.DataFrame, scored: pd.DataFrame, given: Parameters
) -> tuple[Evaluation, pd.DataFrame, list[Groups], Merged]:
    """What may be published of the test rows of ``table`` and of the external scores beside it: the evaluation, the
    performance of external models; the groups; how their levels were merged.
    """
    models = given.models.judged(labelled=given.target is not None)
    test = table[table["split"] == "test"].reset_index(drop=True)
    label, decisions = test["label"].to_numpy(), decided(test, given.models, given.model.decision_threshold)
    merged = Merged.of(table, decisions, given.sensitive, given.disclosure, judged=models)
    declared = declared_groups(merged.cells(table), merged.sensitive)
    test, scored = merged.cells(test), merged.cells(scored[scored["split"] == "test"])
    scores = _scores(test, label, scored, given)
    rng = stream(given.seed, "evaluate_fairness/intervals")
    found = evaluate(
        *(test, label, declared, decisions, scores),
        models=models,
        fairness=given.fairness,
        inference=given.inference,
        rng=rng,
    )
    if given.disclosure.minimum_cell:
        found = replace(found, **published(vars(found), merged.shown, merged.whole, given.sensitive))
    return found, _performance(test, label, decisions, scores, given=given), declared, merged


def _scores(
    test: pd.DataFrame, label: npt.NDArray[np.int64], scored: pd.DataFrame, given: Parameters
) -> list[ScoredCells]:
    """The scores of the models trained here, by the test cells, and of each other model that has any, by its own."""
    trained = {name: test[SCORE + name].to_numpy() for name in given.models.trained}
    found = [ScoredCells(test, label, trained)] if trained else []
    for name, own in scored.groupby("model", sort=False):
        cells = own.reset_index(drop=True)
        found.append(ScoredCells(cells, cells["label"].to_numpy(), {str(name): cells["score"].to_numpy()}))
    return found


def _performance(
    test: pd.DataFrame,
    label: npt.NDArray[np.int64],
    decisions: Mapping[str, npt.NDArray[np.bool_]],
    scores: list[ScoredCells],
    *,
    given: Parameters,
) -> pd.DataFrame:
    """Performance of the external models, a column ``model`` in front; no row where rows have no labels."""
    found, of = {}, {name: (each.cells, own, each.label) for each in scores for name, own in each.scores.items()}
    for name in given.models.external if given.target else ():
        rng = stream(given.seed, f"evaluate_fairness/{name}")
        judged = of_decisions(test, label, decisions[name], of.get(name), inference=given.inference, rng=rng)
        found[name] = judged.published(given.disclosure).table
    return pd.concat(found, names=["model"]).reset_index("model") if found else pd.DataFrame()


def _guessed(
    cells: pd.DataFrame, features: Mapping[str, str], declared: list[Groups], given: Parameters, merged: Merged
) -> pd.DataFrame:
    """How well the other features guess each attribute.

    Where small counts must not be published, only what all of them together guess is: one feature of few values has
    an AUC that is a difference of rates.
    """
    attributes = {given.sensitive[who.attribute].column: who for who in declared}
    found = proxies(merged.cells(cells), features, attributes, params=given.model, inference=given.inference)
    if not given.disclosure.minimum_cell:
        return found
    others = {c: [kind for name, kind in features.items() if name != c] for c in attributes}
    told = {who.attribute for column, who in attributes.items() if "numeric" in others[column]} - merged.whole.withheld
    kept = (found["feature"] == ALL) & found["attribute"].isin(told)
    found = blanked(found, ~kept, ["value", "low", "high"], given.disclosure.reason)
    found.loc[~kept, "strength"] = ""
    return blanked(found, found["attribute"].isin(merged.whole.withheld), ["privileged", "unprivileged"])


if __name__ == "__main__":
    entry.run(main)
