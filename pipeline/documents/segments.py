"""What docs/segments.md and the segments' data sheet say: findings in plain sentences, and the tables behind them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from pipeline.reporting.rendering import escape, number, records
from responsible.clustering.null_reference import CHANCE, MARGINS, ONE_FEATURE, SLIVER, UNSTABLE
from responsible.privacy.mechanisms import MECHANISMS
from responsible.segmentation.report import at_flag, cost
from responsible.segmentation.scorecard import one_sided, total
from responsible.segmentation.tables import name_of

if TYPE_CHECKING:
    import pandas as pd

    from responsible.clustering.silhouette import Silhouette
    from responsible.privacy.domain import Configuration, Release
    from responsible.segmentation.report import Report
    from responsible.segmentation.schema import Segments
    from responsible.statistics.intervals import Inference

DOUBTS = {
    UNSTABLE: "other people of the same kind would give other clusters",
    CHANCE: "tables without any clusters score as high",
    MARGINS: "tables whose columns have the same values, and no more in common than their rank order, score as high",
    SLIVER: "one of them holds fewer people than a segment may",
}
REFERENCES = {
    "normal": "normal",
    "uniform": "uniform",
    "own_margins": "the columns' own values, independent",
    "own_margins_correlated": "the columns' own values with their rank correlations",
}
QUESTIONS = {
    "motivation": "Why was the table made?",
    "collection": "How, when and from whom was it collected?",
    "consent": "On what legal basis, and how can people withdraw?",
    "uses": "What may the segments be used for?",
    "not_for": "What must they not be used for?",
    "distribution": "Who may have the table?",
    "maintenance": "Who keeps it, and who mends an error?",
    "override": "Who can overrule a segment, and how?",
}


def context(
    report: Report,
    tried: pd.DataFrame,
    knee: int | None,
    *,
    roles: Segments,
    inference: Inference,
) -> dict[str, Any]:
    """Everything the templates show."""
    answers = report.params.data_sheet
    found, flag = report.found, report.params.representation.flag
    open_, answered = one_sided(found.shares)
    measured = _measured(report)
    return {
        "report": report,
        "found": found,
        "chosen": name_of(found.choice.chosen),
        "knee": knee,
        "tried": records(tried),
        "verdict": _verdict(report),
        "together": _together(report, escape(roles.protected)),
        "on_original": _on_original(report),
        "runner_up": _runner_up(report),
        "reference": {REFERENCES[kind]: float(draws.max()) for kind, draws in found.reference.items()},
        "open": open_,
        "answered": answered,
        "alike": [share for share in found.shares if share.above_flag and not share.flagged],
        "at_flag": at_flag(found, flag),
        "levels": [escape(level) for level in report.levels],
        "roles": roles,
        "privacy": report.params.privacy,
        "inference": inference,
        "questions": [(QUESTIONS[name], answer) for name, answer in answers],
        "unanswered": [QUESTIONS[name] for name in answers.unanswered()],
        "override": answers.override,
        "costs": {name: cost(report.compared, setting) for name, setting in report.settings.items()},
        "totals": {name: total(criteria) for name, criteria in report.scores.items()},
        "criteria": list(zip(*report.scores.values(), strict=True)),
        "mechanisms": MECHANISMS,
        "ledger": records(report.compared.ledger),
        "measured": measured,
        "chosen_row": next(r for r in measured if _is(r["entry"], report.settings["chosen"])),
        "sure_row": next(r for r in measured if _is(r["entry"], report.settings["guaranteed"])),
        "harder": _harder(report),
        "not_protected": _not_protected(report),
    }


def _is(entry: Any, setting: Configuration | Release) -> bool:
    return (entry.mechanism, entry.epsilon) == (setting.mechanism, setting.epsilon)


def _verdict(report: Report) -> str:
    found, k = report.found, report.found.choice.chosen.fitted.k
    if found.found:
        return (
            f"**There are {k} segments.** Refits on resampled people find them again (median adjusted Rand index "
            f"{number(found.stability.quartiles()[1])}), and no table without clusters reaches their silhouette of "
            f"{number(found.silhouette.value)}."
        )
    follows = "What follows describes those clusters; do not act on them."
    if ONE_FEATURE in found.doubts:
        return (
            "**Whether there are segments cannot be told.** Segments show in how features go together, and the table "
            f"has one feature. The best that was found are {k} clusters of its values. {follows}"
        )
    why = " and ".join(_doubt(report, doubt) for doubt in found.doubts)
    return (
        f"**There are no segments.** The best that was found, {k} clusters, is not a structure of these people: {why}. "
        f"{follows}"
    )


def _doubt(report: Report, doubt: str) -> str:
    column = report.found.column
    if doubt != MARGINS or column is None:
        return DOUBTS[doubt]
    return (
        f"it shows in one column only: {escape(report.features[column])}, so it is a grouping of that column's values"
    )


def _runner_up(report: Report) -> str:
    choice = report.found.choice
    if choice.runner_up is None or choice.lead is None:
        return "There was no other candidate."
    close = abs(choice.lead.value) < choice.margin
    first = (
        f"The runner-up is {name_of(choice.runner_up)}, {_lead(choice.lead)} in silhouette: "
        f"{'as good within the margin, so the simpler one is taken' if close else 'a clear difference'}."
    )
    if choice.other_k is None or choice.lead_other_k is None or choice.other_k is choice.runner_up:
        return first
    return (
        f"{first} The best with another number of clusters is {name_of(choice.other_k)}, {_lead(choice.lead_other_k)}."
    )


def _together(report: Report, protected: str) -> str:
    """How segment and group go together; Cohen's (1988) medium and large effect, for two levels, are V = .3 and .5."""
    v = report.found.dependence.effect
    if math.isnan(v):
        return f"Whether segment and {protected} go together is undefined."
    said = (
        f"Segment and {protected} go together with Cramér's V = {number(v, 2)} (0: not at all, 1: one tells the other)"
    )
    if v < 0.3:
        return f"{said}: the segments say little about {protected}."
    much = "is largely acting on" if v >= 0.5 else "is partly acting on"
    return f"{said}, although {protected} was not a feature: acting on segments {much} {protected}."


