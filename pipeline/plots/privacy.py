"""The picture of privacy against utility: what each mechanism costs over ε, whom it moves, what an attacker gains."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.plots.style import MUTED, figure_of, png

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from responsible.segmentation.report import Report

MECHANISMS = {"teaching": ("#D55E00", "D"), "local": ("#009E73", "s"), "central": ("#0072B2", "o")}
PANELS = {
    "noisy_silhouette": "silhouette of noisy rows (as is common)",
    "silhouette": "silhouette of the original rows",
    "ari": "ARI with the segments without noise",
    "changed": "share of people whose segment changes",
}


def privacy(report: Report) -> bytes:
    """Silhouettes, ARI and people moved over ε for each mechanism with intervals over draws, and the attacks."""
    figure, axes = figure_of(2, 3, 12, 7.5, _sentence(report))
    curves, attack = report.compared.curves, report.compared.attack
    for ax, (measure, label) in zip(axes.flat, PANELS.items(), strict=False):
        _lines(ax, curves[(curves["measure"] == measure) & (curves["level"] == "")])
        ax.set_ylabel(label)
    _by_level(axes[1, 0], curves, report)
    for ax in axes[0, :2]:
        ax.axhline(report.compared.silhouette, color=MUTED, lw=0.8)
    axes[0, 0].set_title("grey: without noise")
    for ax, measure in ((axes[1, 1], "membership"), (axes[1, 2], "linkage")):
        _lines(ax, attack[attack["measure"] == measure])
        ax.axhline(attack.loc[(attack["measure"] == measure) & attack["epsilon"].isna(), "value"].iloc[0], color=MUTED)
        ax.set_ylabel(f"advantage of a {measure} attack")
    _caps(axes[1, 1], attack)
    for ax in axes.flat:
        ax.set(xscale="log", xlabel="ε that is asked for")
    handles, labels = axes[0, 1].get_legend_handles_labels()
    axes[0, 1].legend(handles, labels, frameon=False, fontsize=9)
    return png(figure)


def _sentence(report: Report) -> str:
    chosen, sure = report.settings["chosen"], report.settings["guaranteed"]
    drops = [report.compared.drop(s.mechanism, s.epsilon) for s in (chosen, sure)]
    return (
        f"The {chosen.mechanism} mechanism at ε = {chosen.epsilon:g} costs {drops[0]:.2f} of silhouette;\n"
        f"the {sure.mechanism} one, with a guarantee of ε = {sure.epsilon:g}, costs {max(drops[1], 0):.2f}"
    )


def _lines(ax: Axes, table: pd.DataFrame) -> None:
    for mechanism, (shade, mark) in MECHANISMS.items():
        line = table[table["mechanism"] == mechanism].dropna(subset=["value"]).sort_values("epsilon")
        ax.fill_between(line["epsilon"], line["low"], line["high"], color=shade, alpha=0.15, lw=0)
        ax.plot(line["epsilon"], line["value"], marker=mark, ms=4, color=shade, label=mechanism)


def _by_level(ax: Axes, curves: pd.DataFrame, report: Report) -> None:
    """Whom the mechanism with a guarantee moves, by protected level."""
    mechanism = report.settings["guaranteed"].mechanism
    own = curves[(curves["measure"] == "changed") & (curves["mechanism"] == mechanism)]
    drawn = []
    for level, mark in zip(report.levels, "x+^sDv<>", strict=False):
        line = own[own["level"] == level].sort_values("epsilon")
        drawn += ax.plot(line["epsilon"], line["value"], marker=mark, ls=":", color="black", lw=0.8, ms=5, label=level)
    ax.legend(handles=drawn, frameon=False, fontsize=9, title=f"{mechanism}, people of level")


def _caps(ax: Axes, attack: pd.DataFrame) -> None:
    table = attack[(attack["measure"] == "membership") & (attack["mechanism"] == "central")].sort_values("epsilon")
    ax.plot(table["epsilon"], table["cap"], ":", color="black", lw=1.2)
    ax.set_title("dotted: most any attacker can gain (local, central)")
