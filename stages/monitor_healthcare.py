"""Monitor of recorded decisions: later requests against the audited ones; approvals, waits, similar cases by period.

It runs before `monitor`, whose page, pictures and figures say what it found. A pure function of all batches, as that.
"""

from __future__ import annotations

import pandas as pd

from pipeline import entry
from pipeline.monitoring import decisions
from pipeline.storage import files, parameters
from responsible.healthcare.audit import HealthcareAudit, declared
from responsible.healthcare.schema import Healthcare
from responsible.healthcare.similar_cases import ranges
from responsible.later_decisions.decisions import Setting, later_decisions
from responsible.monitoring.parameters import Monitor
from responsible.names import ATTRIBUTE
from responsible.statistics.intervals import Inference
from responsible.tabular.levels import Disclosure
from responsible.tabular.schema import Seed
from responsible.tabular.sources import Prepare
from responsible.validation import InputError, Params


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
    batches = decisions.read(given.prepare, roles, own, given.monitor.period)
    reference, later, periods = decisions.compared(own, audited, batches)
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
    files.write_csv(figures, found.figures)
    unit = roles.duration.unit if roles.duration else ""
    files.write_json(asked, decisions.written(found, unit, batches.digest))


if __name__ == "__main__":
    entry.run(main)
