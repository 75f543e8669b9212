"""What docs/comparison.md says: the evaluation's tables turned into rows and plain sentences."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING, Any

from pipeline.reporting.rendering import escape, interval, number, records, words
from responsible.fairness.measures import MEASURES
from responsible.names import ALL_PRIVILEGED, BASELINE, CHANGE, MODELS, POOLED, REWEIGHED

if TYPE_CHECKING:
    import pandas as pd

    from responsible.fairness.disparity import Fairness
    from responsible.fairness.evaluation import Evaluation
    from responsible.statistics.intervals import Inference


def context(
    found: Evaluation,
    performance: pd.DataFrame,
    weights: dict[str, float],
    *,
    threshold: float,
    inference: Inference,
    fairness: Fairness,
) -> dict[str, Any]:
    """Everything the template shows.

    ``performance`` holds both models' figures, a column ``model`` beside them; ``weights`` the headline of reweighing.
    """
    return {
        "threshold": threshold,
        "inference": inference,
        "fairness": fairness,
        "performance": _performance(performance, found.performance_change),
        "price": _price(performance, found.performance_change, weights),
        "majority": _majority(found),
        "attributes": [_attribute(str(name), found) for name in found.fairness["attribute"].unique()],
        "alt": _alt(found),
    }


def _performance(table: pd.DataFrame, change: pd.DataFrame) -> list[dict[str, Any]]:
    by_figure: dict[str, dict[str, Any]] = {}
    for row in records(table):
        by_figure.setdefault(row.figure, {"figure": row.figure, "change": None})[row.model] = row
    for row in records(change):
        by_figure[row.figure]["change"] = row
    return list(by_figure.values())


def _price(table: pd.DataFrame, change: pd.DataFrame, weights: dict[str, float]) -> str:
    value = table.set_index(["figure", "model"])["value"]
    row = next(r for r in records(change) if r.figure == "accuracy")
    moved = "costs" if row.high < 0 else "gains" if row.low > 0 else "does not measurably change"
    by = f" {abs(row.value) * 100:.1f} points of" if moved != "does not measurably change" else ""
    return (
        f"**The trade-off.** Reweighing {moved}{by} accuracy: {number(value['accuracy', BASELINE])} before, "
        f"{number(value['accuracy', REWEIGHED])} after, change {interval(row)} on the same rows. "
        f"ROC AUC goes from {number(value['roc_auc', BASELINE])} to {number(value['roc_auc', REWEIGHED])}. "
        f"{_weights(weights)}"
    )


def _weights(weights: dict[str, float]) -> str:
    share = weights["effective_rows"] / weights["rows"]
    warning = " A few rows decide the reweighed model; distrust its fine detail." if share < 0.5 else ""
    return (
        f"The weights leave the information of {number(weights['effective_rows'], 0)} of {weights['rows']:.0f} "
        f"training rows (effective sample size); the largest weight is {number(weights['largest'], 1)}.{warning}"
    )


def _majority(found: Evaluation) -> float:
    table = found.confusion
    first = table[(table["attribute"] == table["attribute"].iloc[0]) & (table["model"] == BASELINE)]
    share = first[["tp", "fn"]].to_numpy().sum() / first[["tp", "fp", "fn", "tn"]].to_numpy().sum()
    return float(max(share, 1 - share))


def _attribute(name: str, found: Evaluation) -> dict[str, Any]:
    own = found.fairness[(found.fairness["attribute"] == name) & (found.fairness["comparison"] == POOLED)]
    rows = [
        {"measure": measure, **{r.model: r for r in records(part)}}
        for measure, part in own.groupby("measure", sort=False)
    ]
    levels = found.confusion[(found.confusion["attribute"] == name) & (found.confusion["model"] == BASELINE)]
    named = {flag: ", ".join(escape(v) for v in part["level"]) for flag, part in levels.groupby("privileged")}
    counts = _counts(found.confusion[found.confusion["attribute"] == name])
    return {
        "name": name,
        "rows": rows,
        "story": _selects(counts, name) + _story(rows),
        "unmet": _unmet(rows),
        "privileged": named.get(True, "none"),
        "unprivileged": named.get(False, "none"),
        "counts": counts,
        "levels": _levels(found.group_tests[found.group_tests["attribute"] == name]),
    }


def _selects(counts: list[dict[str, Any]], name: str) -> str:
    """Who is selected, in shares of the pools' test rows."""
    share = {
        (row["group"], model): f"{number(row[model] / row['n'] * 100, 1)} %" if row["n"] else "none"
        for row in counts[:2]
        for model in MODELS
    }
    p, u = ALL_PRIVILEGED, POOLED
    return (
        f"By {escape(name)}, the baseline selects {share[u, BASELINE]} of the unprivileged and "
        f"{share[p, BASELINE]} of the privileged rows, the reweighed model {share[u, REWEIGHED]} and "
        f"{share[p, REWEIGHED]}. "
    )


