"""Pictures of the fairness evaluation; each takes a table as the stage writes it and returns a PNG."""

from __future__ import annotations

from collections.abc import Iterator
from math import isnan
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.lines import Line2D

from pipeline.plots.style import COLOUR, LIMITS, MARKER, MUTED, figure_of, png
from pipeline.reporting.rendering import words
from responsible.fairness.measures import MEASURES
from responsible.names import ALL_PRIVILEGED, BASELINE, CHANGE, MODELS, POOLED, REWEIGHED

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

GROUP_COLOUR = {ALL_PRIVILEGED: "#000000", POOLED: "#009E73"}


def _by_attribute(table: pd.DataFrame) -> Iterator[tuple[int, str, pd.DataFrame]]:
    for row, (attribute, own) in enumerate(table.groupby("attribute", sort=False)):
        yield row, str(attribute), own


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


def _band(row: Any, lowest: float, highest: float) -> tuple[float, float]:
    return (lowest if isnan(row.minimum) else row.minimum, highest if isnan(row.maximum) else row.maximum)


def disparities(fairness: pd.DataFrame) -> bytes:
    """Every pooled measure of both models with its interval and the band of its limits, an attribute a row."""
    pooled = fairness[(fairness["comparison"] == POOLED) & (fairness["model"] != CHANGE)]
    title = "\n".join(_verdict_sentence(attribute, own) for _, attribute, own in _by_attribute(pooled))
    number = pooled["attribute"].nunique()
    figure, axes = figure_of(number, 2, 11, 0.6 + 3.4 * number, title, width_ratios=[3, 2])
    for row, attribute, own in _by_attribute(pooled):
        ratio = np.array([MEASURES[name].ratio for name in own["measure"]])
        _measures(axes[row, 0], own[~ratio], f"{attribute}: differences, unprivileged minus privileged (0 is parity)")
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
    for row in rows.itertuples():
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
    for row in rows.itertuples():
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
    sizes = [own["level"].nunique() for _, _, own in _by_attribute(rates)]
    figure, axes = figure_of(
        len(sizes), len(RATES), 13, 0.8 + 0.5 * sum(sizes) + 0.8 * len(sizes), _spread_sentence(rates),
        height_ratios=sizes, sharey="row",
    )  # fmt: skip
    for row, attribute, own in _by_attribute(rates):
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
    for _, attribute, own in _by_attribute(chosen):
        low, high = own.loc[own["value"].idxmin()], own.loc[own["value"].idxmax()]
        parts.append(
            f"by {attribute} from {low['value']:.0%} ({low['level']}) to {high['value']:.0%} ({high['level']})"
        )
    return "The reweighed model selects " + ", ".join(parts)


def _levels(ax: Axes, rows: pd.DataFrame, rate: str) -> None:
    names = list(dict.fromkeys(rows["level"]))
    models = (REWEIGHED,) if rate == "base_rate" else MODELS
    for row in rows[rows["model"].isin(models)].itertuples():
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


def roc(curves: pd.DataFrame) -> bytes:
    """ROC curves of the pooled groups for both models, a dashed diagonal for chance, AUC at each curve's name."""
    pooled = curves[curves["group"].isin(GROUP_COLOUR)]
    number = max(pooled["attribute"].nunique(), 1)
    low = pooled["roc_auc"].min()
    title = f"Ranking is least accurate at AUC {low:.2f} among the pooled groups of both models"
    figure, axes = figure_of(number, 2, 9, 0.6 + 4.2 * number, title)
    for row, attribute, own in _by_attribute(pooled):
        for column, model in enumerate(COLOUR):
            ax = axes[row, column]
            ax.plot([0, 1], [0, 1], ls=":", color=MUTED, lw=1)
            for place, (group, colour) in enumerate(GROUP_COLOUR.items()):
                line = own[(own["model"] == model) & (own["group"] == group)]
                if line.empty:
                    text = f"{group}: no curve, one label only"
                else:
                    text = f"{group}, AUC {line['roc_auc'].iloc[0]:.3f}"
                    style = "-" if place == 0 else "--"
                    ax.plot(line["false_positive_rate"], line["true_positive_rate"], style, color=colour, lw=2)
                ax.annotate(text, (0.97, 0.14 - 0.08 * place), xycoords="axes fraction", ha="right", color=colour)
            ax.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal", xlabel="false positive rate")
            ax.set_title(f"{attribute}, {model}", loc="left", fontsize=10)
        axes[row, 0].set_ylabel("true positive rate")
    return png(figure)


