"""The rows that docs/healthcare_audit.md shows; its prose is docs/templates/healthcare/healthcare_audit.md.j2."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.documents.healthcare_figures import (
    COLOURS,
    MOST,
    beyond,
    by_band,
    confirmed,
    lowest,
    overrides,
    primary,
    shown_less,
    trend,
)
from pipeline.documents.healthcare_words import finding, in_words, open_points
from pipeline.reporting.tables import records
from responsible.fairness.verdicts import POWER
from responsible.healthcare.approval_rates import OVERRIDE_GAP

if TYPE_CHECKING:
    from collections.abc import Callable

    from responsible.healthcare.audit import Audited, HealthcareAudit
    from responsible.healthcare.schema import Healthcare
    from responsible.statistics.intervals import Inference
    from responsible.words import Words

SCOPES = ("all", "merit", "urgent", "urgent merit")
OVERRULED = ("all", "proposed yes", "proposed no")
LOWEST = 3  # factors listed for a difference
FEW = 6  # combinations listed
EVEN = 0.5  # share lost that favours nobody
LASTING = 0.9  # share of a difference that remains, from which a factor is said to explain none of it
# Of equally coloured scopes a summary takes the first: equal need.
TELLING = ("merit", "urgent merit", "all", "urgent", *OVERRULED[1:])


def context(
    found: Audited, roles: Healthcare, rules: HealthcareAudit, inference: Inference, called: Words
) -> dict[str, Any]:
    """Everything the template of the report shows; ``called`` is what people call things."""
    findings = _findings(found, roles, rules, called)
    counts = {colour: sum(f["finding"] == colour for f in findings) for colour in COLOURS}
    months = sorted(found.months["part"].unique()) if len(found.months) else []
    return _analyses(found, rules, partial(in_words, called=called)) | {
        "cases": found.cases,
        "source": roles.source,
        "attributes": [called.name(name) for name in roles.protected],
        "most": MOST,
        "few": FEW,
        "lasting": LASTING,
        "in_words": partial(in_words, called=called),
        "scopes": {scope: called.scope(scope) for scope in (*SCOPES, *OVERRULED)},
        **called.of_cases(),
        **called.of_tables(),
        "unit": roles.duration.unit if roles.duration else "",
        "inference": inference,
        "rules": rules,
        "power": POWER,
        "period": (*months[:1], *months[-1:]),
        "findings": findings,
        "counts": counts,
        "verdict": next((colour for colour in COLOURS if counts[colour]), "GREEN"),
        "unpooled": [name for name, own in roles.protected.items() if not own.privileged],
        "groups": _groups(findings, [finding(row, roles, rules, called) for row in _headlines(found)]),
        "undecided": [f for f in findings if f["undecided"]],
        "open": open_points(findings, called),
    }


def _analyses(found: Audited, rules: HealthcareAudit, said: Callable[[str], str]) -> dict[str, Any]:
    """What the analyses besides the comparisons found; ``said`` is a combination of columns in words."""
    odds, table, sure = found.odds, found.intersections, confirmed(found)
    adjusted = records(odds[odds["model"] == "adjusted"] if len(odds) else odds)
    losses = records(found.individual.losses) if found.individual else []
    causes, change = _causes(found), _changes(found)
    return {
        "switched_off": records(found.switched_off),
        "individual": found.individual,
        "overruled": _overruled(found),
        "overrides": overrides(found),
        "losses": losses,
        "losers": [row for row in losses if row.p_adjusted <= rules.significance and row.share > EVEN],
        "odds": adjusted,
        "unexplained": [row for row in adjusted if row.difference_low > 0 or row.difference_high < 0],
        "given": said(next((r.given for r in adjusted if r.given), "").replace(", ", " & ")),
        "intersections": {
            "tested": int((table["evidence"] == "").sum()),
            "lowest": lowest(table),
            "less": records(table[shown_less(table)]),
            "small": records(table[table["evidence"] != ""]),
        },
        "searched": found.subgroups.searched,
        "confirmed": list(sure["group"]) if len(sure) else [],
        "beyond": [said(group) for group in beyond(found)["group"]] if len(beyond(found)) else [],
        "found": records(found.subgroups.findings),
        "change": change,
        "moved": [row for row in change if row.low > 0 or row.high < 0],
        "by_band": by_band(found.bands),
        "trend": trend(found.months),
        "causes": causes,
        "least": min((row.remains_share for row in causes), default=1.0),
    }


def _overruled(found: Audited) -> list[Any]:
    """The judged comparisons of human overrides, none where the table has no such role."""
    table = found.approvals
    return records(table[(table["measure"] == OVERRIDE_GAP) & (table["finding"] != "")])


def _findings(found: Audited, roles: Healthcare, rules: HealthcareAudit, called: Words) -> list[dict[str, Any]]:
    """All coloured comparisons, RED first and within a colour the largest first."""
    rows = [r for t in (found.approvals, found.waits) if len(t) for r in records(t) if r.finding]
    rows.sort(key=lambda r: (COLOURS.index(r.finding), -abs(np.nan_to_num(r.value)), r.attribute, r.measure, r.scope))
    return [finding(row, roles, rules, called) for row in rows]


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
