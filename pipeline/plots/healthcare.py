"""Pictures of the healthcare audit; each takes tables as the stage writes them and returns a PNG."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING, Any

from pipeline.plots.style import LIMITS, MUTED, figure_of, png
from pipeline.reporting.formatting import words
from pipeline.reporting.tables import records
from responsible.names import ANY_LEVEL, REST

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

# Okabe & Ito's vermilion, orange and bluish green; the word stands beside the dot, for print without colour.
FINDING = {"RED": "#D55E00", "AMBER": "#E69F00", "GREEN": "#009E73", "": MUTED}
LEVELS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
MARKERS = "oDs^vP"
SCOPE = {"all": "all cases", "merit": "necessary", "urgent": "emergencies", "urgent merit": "necessary emergencies"}


def disparities(approvals: pd.DataFrame) -> bytes:
    """Forest plot: every measure and comparison of approvals with its interval, its limits and its colour."""
    table = approvals[approvals["measure"].ne("disparate_impact") & approvals["finding"].ne("")]
    table = table.reset_index(drop=True)
    shown = table[table["finding"] == "RED"]
    worst = table.iloc[int(table["value"].abs().argmax())] if table["value"].notna().any() else None
    title = f"{len(shown)} of {len(table)} comparisons of approvals are RED"
    if worst is not None:
        title += f"; the largest difference is {worst['value']:+.3f} ({worst['attribute']}, {SCOPE[worst['scope']]})"
    figure, axes = figure_of(1, 1, 11, 1.6 + 0.34 * len(table), title)
    ax = axes[0, 0]
    labels = []
    for place, row in enumerate(reversed(records(table))):
        ax.fill_betweenx([place - 0.4, place + 0.4], row.minimum, row.maximum, color=LIMITS, lw=0)
        _bar(ax, row, place, FINDING[row.finding], row.finding)
        star = " *" if row.primary else ""
        labels.append(f"{row.attribute}, {row.comparison}: {words(row.measure)}, {SCOPE[row.scope]}{star}")
    ax.axvline(0, color=MUTED, lw=0.8)
    ax.set(yticks=range(len(labels)), yticklabels=labels, ylim=(-0.6, len(labels) - 0.4))
    ax.set_xlabel(f"{' minus '.join(_sides(approvals))}; shaded: within limits; * primary definition")
    _wide(ax, table)
    return png(figure)


def _sides(table: pd.DataFrame) -> tuple[str, str]:
    """Who is compared with whom, in words."""
    if not (unpooled := table.loc[table["comparison"] == ANY_LEVEL, "attribute"].nunique()):
        return "unprivileged", "privileged"
    return "group", REST if unpooled == table["attribute"].nunique() else f"privileged or {REST}"


def _wide(ax: Axes, table: pd.DataFrame) -> None:
    """Room for limits, intervals and the words at their ends."""
    ends = [abs(x) for c in ("low", "high", "minimum", "maximum") for x in table[c].dropna()]
    reach = 1.35 * max(ends, default=1.0)
    ax.set_xlim(-reach, reach)


def _bar(ax: Axes, row: Any, y: float, colour: str, text: str) -> None:
    if isnan(row.value):
        ax.annotate(f"undefined: {words(row.reason)}", (0, y), va="center", fontsize=8, color=colour)
        return
    if not isnan(row.low):
        ax.plot([row.low, row.high], [y, y], color=colour, lw=2, solid_capstyle="butt")
    ax.plot([row.value], [y], "o", color=colour, ms=6, zorder=3)
    end = row.value if isnan(row.high) else row.high
    ax.annotate(text, (end, y), (6, 0), textcoords="offset points", va="center", fontsize=8, color=colour)


def intersections(table: pd.DataFrame, confidence: float, most: int = 30) -> bytes:
    """Ranked forest plot: each intersection's approval against everyone else's, the largest shortfall on top."""
    tested = table[table["evidence"] == ""].sort_values("difference", ignore_index=True)
    small = len(table) - len(tested)
    shown = tested.head(most)
    title = "No intersection has enough cases" if tested.empty else _lowest(tested)
    figure, axes = figure_of(1, 1, 11, 1.6 + 0.3 * max(len(shown), 1), title)
    ax = axes[0, 0]
    labels = []
    for place, row in enumerate(reversed(records(shown))):
        sure = row.p_adjusted < 1 - confidence
        colour = FINDING["RED"] if sure and row.difference < 0 else "#0072B2" if sure else MUTED
        _bar_plain(ax, row, place, colour, f"p {row.p_adjusted:.3f}" if row.p_adjusted >= 0.0005 else "p < 0.001")
        labels.append(f"{row.group} (n {row.n})")
    ax.axvline(0, color=MUTED, lw=0.8)
    ax.set(yticks=range(len(labels)), yticklabels=labels, ylim=(-0.6, max(len(labels), 1) - 0.4))
    rest = f"; {small} smaller ones: insufficient evidence" if small else ""
    rest += f"; {len(tested) - len(shown)} more in the table" if len(tested) > len(shown) else ""
    ax.set_xlabel(f"approval minus everyone else's; p adjusted (Holm); grey: not shown to differ{rest}")
    return png(figure)


def _lowest(tested: pd.DataFrame) -> str:
    """Which combination has the lowest approval, and which one lies farthest below everyone else, the first row."""
    least, first = tested.sort_values("rate", kind="stable").iloc[0], tested.iloc[0]
    lowest = f"Approval is lowest for {least['group']}: {least['rate']:.1%} of {least['n']:,} requests"
    gap = f"{abs(first['difference']) * 100:.1f} points {'below' if first['difference'] < 0 else 'above'} everyone else"
    if least["group"] == first["group"]:
        return f"{lowest}, {gap}"
    return f"{lowest}; {first['group']} lies farthest from the rest: {gap}"


def _bar_plain(ax: Axes, row: Any, y: float, colour: str, text: str) -> None:
    ax.plot([row.low, row.high], [y, y], color=colour, lw=2, solid_capstyle="butt")
    ax.plot([row.difference], [y], "o", color=colour, ms=5, zorder=3)
    ax.annotate(text, (row.high, y), (6, 0), textcoords="offset points", va="center", fontsize=8, color=colour)


def bands(table: pd.DataFrame) -> bytes:
    """Approval by band of the priority score for every level, one panel per attribute; ends named directly."""
    if table.empty:
        return _nothing("No priority score is declared, so approval by priority is switched off")
    names = list(dict.fromkeys(table["attribute"]))
    spread = table.groupby(["attribute", "level"])["rate"].agg(lambda r: r.max() - r.min()).max()
    title = (
        f"Approval moves by at most {spread:.2f} between priority bands; priority does not explain a gap between groups"
    )
    figure, axes = figure_of(1, len(names), 4.2 * len(names), 4.2, title, sharey=True)
    for column, name in enumerate(names):
        ax, own = axes[0, column], table[table["attribute"] == name]
        for i, (level, line) in enumerate(own.groupby("level", sort=False)):
            x = line["order"] + 0.06 * i
            ax.vlines(x, line["low"], line["high"], color=LEVELS[i % 6], lw=1.5)
            ax.plot(x, line["rate"], MARKERS[i % 6] + "-", color=LEVELS[i % 6], label=str(level))
        ax.set(xticks=range(own["order"].max() + 1), ylim=(0, 1), xlabel="priority band, lowest first")
        ax.set_xticklabels(range(1, own["order"].max() + 2))
        ax.legend(frameon=False, loc="lower right", title=name)
    axes[0, 0].set_ylabel("approved, with interval")
    return png(figure)


def waits(table: pd.DataFrame) -> bytes:
    """Mean waits of both sides of each comparison and scope, joined by a line as long as the difference."""
    if table.empty:
        return _nothing("No duration is declared, so processing times are switched off")
    means = table[table["measure"].eq("mean_wait_difference") & table["comparison"].ne(ANY_LEVEL)]
    means = means[means["finding"].ne("")] if means["finding"].any() else means
    means, (u, p) = means.reset_index(drop=True), _sides(table)
    worst = means.iloc[int(means["value"].abs().argmax())]
    longer = "longer" if worst["value"] > 0 else "less"
    where = f"where {worst['attribute']} is {worst['comparison']}"
    title = f"Mean wait is {abs(worst['value']):.1f} (unit of the duration) {longer} {where}"
    figure, axes = figure_of(1, 1, 10, 1.6 + 0.4 * len(means), title)
    ax, labels = axes[0, 0], []
    for place, row in enumerate(reversed(records(means))):
        colour = FINDING[row.finding]
        ax.plot([row.privileged, row.unprivileged], [place, place], color=colour, lw=2)
        ax.plot([row.privileged], [place], "o", mfc="white", color=colour, ms=7)
        ax.plot([row.unprivileged], [place], "o", color=colour, ms=7)
        text = f"{row.value:+.2f} [{row.low:.2f}, {row.high:.2f}] {row.finding}"
        right = max(row.privileged, row.unprivileged)
        ax.annotate(text, (right, place), (9, 0), textcoords="offset points", va="center", fontsize=8, color=colour)
        labels.append(f"{row.attribute}, {row.comparison}, {SCOPE[row.scope]}")
    both = means[["privileged", "unprivileged"]].to_numpy(dtype=float)
    low, high = float(both.min()), float(both.max())
    ax.set(yticks=range(len(labels)), yticklabels=labels, ylim=(-0.6, len(labels) - 0.4))
    ax.set_xlim(low - 0.1 * (high - low) - 0.1, high + 0.45 * (high - low) + 0.1)
    ax.set_xlabel(f"mean wait, unit of the duration; open: {p}, filled: {u}")
    return png(figure)


def trend(months: pd.DataFrame, measures: list[str]) -> bytes:
    """The first of ``measures`` that is there, by month with intervals, all cases, one panel per attribute, or for each
    level where none is privileged.
    """
    if months.empty:
        return _nothing("No time is declared, so the monthly trend is switched off")
    known = set(months["measure"])
    measure = next(m for m in measures if m in known)
    own = months[(months["measure"] == measure) & (months["scope"] == "all")]
    panels = {name: part.reset_index(drop=True) for name, part in own.groupby(["attribute", "comparison"], sort=False)}
    below = {name: int((line["high"] < 0).sum()) for name, line in panels.items()}
    most = max(below, key=lambda name: below[name])
    where = most[0] if len(panels) == own["attribute"].nunique() else f"{most[0]}, {most[1]}"
    number = panels[most]["value"].notna().sum()
    title = f"By {where}, the difference lies below zero with its whole interval in {below[most]} of {number} months"
    figure, axes = figure_of(len(panels), 1, 10, 1.0 + 2.1 * len(panels), title, sharex=True, sharey=True)
    for i, ((name, comparison), line) in enumerate(panels.items()):
        ax = axes[i, 0]
        ax.axhline(0, color=MUTED, lw=0.8)
        ax.vlines(line.index, line["low"], line["high"], color=LEVELS[0], lw=1.5)
        ax.plot(line.index, line["value"], "o-", color=LEVELS[0], lw=1)
        ax.set(xticks=list(line.index), xticklabels=list(line["part"]))
        ax.tick_params(axis="x", rotation=30)
        ax.set_title(f"{name}: {words(measure)}, {comparison}", loc="left", fontsize=10)
    return png(figure)


def _nothing(sentence: str) -> bytes:
    figure, axes = figure_of(1, 1, 8, 1.2, sentence)
    axes[0, 0].set_axis_off()
    return png(figure)
