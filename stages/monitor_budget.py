"""Monitor of the model's rows: batches against the reference; drift, figures by period, estimates without labels.

It runs before `monitor`, whose page, pictures and figures say what it found. A pure function of all batches: the same
ones give the same bytes. A level that nobody has seen, a missing column or period is a finding and stops nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from pydantic import Field

from pipeline import entry
from pipeline.monitoring import reading
from pipeline.monitoring.handover import digests, handed_on
from pipeline.monitoring.judged import judged_model
from pipeline.storage import files, parameters
from responsible.fairness.groups import declared_groups
from responsible.fairness.verdicts import Fairness
from responsible.modelling.parameters import Logistic
from responsible.models import Models
from responsible.monitoring.batches import BatchPlan
from responsible.monitoring.monitoring import Monitoring, Setting, monitored
from responsible.monitoring.parameters import Monitor
from responsible.monitoring.sides import referred
from responsible.names import ATTRIBUTE
from responsible.statistics.intervals import Inference
from responsible.tabular.cells import Grid
from responsible.tabular.columns import intervals
from responsible.tabular.levels import Disclosure
from responsible.tabular.schema import Budget, Seed, Sensitive, Target, Threshold
from responsible.tabular.sources import Prepare
from responsible.validation import InputError, Params


class Parameters(Params):
    """What this stage reads of the parameter file."""

    seed: Seed
    threshold: Threshold
    prepare: Prepare
    budget: Budget
    sensitive: dict[str, Sensitive]
    models: Models
    model: Logistic
    inference: Inference
    fairness: Fairness
    disclosure: Disclosure
    monitor: Monitor
    grid: Grid | None = Field(None, alias="threshold_sweep.grid")  # absent where the target has two values


def main(
    *,
    params: str = "params.yaml",
    cells: str = "data/prepared/budget.parquet",
    model: str = "data/models/reweighed.skops",
    scores: str = "data/scores/reweighed.parquet",
    others: str = "data/prepared/budget_scores.parquet",
    trained: str = "metrics/reweigh.json",
    prepared: str = "metrics/prepare.json",
    drift: str = "monitor/drift.csv",
    figures: str = "monitor/figures.csv",
    expected: str = "monitor/expected.csv",
    asked: str = "monitor/budget.json",
) -> None:
    """Compare every period with the reference; write each figure, and what else `monitor` needs to speak of them."""
    given = parameters.load(params, Parameters)
    if not given.monitor.source:
        raise InputError(f"{params}: monitor.source is missing; say where later batches are, or remove this stage")
    found, rows, batches = followed(given, cells, {"trained": scores, "others": others}, model)
    known = {"model": model, "trained": trained} if given.models.trained else {"trained": prepared}
    of, cluster = digests(known | {"reference": cells}) | {"batches": batches}, given.budget.cluster or ""
    files.write_csv(drift, found.drift)
    files.write_csv(figures, found.figures)
    files.write_csv(expected, found.expected)
    files.write_json(asked, handed_on(found, of, labelled=found.labelled, rows=rows, cluster=cluster))


def followed(given: Parameters, cells: str, scores: Mapping[str, str], model: str) -> tuple[Monitoring, int, str]:
    """Everything that was asked, the number of the reference's rows, and the digest of the batches."""
    label = given.budget.target
    known, meta = files.read_cells(cells)
    judged = judged_model(given.models, given.model)
    monitor = judged.columns(given.monitor)
    plan = BatchPlan(
        given.prepare,
        given.budget,
        given.sensitive,
        given.threshold,
        given.grid,
        given.seed,
        monitor=monitor,
        trained=judged.own is None,
        positive=judged.positive,
    )
    batches = reading.read(reading.plan_of(plan), known)
    said = judged.said(batches.cells, model)
    training = judged.reference(known, scores)
    training = training if label else training.unlabelled()
    reference, rows, periods = referred(monitor, training, said, batches.periods)
    levels = pd.concat([part.filter(like=ATTRIBUTE) for part in (reference.rows, reference.scored, rows)])
    setting = Setting(
        monitor=monitor,
        kinds=meta["features"],
        groups=declared_groups(levels, given.sensitive),
        measures=given.fairness.chosen,
        model=given.model,
        inference=given.inference,
        target=label.column if label else None,
        bins=_bins(label, meta["cuts"]) if label else [],
        cut=meta["cuts"].index(given.threshold) + 1 if label else 1,
        seed=given.seed,
        disclosure=given.disclosure,
    )
    found = monitored(reference, rows, periods, batches.findings, setting)
    return found, int(reference.rows["n"].sum()), batches.digest


def _bins(target: Target, cuts: list[float]) -> list[str]:
    """The names of the target's bins."""
    if target.favourable:
        return ["any other level", " or ".join(target.favourable)]
    return intervals(cuts, target.minimum, target.maximum)


if __name__ == "__main__":
    entry.run(main)
