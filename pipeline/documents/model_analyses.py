"""What docs/comparison.md shows of the analyses besides the audit; those that are switched off have no rows."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from pipeline.reporting.tables import records
from pipeline.storage import files
from responsible.fairness.measures import MEASURES

if TYPE_CHECKING:
    from pathlib import Path

    from responsible.fairness.verdicts import Fairness
    from responsible.models import Models

LAW = "Local Law 144 of New York City"
NOTHING: dict[str, Any] = {"best": (), "similar": (), "ratios": (), "failing": ()}  # where no analysis was run
MOST = 10  # rows of a table; the others stand in its CSV


def context(
    best: str | Path,
    similar: str | Path,
    ratios: str | Path,
    failing: str | Path,
    *,
    fairness: Fairness,
    models: Models,
) -> dict[str, Any]:
    """``best`` thresholds by model, pooled figures of ``similar`` people, impact ``ratios`` and ``failing`` groups."""
    called = {"model": {name: models.shown(name) for name in models.names}}
    within = files.read_csv(similar, ["stratum", "measure", "reason"]).replace(called)
    impact = files.read_csv(ratios, ["rate", "model"]).replace(called)
    errors = files.read_csv(failing, ["confirmed", "difference"]).replace(called)
    chosen = next((name for name in fairness.chosen if name in MEASURES), "")
    if len(within):
        within = within[within["stratum"].isna() & (within["measure"] == chosen)]
        within = within.assign(reason=within["reason"].astype(object).where(within["reason"].notna(), ""))
    if len(impact):
        impact = impact[(impact["rate"] == "selection_rate") & (impact["model"] == impact["model"].iloc[-1])]
    if len(errors):
        errors = errors[(errors["confirmed"].astype(str) == "True") & (errors["difference"] > 0)]
    found = files.read_json(best, "model_analyses")
    return {
        "law": LAW,
        "best": [_best(models.shown(model), own) for model, own in found.items() if "change" in own],
        "similar": records(within)[:MOST],
        "ratios": records(impact)[: 2 * MOST],
        "failing": records(errors.sort_values("difference", ascending=False))[:MOST] if len(errors) else [],
    }


def _best(model: str, own: dict[str, Any]) -> SimpleNamespace:
    change = SimpleNamespace(**own["change"], reason="")
    better = change.high < 0 if own["judged_by"] == "cost" else change.low > 0
    return SimpleNamespace(model=model, better=better, moved=change, **{k: v for k, v in own.items() if k != "change"})
