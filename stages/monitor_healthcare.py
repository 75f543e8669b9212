"""Monitor of recorded decisions: later requests against the audited ones; approvals, waits, similar cases by period.

It runs before `monitor`, whose page, pictures and figures say what it found. A pure function of all batches, as that.
"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from pipeline import entry
from pipeline.monitoring.handover import digests, handed_on
from pipeline.monitoring.reading import Batches
from pipeline.monitoring.row_batches import read_rows
from pipeline.storage import files, parameters
from responsible.healthcare.audit import HealthcareAudit, declared
from responsible.healthcare.schema import Healthcare, by_role
from responsible.healthcare.similar_cases import ranges
from responsible.later_decisions.decisions import Setting, later_decisions
from responsible.monitoring.batches import period_of
from responsible.monitoring.parameters import Decisions, Monitor, Period
from responsible.monitoring.sides import earlier
from responsible.names import ATTRIBUTE
from responsible.statistics.intervals import Inference
from responsible.tabular.levels import Disclosure
from responsible.tabular.schema import Seed
from responsible.tabular.sources import Prepare
from responsible.validation import InputError, Params

SECTION = "monitor.healthcare"


class Parameters(Params):
    """What this stage reads of the parameter file."""

    seed: Seed
    prepare: Prepare
    inference: Inference
    disclosure: Disclosure
    healthcare: Healthcare
    healthcare_audit: HealthcareAudit
    monitor: Monitor


def main(
    *,
    params: str = "params.yaml",
    cases: str = "data/prepared/healthcare.parquet",
    prepared: str = "metrics/prepare_healthcare.json",
    figures: str = "monitor/healthcare.csv",
    asked: str = "monitor/healthcare.json",
) -> None:
    """Compare every period with the reference; write each figure, and what else `monitor` needs to speak of them."""
    given = parameters.load(params, Parameters)
    roles, rules, own = given.healthcare, given.healthcare_audit, given.monitor.healthcare
    if own is None:
        raise InputError(
            f"{params}: monitor.healthcare is missing; say where later decisions are, or remove this stage"
        )
    audited, _ = files.read_parquet(cases, ["id", *(ATTRIBUTE + name for name in roles.protected)])
    batches = read(given.prepare, roles, own, given.monitor.period, given.seed)
    reference, later, periods = audited, batches.cells, batches.periods
    if own.reference != "audited":
        reference, later, periods = earlier(own.reference, f"{SECTION}.reference", later, periods)
    setting = Setting(
        monitor=given.monitor,
        least_wait=own.wait,
        groups=declared(pd.concat([reference, later]), roles),
        limits=list(rules.limits),
        similarity=rules.similarity,
        bounds=ranges(audited, roles),
        inference=given.inference,
        seed=given.seed,
        disclosure=given.disclosure,
    )
    found = later_decisions(reference, later, periods, batches.findings, setting)
    of = digests({"audited": prepared}) | {"batches": batches.digest}
    files.write_csv(figures, found.figures)
    unit = roles.duration.unit if roles.duration else ""
    files.write_json(asked, handed_on(found, of, cases=found.cases, unit=unit))


def read(prepare: Prepare, roles: Healthcare, given: Decisions, period: Period, seed: int) -> Batches:
    """The cases of ``monitor.healthcare.source`` with their ``period``; findings and errors as of :func:`read_rows`."""
    roles = roles.model_copy(update={"source": given.source, "pattern": given.pattern})
    declared = [replace(d, kind="day") if d.kind == "month" and period != "month" else d for d in roles.declared()]

    def dated(rows: pd.DataFrame) -> pd.DataFrame:
        cases = by_role(rows, roles)
        return cases.assign(period=period_of(cases["month"], period))

    remedy = "correct the files or the roles"
    return read_rows(prepare, roles, declared, dated, period=period, seed=seed, section=SECTION, remedy=remedy)


if __name__ == "__main__":
    entry.run(main)
