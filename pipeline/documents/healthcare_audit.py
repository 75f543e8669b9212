"""The rows that docs/healthcare_audit.md shows; its prose is docs/templates/healthcare/healthcare_audit.md.j2."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from pipeline.documents.healthcare_figures import (
    COLOURS,
    beyond,
    by_band,
    confirmed,
    lowest,
    primary,
    shown_less,
    trend,
)
from pipeline.reporting.tables import records
from responsible.fairness.measures import MEASURES
from responsible.fairness.verdicts import POWER
from responsible.names import REST

if TYPE_CHECKING:
    from responsible.healthcare.audit import Audited, HealthcareAudit
    from responsible.healthcare.schema import Healthcare
    from responsible.statistics.intervals import Inference
    from responsible.words import Words

# What the counts of a measure's first rate count, behind "392 of 453".
EVENTS = {
    "selection_rate": "{rows} are {yes}",
    "true_positive_rate": "{merit} {rows} are {yes}",
    "false_positive_rate": "{rows} that are not {merit} are {yes}",
    "positive_predictive_value": "{yes} {rows} were {merit}",
    "base_rate": "{rows} were {merit}",
    "false_negative_rate": "{merit} {rows} are refused",
    "true_negative_rate": "{rows} that are not {merit} are refused",
    "negative_predictive_value": "refused {rows} were not {merit}",
    "false_discovery_rate": "{yes} {rows} were not {merit}",
    "false_omission_rate": "refused {rows} were {merit}",
    "accuracy": "{rows} are decided as need says",
}
# The rows that each of these rates rests on.
RESTS_ON = {
    "selection_rate": "{rows}",
    "true_positive_rate": "{merit} {rows}",
    "false_positive_rate": "{rows} that are not {merit}",
    "positive_predictive_value": "{yes} {rows}",
}
LINE: Final = "healthcare"
SCOPES = ("all", "merit", "urgent", "urgent merit")
LOWEST = 3  # factors listed for a difference
TELLING = ("merit", "urgent merit", "all", "urgent")  # of equally coloured scopes a summary takes the first: equal need


def context(
    found: Audited, roles: Healthcare, rules: HealthcareAudit, inference: Inference, called: Words
) -> dict[str, Any]:
    """Everything the template of the report shows; ``called`` is what people call things."""
    findings = _findings(found, roles, rules, called)
    counts = {colour: sum(f["finding"] == colour for f in findings) for colour in COLOURS}
    months = sorted(found.months["part"].unique()) if len(found.months) else []
    odds, table, sure = found.odds, found.intersections, confirmed(found)
    return {
        "cases": found.cases,
        "source": roles.source,
        "attributes": list(roles.protected),
        "scopes": {scope: called.scope(scope) for scope in SCOPES},
        **(called.of_cases() | called.of_tables()),
        "unit": roles.duration.unit if roles.duration else "",
        "inference": inference,
        "rules": rules,
        "power": POWER,
        "period": (*months[:1], *months[-1:]),
        "findings": findings,
        "counts": counts,
        "verdict": next((colour for colour in COLOURS if counts[colour]), "GREEN"),
        "unpooled": [name for name, own in roles.protected.items() if not own.privileged],
        "groups": _groups(findings, [_finding(row, roles, rules, called) for row in _headlines(found)]),
        "switched_off": records(found.switched_off),
        "individual": found.individual,
        "losses": records(found.individual.losses) if found.individual else [],
        "odds": records(odds[odds["model"] == "adjusted"] if len(odds) else odds),
        "given": next((r.given for r in records(odds) if r.given), "") if len(odds) else "",
        "intersections": {
            "tested": int((table["evidence"] == "").sum()),
            "lowest": lowest(table),
            "less": records(table[shown_less(table)]),
            "small": records(table[table["evidence"] != ""]),
        },
        "searched": found.subgroups.searched,
        "confirmed": list(sure["group"]) if len(sure) else [],
        "beyond": list(beyond(found)["group"]) if len(beyond(found)) else [],
        "found": records(found.subgroups.findings),
        "change": _changes(found),
        "by_band": by_band(found.bands),
        "trend": trend(found.months),
        "causes": _causes(found),
    }


def _finding(row: Any, roles: Healthcare, rules: HealthcareAudit, called: Words) -> dict[str, Any]:
    """A comparison with its scope, the levels it compares, and what its counts count.

    ``shown`` is whether the difference is shown at the declared significance. ``undecided`` is whether the interval
    crosses a limit; ``needed`` then has what each group has and would need, nothing where no number would decide.
    """
    rates = MEASURES[row.measure].rates if row.measure in MEASURES else ()
    privileged = [called.level(row.attribute, level) for level in roles.protected[row.attribute].privileged]
    spoken = {"rows": called.many(LINE), "yes": called.answer(LINE), "merit": called.merit}
    return {
        "finding": row.finding,
        "row": row,
        "scope": called.scope(row.scope),
        "among": f"Among {called.scope('urgent')}, " if row.scope.startswith("urgent") else "",
        "against": f"where it is {' or '.join(privileged)}" if privileged else f"for {REST}",
        "defined": not np.isnan(row.value),
        "tested": not np.isnan(row.p),
        "shown": row.p_adjusted <= rules.significance,
        "event": EVENTS[rates[0]].format(**spoken) if rates else "",
        "undecided": bool(rates) and row.verdict == "insufficient_evidence" and not row.reason,
        "needed": _needed(row) if rates else [],
        "rests_on": (RESTS_ON.get(rates[0], "{rows}") if len(rates) == 1 else "{rows} of the rarer need").format(
            **spoken
        ),
    }


def _rests_on(rates: tuple[str, ...]) -> str:
    return RESTS_ON.get(rates[0], "{rows}") if len(rates) == 1 else "{rows} of the rarer need"


def _needed(row: Any) -> list[tuple[int, int]]:
    """Cases now and needed, of the compared group and of the others."""
    ends = (row.support_unprivileged, row.needed_unprivileged), (row.support_privileged, row.needed_privileged)
    return [(int(now), int(then)) for now, then in ends if not pd.isna(then)]


def _findings(found: Audited, roles: Healthcare, rules: HealthcareAudit, called: Words) -> list[dict[str, Any]]:
    """All coloured comparisons, RED first and within a colour the largest first."""
    rows = [r for t in (found.approvals, found.waits) if len(t) for r in records(t) if r.finding]
    rows.sort(key=lambda r: (COLOURS.index(r.finding), -abs(np.nan_to_num(r.value)), r.attribute, r.measure, r.scope))
    return [_finding(row, roles, rules, called) for row in rows]


def _headlines(found: Audited) -> list[Any]:
    """The headline comparison of each attribute; that of any level is its level's own, with its own colour."""
    table = found.approvals
    own = {(r.attribute, r.scope, r.measure, r.comparison): r for r in records(table)}
    return [own[r.attribute, r.scope, r.measure, r.farthest or r.comparison] for r in records(primary(found))]


