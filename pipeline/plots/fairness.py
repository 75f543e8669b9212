"""The picture of the fairness measures, from their table; and how models are drawn."""

from __future__ import annotations

from math import isnan
from typing import Any

import pandas as pd

from pipeline.plots.forest import Cell, Column, Mark, Row, forest, said_width
from pipeline.plots.style import KINDS, Canvas, Picture, count, label, name, picture
from pipeline.reporting.formatting import Said, limits, number, percent, words
from pipeline.reporting.tables import records
from responsible.fairness.measures import KNOWN
from responsible.names import ANY_LEVEL, FEW, MODELS, POOLED, is_change

VERDICTS = ("fail", "infeasible", "insufficient_evidence", "pass")  # the worst first
_PEOPLE = {
    "selection_rate": "people",
    **dict.fromkeys(("true_positive_rate", "false_negative_rate"), "people who qualify"),
    "false_positive_rate": "people who do not qualify",
    **dict.fromkeys(("positive_predictive_value", "false_discovery_rate"), "people selected"),
    "false_omission_rate": "people not selected",
}
NAMED = 3  # attributes that a heading counts one by one


def drawn(table: pd.DataFrame) -> dict[str, str]:
    """The models of a table in their order, each with how it is drawn; of many the last, after the first."""
    names = [str(model) for model in table["model"].unique() if not is_change(str(model))]
    return dict(zip(names if len(names) <= len(KINDS) else [names[0], *names[1 - len(KINDS) :]], KINDS, strict=False))


def which(models: dict[str, str]) -> str:
    """``both models``, ``the model``, or how many."""
    return {1: "the model", 2: "both models"}.get(len(models), f"{len(models)} models")


def called(model: str) -> str:
    """A model in a sentence: an adopted one is ``the model without age``, any other goes by its name."""
    return name(f"the model {model}" if " " in model else model)


def disparities(fairness: pd.DataFrame, confidence: float) -> Picture:
    """Every measure of every model with its interval, limits and verdict, attribute by attribute."""
    models = drawn(fairness)
    judged = _judged(fairness[fairness["model"].isin(list(models))])
    *_, subject = models
    own = [(str(attribute), part) for attribute, part in judged.groupby("attribute", sort=False)]

    def draw(canvas: Canvas) -> None:
        canvas.legend([(kind, label(model)) for model, kind in models.items()] + [("within", "within the limits")])
        for attribute, part in own:
            canvas.paragraph(f"By {name(attribute)}", "bold")
            ratio = part["measure"].map(lambda measure: KNOWN[measure].ratio)
            for kind in (False, True):
                _measures(canvas, part[ratio == kind], models, ratio=kind)

    finding = _met(own, list(models))
    worst = records(judged[judged["model"] == subject].sort_values("_rank", kind="stable"))[0]
    whose = "after reweighing" if tuple(models) == MODELS else f"of {called(subject)}"
    alt = (
        f"{finding} Worst {whose}: {_label(worst)} by {name(worst.attribute)}, "
        f"{_value(worst)}, limits {limits(worst.minimum, worst.maximum)}: {words(worst.verdict)}."
    )
    how = " jackknife" if (fairness["method"] == "jackknife").any() else ""
    caption = (
        f"Marks are values on the test rows, bars {percent(confidence, 0)}{how} intervals. A verdict judges the whole "
        "bar. Numbers under a name: people on both sides. Source: plots/fairness.csv."
    )
    sides = "Unprivileged against privileged people"
    if (judged["comparison"] == ANY_LEVEL).any():
        sides += ", or the level farthest from everybody else"
    return picture(Said(finding, f"{sides}; {which(models)}, test rows", alt, caption), draw)


