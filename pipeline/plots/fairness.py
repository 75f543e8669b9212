"""Pictures of the fairness measures and of every level's rates; each takes a table of the stage."""

from __future__ import annotations

from math import isnan, nan
from typing import Any

import pandas as pd

from pipeline.plots.forest import Cell, Column, Mark, Row, forest, said_width
from pipeline.plots.style import Canvas, Picture, count, name, picture, share
from pipeline.reporting.formatting import Said, limits, number, percent, words
from pipeline.reporting.tables import records
from responsible.fairness.measures import KNOWN
from responsible.names import ANY_LEVEL, CHANGE, FEW, MODELS, POOLED, REWEIGHED

KIND = dict(zip(MODELS, "ab", strict=True))
VERDICTS = ("fail", "infeasible", "insufficient_evidence", "pass")  # the worst first
_PEOPLE = {
    "selection_rate": "people",
    **dict.fromkeys(("true_positive_rate", "false_negative_rate"), "people who qualify"),
    "false_positive_rate": "people who do not qualify",
    **dict.fromkeys(("positive_predictive_value", "false_discovery_rate"), "people selected"),
    "false_omission_rate": "people not selected",
}
NAMED, MOST = 3, 12  # attributes that a heading counts one by one; levels drawn of an attribute


def disparities(fairness: pd.DataFrame, confidence: float) -> Picture:
    """Every measure of both models with its interval, limits and verdict, attribute by attribute."""
    judged = _judged(fairness)
    own = [(str(attribute), part) for attribute, part in judged.groupby("attribute", sort=False)]

    def draw(canvas: Canvas) -> None:
        canvas.legend([(KIND[model], model) for model in MODELS] + [("within", "within the limits")])
        for attribute, part in own:
            canvas.paragraph(f"By {name(attribute)}", "bold")
            ratio = part["measure"].map(lambda measure: KNOWN[measure].ratio)
            for kind in (False, True):
                _measures(canvas, part[ratio == kind], ratio=kind)

    finding = _met(own)
    worst = records(judged[judged["model"] == REWEIGHED].sort_values("_rank", kind="stable"))[0]
    alt = (
        f"{finding} Worst after reweighing: {_label(worst)} by {name(worst.attribute)}, "
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
    return picture(Said(finding, f"{sides}; both models, test rows", alt, caption), draw)


def _judged(fairness: pd.DataFrame) -> pd.DataFrame:
    """The pooled comparison of each attribute and measure; where no level is privileged, the level farthest away."""
    rows = fairness[fairness["model"] != CHANGE].reset_index(drop=True)
    distance = [-abs(v - KNOWN[m].fair) for v, m in zip(rows["value"], rows["measure"], strict=True)]
    rank = rows["verdict"].map(lambda verdict: VERDICTS.index(verdict) if verdict in VERDICTS else len(VERDICTS))
    rows["_rank"] = list(zip(rank, pd.Series(distance).fillna(0), strict=True))
    return rows[rows["comparison"].isin([POOLED, ANY_LEVEL])].reset_index(drop=True)


def _met(own: list[tuple[str, pd.DataFrame]]) -> str:
    """How many measures each model keeps within their limits, by attribute."""
    met: list[tuple[str, int, int, int]] = []
    for attribute, part in own:
        passed = part[part["verdict"] == "pass"].groupby("model").size()
        before, after = (int(passed.get(model, 0)) for model in MODELS)
        met.append((attribute, before, after, part.loc[part["verdict"] != "", "measure"].nunique()))
    if len(met) > NAMED:
        whole = sum(after == total for _, _, after, total in met)
        least = min(met, key=lambda row: row[2] / row[3])
        lead = count(whole, len(met), "attributes")
        rest = count(least[2], least[3], "measures")
        return f"After reweighing, {lead} within all limits; by {name(least[0])}, {rest}."
    return " ".join(
        f"By {name(attribute)}, {count(after, total, 'measures')} within the limits after reweighing "
        f"({before or 'none'} before)."
        for attribute, before, after, total in met
    )


def _value(row: Any) -> str:
    """Value and interval in words."""
    if isnan(row.value):
        return f"{'not shown' if row.reason.startswith(FEW) else 'undefined'} ({words(row.reason)})"
    return f"{number(row.value, 2)} ({number(row.low, 2)} to {number(row.high, 2)})"


def _verdict(row: Any) -> str:
    return "not shown" if row.reason.startswith(FEW) else words(row.verdict)


def _label(row: Any) -> str:
    return words(row.measure) + (f", {name(row.farthest)}" if row.comparison == ANY_LEVEL else "")


def _measures(canvas: Canvas, rows: pd.DataFrame, *, ratio: bool) -> None:
    if rows.empty:
        return
    high = min(5.0, max(1.6, rows["high"].max() * 1.05)) if ratio else 1.0
    lines = []
    for measure, part in rows.groupby("measure", sort=False):
        models = {row.model: row for row in records(part)}
        row = models[REWEIGHED]
        own = KNOWN[str(measure)]
        people = (
            _PEOPLE.get(own.rates[0], "people")
            if len(own.rates) == 1
            else "of the rarer label"
            if own.rates
            else "people"
        )
        sides = row.support_unprivileged, row.support_privileged
        note = "" if pd.isna(sides[0]) else f"{sides[0]:,.0f} against {sides[1]:,.0f} {people}"
        marks = [
            Mark(KIND[m], r.value, r.low, r.high, _verdict(r), bold=r.verdict in VERDICTS[:2])
            for m, r in models.items()
        ]
        lines.append(Row(_label(row)[0].upper() + _label(row)[1:], [Cell(marks, row.minimum, row.maximum, note=note)]))
    title = "Ratio; 1 is parity" if ratio else "Percentage points; 0 is parity"
    tick = (lambda v: number(v, "g")) if ratio else lambda v: number(v * 100, "g")
    column = Column(
        title, 0 if ratio else -1, high, tick, said_width(list(map(words, VERDICTS))), 1.0 if ratio else 0.0, "Verdict"
    )
    forest(canvas, [column], lines, label=285)


RATES = {
    "selection_rate": ("Selected", False),
    "true_positive_rate": ("Wrongly refused, of those who qualify", True),
    "false_positive_rate": ("Wrongly selected, of the others", False),
}


def group_rates(rates: pd.DataFrame, confidence: float, method: str = "Wilson") -> Picture:
    """Selection and error rates of every level with intervals, both models; of many levels those at the ends."""
    shown = rates[~rates["reason"].str.startswith(FEW)]
    own = [(str(attribute), part) for attribute, part in shown.groupby("attribute", sort=False)]

    def draw(canvas: Canvas) -> None:
        canvas.legend([(KIND[model], model) for model in MODELS])
        columns = [Column(title, 0, 1, share, 48) for title, _ in RATES.values()]
        for attribute, part in own:
            levels = part["level"].nunique()
            kept = _ends(part) if levels > MOST else part
            some = f": the {MOST} of {levels} levels that are selected least and most" if levels > MOST else ""
            canvas.paragraph(f"By {name(attribute)}{some}", "bold")
            lines = [_level(str(level), rows) for level, rows in kept.groupby("level", sort=False)]
            forest(canvas, columns, lines, label=170, phone=130)

    finding = _selected([part for _, part in own])
    caption = (
        f"Marks are rates on the test rows, bars {percent(confidence, 0)} {method} intervals; n is the number of "
        "people. None: there is nobody whom the rate is about, or too few to publish it. "
        "Source: plots/group_rates.csv."
    )
    return picture(Said(finding, "Per cent of the people of a level, both models, test rows", finding, caption), draw)


def _chosen(part: pd.DataFrame) -> pd.DataFrame:
    """Selection rates after reweighing, the lowest first."""
    own = part[(part["rate"] == "selection_rate") & (part["model"] == REWEIGHED)]
    return own.dropna(subset=["value"]).sort_values("value", kind="stable")


def _ends(part: pd.DataFrame) -> pd.DataFrame:
    """The levels that are selected least and most, as many of each."""
    levels = _chosen(part)["level"]
    return part[part["level"].isin([*levels.head(MOST // 2), *levels.tail(MOST // 2)])]


def _level(level: str, rows: pd.DataFrame) -> Row:
    n = rows.loc[rows["rate"] == "base_rate", "of"].max()
    cells = []
    for rate, (_, complement) in RATES.items():
        marks = []
        for row in records(rows[rows["rate"] == rate]):
            value, *ends = (1 - x if complement else x for x in (row.value, row.low, row.high))
            low, high = (nan, nan) if isnan(value) else sorted(ends)
            marks.append(Mark(KIND[row.model], value, low, high, "none" if isnan(value) else share(value)))
        cells.append(Cell(marks, note=f"n {n:,.0f}"))
    return Row(name(level), cells)


def _selected(own: list[pd.DataFrame]) -> str:
    """Whom the reweighed model selects least and most, by attribute, where they are farthest apart first."""
    ranges = [(rows[0], rows[-1]) for part in own if (rows := records(_chosen(part)))]
    ranges.sort(key=lambda pair: pair[0].value - pair[1].value)
    parts = []
    for pair in ranges[:NAMED]:
        least, most = (f"{percent(r.value, 0)} ({name(r.level)}, {r.count:,} of {r.of:,})" for r in pair)
        parts.append(f"by {name(pair[0].attribute)} from {least} to {most}")
    return f"The reweighed model selects {'; '.join(parts)}." if parts else "No level has a rate."