def _groups(findings: list[dict[str, Any]], headlines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each attribute with the colour of its worst finding and what to say of it, the worst attribute first.

    ``worst`` has one finding per level and measure of that colour, none when it is GREEN; ``primary`` is the headline
    comparison, None where ``worst`` has it already.
    """
    groups = []
    for headline in headlines:
        own = [f for f in findings if f["row"].attribute == headline["row"].attribute]
        colour = own[0]["finding"] if own else headline["finding"]
        worst: dict[tuple[str, str], dict[str, Any]] = {}
        for f in [headline, *sorted(own, key=lambda f: TELLING.index(f["row"].scope))]:
            if f["finding"] == colour != "GREEN":
                worst.setdefault((f["row"].comparison, f["row"].measure), f)
        there = any(f is headline for f in worst.values())
        groups.append(
            {
                "name": headline["row"].attribute,
                "colour": colour,
                "worst": list(worst.values()),
                "primary": None if there else headline,
            }
        )
    return sorted(groups, key=lambda g: (*COLOURS, "").index(g["colour"]))


def _changes(found: Audited) -> list[Any]:
    table = found.held_out
    return records(table[table["part"] == "last minus earlier"]) if len(table) else []


def _causes(found: Audited) -> list[Any]:
    """For each comparison with a difference to explain, the factors that leave least of it."""
    table = found.causes[found.causes["remains_share"].notna()]
    return records(table.groupby(["attribute", "comparison", "outcome"], sort=False).head(LOWEST))
