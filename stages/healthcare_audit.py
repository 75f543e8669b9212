"""Audit the decisions on healthcare requests: groups, like cases, intersections, subgroups, trends and a what-if.

Writes the report and parts of the playbook. An analysis whose role the table lacks is switched off by name.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from pipeline import entry
from pipeline.documents import healthcare_audit, healthcare_disclosure, healthcare_figures
from pipeline.documents import playbook as _playbook
from pipeline.plots import healthcare
from pipeline.reporting.engine import fill
from pipeline.results.answers import circumstances
from pipeline.storage import files, parameters
from responsible.fairness.proxies import proxies
from responsible.healthcare.audit import HealthcareAudit, audit, declared
from responsible.healthcare.cases import counted
from responsible.healthcare.schema import EVENTS, Healthcare
from responsible.modelling.disclosure import withheld
from responsible.modelling.parameters import Logistic
from responsible.names import ATTRIBUTE, FACTOR, SAMPLED_FROM
from responsible.statistics.intervals import Inference
from responsible.statistics.streams import stream
from responsible.tabular.levels import Disclosure
from responsible.tabular.schema import Seed
from responsible.validation import Params
from responsible.words import Section


class Parameters(Params):
    """What this stage reads of the parameter file."""

    seed: Seed
    model: Logistic
    inference: Inference
    healthcare: Healthcare
    healthcare_audit: HealthcareAudit
    playbook: _playbook.Playbook
    disclosure: Disclosure
    words: Section


def main(
    *,
    params: str = "params.yaml",
    cases: str = "data/prepared/healthcare.parquet",
    templates: str = "docs/templates/healthcare",
    metrics: str = "metrics/healthcare_audit.json",
    approvals: str = "plots/healthcare_approvals.csv",
    rates: str = "plots/healthcare_rates.csv",
    waits: str = "plots/healthcare_waits.csv",
    bands: str = "plots/healthcare_bands.csv",
    odds: str = "plots/healthcare_odds.csv",
    losses: str = "plots/healthcare_losses.csv",
    closest: str = "plots/healthcare_closest.csv",
    intersections: str = "plots/healthcare_intersections.csv",
    subgroups: str = "plots/healthcare_subgroups.csv",
    folds: str = "plots/healthcare_folds.csv",
    months: str = "plots/healthcare_months.csv",
    held_out: str = "plots/healthcare_held_out.csv",
    causes: str = "plots/healthcare_causes.csv",
    replay: str = "plots/healthcare_replay.csv",
    proxies_csv: str = "plots/healthcare_proxies.csv",
    gaps: str = "plots/healthcare_gaps.svg",
    gaps_narrow: str = "plots/healthcare_gaps_narrow.svg",
    report: str = "docs/healthcare_audit.md",
    bias_sources: str = "docs/playbook/3_bias_sources.md",
    metrics_in_use: str = "docs/playbook/4_metrics.md",
    validation: str = "docs/playbook/6_validation.md",
    case_study: str = "docs/playbook/7_case_study.md",
) -> None:
    """Audit the cases; see the names of the outputs."""
    given = parameters.load(params, Parameters)
    roles, rules, inference = given.healthcare, given.healthcare_audit, given.inference
    table, meta = files.read_parquet(cases, ["id", *(ATTRIBUTE + name for name in roles.protected), *_factors(roles)])
    shown, roles, rules = healthcare_disclosure.publishable(table, roles, rules, given.disclosure)
    found = audit(shown, roles, rules, inference, stream(given.seed, "healthcare_audit/audit"))
    found = healthcare_disclosure.published(found, table, given.healthcare.protected, given.disclosure)
    tables, headline = healthcare_figures.tables(found), healthcare_disclosure.headline(found, given.disclosure)

    files.write_json(metrics, {"healthcare_audit": headline})
    files.write_csv(approvals, tables["approvals"])
    files.write_csv(rates, tables["rates"])
    files.write_csv(waits, tables["waits"])
    files.write_csv(bands, tables["bands"])
    files.write_csv(odds, tables["odds"])
    files.write_csv(losses, tables["losses"])
    files.write_csv(closest, tables["closest"])
    files.write_csv(intersections, tables["intersections"])
    files.write_csv(subgroups, tables["subgroups"])
    files.write_csv(folds, tables["folds"])
    files.write_csv(months, tables["months"])
    files.write_csv(held_out, tables["held_out"])
    files.write_csv(causes, tables["causes"])
    files.write_csv(replay, tables["replay"])
    files.write_csv(proxies_csv, _guessed(shown, roles, given, stream(given.seed, "healthcare_audit/proxies")))
    unit = roles.duration.unit if roles.duration else ""
    drawn = healthcare.gaps(found.approvals, found.waits, unit, inference.confidence, given.words)
    drawn.write(gaps, gaps_narrow)
    context = healthcare_audit.context(found, roles, rules, inference, given.words)
    context |= {"picture": drawn, "minimum_cell": given.disclosure.minimum_cell}
    context |= {SAMPLED_FROM: meta.get(SAMPLED_FROM, 0)}
    context |= _playbook.context(found, given.playbook, headline, circumstances(parameters.read_yaml(params)))
    for path in (report, bias_sources, metrics_in_use, validation, case_study):
        files.write_text(path, fill(f"{templates}/{Path(path).stem}.md.j2", context, output=path))


def _factors(roles: Healthcare) -> list[str]:
    """The columns of the features, and of the roles that the table has."""
    return [*(role for role in EVENTS if getattr(roles, role)), *(FACTOR + name for name in roles.features)]


def _guessed(cases: pd.DataFrame, roles: Healthcare, given: Parameters, rng: np.random.Generator) -> pd.DataFrame:
    """How well the features guess each protected attribute, which is never one of them."""
    rows, kinds = counted(cases, rng), {name: feature.kind for name, feature in roles.features.items()}
    attributes = {roles.protected[who.attribute].column: who for who in declared(cases, roles)}
    found = proxies(rows, kinds, attributes, params=given.model, inference=given.inference)
    hidden = np.full(len(found), bool(given.disclosure.minimum_cell))
    return withheld(found, hidden, given.disclosure.reason)


if __name__ == "__main__":
    entry.run(main)
