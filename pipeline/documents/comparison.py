"""The rows that docs/comparison.md shows; its prose is docs/templates/comparison.md.j2."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING, Any

import pandas as pd

from pipeline.documents.comparison_counts import answers, by_group, majority, pair
from pipeline.documents.model_analyses import NOTHING
from pipeline.reporting.tables import records
from pipeline.results import levelling
from responsible.fairness.measures import KNOWN
from responsible.fairness.verdicts import POWER, TO_DO
from responsible.names import (
    ALL_PRIVILEGED,
    ANY_LEVEL,
    BASELINE,
    CHANGE,
    CLUSTER_GROUPS,
    MODELS,
    NO_SCORES,
    POOLED,
    REST,
    REWEIGHED,
    Judged,
    enumerated,
    spoken_model,
)
from responsible.statistics.count_tables import JUDGED
from responsible.words import Words

if TYPE_CHECKING:
    from responsible.fairness.evaluation import Evaluation
    from responsible.fairness.verdicts import Fairness
    from responsible.statistics.intervals import Inference

PERFORMANCE = ("figure", "value", "low", "high", "reason")


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
    words: Words = Words(),  # noqa: B008 - frozen
) -> dict[str, Any]:
    """Everything the template shows.

    ``meaning`` is what a yes means; ``performance`` holds the figures of ``models``, a column ``model`` beside them;
    ``weights`` the headline of reweighing, if any; ``cluster`` the column by which rows come in clusters, if any.
    """
    performance = performance.reindex(columns=["model", *PERFORMANCE]).astype({"reason": object}).fillna({"reason": ""})
    called = {model: spoken_model(model) for model in models.names}
    first, people = [own.capitalize() if own in MODELS else own for own in models.names[:1]], words.many("budget")
    attributes = [_attribute(str(name), found, models, people) for name in found.fairness["attribute"].unique()]
    worst = min(attributes, key=lambda own: (own["state"], -len(own["unmet"])))
    return {
        "models": models,
        "title": f"{enumerated([*first, *models.names[1:]])}, {'side by side' if models.others else 'group by group'}",
        "spoken": called,
        "leading": {model: text if text == model else text[0].upper() + text[1:] for model, text in called.items()},
        "reweighing": (models.reference, models.subject) == (BASELINE, REWEIGHED),
        **NOTHING,
        "rounding": {},  # most that rounding can have moved ROC AUC, by model; as the stage knows it
        "without_scores": list(performance[performance["reason"] == NO_SCORES]["model"].unique()),
        "meaning": meaning,
        "inference": inference,
        "fairness": fairness,
        "cluster": cluster,
        "groups": CLUSTER_GROUPS,
        "minimum_cell": 0,  # as the stage knows it
        "performance": _performance(performance, found.performance_change, models),
        "weights": weights,
        "weighted": next((text for model, text in called.items() if " " in model), spoken_model(REWEIGHED)),
        "power": POWER,
        "few_rows_decide": bool(weights and weights["rows"] and weights["effective_rows"] < weights["rows"] / 2),
        "majority": majority(found),
        "attributes": attributes,
        "worst": worst,
        "to_do": list(TO_DO.values())[worst["state"]],
        "people": people,
        "yes": words.answer("budget"),
        **words.of_tables(),
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


def _attribute(name: str, found: Evaluation, models: Judged, people: str) -> dict[str, Any]:
    table = found.fairness[found.fairness["attribute"] == name]
    table = table.assign(shown=[KNOWN[r.measure].shown(r.low, r.high) for r in records(table)])
    own = table[table["comparison"].isin([POOLED, ANY_LEVEL])]
    rows = [
        {"measure": measure, **{r.model: r for r in records(part)}}
        for measure, part in own.groupby("measure", sort=False)
    ]
    given = answers(found)
    given = given[given["attribute"] == name]
    levels = given[given["model"] == models.names[0]]
    scores = found.score_quality[found.score_quality["attribute"] == name]
    pooled = scores["group"].isin((ALL_PRIVILEGED, POOLED))
    counts = by_group(given, models)
    both = models == Judged((BASELINE, models.subject)) and spoken_model(models.subject) != models.subject
    verdicts = [verdict for row in rows if (verdict := row[models.subject].verdict)]
    named = {flag: list(part["level"]) for flag, part in levels.groupby("privileged")}
    return {
        "name": name,
        "rows": rows,
        "levelled": _levelled(name, rows, found.group_rates, models) if both else [],
        "moved": _moved(rows if named.get(True) and models.subject in models.changes else [], models),
        "levels": [] if named.get(True) else _levels(table[table["comparison"] != ANY_LEVEL]),
        "needed": [_needed(row, people) for row in records(own) if row.verdict == "insufficient_evidence"],
        "state": min((list(TO_DO).index(verdict) for verdict in verdicts), default=len(TO_DO) - 1),
        "unmet": [row for row in rows if row[models.subject].verdict not in ("pass", "")],
        "privileged": named.get(True, []),
        "unprivileged": named.get(False, []),
        "counts": counts,
        "pair": pair(counts, models.subject, pooled=bool(named.get(True))),
        "scores": records(scores[pooled if pooled.any() else ~pooled]),
        "tests": records(found.group_tests[found.group_tests["attribute"] == name]),
    }


def _levelled(name: str, rows: list[dict[str, Any]], rates: pd.DataFrame, models: Judged) -> list[str]:
    """A sentence on each measure whose gap mitigation closed by making the better-off group worse, each once."""
    own: list[dict[Any, Any]] = rates[rates["attribute"] == name].to_dict("records")
    moved = [row for row in rows if CHANGE in row and (row[CHANGE].low > 0 or row[CHANGE].high < 0)]
    places = [(name, row["measure"], row[models.subject].farthest or "") for row in moved]
    said = (levelling.clause(place, (own, own), models.names, Words()) for place in places)
    return [f"{levelling.GAP[0].upper()}{levelling.GAP[1:]}: {text}." for text in dict.fromkeys(said) if text]


def _levels(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Each measure of each level against everybody else, by model; of two levels the first, the other is its mirror."""
    names = table["comparison"].unique()
    table = table[table["comparison"].isin(names if len(names) > 2 else names[:1])]
    by_level = table.groupby(["measure", "comparison"], sort=False)
    return [{"measure": m, "level": level, **{r.model: r for r in records(part)}} for (m, level), part in by_level]


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


def _moved(rows: list[dict[str, Any]], models: Judged) -> dict[str, list[str]]:
    """The measures by where the last model lies against the reference."""
    moved: dict[str, list[str]] = {"nearer": [], "further": [], "same": [], "unknown": []}
    for row in rows:
        if (measure := KNOWN[row["measure"]]).gaps:
            continue  # never negative, so its interval cannot say that nothing changed
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