def _on_original(report: Report) -> str:
    """What the chosen mechanism's segments are worth on the true rows, beside what it promises."""
    setting, whole = report.settings["chosen"], report.compared.silhouette
    value = report.compared.value(setting.mechanism, setting.epsilon, "silhouette")
    against = f"{number(value)} against {number(whole)} without noise"
    said = f"On the original rows the segments of the {setting.mechanism} mechanism score {against}"
    if MECHANISMS[setting.mechanism].guarantee or not whole - value < report.params.scorecard.drop:
        return f"{said}."
    return f"{said}: nearly as good, because so little noise hides so little."


def _lead(lead: Silhouette) -> str:
    side = "behind" if lead.value >= 0 else "ahead"
    if lead.exact:
        return f"{number(abs(lead.value))} {side}"
    return f"{number(abs(lead.value))} {side} (lead {number(lead.low)} to {number(lead.high)})"


def _measured(report: Report) -> list[dict[str, Any]]:
    """One row a mechanism and ε: real ε, the measures with their intervals, and the attacks."""
    keys = ["mechanism", "epsilon", "measure"]
    curves = report.compared.curves[report.compared.curves["level"] == ""]
    cells = {(r.mechanism, r.epsilon, r.measure): r for r in records(curves)}
    attack = report.compared.attack.dropna(subset=["epsilon"])
    cells |= {(r.mechanism, r.epsilon, r.measure): r for r in records(attack[[*keys, "value", "low", "high", "cap"]])}
    return [
        {
            "entry": entry,
            **{m: cells.get((entry.mechanism, entry.epsilon, m)) for m in (*_SHOWN, "membership", "linkage")},
        }
        for entry in records(report.compared.ledger)
    ]


_SHOWN = ("noisy_silhouette", "silhouette", "ari", "inertia_ratio", "changed")


def _harder(report: Report) -> list[dict[str, Any]]:
    """For both configurations, the share of every level whose segment changes."""
    curves = report.compared.curves.query("measure == 'changed' and level != ''")
    rows = []
    for name, setting in report.settings.items():
        own = (row for row in records(curves) if _is(row, setting))
        rows += [{"configuration": name, "setting": setting, "row": row} for row in own]
    return rows


def _not_protected(report: Report) -> list[tuple[str, list[str]]]:
    """Mechanism → what it does not protect, each once."""
    texts = {entry.mechanism: entry.not_protected.split("; ") for entry in records(report.compared.ledger)}
    return list(texts.items())
