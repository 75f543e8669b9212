"""The picture of every level's rates, from their table."""

from __future__ import annotations

from math import isnan, nan

import pandas as pd

from pipeline.plots.fairness import NAMED, called, drawn, which
from pipeline.plots.forest import Cell, Column, Mark, Row, forest
from pipeline.plots.style import Canvas, Picture, label, name, picture, share
from pipeline.reporting.formatting import Said, percent
from pipeline.reporting.tables import records
from responsible.names import FEW, MODELS

MOST = 12  # levels drawn of an attribute
RATES = {
    "selection_rate": ("Selected", False),
    "true_positive_rate": ("Wrongly refused, of those who qualify", True),
    "false_positive_rate": ("Wrongly selected, of the others", False),
}


def group_rates(rates: pd.DataFrame, confidence: float, method: str = "Wilson") -> Picture:
    """Selection and error rates of every level with intervals, every model; of many levels those at the ends."""
    models = drawn(rates)
    shown = rates[~rates["reason"].str.startswith(FEW) & rates["model"].isin(list(models))]
    asked = {rate: title for rate, title in RATES.items() if (rates["rate"] == rate).any()}
    own = [(str(attribute), part) for attribute, part in shown.groupby("attribute", sort=False)]

    def draw(canvas: Canvas) -> None:
        canvas.legend([(kind, label(model)) for model, kind in models.items()])
        columns = [Column(title, 0, 1, share, 48) for title, _ in asked.values()]
        for attribute, part in own:
            levels = part["level"].nunique()
            kept = _ends(part, models) if levels > MOST else part
            some = f": the {MOST} of {levels} levels that are selected least and most" if levels > MOST else ""
            canvas.paragraph(f"By {name(attribute)}{some}", "bold")
            lines = [_level(str(level), rows, asked, models) for level, rows in kept.groupby("level", sort=False)]
            forest(canvas, columns, lines, label=170, phone=130)

    finding = _selected([part for _, part in own], models)
    caption = (
        f"Marks are rates on the test rows, bars {percent(confidence, 0)} {method} intervals; n is the number of "
        "people. None: there is nobody whom the rate is about, or too few to publish it. "
        "Source: plots/group_rates.csv."
    )
    return picture(
        Said(finding, f"Per cent of the people of a level, {which(models)}, test rows", finding, caption), draw
    )


def _chosen(part: pd.DataFrame, models: dict[str, str]) -> pd.DataFrame:
    """Selection rates of the last model, the lowest first."""
    own = part[(part["rate"] == "selection_rate") & (part["model"] == list(models)[-1])]
    return own.dropna(subset=["value"]).sort_values("value", kind="stable")


def _ends(part: pd.DataFrame, models: dict[str, str]) -> pd.DataFrame:
    """The levels that are selected least and most, as many of each."""
    levels = _chosen(part, models)["level"]
    return part[part["level"].isin([*levels.head(MOST // 2), *levels.tail(MOST // 2)])]


def _level(level: str, rows: pd.DataFrame, asked: dict[str, tuple[str, bool]], kinds: dict[str, str]) -> Row:
    n = rows.loc[rows["rate"] == "selection_rate", "of"].max()
    cells = []
    for rate, (_, complement) in asked.items():
        marks = []
        for row in records(rows[rows["rate"] == rate]):
            value, *ends = (1 - x if complement else x for x in (row.value, row.low, row.high))
            low, high = (nan, nan) if isnan(value) else sorted(ends)
            marks.append(Mark(kinds[row.model], value, low, high, "none" if isnan(value) else share(value)))
        cells.append(Cell(marks, note=f"n {n:,.0f}"))
    return Row(name(level), cells)


def _selected(own: list[pd.DataFrame], models: dict[str, str]) -> str:
    """Whom the last model selects least and most, by attribute, where they are farthest apart first."""
    ranges = [(rows[0], rows[-1]) for part in own if (rows := records(_chosen(part, models)))]
    ranges.sort(key=lambda pair: pair[0].value - pair[1].value)
    parts = []
    for pair in ranges[:NAMED]:
        least, most = (f"{percent(r.value, 0)} ({name(r.level)}, {r.count:,} of {r.of:,})" for r in pair)
        parts.append(f"by {name(pair[0].attribute)} from {least} to {most}")
    last = called(list(models)[-1])
    who = "The reweighed model" if tuple(models) == MODELS else last.replace("the model", "The model", 1)
    return f"{who} selects {'; '.join(parts)}." if parts else "No level has a rate."
