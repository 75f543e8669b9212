"""The rows that docs/comparison.md shows; its prose is docs/templates/comparison.md.j2."""

from __future__ import annotations

from math import isnan, nan
from typing import TYPE_CHECKING, Any

import pandas as pd

from pipeline.reporting.tables import records
from responsible.fairness.measures import KNOWN
from responsible.fairness.verdicts import POWER, TO_DO
from responsible.names import (
    ALL_PRIVILEGED,
    ANY_LEVEL,
    BASELINE,
    CHANGE,
    CLUSTER_GROUPS,
    MODELS,
    POOLED,
    REST,
    REWEIGHED,
)
from responsible.words import Words

if TYPE_CHECKING:
    from responsible.fairness.disparity import Fairness
    from responsible.fairness.evaluation import Evaluation
    from responsible.statistics.intervals import Inference


def context(
    found: Evaluation,
    performance: pd.DataFrame,
    weights: dict[str, float],
    meaning: str,
    *,
    inference: Inference,
    fairness: Fairness,
    cluster: str | None = None,
    words: Words = Words(),  # noqa: B008 - frozen
) -> dict[str, Any]:
    """Everything the template shows.

    ``meaning`` is what a yes means; ``performance`` holds both models' figures, a column ``model`` beside them;
    ``weights`` the headline of reweighing; ``cluster`` the column by which rows come in clusters, if they do.
    """
    people = words.many("budget")
    attributes = [_attribute(str(name), found, people) for name in found.fairness["attribute"].unique()]
    worst = min(attributes, key=lambda own: (own["state"], -len(own["unmet"])))
    return {
        "meaning": meaning,
        "inference": inference,
        "fairness": fairness,
        "cluster": cluster,
        "groups": CLUSTER_GROUPS,
        "minimum_cell": 0,  # as the stage knows it
        "performance": _performance(performance, found.performance_change),
        "weights": weights,
        "power": POWER,
        "few_rows_decide": bool(weights["rows"]) and weights["effective_rows"] < weights["rows"] / 2,
        "majority": _majority(found),
        "attributes": attributes,
        "worst": worst,
        "to_do": list(TO_DO.values())[worst["state"]],
        "people": people,
        "yes": words.answer("budget"),
        **words.of_tables(),
    }


