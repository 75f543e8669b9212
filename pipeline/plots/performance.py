"""Pictures of performance by group: ROC curves, calibration and confusion; each takes a table and returns a PNG."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from matplotlib.lines import Line2D

from pipeline.plots.style import COLOUR, MUTED, by_attribute, figure_of, png
from pipeline.reporting.tables import records
from responsible.names import ALL_PRIVILEGED, BASELINE, POOLED, REST, REWEIGHED

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

POOLS, COLOURS = (ALL_PRIVILEGED, POOLED), ("#000000", "#009E73")


def _shown(own: pd.DataFrame, by: Any) -> dict[str, str]:
    """The two groups of an attribute that are drawn, with their colours: the pools, or the levels whose ``by`` is
    highest and lowest where no level is privileged.
    """
    groups = own["group"].unique().tolist()
    ranked = by.groupby(own["group"], sort=False).mean().sort_values(kind="stable").index.tolist()
    chosen = POOLS if set(POOLS) & set(groups) else (*ranked[:-2:-1], *ranked[:1])
    return dict(zip(chosen, COLOURS, strict=False))


def _kept(table: pd.DataFrame, by: Any) -> pd.DataFrame:
    """The rows of the groups that are drawn."""
    shown = {name: _shown(own, by[own.index]) for name, own in table.groupby("attribute", sort=False)}
    return table[[group in shown[name] for name, group in zip(table["attribute"], table["group"], strict=True)]]


def roc(curves: pd.DataFrame) -> bytes:
    """ROC curves of the pooled groups for both models, a dashed diagonal for chance, AUC at each curve's name."""
    pooled = _kept(curves, curves["roc_auc"])
    number = max(pooled["attribute"].nunique(), 1)
    low, every = pooled["roc_auc"].min(), pooled["group"].isin(POOLS).all()
    title = f"The models rank every {'pooled ' if every else ''}group with an AUC of at least {low:.2f}"
    figure, axes = figure_of(number, 2, 9, 0.6 + 4.2 * number, title)
    for row, attribute, own in by_attribute(pooled):
        for column, model in enumerate(COLOUR):
            ax = axes[row, column]
            ax.plot([0, 1], [0, 1], ls=":", color=MUTED, lw=1)
            for place, (group, colour) in enumerate(_shown(own, own["roc_auc"]).items()):
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
    filled = table[table["n"] > 0]
    pooled = _kept(filled, filled["observed"])
    number = max(pooled["attribute"].nunique(), 1)
    figure, axes = figure_of(number, 2, 9, 0.6 + 4.2 * number, _calibration_sentence(pooled))
    for row, attribute, own in by_attribute(pooled):
        for column, model in enumerate(COLOUR):
            ax = axes[row, column]
            ax.plot([0, 1], [0, 1], ls=":", color=MUTED, lw=1)
            for place, (group, colour) in enumerate(_shown(own, own["observed"]).items()):
                bins = own[(own["model"] == model) & (own["group"] == group)]
                for bin_ in records(bins):
                    ax.plot([bin_.score] * 2, [bin_.low, bin_.high], color=colour, lw=1.2)
                area = 12 + 200 * bins["n"] / max(bins["n"].sum(), 1)
                ax.scatter(bins["score"], bins["observed"], s=area, color=colour, marker="os"[place], alpha=0.8)
                if group not in POOLS:
                    at = (0.97, 0.14 - 0.08 * place)
                    ax.annotate(group, at, xycoords="axes fraction", ha="right", color=colour)
            ax.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03), aspect="equal", xlabel="mean score")
            ax.set_title(f"{attribute}, {model}", loc="left", fontsize=10)
        axes[row, 0].set_ylabel("observed share with label 1")
    handles = [
        Line2D([], [], ls="", marker="os"[place], color=colour, label=group)
        for place, (group, colour) in enumerate(zip(POOLS, COLOURS, strict=True))
        if pooled["group"].isin(POOLS).any()
    ]
    if handles:
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
    number = table["attribute"].nunique()
    figure, axes = figure_of(number, 4, 12, 1.2 + 3.4 * number, _errors_sentence(table))
    for row, attribute, table_ in by_attribute(table):
        own, names = _sides(table_)
        for column, (model, (privileged, name)) in enumerate((m, n) for m in COLOUR for n in names.items()):
            cells = own[(own["model"] == model) & (own["privileged"] == privileged)][["tn", "fp", "fn", "tp"]].sum()
            _matrix(axes[row, column], cells.to_numpy().reshape(2, 2))
            axes[row, column].set_title(f"{attribute}: {model},\n{name}", loc="left", fontsize=10)
    return png(figure)


def _sides(own: pd.DataFrame) -> tuple[pd.DataFrame, dict[bool, str]]:
    """The counts with who is ``privileged``, and the names of both sides. Where nobody is, the level that the reweighed
    model wrongly refuses most often is set against everybody else, who have that place.
    """
    if own["privileged"].any():
        return own, {True: "privileged", False: "unprivileged"}
    counts = own[own["model"] == REWEIGHED].set_index("level")
    level = (counts["fn"] / (counts["fn"] + counts["tp"]).clip(lower=1)).idxmax()
    return own.assign(privileged=own["level"] != level), {True: REST, False: str(level)}


def _errors_sentence(table: pd.DataFrame) -> str:
    """Who is wrongly refused: the share of rows with label 1 that each model does not select, by attribute."""
    lines = []
    for _, attribute, table_ in by_attribute(table):
        own, names = _sides(table_)
        sums = own.groupby(["model", "privileged"])[["tp", "fn"]].sum()
        share = (sums["fn"] / sums.sum(axis=1).clip(lower=1)).map("{:.0%}".format)
        lines.append(
            f"Qualified people wrongly refused, by {attribute} ({names[False]}, {names[True]}): "
            f"baseline {share[BASELINE, False]}, {share[BASELINE, True]}; "
            f"reweighed {share[REWEIGHED, False]}, {share[REWEIGHED, True]}"
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
