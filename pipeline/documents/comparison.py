"""The rows that docs/comparison.md shows; its prose is docs/templates/comparison.md.j2."""

from __future__ import annotations

from math import isnan, nan
from typing import TYPE_CHECKING, Any

import pandas as pd

from pipeline.reporting.tables import records
from responsible.fairness.measures import KNOWN
from responsible.fairness.verdicts import POWER
from responsible.names import (
    ALL_PRIVILEGED,
    ANY_LEVEL,
    BASELINE,
    CLUSTER_GROUPS,
    NO_SCORES,
    POOLED,
    REST,
    REWEIGHED,
    Judged,
    enumerated,
)
from responsible.statistics.count_tables import JUDGED

if TYPE_CHECKING:
    from responsible.fairness.evaluation import Evaluation
    from responsible.fairness.verdicts import Fairness
    from responsible.statistics.intervals import Inference

PERFORMANCE = ("figure", "value", "low", "high", "reason")
SPOKEN = {BASELINE: "the baseline", REWEIGHED: "the reweighed model"}


def context(
    found: Evaluation,
    performance: pd.DataFrame,
    weights: dict[str, float] | None,
    meaning: str,
    *,
    inference: Inference,
    fairness: Fairness,
    models: Judged = JUDGED,
    cluster: str | None = None,
) -> dict[str, Any]:
    """Everything the template shows.

    ``meaning`` is what label 1 means; ``performance`` holds the figures of ``models``, a column ``model`` beside them;
    ``weights`` the headline of reweighing, where models are trained here; ``cluster`` the column by which rows
    come in clusters, if they do.
    """
    performance = performance.reindex(columns=["model", *PERFORMANCE]).fillna({"reason": ""})
    called = {model: SPOKEN.get(model, model) for model in models.names}
    return {
        "models": models,
        "title": f"{enumerated(models.names).capitalize()}, {'side by side' if models.others else 'group by group'}",
        "spoken": called,
        "leading": {model: text[0].upper() + text[1:] for model, text in called.items()},
        "reweighing": (models.reference, models.subject) == (BASELINE, REWEIGHED),
        "rounding": {},  # by how much rounding can have moved ROC AUC, by model; as the stage knows it
        "without_scores": list(performance[performance["reason"] == NO_SCORES]["model"].unique()),
        "meaning": meaning,
        "inference": inference,
        "fairness": fairness,
        "cluster": cluster,
        "groups": CLUSTER_GROUPS,
        "minimum_cell": 0,  # as the stage knows it
        "performance": _performance(performance, found.performance_change, models),
        "weights": weights,
        "power": POWER,
        "few_rows_decide": bool(weights and weights["rows"] and weights["effective_rows"] < weights["rows"] / 2),
        "majority": _majority(found),
        "attributes": [_attribute(str(name), found, models) for name in found.fairness["attribute"].unique()],
    }


def _performance(table: pd.DataFrame, change: pd.DataFrame, models: Judged) -> dict[str, dict[str, Any]]:
    """Figure → its row by model and by :attr:`Judged.changes`, None where no change was computed."""
    by_figure: dict[str, dict[str, Any]] = {}
    for row in records(table):
        by_figure.setdefault(row.figure, dict.fromkeys(models.changes.values()))[row.model] = row
    for row in records(change):
        model, _, figure = row.figure.rpartition(".")
        by_figure[figure][models.changes[model or models.others[0]]] = row
    return by_figure


def _majority(found: Evaluation) -> float:
    """The share of the more frequent label."""
    table = found.confusion.dropna(subset=["tp"])
    if table.empty:
        return nan
    first = table[(table["attribute"] == table["attribute"].iloc[0]) & (table["model"] == table["model"].iloc[0])]
    share = first[["tp", "fn"]].to_numpy().sum() / first[["tp", "fp", "fn", "tn"]].to_numpy().sum()
    return float(max(share, 1 - share))


def _answers(found: Evaluation) -> pd.DataFrame:
    """TP, FP, FN and TN of each level and model; where rows have no labels, selected ones as TP, others as FN."""
    if len(found.confusion) or found.group_rates.empty:
        return found.confusion
    own = found.group_rates[found.group_rates["rate"] == "selection_rate"]
    return own.assign(tp=own["count"], fp=0, fn=own["of"] - own["count"], tn=0)