def calibration(table: pd.DataFrame) -> bytes:
    """Mean score against observed share in each score bin, pooled groups, both models; point area grows with rows."""
    pooled = table[table["group"].isin(GROUP_COLOUR) & (table["n"] > 0)]
    number = max(pooled["attribute"].nunique(), 1)
    figure, axes = figure_of(number, 2, 9, 0.6 + 4.2 * number, _calibration_sentence(pooled))
    for row, attribute, own in _by_attribute(pooled):
        for column, model in enumerate(COLOUR):
            ax = axes[row, column]
            ax.plot([0, 1], [0, 1], ls=":", color=MUTED, lw=1)
            for place, (group, colour) in enumerate(GROUP_COLOUR.items()):
                bins = own[(own["model"] == model) & (own["group"] == group)]
                for bin_ in bins.itertuples():
                    ax.plot([bin_.score] * 2, [bin_.low, bin_.high], color=colour, lw=1.2)
                area = 12 + 200 * bins["n"] / max(bins["n"].sum(), 1)
                ax.scatter(bins["score"], bins["observed"], s=area, color=colour, marker="os"[place], alpha=0.8)
            ax.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03), aspect="equal", xlabel="mean score")
            ax.set_title(f"{attribute}, {model}", loc="left", fontsize=10)
        axes[row, 0].set_ylabel("observed share with label 1")
    handles = [
        Line2D([], [], ls="", marker="os"[place], color=colour, label=group)
        for place, (group, colour) in enumerate(GROUP_COLOUR.items())
    ]
    figure.legend(handles=handles, loc="outside lower left", ncols=2, frameon=False)
    return png(figure)


def _calibration_sentence(pooled: pd.DataFrame) -> str:
    outside = pooled[(pooled["score"] < pooled["low"]) | (pooled["score"] > pooled["high"])]
    counts = {model: int((outside["model"] == model).sum()) for model in COLOUR}
    bins = pooled.groupby("model").size()
    parts = [f"{counts[model]} of {bins.get(model, 0)} for the {model} model" for model in COLOUR]
    return f"Score bins whose mean score lies outside the interval of the observed share: {', '.join(parts)}"


def confusion(table: pd.DataFrame) -> bytes:
    """Counts of label by prediction for the pooled groups of both models, shaded by their share of the label's rows."""
    names = [("privileged", True), ("unprivileged", False)]
    number = table["attribute"].nunique()
    figure, axes = figure_of(number, 4, 12, 1.2 + 3.4 * number, _errors_sentence(table))
    for row, attribute, own in _by_attribute(table):
        for column, (model, (name, privileged)) in enumerate((m, n) for m in COLOUR for n in names):
            cells = own[(own["model"] == model) & (own["privileged"] == privileged)][["tn", "fp", "fn", "tp"]].sum()
            _matrix(axes[row, column], cells.to_numpy().reshape(2, 2))
            axes[row, column].set_title(f"{attribute}: {model},\n{name}", loc="left", fontsize=10)
    return png(figure)


def _errors_sentence(table: pd.DataFrame) -> str:
    """Who is wrongly told no: the share of rows with label 1 that each model does not select, by attribute."""
    lines = []
    for _, attribute, own in _by_attribute(table):
        sums = own.groupby(["model", "privileged"])[["tp", "fn"]].sum()
        share = (sums["fn"] / sums.sum(axis=1).clip(lower=1)).map("{:.0%}".format)
        lines.append(
            f"By {attribute}, a wrong no to unprivileged and privileged rows of label 1: "
            f"baseline {share[BASELINE, False]} and {share[BASELINE, True]}, "
            f"reweighed {share[REWEIGHED, False]} and {share[REWEIGHED, True]}"
        )
    return "\n".join(lines)


def _matrix(ax: Axes, counts: Any) -> None:
    share = counts / counts.sum(axis=1, keepdims=True).clip(min=1)
    ax.imshow(share, cmap="Blues", vmin=0, vmax=1.4)
    for label in (0, 1):
        for predicted in (0, 1):
            text = f"{counts[label, predicted]:,}\n{share[label, predicted]:.0%}"
            ax.annotate(text, (predicted, label), ha="center", va="center", fontsize=11)
    ax.set(xticks=[0, 1], xticklabels=["predicted 0", "predicted 1"], yticks=[0, 1], yticklabels=["label 0", "label 1"])
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
