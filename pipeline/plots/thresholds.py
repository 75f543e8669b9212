"""Pictures of the threshold sweep."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING, Any

from pipeline.plots.style import COLOUR, LIMITS, MARKER, MUTED, figure_of, png
from pipeline.reporting.formatting import words
from responsible.names import REWEIGHED

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from responsible.mitigation.threshold_choice import ThresholdChoice
    from responsible.mitigation.threshold_figures import Sweep


def _threshold_lines(ax: Axes, figures: pd.DataFrame, figure: str) -> None:
    for model, colour in COLOUR.items():
        line = figures[(figures["figure"] == figure) & (figures["model"] == model)].dropna(subset=["value"])
        ax.fill_between(line["threshold"], line["low"], line["high"], color=colour, alpha=0.15, lw=0)
        ax.plot(line["threshold"], line["value"], marker=MARKER[model], ms=4, color=colour)
        if len(line):
            ax.annotate(
                model,
                (line["threshold"].iloc[-1], line["value"].iloc[-1]),
                (6, 0),
                textcoords="offset points",
                va="center",
                color=colour,
            )


def _mark(ax: Axes, choice: ThresholdChoice) -> None:
    ax.axvline(choice.reported, color="black", lw=1, ls="--")
    if isnan(choice.distance):
        return
    text = f" {'best within the constraints' if choice.feasible else 'nearest miss'}: {choice.reported:g}"
    ax.annotate(text, (choice.reported, 1.0), xycoords=("data", "axes fraction"), va="bottom", fontsize=9)


def _sentence(choice: ThresholdChoice) -> str:
    if isnan(choice.distance):
        return f"At threshold {choice.reported:g} the constraints are not shown: they are about too few people"
    if choice.feasible:
        share = choice.frequency[choice.index]
        return f"Threshold {choice.reported:g} meets every constraint; it is the best in {share:.0%} of resamples"
    return f"No threshold meets every constraint; {choice.reported:g} comes nearest, {choice.distance:.2g} away"


def impact(figures: pd.DataFrame, choice: ThresholdChoice, sweep: Sweep) -> bytes:
    """Disparate impact of both models and the base rate against the label threshold, with limits and intervals."""
    figure, axes = figure_of(2, 1, 9, 7, _sentence(choice), sharex=True, height_ratios=[3, 2])
    top, bottom = axes[:, 0]
    _threshold_lines(top, figures, "disparate_impact")
    top.set(ylabel=f"disparate impact ({sweep.attribute})", ylim=(-0.03, None))
    top.axhline(1, color=MUTED, lw=0.8)
    base = figures[figures["figure"] == "base_rate"]
    bottom.fill_between(base["threshold"], base["low"], base["high"], color="black", alpha=0.15, lw=0)
    bottom.plot(base["threshold"], base["value"], "s-", ms=4, color="black")
    bottom.set(xlabel="label threshold", ylabel="share with label 1", ylim=(0, 1))
    for ax, name, lowest, highest in ((top, "disparate_impact", 0, 5), (bottom, "base_rate", 0, 1)):
        if limits := sweep.limits.get(name):
            ax.axhspan(max(limits.low, lowest), min(limits.high, highest), color=LIMITS, lw=0, zorder=0)
            ax.annotate(
                "within limits",
                (0.01, max(limits.low, lowest)),
                (0, 3),
                xycoords=("axes fraction", "data"),
                textcoords="offset points",
                fontsize=8,
                color=MUTED,
            )
        ax.axvline(choice.reported, color="black", lw=1, ls="--")
    _mark(top, choice)
    return png(figure)


def tradeoff(figures: pd.DataFrame, choice: ThresholdChoice, sweep: Sweep) -> bytes:
    """The figure that is chosen by against disparate impact, one point per threshold, both models."""
    figure, axes = figure_of(1, 1, 9, 5.5, _tradeoff_sentence(figures, choice, sweep))
    ax = axes[0, 0]
    table = figures.pivot(index=["model", "threshold"], columns="figure", values="value").reset_index()
    if limits := sweep.limits.get("disparate_impact"):
        ax.axvspan(max(limits.low, 0), min(limits.high, 5), color=LIMITS, lw=0)
    for model, colour in COLOUR.items():
        own = table[table["model"] == model].dropna(subset=["disparate_impact", sweep.choose_by])
        x, y = own["disparate_impact"], own[sweep.choose_by]
        ax.plot(x, y, marker=MARKER[model], color=colour, lw=1, ms=6, label=model)
        _label_points(ax, x.to_numpy(), y.to_numpy(), own["threshold"].to_numpy(), colour)
    ax.set(
        xlabel=f"disparate impact ({sweep.attribute}; shaded: within limits)",
        ylabel=words(sweep.choose_by),
        xlim=(-0.03, None),
    )
    ax.legend(frameon=False, title="one point per threshold")
    return png(figure)


def _label_points(ax: Axes, x: Any, y: Any, threshold: Any, colour: str) -> None:
    """Name each point by its threshold, but not those so near an already named one that the names would overlap."""
    named: list[tuple[float, float]] = []
    for px, py, name in zip(x, y, threshold, strict=True):
        if all(abs(px - qx) > 0.08 or abs(py - qy) > 0.03 for qx, qy in named):
            ax.annotate(f"{name:g}", (px, py), (5, 4), textcoords="offset points", fontsize=8, color=colour)
            named.append((px, py))


def _tradeoff_sentence(figures: pd.DataFrame, choice: ThresholdChoice, sweep: Sweep) -> str:
    at = figures[(figures["threshold"] == choice.reported) & (figures["model"] == REWEIGHED)]
    value = at.set_index("figure")["value"]
    if value[[sweep.choose_by, "disparate_impact"]].isna().any():
        return f"At threshold {choice.reported:g} the figures are undefined or not shown"
    return (
        f"At threshold {choice.reported:g} the reweighed model has {words(sweep.choose_by)} "
        f"{value[sweep.choose_by]:.2f}\nat a disparate impact of {value['disparate_impact']:.2f}"
    )
