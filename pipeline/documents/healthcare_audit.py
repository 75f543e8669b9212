"""The rows that docs/healthcare_audit.md shows; its prose is docs/templates/healthcare/healthcare_audit.md.j2."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.documents.healthcare_figures import COLOURS, beyond, confirmed, primary, shown_less
from pipeline.reporting.tables import records
from responsible.fairness.measures import MEASURES

if TYPE_CHECKING:
    from responsible.healthcare.audit import Audited, HealthcareAudit
    from responsible.healthcare.schema import Healthcare
    from responsible.statistics.intervals import Inference

# The first rate of a measure, in words; its counts are the shares a sentence gives.
EVENTS = {
    "selection_rate": "of requests are approved",
    "true_positive_rate": "of necessary requests are approved",
    "false_positive_rate": "of unnecessary requests are approved",
    "positive_predictive_value": "of approved requests were necessary",
    "base_rate": "of requests were necessary",
    "false_negative_rate": "of necessary requests are refused",
    "true_negative_rate": "of unnecessary requests are refused",
    "negative_predictive_value": "of refused requests were unnecessary",
    "accuracy": "of requests are decided as need says",
}
SCOPE = {
    "all": "all requests",
    "merit": "necessary requests",
    "urgent": "emergencies",
    "urgent merit": "necessary emergencies",
}
LOWEST = 3  # factors listed for a difference


def context(found: Audited, roles: Healthcare, rules: HealthcareAudit, inference: Inference) -> dict[str, Any]:
    """Everything the template of the report shows."""
    findings = _findings(found, roles, rules)
    counts = {colour: sum(f["finding"] == colour for f in findings) for colour in COLOURS}
    months = sorted(found.months["part"].unique()) if len(found.months) else []
    odds, table = found.odds, found.intersections
    return {
        "cases": found.cases,
        "source": roles.source,
        "attributes": list(roles.protected),
        "scopes": SCOPE,
        "unit": roles.duration.unit if roles.duration else "",
        "inference": inference,
        "rules": rules,
        "period": (months[0], months[-1]) if months else (),
        "findings": findings,
        "counts": counts,
        "verdict": "RED" if counts["RED"] else "AMBER" if counts["AMBER"] else "GREEN",
        "primary": [_finding(row, roles) for row in records(primary(found))],
        "switched_off": records(found.switched_off),
        "individual": found.individual,
        "losses": records(found.individual.losses) if found.individual else [],
        "odds": records(odds[odds["model"] == "adjusted"] if len(odds) else odds),
        "given": next((r.given for r in records(odds) if r.given), "") if len(odds) else "",
        "intersections": {
            "tested": int((table["evidence"] == "").sum()),
            "less": records(table[shown_less(table)]),
            "small": records(table[table["evidence"] != ""]),
        },
        "searched": found.subgroups.searched,
        "confirmed": list(confirmed(found)["group"]) if len(confirmed(found)) else [],
        "beyond": list(beyond(found)["group"]) if len(beyond(found)) else [],
        "found": records(found.subgroups.findings),
        "change": _changes(found),
        "causes": _causes(found),
        "replay": len(found.replay) > 0,
    }


def _finding(row: Any, roles: Healthcare) -> dict[str, Any]:
    """A comparison with its scope, the two groups as a sentence names them, and what its counts count."""
    other = (_level(row.attribute, level) for level in roles.protected[row.attribute].privileged)
    return {
        "finding": row.finding,
        "row": row,
        "scope": SCOPE[row.scope],
        "who": _level(row.attribute, row.comparison),
        "other": " or ".join(other),
        "defined": not np.isnan(row.value),
        "tested": not np.isnan(row.p),
        "event": EVENTS[MEASURES[row.measure].rates[0]] if row.measure in MEASURES else "",
    }


def _level(attribute: str, level: str) -> str:
    """A level as a sentence names it: itself, with its attribute where it is only a number."""
    return level if any(c.isalpha() for c in level) else f"{attribute}={level}"


def _findings(found: Audited, roles: Healthcare, rules: HealthcareAudit) -> list[dict[str, Any]]:
    """All coloured comparisons, RED first and within a colour the largest first.

    ``shown`` is whether the difference is shown at the declared significance.
    """
    rows = [r for t in (found.approvals, found.waits) if len(t) for r in records(t) if r.finding]
    rows.sort(key=lambda r: (COLOURS.index(r.finding), -abs(np.nan_to_num(r.value)), r.attribute, r.measure, r.scope))
    return [_finding(row, roles) | {"shown": row.p_adjusted <= rules.significance} for row in rows]


def _changes(found: Audited) -> list[Any]:
    table = found.held_out
    return records(table[table["part"] == "last minus earlier"]) if len(table) else []


def _causes(found: Audited) -> list[Any]:
    """For each comparison with a difference to explain, the factors that leave least of it."""
    table = found.causes[found.causes["remains_share"].notna()]
    return records(table.groupby(["attribute", "comparison", "outcome"], sort=False).head(LOWEST))