def _performance(table: pd.DataFrame, change: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Figure → its row by model, and the row of its change, None where none was computed."""
    by_figure: dict[str, dict[str, Any]] = {}
    for row in records(table):
        by_figure.setdefault(row.figure, {"change": None})[row.model] = row
    for row in records(change):
        by_figure[row.figure]["change"] = row
    return by_figure


def _majority(found: Evaluation) -> float:
    """The share of the more frequent label."""
    table = found.confusion.dropna(subset=["tp"])
    if table.empty:
        return nan
    first = table[(table["attribute"] == table["attribute"].iloc[0]) & (table["model"] == table["model"].iloc[0])]
    share = first[["tp", "fn"]].to_numpy().sum() / first[["tp", "fp", "fn", "tn"]].to_numpy().sum()
    return float(max(share, 1 - share))


def _attribute(name: str, found: Evaluation, people: str) -> dict[str, Any]:
    table = found.fairness[found.fairness["attribute"] == name]
    table = table.assign(shown=[KNOWN[r.measure].shown(r.low, r.high) for r in records(table)])
    own = table[table["comparison"].isin([POOLED, ANY_LEVEL])]
    rows = [
        {"measure": measure, **{r.model: r for r in records(part)}}
        for measure, part in own.groupby("measure", sort=False)
    ]
    levels = found.confusion[(found.confusion["attribute"] == name) & (found.confusion["model"] == BASELINE)]
    scores = found.score_quality[found.score_quality["attribute"] == name]
    pooled = scores["group"].isin((ALL_PRIVILEGED, POOLED))
    counts = _counts(found.confusion[found.confusion["attribute"] == name])
    named = {flag: list(part["level"]) for flag, part in levels.groupby("privileged")}
    return {
        "name": name,
        "rows": rows,
        "moved": _moved(rows if named.get(True) else []),
        "levels": [] if named.get(True) else _levels(table[table["comparison"] != ANY_LEVEL]),
        "needed": [_needed(row, people) for row in records(own) if row.verdict == "insufficient_evidence"],
        "state": min((list(TO_DO).index(v) for row in rows if (v := row[REWEIGHED].verdict)), default=len(TO_DO) - 1),
        "unmet": [row for row in rows if row[REWEIGHED].verdict not in ("pass", "")],
        "privileged": named.get(True, []),
        "unprivileged": named.get(False, []),
        "counts": counts,
        "pair": _pair(counts, pooled=bool(named.get(True))),
        "scores": records(scores[pooled if pooled.any() else ~pooled]),
        "tests": records(found.group_tests[found.group_tests["attribute"] == name]),
    }


def _levels(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Each measure of each level against everybody else, by model; of two levels the first, the other is its mirror."""
    names = table["comparison"].unique()
    table = table[table["comparison"].isin(names if len(names) > 2 else names[:1])]
    by_level = table.groupby(["measure", "comparison"], sort=False)
    return [{"measure": m, "level": level, **{r.model: r for r in records(part)}} for (m, level), part in by_level]


def _pair(counts: list[dict[str, Any]], *, pooled: bool) -> list[dict[str, Any]]:
    """The unprivileged and the privileged pool, or the levels with the least and the greatest share of yes, if any."""
    known = [row for name in (POOLED, ALL_PRIVILEGED) for row in counts if row["group"] == name and row["n"] != 0]
    if not pooled:
        rows = [row for row in counts if row["n"] and row[REWEIGHED] is not None]
        known = sorted(rows, key=lambda row: row[REWEIGHED] / row["n"])
    return [known[0], known[-1]] if len(known) > 1 else []


# The people a rate rests on, in words.
_PEOPLE = {
    "selection_rate": "{}",
    "true_positive_rate": "{} for whom yes is right",
    "false_positive_rate": "{} for whom no is right",
    "positive_predictive_value": "{} with a yes",
    "false_negative_rate": "{} for whom yes is right",
    "false_discovery_rate": "{} with a yes",
    "false_omission_rate": "{} with a no",
}


def _needed(row: Any, people: str) -> dict[str, Any]:
    """The groups of a measure with the people they have and need, none where no number of them decides."""
    rates = KNOWN[row.measure].rates
    said = _PEOPLE.get(rates[0], "{}") if len(rates) == 1 else "{} of the rarer answer" if rates else "{}"
    kind = said.format(people)
    sides = f"unprivileged {kind}", f"privileged {kind}"
    if row.farthest:
        sides = f"{kind} of {row.farthest}", f"{kind} of {REST}"
    ends = [
        (sides[0], row.support_unprivileged, row.needed_unprivileged),
        (sides[1], row.support_privileged, row.needed_privileged),
    ]
    more = [(group, int(now), int(then)) for group, now, then in ends if not pd.isna(then)]
    return {"measure": row.measure, "model": row.model, "reason": row.reason, "more": more}


def _moved(rows: list[dict[str, Any]]) -> dict[str, list[str]]:
    """The measures by what reweighing did to them: ``nearer`` to parity, ``further``, ``same`` or ``unknown``."""
    moved: dict[str, list[str]] = {"nearer": [], "further": [], "same": [], "unknown": []}
    for row in rows:
        if (measure := KNOWN[row["measure"]]).gaps:
            continue  # never negative, so its interval cannot say that nothing changed
        before, after, change = (row[m] for m in (*MODELS, CHANGE))
        if isnan(change.low) or isnan(change.value):
            kind = "unknown"
        elif change.low <= 0 <= change.high:
            kind = "same"
        else:
            closer = measure.distance(after.value) < measure.distance(before.value)
            kind = "nearer" if closer else "further"
        moved[kind].append(row["measure"])
    return moved


def _counts(confusion: pd.DataFrame) -> list[dict[str, Any]]:
    """A row for each pool, where a level is privileged, and each level: counts, None for what is not published."""
    out = []
    pools = [(name, confusion["privileged"] == flag) for name, flag in ((ALL_PRIVILEGED, True), (POOLED, False))]
    pools = pools if confusion["privileged"].any() else []
    levels = [(level, confusion["level"] == level) for level in confusion["level"].unique()]
    for group, member in [*pools, *levels]:
        own = confusion[member].groupby("model")[["tp", "fp", "fn", "tn"]]
        sums = own.sum().where(own.count() == own.size().to_frame().to_numpy()).reindex(MODELS, fill_value=0)
        base = sums.loc[REWEIGHED if pd.isna(sums.loc[BASELINE, "tp"]) else BASELINE]
        selects = {model: sums.loc[model, "tp"] + sums.loc[model, "fp"] for model in MODELS}
        wrong = {"refused": sums.loc[REWEIGHED, "fn"], "wrongly_selected": sums.loc[REWEIGHED, "fp"]}
        row = {"n": base.sum(skipna=False), "positives": base.tp + base.fn} | wrong | selects
        out.append({"group": group} | {name: None if pd.isna(count) else int(count) for name, count in row.items()})
    return out
