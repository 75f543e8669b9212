"""Count the rows of the budget table into cells; no later stage of that line reads a row.

A bad row (see ``prepare.on_bad_rows``) or parameters that the table does not bear out end it with one message, before
anything is written.
"""

from __future__ import annotations

from pydantic import Field

from pipeline import entry
from pipeline.ingest import dropped_rows, engines, source_files
from pipeline.storage import files, parameters
from responsible.names import CLUSTER_GROUPS
from responsible.tabular import profile
from responsible.tabular.cell_counts import Plan, collected, count, key_repeats
from responsible.tabular.cells import Grid, labels
from responsible.tabular.columns import months
from responsible.tabular.levels import Disclosure, by_split, cover
from responsible.tabular.schema import Budget, Seed, Sensitive, Threshold
from responsible.tabular.sources import Prepare
from responsible.validation import Params


class Parameters(Params):
    """What this stage reads of the parameter file."""

    seed: Seed
    threshold: Threshold
    prepare: Prepare
    budget: Budget
    sensitive: dict[str, Sensitive]
    disclosure: Disclosure
    grid: Grid | None = Field(None, alias="threshold_sweep.grid")  # absent where the target has two values


def main(
    *,
    params: str = "params.yaml",
    cells: str = "data/prepared/budget.parquet",
    metrics: str = "metrics/prepare.json",
    base_rates: str = "plots/prepare_base_rates.csv",
    missing: str = "plots/prepare_missing.csv",
) -> None:
    """Read the table of ``params``; write its cells, their profile and the tables behind it."""
    given = parameters.load(params, Parameters)
    prepare, budget, sensitive, disclosure = given.prepare, given.budget, given.sensitive, given.disclosure
    plan = Plan(prepare, budget, sensitive, given.threshold, given.grid, given.seed)
    declared = plan.declared()
    table = source_files.table(budget, [d.column for d in declared])
    reader = engines.reader(prepare.engine, table, times=months(declared), time_zone=prepare.time_zone)

    answer = reader.compute(lambda rows: count(rows, plan), budget.cluster or budget.key)
    dropped = dropped_rows.settled(reader, answer, declared, prepare, table=budget, section="budget")
    found = collected(answer, plan)
    profile.refuse_rows(found, dropped.reasons, prepare.minimum_rows, budget.source)
    profile.refuse_levels(found, sensitive, budget.source)
    profile.refuse_label(found, plan.cuts, given.threshold, budget.source)
    label = labels(found, plan.cuts, given.threshold)
    profile.refuse_few(found, label, disclosure, budget.source)
    dropped_rows.refuse_unequal(dropped, budget, "budget")
    shown = cover(found, sensitive, by_split(found, label), disclosure)
    rates = profile.published_rates(found, shown, sensitive, plan.cuts, given.threshold)
    repeats = None
    if budget.key:
        repeats = int(reader.compute(lambda rows: key_repeats(rows, plan), budget.key)["repeats"][0])
    figures = profile.headline(found, rates, dropped.reasons, source_files.digest(table), repeats) | dropped.figures()
    if budget.cluster:
        persons = reader.compute(lambda rows: profile.clusters(rows, plan), budget.cluster)
        figures["clusters"] = {"groups": CLUSTER_GROUPS} | {name: int(persons[name][0]) for name in persons}
    meta = {"cuts": plan.cuts, "rows": figures["rows"]["kept"], "features": plan.kinds(), "attributes": list(sensitive)}
    meta |= {"cluster": budget.cluster} if budget.cluster else {}

    files.write_parquet(cells, found, meta)
    files.write_csv(base_rates, rates)
    files.write_csv(missing, profile.published_missing(found, shown, sensitive))
    files.write_json(metrics, {"prepare": profile.published_drops(figures, disclosure)})


if __name__ == "__main__":
    entry.run(main)