def _story(rows: list[dict[str, Any]]) -> str:
    said: dict[str, list[str]] = {"nearer": [], "further": [], "same": [], "unknown": []}
    for row in rows:
        if (measure := MEASURES[row["measure"]]).gaps:
            continue  # never negative, so its interval cannot say that nothing changed
        before, after, change = (row[m] for m in (*MODELS, CHANGE))
        if isnan(change.low) or isnan(change.value):
            kind = "unknown"
        elif change.low <= 0 <= change.high:
            kind = "same"
        else:
            closer = measure.distance(after.value) < measure.distance(before.value)
            kind = "nearer" if closer else "further"
        said[kind].append(words(row["measure"]))
    text = {
        "nearer": "Reweighing brought nearer to parity: {}.",
        "further": "It moved further from parity: {}.",
        "same": "No change beyond chance: {}.",
        "unknown": "Too few rows to tell: {}.",
    }
    return " ".join(text[kind].format(", ".join(names)) for kind, names in said.items() if names)


def _unmet(rows: list[dict[str, Any]]) -> str:
    met = [words(r["measure"]) for r in rows if r[REWEIGHED].verdict == "pass"]
    other = [f"{words(r['measure'])} ({words(r[REWEIGHED].verdict)})" for r in rows if r[REWEIGHED].verdict != "pass"]
    if not other:
        return f"After reweighing all {len(met)} measures lie within their limits."
    return f"After reweighing {len(met)} of {len(rows)} measures lie within their limits; not so: {', '.join(other)}."


def _counts(confusion: pd.DataFrame) -> list[dict[str, Any]]:
    """One row for each pool and each level: test rows, labels, and how many each model selects."""
    out = []
    pools = [(name, confusion["privileged"] == flag) for name, flag in ((ALL_PRIVILEGED, True), (POOLED, False))]
    levels = [(level, confusion["level"] == level) for level in confusion["level"].unique()]
    for group, member in [*pools, *levels]:
        sums = confusion[member].groupby("model")[["tp", "fp", "fn", "tn"]].sum()
        base = sums.loc[BASELINE]
        selects = {model: int(sums.loc[model, "tp"] + sums.loc[model, "fp"]) for model in sums.index}
        labels = {"positives": int(base.tp + base.fn), "negatives": int(base.fp + base.tn)}
        out.append({"group": group, "n": int(base.sum()), **labels, **selects})
    return out


def _levels(tests: pd.DataFrame) -> str:
    parts = [
        f"{row.model}: {words(row.rate)} ranges over {number(row.range)} across {row.levels} levels "
        f"(permutation test of any difference, p {_p(row.p)}, Cramér's V {number(row.cramers_v, 2)})"
        for row in records(tests)
    ]
    return "Do the single levels differ? " + "; ".join(parts) + ". The range is a description, not a test."


def _p(p: float) -> str:
    return "undefined" if isnan(p) else "< 0.001" if p < 0.001 else f"= {p:.3f}"


def _alt(found: Evaluation) -> dict[str, str]:
    names = ", ".join(escape(n) for n in found.fairness["attribute"].unique())
    return {
        "disparities": f"Fairness measures of both models with intervals and limits, by {names}; numbers above",
        "group_rates": f"Selection, error and base rates of every level of {names} with Wilson intervals",
        "roc": f"ROC curves of privileged and unprivileged rows by {names}, baseline and reweighed",
        "calibration": f"Mean score against observed share with label 1 by {names}, baseline and reweighed",
        "confusion": f"Confusion counts of privileged and unprivileged rows by {names}, baseline and reweighed",
    }
