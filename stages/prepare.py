"""Count the rows of the budget table into cells, and the scores of models of somebody else; no later stage reads a row.

A bad row (see ``prepare.on_bad_rows``) or parameters that the table does not bear out end it with one message, before
anything is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field

from pipeline import entry
from pipeline.ingest import dropped_rows, engines, prediction_files
from pipeline.ingest.dropped_rows import Dropped
from pipeline.ingest.duckdb_reader import Frame
from pipeline.storage import files, parameters
from responsible.models import Models
from responsible.names import ATTRIBUTE, CLUSTER, CLUSTER_GROUPS, SCORE
from responsible.tabular import predictions, profile
from responsible.tabular.cell_counts import collected, count, key_repeats
from responsible.tabular.cells import Grid, Plan, labels
from responsible.tabular.levels import Disclosure, blanked, by_split, cover
from responsible.tabular.schema import Budget, Seed, Sensitive, Threshold
from responsible.tabular.sources import Prepare
from responsible.validation import InputError, Params

FIELD = 80  # bytes for a field of a cell, with the copies that engine, pandas and the file make of it; measured


class Parameters(Params):
    """What this stage reads of the parameter file."""

    seed: Seed
    threshold: Threshold
    prepare: Prepare
    budget: Budget
    sensitive: dict[str, Sensitive]
    models: Models
    disclosure: Disclosure
    grid: Grid | None = Field(None, alias="threshold_sweep.grid")  # absent where the target has two values


def main(
    *,
    params: str = "params.yaml",
    folder: str = "data/predictions",
    cells: str = "data/prepared/budget.parquet",
    scores: str = "data/prepared/budget_scores.parquet",
    metrics: str = "metrics/prepare.json",
    base_rates: str = "plots/prepare_base_rates.csv",
    missing: str = "plots/prepare_missing.csv",
) -> None:
    """Read the table of ``params``; write its cells, their profile and the tables behind it."""
    given = parameters.load(params, Parameters)
    prepare, budget, sensitive, disclosure = given.prepare, given.budget, given.sensitive, given.disclosure
    plan = Plan(prepare, budget, sensitive, given.threshold, given.grid, given.seed, given.models)
    declared = plan.declared()
    reader = engines.opened(prepare, budget, declared, "budget")
    prediction_files.refuse_levels(reader, plan)
    joined = prediction_files.frames(reader, prediction_files.read(given.models, plan, folder), given.models, plan)

    answer = _counted(reader, plan, joined)
    dropped = dropped_rows.settled(reader, answer, declared, prepare, table=budget, section="budget")
    found = collected(answer, plan)
    label = labels(found, plan.cuts, given.threshold)
    _refuse(found, label, dropped, plan, disclosure)
    shown = cover(found, sensitive, by_split(found, label), disclosure)
    rates = profile.published_rates(found, shown, sensitive, plan.cuts, given.threshold)
    if not budget.target:
        rates = blanked(rates, np.ones(len(rates)), ["positives", "base_rate"])
    repeats = None
    if budget.key:
        repeats = int(reader.compute(lambda rows: key_repeats(rows, plan), budget.key)["repeats"][0])
        prediction_files.refuse_repeats(repeats, given.models, plan)
    figures = profile.headline(found, rates, dropped.reasons, reader.digest(), repeats) | dropped.figures()
    if budget.cluster:
        persons = reader.compute(lambda rows: profile.clusters(rows, plan), budget.cluster)
        figures["clusters"] = {"groups": CLUSTER_GROUPS} | {name: int(persons[name][0]) for name in persons}
    meta = {"cuts": plan.cuts, "rows": figures["rows"]["kept"], "features": plan.kinds(), "attributes": list(sensitive)}
    meta |= {"cluster": budget.cluster} if budget.cluster else {}
    meta |= {} if budget.target else {"labels": False}
    scored, errors = _scored(reader, plan, joined)
    figures |= {"rounding": errors} if errors else {}
    figures = figures if budget.target else {key: own for key, own in figures.items() if key != "base_rate"}

    files.write_parquet(cells, found, meta)
    files.write_parquet(scores, scored, {"cuts": plan.cuts, "rounding": errors})
    files.write_csv(base_rates, rates)
    files.write_csv(missing, profile.published_missing(found, shown, sensitive))
    files.write_json(metrics, {"prepare": profile.published_drops(figures, disclosure)})


def _counted(reader: engines.Reader, plan: Plan, joined: Mapping[str, Frame]) -> pd.DataFrame:
    """The counts of the table; InputError where there are more than memory holds until they are written."""
    most = min(entry.memory() * 3 // 4 // (FIELD * (len(plan.names()) + 1)), 2**31 - 2)  # Spark's limit is an int
    answer = reader.compute(
        lambda rows: count(rows, plan, joined=joined).head(most + 1), plan.budget.cluster or plan.budget.key
    )
    if len(answer) > most:
        rule = f"must have at most {most:,} distinct cells, as many as the memory here holds (docs/scale.md)"
        remedy = "give numbers bins in budget.features, or set prepare.sample_rows"
        raise InputError(f"{plan.budget.source}: {rule}; {remedy}")
    return answer


def _refuse(
    found: pd.DataFrame, label: npt.NDArray[np.int64], dropped: Dropped, plan: Plan, disclosure: Disclosure
) -> None:
    """InputError when the cells do not bear the questions asked of them."""
    budget = plan.budget
    needed = ("test",) if plan.models and not plan.models.trained else ("train", "test")
    profile.refuse_rows(found, dropped.reasons, plan.prepare.minimum_rows, budget.source, needed)
    profile.refuse_levels(found, plan.sensitive, budget.source)
    if budget.target:
        profile.refuse_label(found, plan.cuts, plan.threshold, budget.source)
    profile.refuse_few(found, label, disclosure, budget.source)
    dropped_rows.refuse_unequal(dropped, budget, "budget")


def _scored(
    reader: engines.Reader, plan: Plan, joined: Mapping[str, Frame]
) -> tuple[pd.DataFrame, dict[str, dict[str, float]]]:
    """The counted scores of every model that has any; and by how much rounding can have moved its ROC AUC at most."""
    key, counted, errors = plan.budget.cluster or plan.budget.key, {}, {}
    for name in (name for name, own in plan.external.items() if own.score):
        answer = reader.compute(partial(count, plan=plan, scored=name, joined=joined), key)
        counted[name] = found = collected(answer, plan, name)
        if plan.budget.target:
            n = np.where(found["split"] == "test", found["n"], 0)
            ones, exact = n * labels(found, plan.cuts, plan.threshold), found[predictions.EXACT].to_numpy()
            error = predictions.auc_error(found[SCORE + name].to_numpy(), exact, ones, n - ones)
            errors[name] = {"roc_auc": error}
    columns = [c for c in plan.names() if c in ("split", "bin", CLUSTER) or c.startswith(ATTRIBUTE)]
    return predictions.table(counted, columns), errors


if __name__ == "__main__":
    entry.run(main)
