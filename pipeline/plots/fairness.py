"""Pictures of the fairness measures and of every level's rates; each takes a table of the stage and returns a PNG."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.plots.style import COLOUR, LIMITS, MARKER, MUTED, by_attribute, figure_of, png
from pipeline.reporting.formatting import words
from pipeline.reporting.tables import records
from responsible.fairness.measures import MEASURES
from responsible.names import ANY_LEVEL, BASELINE, CHANGE, MODELS, POOLED, REST, REWEIGHED

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def _interval(ax: Axes, y: float, row: Any, model: str) -> None:
    colour = COLOUR[model]
    if isnan(row.value):
        ax.annotate(
            f"{model}: undefined ({words(row.reason)})",
            (0.02, y),
            xycoords=("axes fraction", "data"),
            va="center",
            fontsize=8,
            color=colour,
        )
        return
    if not isnan(row.low):
        ax.plot([row.low, row.high], [y, y], color=colour, lw=2, solid_capstyle="butt")
    ax.plot([row.value], [y], MARKER[model], color=colour, ms=6, zorder=3)
    if getattr(row, "farthest", ""):
        end = row.value if isnan(row.high) else row.high
        ax.annotate(row.farthest, (end, y), (5, 0), textcoords="offset points", va="center", fontsize=8, color=colour)


def _band(row: Any, lowest: float, highest: float) -> tuple[float, float]:
    return (lowest if isnan(row.minimum) else row.minimum, highest if isnan(row.maximum) else row.maximum)


def disparities(fairness: pd.DataFrame) -> bytes:
    """Every pooled measure of both models with its interval and the band of its limits, one row per attribute; where no
    level is privileged, the level that lies farthest, by name.
    """
    pooled = fairness[fairness["comparison"].isin([POOLED, ANY_LEVEL]) & (fairness["model"] != CHANGE)]
    title = "\n".join(_verdict_sentence(attribute, own) for _, attribute, own in by_attribute(pooled))
    number = pooled["attribute"].nunique()
    figure, axes = figure_of(number, 2, 11, 0.6 + 3.4 * number, title, width_ratios=[3, 2])
    for row, attribute, own in by_attribute(pooled):
        ratio = np.array([MEASURES[name].ratio for name in own["measure"]])
        sides = f"farthest level minus {REST}" if own["farthest"].any() else "unprivileged minus privileged"
        _measures(axes[row, 0], own[~ratio], f"{attribute}: differences, {sides} (0 is parity)")
        units = " and ".join(dict.fromkeys(MEASURES[name].unit for name in own.loc[ratio, "measure"]))
        _ratios(axes[row, 1], own[ratio], f"{attribute}: {units} (1 is parity)")
    return png(figure)


def _verdict_sentence(attribute: str, rows: pd.DataFrame) -> str:
    passed = {model: int((own["verdict"] == "pass").sum()) for model, own in rows.groupby("model")}
    total = rows["measure"].nunique()
    return (
        f"By {attribute}, the baseline passes {passed.get(BASELINE, 0)} of {total} limits, "
        f"the reweighed model {passed.get(REWEIGHED, 0)}"
    )


def _measures(ax: Axes, rows: pd.DataFrame, title: str) -> None:
    names = list(dict.fromkeys(rows["measure"]))
    for row in records(rows):
        place = len(names) - 1 - names.index(row.measure)
        y = place + (0.16 if row.model == BASELINE else -0.16)
        if row.model == BASELINE:
            low, high = _band(row, -1.05, 1.05)
            ax.fill_betweenx([place - 0.42, place + 0.42], low, high, color=LIMITS, lw=0)
        _interval(ax, y, row, row.model)
    ax.axvline(0, color=MUTED, lw=0.8)
    ax.set(yticks=range(len(names)), yticklabels=[words(n) for n in reversed(names)], xlim=(-1.05, 1.05))
    ax.set_title(title, loc="left", fontsize=10)


def _ratios(ax: Axes, rows: pd.DataFrame, title: str) -> None:
    most, names = max(1.6, min(5.0, rows["high"].max() * 1.1)), list(dict.fromkeys(rows["measure"]))
    for row in records(rows):
        place = len(names) - 1 - names.index(row.measure)
        y = place + (0.16 if row.model == BASELINE else -0.16)
        if row.model == BASELINE:
            ax.fill_betweenx([place - 0.42, place + 0.42], *_band(row, 0, most), color=LIMITS, lw=0)
        _interval(ax, y, row, row.model)
        if not isnan(row.value):
            ax.annotate(
                f"{row.model} {row.value:.{2 if row.value >= 0.1 else 3}f}",
                (min(row.value, most), y),
                (0, 11 if y > place else -11),
                textcoords="offset points",
                ha="left" if row.value < most / 4 else "center",
                va="center",
                fontsize=9,
                color=COLOUR[row.model],
            )
    ax.axvline(1, color=MUTED, lw=0.8)
    ax.set(xlim=(-0.02, most), ylim=(-0.6, len(names) - 0.4), yticks=[])
    ax.set_title(f"{title}\nshaded: within limits", loc="left", fontsize=10)


RATES = {
    "selection_rate": "selected",
    "true_positive_rate": "selected, of label 1",
    "false_positive_rate": "selected, of label 0",
    "positive_predictive_value": "label 1, of selected",
    "base_rate": "label 1 (data)",
}


def group_rates(rates: pd.DataFrame) -> bytes:
    """Every level's rates with Wilson intervals for both models, privileged levels on top and in bold."""
    sizes = [own["level"].nunique() for _, _, own in by_attribute(rates)]
    figure, axes = figure_of(
        len(sizes), len(RATES), 13, 0.8 + 0.5 * sum(sizes) + 0.8 * len(sizes), _spread_sentence(rates),
        height_ratios=sizes, sharey="row",
    )  # fmt: skip
    for row, attribute, own in by_attribute(rates):
        for column, (rate, label) in enumerate(RATES.items()):
            _levels(axes[row, column], own[own["rate"] == rate], rate)
            axes[row, column].set_title(f"{attribute}: {label}" if column == 0 else label, loc="left", fontsize=10)
    axes[0, 0].plot([], [], "o", color=COLOUR[BASELINE], label=BASELINE)
    axes[0, 0].plot([], [], "D", color=COLOUR[REWEIGHED], label=REWEIGHED)
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower left", ncols=2, frameon=False)
    return png(figure)


