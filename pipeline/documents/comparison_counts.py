"""Counts of people by group that docs/comparison.md shows."""

from __future__ import annotations

from math import nan
from typing import TYPE_CHECKING, Any

import pandas as pd

from responsible.names import ALL_PRIVILEGED, POOLED, Judged

if TYPE_CHECKING:
    from responsible.fairness.evaluation import Evaluation


def answers(found: Evaluation) -> pd.DataFrame:
    """TP, FP, FN and TN of each level and model; where rows have no labels, selected ones as TP, others as FN."""
    if len(found.confusion) or found.group_rates.empty:
        return found.confusion
    own = found.group_rates[found.group_rates["rate"] == "selection_rate"]
    return own.assign(tp=own["count"], fp=0, fn=own["of"] - own["count"], tn=0)


def majority(found: Evaluation) -> float:
    """The share of the more frequent label."""
    table = found.confusion.dropna(subset=["tp"])
    if table.empty:
        return nan
    first = table[(table["attribute"] == table["attribute"].iloc[0]) & (table["model"] == table["model"].iloc[0])]
    share = first[["tp", "fn"]].to_numpy().sum() / first[["tp", "fp", "fn", "tn"]].to_numpy().sum()
    return float(max(share, 1 - share))


def pair(counts: list[dict[str, Any]], model: str, *, pooled: bool) -> list[dict[str, Any]]:
    """The unprivileged and the privileged pool, or the levels to which ``model`` says yes least and most
    often, if any.
    """
    known = [row for name in (POOLED, ALL_PRIVILEGED) for row in counts if row["group"] == name and row["n"] != 0]
    if not pooled:
        rows = [row for row in counts if row["n"] and row[model] is not None]
        known = sorted(rows, key=lambda row: row[model] / row["n"])
    return [known[0], known[-1]] if len(known) > 1 else []


def by_group(confusion: pd.DataFrame, models: Judged) -> list[dict[str, Any]]:
    """A row for each pool, where a level is privileged, and each level: counts, None for what is not published."""
    out = []
    pools = [(name, confusion["privileged"] == flag) for name, flag in ((ALL_PRIVILEGED, True), (POOLED, False))]
    pools = pools if confusion["privileged"].any() else []
    levels = [(level, confusion["level"] == level) for level in confusion["level"].unique()]
    for group, member in [*pools, *levels]:
        own = confusion[member].groupby("model")[["tp", "fp", "fn", "tn"]]
        sums = own.sum().where(own.count() == own.size().to_frame().to_numpy()).reindex(models.names, fill_value=0)
        base = sums.loc[next((model for model in models.names if pd.notna(sums.loc[model, "tp"])), models.subject)]
        selects = {model: sums.loc[model, "tp"] + sums.loc[model, "fp"] for model in models.names}
        wrong = {"refused": sums.loc[models.subject, "fn"], "wrongly_selected": sums.loc[models.subject, "fp"]}
        row = {"n": base.sum(skipna=False), "positives": base.tp + base.fn} | wrong | selects
        out.append({"group": group} | {name: None if pd.isna(count) else int(count) for name, count in row.items()})
    return out
