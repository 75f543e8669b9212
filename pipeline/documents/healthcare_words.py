"""Recorded decisions in words: what the counts of a measure count, a finding in a sentence, combinations of columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from responsible.fairness.measures import MEASURES
from responsible.healthcare.approval_rates import OVERRIDE_GAP, OVERRIDE_RATE
from responsible.names import REST

if TYPE_CHECKING:
    from responsible.healthcare.audit import HealthcareAudit
    from responsible.healthcare.schema import Healthcare
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
    OVERRIDE_RATE: "{rows} were overruled by a person",
}
# The rows that each of these rates rests on.
RESTS_ON = {
    "selection_rate": "{rows}",
    "true_positive_rate": "{merit} {rows}",
    "false_positive_rate": "{rows} that are not {merit}",
    "positive_predictive_value": "{yes} {rows}",
    OVERRIDE_RATE: "{rows}",
}
# What a measure is about, where texts that are sent name no measure.
ABOUT = {
    "statistical_parity_difference": "share {yes}",
    "equal_opportunity_difference": "share {yes} of {merit} {rows}",
    "predictive_parity_difference": "share {merit} of {yes} {rows}",
    "mean_wait_difference": "time waited",
    OVERRIDE_GAP: "share overruled by a person",
}
LINE: Final = "healthcare"
ROLES = {"merit": "need"}  # factors that are roles, as people say it


def finding(row: Any, roles: Healthcare, rules: HealthcareAudit, called: Words) -> dict[str, Any]:
    """A comparison with its scope, the levels it compares, and what its counts count.

    ``shown`` is whether the difference is shown at the declared significance. ``undecided`` is whether the interval
    crosses a limit; ``needed`` then has what each group has and would need, nothing where no number would decide.
    """
    rates = (
        (OVERRIDE_RATE,)
        if row.measure == OVERRIDE_GAP
        else MEASURES[row.measure].rates
        if row.measure in MEASURES
        else ()
    )
    privileged = [called.level(row.attribute, level) for level in roles.protected[row.attribute].privileged]
    spoken = _spoken(called)
    return {
        "finding": row.finding,
        "row": row,
        "scope": called.scope(row.scope),
        "among": f"Among {called.scope(row.scope)}, " if row.scope != "all" and rates else "",
        "against": f"where it is {' or '.join(privileged)}" if privileged else f"for {REST}",
        "defined": not np.isnan(row.value),
        "tested": not np.isnan(row.p),
        "shown": row.p_adjusted <= rules.significance,
        "event": EVENTS[rates[0]].format(**spoken) if rates else "",
        "undecided": bool(rates) and row.verdict == "insufficient_evidence" and not row.reason,
        "needed": _needed(row) if rates else [],
        "rests_on": _rests_on(rates).format(**spoken),
    }


def _rests_on(rates: tuple[str, ...]) -> str:
    return RESTS_ON.get(rates[0], "{rows}") if len(rates) == 1 else "{rows} of the rarer need"


def _needed(row: Any) -> list[tuple[int, int]]:
    """Cases now and needed, of the compared group and of the others."""
    ends = (row.support_unprivileged, row.needed_unprivileged), (row.support_privileged, row.needed_privileged)
    return [(int(now), int(then)) for now, then in ends if not pd.isna(then)]


def in_words(group: str, called: Words) -> str:
    """A combination such as ``rural=1 & requester=GP``, or of factors, as people say it: ``location: rural, …``."""
    parts = [part.partition("=") for part in group.split(" & ")]
    return ", ".join(
        f"{called.name(ROLES.get(n, n))}{f': {called.level(n, level)}' if eq else ''}" for n, eq, level in parts
    )


def open_points(findings: list[dict[str, Any]], called: Words) -> list[dict[str, Any]]:
    """Every RED and AMBER comparison, those of one group and measure together, the worst first."""
    spoken = _spoken(called)
    out: dict[tuple[str, ...], dict[str, Any]] = {}
    for f in findings:
        row = f["row"]
        if f["finding"] != "GREEN":
            about = ABOUT.get(row.measure, called.name(row.measure)).format(**spoken)
            own = out.setdefault(
                (f["finding"], row.attribute, row.comparison, row.measure),
                {"colour": f["finding"], "row": row, "about": about, "findings": []},
            )
            own["findings"].append(f)
    for own in out.values():
        own["findings"].sort(key=lambda f: not f["shown"])  # what is shown leads
    return list(out.values())


def _spoken(called: Words) -> dict[str, str]:
    return {"rows": called.many(LINE), "yes": called.answer(LINE), "merit": called.merit}