def _spread_sentence(rates: pd.DataFrame) -> str:
    chosen = rates[(rates["rate"] == "selection_rate") & (rates["model"] == REWEIGHED)].dropna(subset=["value"])
    parts = []
    for _, attribute, own in by_attribute(chosen):
        low, high = own.iloc[int(own["value"].argmin())], own.iloc[int(own["value"].argmax())]
        parts.append(
            f"by {attribute} from {low['value']:.0%} ({low['level']}) to {high['value']:.0%} ({high['level']})"
        )
    return "The reweighed model selects " + ", ".join(parts)


def _levels(ax: Axes, rows: pd.DataFrame, rate: str) -> None:
    names = list(dict.fromkeys(rows["level"]))
    models = (REWEIGHED,) if rate == "base_rate" else MODELS
    for row in records(rows[rows["model"].isin(models)]):
        shift = 0 if len(models) == 1 else 0.16 if row.model == BASELINE else -0.16
        y = len(names) - 1 - names.index(row.level) + shift
        if rate == "base_rate" and not isnan(row.value):
            ax.plot([row.low, row.high], [y, y], color="black", lw=2)
            ax.plot([row.value], [y], "s", color="black", ms=5)
        else:
            _interval(ax, y, row, row.model)
    privileged = rows.drop_duplicates("level").set_index("level")["privileged"]
    ax.set(
        yticks=range(len(names)), yticklabels=list(reversed(names)), xlim=(-0.03, 1.03), ylim=(-0.6, len(names) - 0.4)
    )
    for text, name in zip(ax.get_yticklabels(), reversed(names), strict=False):
        text.set_fontweight("bold" if privileged[name] else "normal")
    ax.grid(axis="x", color="#EEEEEE")
