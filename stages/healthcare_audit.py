"""Audit the decisions on healthcare requests: groups, like cases, intersections, subgroups, trends and a what-if.

Writes the audit report and the parts of the playbook that show figures. An analysis whose role the table lacks is
switched off by name.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from responsible.case_audit import HealthcareAudit, audit, declared
from responsible.encoding import Logistic
from responsible.groups import Inference
from responsible.healthcare import Healthcare
from responsible.proxies import of_cases, proxies
from responsible.roles import Seed
from stages import _draw_healthcare, _healthcare, _io, _playbook, _report

PARAMS: dict[str, Any] = {
    "seed": Seed,
    "model": Logistic,
    "inference": Inference,
    "healthcare": Healthcare,
    "healthcare_audit": HealthcareAudit,
    "playbook": _playbook.Playbook,
}


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
    disparities_png: str = "plots/healthcare_disparities.png",
    intersections_png: str = "plots/healthcare_intersections.png",
    bands_png: str = "plots/healthcare_bands.png",
    waits_png: str = "plots/healthcare_waits.png",
    trend_png: str = "plots/healthcare_trend.png",
    report: str = "docs/healthcare_audit.md",
    bias_sources: str = "docs/playbook/3_bias_sources.md",
    metrics_in_use: str = "docs/playbook/4_metrics.md",
    validation: str = "docs/playbook/6_validation.md",
    case_study: str = "docs/playbook/7_case_study.md",
) -> None:
    """Audit the cases; see the names of the outputs."""
    seed, logistic, inference, roles, rules, playbook = _io.load(params, PARAMS)
    table, _ = _io.read_parquet(cases)
    found = audit(table, roles, rules, inference, np.random.default_rng([seed, 5]))
    tables = _healthcare.tables(found)
    headline = _healthcare.headline(found)

    _io.write_json(metrics, {"healthcare_audit": headline})
    paths = (approvals, rates, waits, bands, odds, losses, closest, intersections, subgroups, folds, months, held_out)
    for path, frame in zip((*paths, causes, replay), tables, strict=True):
        _io.write_csv(path, frame)
    _io.write_csv(proxies_csv, _guessed(table, roles, logistic, inference, np.random.default_rng([seed, 6])))
    _io.write_bytes(disparities_png, _draw_healthcare.disparities(found.approvals))
    _io.write_bytes(intersections_png, _draw_healthcare.intersections(found.intersections, inference.confidence))
    _io.write_bytes(bands_png, _draw_healthcare.bands(found.bands))
    _io.write_bytes(waits_png, _draw_healthcare.waits(found.waits))
    _io.write_bytes(trend_png, _draw_healthcare.trend(found.months, _healthcare.TREND))
    context = _healthcare.context(found, roles, rules, inference) | _playbook.context(found, playbook, rules, headline)
    documents = {
        "healthcare_audit": report,
        "3_bias_sources": bias_sources,
        "4_metrics": metrics_in_use,
        "6_validation": validation,
        "7_case_study": case_study,
    }
    for name, path in documents.items():
        _io.write_text(path, _report.render(f"{templates}/{name}.md.j2", context))


def _guessed(
    cases: pd.DataFrame, roles: Healthcare, logistic: Logistic, inference: Inference, rng: np.random.Generator
) -> pd.DataFrame:
    """How well the features guess each protected attribute, which is never one of them."""
    counted, kinds = of_cases(cases, rng), {name: feature.kind for name, feature in roles.features.items()}
    attributes = {roles.protected[who.attribute].column: who for who in declared(cases, roles)}
    return proxies(counted, kinds, attributes, params=logistic, inference=inference)


if __name__ == "__main__":
    _io.run(main)