def _judged(fairness: pd.DataFrame) -> pd.DataFrame:
    """The pooled comparison of each attribute and measure; where no level is privileged, the level farthest away."""
    rows = fairness[~fairness["model"].map(is_change)].reset_index(drop=True)
    distance = [-abs(v - KNOWN[m].fair) for v, m in zip(rows["value"], rows["measure"], strict=True)]
    rank = rows["verdict"].map(lambda verdict: VERDICTS.index(verdict) if verdict in VERDICTS else len(VERDICTS))
    rows["_rank"] = list(zip(rank, pd.Series(distance).fillna(0), strict=True))
    return rows[rows["comparison"].isin([POOLED, ANY_LEVEL])].reset_index(drop=True)


def _met(own: list[tuple[str, pd.DataFrame]], models: list[str]) -> str:
    """How many measures the first and the last model keep within their limits, by attribute."""
    met: list[tuple[str, int, int, int]] = []
    for attribute, part in own:
        passed = part[part["verdict"] == "pass"].groupby("model").size()
        before, after = (int(passed.get(model, 0)) for model in (models[0], models[-1]))
        met.append((attribute, before, after, part.loc[part["verdict"] != "", "measure"].nunique()))
    if len(met) > NAMED:
        whole = sum(after == total for _, _, after, total in met)
        least = min(met, key=lambda row: row[2] / row[3])
        lead = count(whole, len(met), "attributes")
        rest = count(least[2], least[3], "measures")
        whose = "After reweighing" if tuple(models) == MODELS else f"Of {called(models[-1])}"
        return f"{whose}, {lead} within all limits; by {name(least[0])}, {rest}."
    return " ".join(
        f"By {name(attribute)}, {count(after, total, 'measures')} within the limits{_beside(models, before)}."
        for attribute, before, after, total in met
    )


def _beside(models: list[str], before: int) -> str:
    """Whose count it is, and how many measures the first model has within the limits."""
    if tuple(models) == MODELS:
        return f" after reweighing ({before or 'none'} before)"
    return f" for {called(models[-1])}" + (f" ({before or 'none'} for {name(models[0])})" if models[1:] else "")


def _value(row: Any) -> str:
    """Value and interval in words."""
    if isnan(row.value):
        return f"{'not shown' if row.reason.startswith(FEW) else 'undefined'} ({words(row.reason)})"
    return f"{number(row.value, 2)} ({number(row.low, 2)} to {number(row.high, 2)})"


def _verdict(row: Any) -> str:
    return "not shown" if row.reason.startswith(FEW) else words(row.verdict)


def _label(row: Any) -> str:
    return words(row.measure) + (f", {name(row.farthest)}" if row.comparison == ANY_LEVEL else "")


def _measures(canvas: Canvas, rows: pd.DataFrame, kinds: dict[str, str], *, ratio: bool) -> None:
    if rows.empty:
        return
    high = min(5.0, max(1.6, rows["high"].max() * 1.05)) if ratio else 1.0
    lines = []
    for measure, part in rows.groupby("measure", sort=False):
        models = {row.model: row for row in records(part)}
        row = models[list(kinds)[-1]]
        own = KNOWN[str(measure)]
        rates = own.rates or ("selection_rate",)
        people = _PEOPLE.get(rates[0], "people") if len(rates) == 1 else "of the rarer label"
        sides = row.support_unprivileged, row.support_privileged
        note = "" if pd.isna(sides[0]) else f"{sides[0]:,.0f} against {sides[1]:,.0f} {people}"
        marks = [
            Mark(kinds[m], r.value, r.low, r.high, _verdict(r), bold=r.verdict in VERDICTS[:2])
            for m, r in models.items()
        ]
        lines.append(Row(_label(row)[0].upper() + _label(row)[1:], [Cell(marks, row.minimum, row.maximum, note=note)]))
    title = "Ratio; 1 is parity" if ratio else "Percentage points; 0 is parity"
    tick = (lambda v: number(v, "g")) if ratio else lambda v: number(v * 100, "g")
    column = Column(
        title, 0 if ratio else -1, high, tick, said_width(list(map(words, VERDICTS))), 1.0 if ratio else 0.0, "Verdict"
    )
    forest(canvas, [column], lines, label=285)
