"""The rows that docs/segments.md and the segments' data sheet show; their prose is in docs/templates."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from pipeline.reporting.tables import records
from responsible.clustering.stability import DISSOLVED, STABLE
from responsible.privacy.mechanisms import MECHANISMS, TEACHING_FACTOR
from responsible.segmentation.report import at_flag, cost
from responsible.segmentation.scorecard import POINTS, one_sided, total
from responsible.segmentation.tables import name_of

if TYPE_CHECKING:
    import pandas as pd

    from responsible.privacy.domain import Configuration, Release
    from responsible.segmentation.report import Report
    from responsible.segmentation.schema import Segments
    from responsible.statistics.intervals import Inference
    from responsible.words import Words

MOST = 12  # rows of a table that is not folded
CERTAIN = 1  # an attacker's largest advantage
EFFECTS = (0.3, 0.5)  # Cramér's V from which an association is medium and large (Cohen 1988, two levels)
_CONSTANTS: dict[str, Any] = {
    "points": POINTS,
    "most": MOST,
    "stable": STABLE,
    "dissolved": DISSOLVED,
    "teaching_noise": TEACHING_FACTOR,
    "cap_without_guarantee": CERTAIN,
    "mechanisms": MECHANISMS,
}


def context(
    report: Report,
    tried: pd.DataFrame,
    knee: int | None,
    *,
    roles: Segments,
    inference: Inference,
    called: Words,
) -> dict[str, Any]:
    """Everything the templates show; ``called`` is what people call things."""
    found = report.found
    open_, answered = one_sided(found.shares)
    measured = _measured(report)
    return _CONSTANTS | {
        "called": lambda name: called.names.get(name, name.replace("_", " ")),
        "level_called": called.level,
        "persons": called.many("segments"),
        "report": report,
        "found": found,
        "chosen": name_of(found.choice.chosen),
        "knee": knee,
        "tried": records(tried),
        "column": "" if found.column is None else report.features[found.column],
        "k": found.choice.chosen.fitted.k,
        "median_ari": found.stability.quartiles()[1],
        "runner_up": _runner_up(report),
        "other_k": _other_k(report),
        "association": _association(found.dependence.effect),
        "original": _on_original(report),
        "reference": {kind: float(draws.max()) for kind, draws in found.reference.items()},
        "open": open_,
        "answered": answered,
        "alike": [share for share in found.shares if share.above_flag and not share.flagged],
        "at_flag": at_flag(found, report.params.representation.flag),
        "levels": report.levels,
        "roles": roles,
        "privacy": report.params.privacy,
        "inference": inference,
        "costs": {name: cost(report.compared, setting) for name, setting in report.settings.items()},
        "totals": {name: total(criteria) for name, criteria in report.scores.items()},
        "criteria": list(zip(*report.scores.values(), strict=True)),
        "adjacency": report.compared.ledger["adjacency"].iloc[0],
        "perfect": POINTS * len(report.scores["chosen"]),
        "chosen_row": next(r for r in measured if _is(r["entry"], report.settings["chosen"])),
        "sure_row": next(r for r in measured if _is(r["entry"], report.settings["guaranteed"])),
        "harder": _harder(report),
        "not_protected": _not_protected(report),
    }


def _is(entry: Any, setting: Configuration | Release) -> bool:
    return (entry.mechanism, entry.epsilon) == (setting.mechanism, setting.epsilon)


def _runner_up(report: Report) -> dict[str, Any] | None:
    """The runner-up, its distance from the choice, and whether it is as good within the margin."""
    choice = report.found.choice
    if choice.runner_up is None or choice.lead is None:
        return None
    close = abs(choice.lead.value) < choice.margin
    return {"name": name_of(choice.runner_up), "lead": choice.lead, "close": close}


def _other_k(report: Report) -> dict[str, Any] | None:
    """The best clustering with another number of clusters, where the runner-up is not that one already."""
    choice = report.found.choice
    if choice.other_k is None or choice.lead_other_k is None or choice.other_k is choice.runner_up:
        return None
    return {"name": name_of(choice.other_k), "lead": choice.lead_other_k}


def _association(effect: float) -> str:
    """How strongly segment and group go together by Cramér's V: weak, medium, large or undefined."""
    if math.isnan(effect):
        return "undefined"
    return ("weak", "medium", "large")[sum(effect >= bound for bound in EFFECTS)]


def _on_original(report: Report) -> dict[str, Any]:
    """The silhouette of the chosen mechanism's segments on the true rows; ``hides_little``: no guarantee, no cost."""
    setting, whole = report.settings["chosen"], report.compared.silhouette
    value = report.compared.value(setting.mechanism, setting.epsilon, "silhouette")
    little = not MECHANISMS[setting.mechanism].guarantee and whole - value < report.params.scorecard.drop
    return {"silhouette": value, "without_noise": whole, "hides_little": little}


def _measured(report: Report) -> list[dict[str, Any]]:
    """One row per mechanism and ε: real ε, the measures with their intervals, and the attacks."""
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
