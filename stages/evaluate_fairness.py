"""Evaluate fairness: every declared sensitive attribute, baseline and reweighed on the same test rows."""

from __future__ import annotations

import pandas as pd

from pipeline import entry
from pipeline.documents import comparison as _comparison
from pipeline.plots import fairness as _draw
from pipeline.reporting.engine import fill
from pipeline.storage import files, parameters
from responsible.fairness.evaluation import Parameters, evaluate, summary
from responsible.fairness.groups import Groups, declared_groups
from responsible.fairness.proxies import proxies, together
from responsible.names import BASELINE, REWEIGHED
from responsible.statistics.streams import stream
from responsible.tabular.cells import labels


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

    test = both[both["split"] == "test"].reset_index(drop=True)
    label, declared = labels(test, meta["cuts"], given.threshold), declared_groups(both, given.sensitive)
    rng = stream(given.seed, "evaluate_fairness/intervals")
    found = evaluate(
        test, label, declared, given.model.decision_threshold, fairness=fairness, inference=inference, rng=rng
    )

    guessed = _guessed(cells, declared, given)
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
    limits = _draw.disparities(found.fairness, inference.confidence)
    tables, cluster = (found, performance, weights, given.threshold), meta.get("cluster")
    rates = _draw.group_rates(found.group_rates, inference.confidence, "jackknife" if cluster else "Wilson")
    limits.write(disparities, disparities_narrow)
    rates.write(group_rates, group_rates_narrow)
    said = _comparison.context(*tables, inference=inference, fairness=fairness, cluster=cluster)
    files.write_text(comparison, fill(template, said | {"limits": limits, "rates": rates}))


def _guessed(cells: str, declared: list[Groups], given: Parameters) -> pd.DataFrame:
    """How well the other features guess each attribute, from the cells, which are the scores' and hold features."""
    counted, meta = files.read_cells(cells)
    attributes = {given.sensitive[who.attribute].column: who for who in declared}
    return proxies(counted, meta["features"], attributes, params=given.model, inference=given.inference)


if __name__ == "__main__":
    entry.run(main)