def _attribute(name: str, found: Evaluation, models: Judged) -> dict[str, Any]:
    table = found.fairness[found.fairness["attribute"] == name]
    own = table[table["comparison"].isin([POOLED, ANY_LEVEL])]
    rows = [
        {"measure": measure, **{r.model: r for r in records(part)}}
        for measure, part in own.groupby("measure", sort=False)
    ]
    answers = _answers(found)
    answers = answers[answers["attribute"] == name]
    levels = answers[answers["model"] == models.names[0]]
    scores = found.score_quality[found.score_quality["attribute"] == name]
    pooled = scores["group"].isin((ALL_PRIVILEGED, POOLED))
    named = {flag: list(part["level"]) for flag, part in levels.groupby("privileged")}
    return {
        "name": name,
        "rows": rows,
        "moved": _moved(rows if named.get(True) and models.others else [], models),
        "levels": [] if named.get(True) else _levels(table[table["comparison"] != ANY_LEVEL]),
        "needed": [_needed(row) for row in records(own) if row.verdict == "insufficient_evidence"],
        "judged": sum(bool(row[models.subject].verdict) for row in rows),
        "unmet": [row for row in rows if row[models.subject].verdict not in ("pass", "")],
        "privileged": named.get(True, []),
        "unprivileged": named.get(False, []),
        "counts": _counts(answers, models),
        "scores": records(scores[pooled if pooled.any() else ~pooled]),
        "tests": records(found.group_tests[found.group_tests["attribute"] == name]),
    }


def _levels(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Each measure of each level against everybody else, by model; of two levels the first, the other is its mirror."""
    names = table["comparison"].unique()
    table = table[table["comparison"].isin(names if len(names) > 2 else names[:1])]
    by_level = table.groupby(["measure", "comparison"], sort=False)
    return [{"measure": m, "level": level, **{r.model: r for r in records(part)}} for (m, level), part in by_level]


# The rows a rate rests on, in words.
_ROWS = {
    "selection_rate": "rows",
    "true_positive_rate": "rows with label 1",
    "false_positive_rate": "rows with label 0",
    "positive_predictive_value": "selected rows",
    "false_negative_rate": "rows with label 1",
    "false_discovery_rate": "selected rows",
    "false_omission_rate": "rows not selected",
}


def _needed(row: Any) -> dict[str, Any]:
    """The groups of a measure with the rows they have and need, none where no number of rows decides."""
    rates = KNOWN[row.measure].rates
    kind = _ROWS.get(rates[0], "rows") if len(rates) == 1 else "rows of the rarer label" if rates else "rows"
    sides = f"unprivileged {kind}", f"privileged {kind}"
    if row.farthest:
        sides = f"{kind} of {row.farthest}", f"{kind} of {REST}"
    ends = [
        (sides[0], row.support_unprivileged, row.needed_unprivileged),
        (sides[1], row.support_privileged, row.needed_privileged),
    ]
    more = [(group, int(now), int(then)) for group, now, then in ends if not pd.isna(then)]
    return {"measure": row.measure, "model": row.model, "reason": row.reason, "more": more}


def _moved(rows: list[dict[str, Any]], models: Judged) -> dict[str, list[str]]:
    """The measures by where the subject lies against the reference: ``nearer`` to parity, ``further``, ``same`` or
    ``unknown``. None where the subject is the reference.
    """
    moved: dict[str, list[str]] = {"nearer": [], "further": [], "same": [], "unknown": []}
    for row in rows:
        if (measure := KNOWN[row["measure"]]).gaps:
            continue  # never negative, so its interval cannot say that nothing changed
        if models.subject == models.reference:
            continue
        before, after, change = (row[m] for m in (models.reference, models.subject, models.changes[models.subject]))
        if isnan(change.low) or isnan(change.value):
            kind = "unknown"
        elif change.low <= 0 <= change.high:
            kind = "same"
        else:
            closer = measure.distance(after.value) < measure.distance(before.value)
            kind = "nearer" if closer else "further"
        moved[kind].append(row["measure"])
    return moved


def _counts(confusion: pd.DataFrame, models: Judged) -> list[dict[str, Any]]:
    """One row for each pool, where a level is privileged, and each level: rows, those with label 1, selected, judged
    wrongly; the pools first. None for what is not published.
    """
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
