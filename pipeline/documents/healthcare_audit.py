"""What docs/healthcare_audit.md says: the audit's tables turned into findings, plain sentences, alert and summary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from pipeline.reporting.rendering import escape, number, p_value, records, words
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
TREND = ["equal_opportunity_difference", "statistical_parity_difference"]  # the first that is there is drawn
SCOPE = {
    "all": "all requests",
    "merit": "necessary requests",
    "urgent": "emergencies",
    "urgent merit": "necessary emergencies",
}
ORDER = {"RED": 0, "AMBER": 1, "GREEN": 2}


def tables(found: Audited) -> dict[str, pd.DataFrame]:
    """The long tables by name; an analysis that is switched off has a header only."""
    own = found.individual
    frames = {
        "approvals": found.approvals,
        "rates": found.rates,
        "waits": found.waits,
        "bands": found.bands,
        "odds": found.odds,
        "losses": own.losses if own else pd.DataFrame(),
        "closest": own.closest if own else pd.DataFrame(),
        "intersections": found.intersections,
        "subgroups": found.subgroups.findings,
        "folds": found.folds,
        "months": found.months,
        "held_out": found.held_out,
        "causes": found.causes,
        "replay": found.replay,
    }
    empty = pd.DataFrame(columns=["switched_off"])
    return {name: frame if len(frame.columns) else empty for name, frame in frames.items()}


def primary(found: Audited) -> pd.DataFrame:
    """The headline comparison of each attribute by the primary definition, or the nearest one the roles allow."""
    table = found.approvals
    for scope in ("urgent", "all"):
        for measure in TREND:
            own = table[(table["scope"] == scope) & (table["measure"] == measure)]
            if len(own) and (scope == "all" or measure == TREND[0]):
                return own.drop_duplicates("attribute")
    return table.drop_duplicates("attribute")


def headline(found: Audited) -> dict[str, Any]:
    """The figures of ``metrics/healthcare_audit.json``."""
    judged = pd.concat([t[["finding"]] for t in (found.approvals, found.waits) if len(t)])["finding"]
    of_all = found.approvals[found.approvals["scope"] == "all"]
    parity = of_all[of_all["measure"] == "statistical_parity_difference"].drop_duplicates("attribute")
    out: dict[str, Any] = {
        "cases": found.cases,
        "findings": {colour: int((judged == colour).sum()) for colour in ORDER},
        "primary_difference": _by_attribute(primary(found)),
        "statistical_parity_difference": _by_attribute(parity),
        "subgroups": {"confirmed": len(confirmed(found)), "beyond_declared": len(beyond(found))},
        "intersections_approved_less": int(_shown(found.intersections).sum()),
    }
    if len(found.waits):
        own = found.waits[(found.waits["scope"] == "all") & (found.waits["measure"] == "mean_wait_difference")]
        out["mean_wait_difference"] = _by_attribute(own.drop_duplicates("attribute"))
    if found.individual:
        own_ = found.individual
        out["like_cases"] = {"pairs": own_.pairs.pairs, "violation_rate": own_.pairs.rate}
        out["like_cases"]["consistency"] = own_.consistency
    return out


def _by_attribute(rows: pd.DataFrame) -> dict[str, float]:
    return {str(row.attribute): float(row.value) for row in records(rows)}


def _shown(table: pd.DataFrame, level: float = 0.05) -> pd.Series:
    return (table["p_adjusted"] <= level) & (table["difference"] < 0)


def confirmed(found: Audited) -> pd.DataFrame:
    """Subgroups that the second half of the cases confirmed."""
    table = found.subgroups.findings
    return table[table["confirmed"].astype(bool)] if len(table) else table


def beyond(found: Audited) -> pd.DataFrame:
    """Confirmed subgroups that name any column besides one declared group alone."""
    table = confirmed(found)
    declared = set(found.rates["attribute"])
    single = [(" & " not in g) and g.split("=")[0] in declared for g in table["group"]] if len(table) else []
    return table[~np.array(single, dtype=bool)] if len(table) else table


def context(found: Audited, roles: Healthcare, rules: HealthcareAudit, inference: Inference) -> dict[str, Any]:
    """Everything the template of the report shows."""
    findings = _findings(found, roles, rules)
    counts = {colour: sum(f["finding"] == colour for f in findings) for colour in ORDER}
    return {
        "cases": found.cases,
        "source": roles.source,
        "attributes": list(roles.protected),
        "scopes": SCOPE,
        "confidence": f"{inference.confidence * 100:g} %",
        "replicates": inference.replicates,
        "minimum": inference.minimum_denominator,
        "rules": rules,
        "period": _period(found),
        "findings": findings,
        "counts": counts,
        "verdict": "RED" if counts["RED"] else "AMBER" if counts["AMBER"] else "GREEN",
        "primary": [_primary_sentence(row, roles) for row in records(primary(found))],
        "switched_off": records(found.switched_off),
        "individual": found.individual,
        "losses": _losses(found),
        "odds": records(found.odds[found.odds["model"] == "adjusted"] if len(found.odds) else found.odds),
        "given": next((r.given for r in records(found.odds) if r.given), "") if len(found.odds) else "",
        "lowest": records(found.intersections[found.intersections["evidence"] == ""].nsmallest(5, "difference")),
        "intersections": _intersections(found),
        "subgroups": _subgroups(found),
        "found": records(found.subgroups.findings),
        "change": _changes(found),
        "causes": _causes(found),
        "replay": len(found.replay) > 0,
    }


def _period(found: Audited) -> str:
    months = sorted(found.months["part"].unique()) if len(found.months) else []
    return f"{months[0]} to {months[-1]}" if months else "the whole table (no time is declared)"


def _privileged(attribute: str, roles: Healthcare) -> str:
    return " or ".join(_level(attribute, level) for level in roles.protected[attribute].privileged)


def _level(attribute: str, level: str) -> str:
    """A level as a sentence names it: itself, with its attribute where it is only a number."""
    return escape(level if any(c.isalpha() for c in level) else f"{attribute}={level}")


def _primary_sentence(row: Any, roles: Healthcare) -> str:
    who, other = _level(row.attribute, row.comparison), _privileged(row.attribute, roles)
    given = {"urgent": "Among necessary emergencies", "all": "Among necessary requests"}[row.scope]
    if row.measure == "statistical_parity_difference":
        given = "Among " + SCOPE[row.scope]
    if np.isnan(row.value):
        return f"**{escape(row.attribute)}**: undefined ({words(row.reason)}); nothing can be said."
    side = "below zero" if row.high < 0 else "above zero" if row.low > 0 else "containing zero"
    against = f"{number(-row.value)} [{number(-row.high)}, {number(-row.low)}]"
    return (
        f"**{escape(row.attribute)}** ({row.finding}). {given}, {who} is approved {_points(row.value)} than {other}: "
        f"difference {number(row.value)}, interval [{number(row.low)}, {number(row.high)}], {side}. "
        f"Put the other way round, {other} against {who} differ by {against}."
    )


def _points(value: float) -> str:
    return f"{abs(value) * 100:.1f} points {'less' if value < 0 else 'more'} often"


def _findings(found: Audited, roles: Healthcare, rules: HealthcareAudit) -> list[dict[str, Any]]:
    """All coloured comparisons, RED first and within a colour the largest first."""
    rows = [r for t in (found.approvals, found.waits) if len(t) for r in records(t) if r.finding]
    rows.sort(key=lambda r: (ORDER[r.finding], -abs(np.nan_to_num(r.value)), r.attribute, r.measure, r.scope))
    return [
        {
            "finding": row.finding,
            "attribute": row.attribute,
            "comparison": row.comparison,
            "measure": row.measure,
            "scope": SCOPE[row.scope],
            "row": row,
            "counts": _counts(row),
            "test": _test(row),
            "meaning": _meaning(row, roles),
            "action": _action(row, rules),
        }
        for row in rows
    ]


def _counts(row: Any) -> str:
    if hasattr(row, "count_unprivileged"):
        return (
            f"{row.count_unprivileged} of {row.support_unprivileged} against "
            f"{row.count_privileged} of {row.support_privileged}"
        )
    return f"{row.support_unprivileged} against {row.support_privileged} requests"


def _test(row: Any) -> str:
    if np.isnan(row.p):
        return "not tested"
    size = f", V {number(row.cramers_v)}" if hasattr(row, "cramers_v") else f", P(longer) {number(row.superiority)}"
    return f"{row.method}, adjusted p {p_value(row.p_adjusted)}{size}"


def _meaning(row: Any, roles: Healthcare) -> str:
    who, other = _level(row.attribute, row.comparison), _privileged(row.attribute, roles)
    if np.isnan(row.value):
        return f"Too little is known to compare {who} with {other}."
    if row.measure == "mean_wait_difference":
        longer = f"{roles.duration.unit if roles.duration else ''} {'longer' if row.value > 0 else 'shorter'}"
        means = f"{row.unprivileged:.1f} against {row.privileged:.1f}"
        return f"{who} waits {abs(row.value):.1f} {longer} than {other} ({means})."
    share = [row.count_unprivileged / row.support_unprivileged, row.count_privileged / row.support_privileged]
    event = EVENTS[MEASURES[row.measure].rates[0]]
    return f"{share[0]:.0%} {event} for {who}, {share[1]:.0%} for {other}."


def _action(row: Any, rules: HealthcareAudit) -> str:
    if row.finding == "RED":
        return f"Root-cause analysis within {rules.days.red} days, with a named owner"
    if row.finding == "GREEN":
        return "None; keep watching"
    if row.p_adjusted <= rules.significance:
        return f"Explain the difference within {rules.days.amber} days"
    return "Gather more cases; not evidence of fairness"


def _losses(found: Audited) -> list[Any]:
    return records(found.individual.losses) if found.individual else []


def _intersections(found: Audited) -> dict[str, Any]:
    table = found.intersections
    small = table[table["evidence"] != ""]
    return {
        "tested": int((table["evidence"] == "").sum()),
        "less": records(table[_shown(table)]),
        "small": [f"{r.group} ({r.n})" for r in records(small)],
    }


def _subgroups(found: Audited) -> dict[str, Any]:
    more = beyond(found)
    groups = ", ".join(escape(g) for g in confirmed(found)["group"]) if len(confirmed(found)) else "none"
    if len(more):
        story = f"The search adds to the declared groups: {', '.join(escape(g) for g in more['group'])}."
    else:
        story = "The search adds nothing beyond the declared groups themselves."
    return {"searched": found.subgroups.searched, "confirmed": groups, "story": story}


def _changes(found: Audited) -> list[Any]:
    table = found.held_out
    return records(table[table["part"] == "last minus earlier"]) if len(table) else []


def _causes(found: Audited) -> list[Any]:
    """For each comparison with a difference to explain, the three factors that leave least of it."""
    table = found.causes[found.causes["remains_share"].notna()]
    return records(table.groupby(["attribute", "comparison", "outcome"], sort=False).head(3))
