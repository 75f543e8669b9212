"""Pictures of the segments: where they lie, how K was chosen, how stable they are, and whom they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.plots.style import LIMITS, MUTED, figure_of, png
from pipeline.reporting.tables import records
from responsible.clustering.null_reference import ONE_FEATURE

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from responsible.segmentation.report import Report

# Okabe & Ito 2008, from the second on; beyond seven segments colours repeat and the numbers tell them apart.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9", "#000000")
MARKERS = ("o", "x", "^", "s", "+", "D")
METHODS = {"kmeans": ("#0072B2", "o"), "mixture": ("#D55E00", "D"), "dbscan": ("#009E73", "s")}


def colour(segment: int) -> str:
    """Of a segment from 1; grey for 0, no segment."""
    return COLOURS[(segment - 1) % len(COLOURS)] if segment else MUTED


def plane(shown: pd.DataFrame, report: Report) -> bytes:
    """Everybody (or a sample) in the first two principal components: colours are segments, marks protected levels."""
    title = "; ".join([_count(report), *_one_sided(report)])
    figure, axes = figure_of(1, 1, 8.5, 6, title)
    ax = axes[0, 0]
    segment: Any
    code: Any
    for (segment, code), part in shown.groupby(["segment", "code"]):
        mark = MARKERS[code % len(MARKERS)]
        ax.scatter(part["first"], part["second"], s=16, marker=mark, color=colour(segment), alpha=0.55, lw=0.9)
    for segment, part in shown[shown["segment"] > 0].groupby("segment"):
        box = {"facecolor": "white", "edgecolor": colour(segment), "boxstyle": "round", "alpha": 0.9}
        ax.annotate(f"segment {segment}", (part["first"].mean(), part["second"].mean()), ha="center", bbox=box)
    for code, level in enumerate(report.levels):
        ax.scatter([], [], marker=MARKERS[code % len(MARKERS)], color="black", label=level)
    ax.legend(frameon=False, title="protected level", loc="best")
    ax.set(xlabel="first principal component (standard deviations)", ylabel="second")
    return png(figure)


def _count(report: Report) -> str:
    k = report.found.choice.chosen.fitted.k
    if ONE_FEATURE in report.found.doubts:
        return f"{k} clusters of one feature, which cannot show segments"
    return f"{k} segments" if report.found.found else f"No segments: {k} clusters that the data do not support"


def _one_sided(report: Report) -> list[str]:
    """Each one-sided segment with the level that fills it."""
    flagged = [share for share in report.found.shares if share.flagged]
    return [f"segment {share.segment} is {share.share:.0%} {share.level}" for share in flagged]


def choice(tried: pd.DataFrame, knee: int | None, report: Report) -> bytes:
    """Inertia with its knee, silhouette with the reference, median ARI with quartiles and BIC, all by K."""
    chosen, other = report.found.choice.chosen, report.found.choice.other_k
    lead = report.found.choice.lead_other_k
    title = f"K = {chosen.fitted.k} by {chosen.name[0]}"
    if other and lead:
        title += f": silhouette {abs(lead.value):.2f} {'above' if lead.value >= 0 else 'below'} the best other K"
    figure, axes = figure_of(2, 2, 9.5, 7, title)
    panels = {"inertia": "inertia", "silhouette": "mean silhouette", "ari_median": "median ARI of refits", "bic": "BIC"}
    for ax, (column, label) in zip(axes.flat, panels.items(), strict=True):
        _by_k(ax, tried, column)
        ax.set(xlabel="K", ylabel=label)
        ax.xaxis.get_major_locator().set_params(integer=True)
        ax.axvline(chosen.fitted.k, color="black", lw=0.8, ls="--")
    axes[0, 0].set_title(f"the knee is at {knee}" if knee else "no knee")
    highest = max(draws.max() for draws in report.found.reference.values())
    axes[0, 1].axhspan(min(0, highest), highest, color="#EEEEEE", lw=0, zorder=0)
    axes[0, 1].set_title("grey: tables without clusters reach this")
    axes[1, 0].set(title="bars: quartiles", ylim=(None, 1.03))
    axes[1, 1].set_title("of the mixture; lower is better")
    axes[0, 0].legend(frameon=False)
    return png(figure)


def _by_k(ax: Axes, tried: pd.DataFrame, column: str) -> None:
    for method, part in tried.dropna(subset=[column]).groupby("method", sort=False):
        shade, mark = METHODS[str(method)]
        bars = {
            "silhouette": ("silhouette_low", "silhouette_high"),
            "ari_median": ("ari_lower_quartile", "ari_upper_quartile"),
        }
        if column in bars:
            low, high = (part[name] for name in bars[column])
            ax.vlines(part["k"], low, high, color=shade, lw=2, alpha=0.5)
        ax.plot(part["k"], part[column], marker=mark, color=shade, ms=5, label=method, ls="-" if len(part) > 1 else "")


def stability(refits: pd.DataFrame, report: Report) -> bytes:
    """Box plots of the adjusted Rand index of every refit, one box per method and K."""
    low, median, high = report.found.stability.quartiles()
    title = f"{_count(report)}, refitted on resamples: agreement {median:.2f} of 1 (quartiles {low:.2f} to {high:.2f})"
    figure, axes = figure_of(1, 1, 9, 5, title)
    ax = axes[0, 0]
    names = list(dict.fromkeys(refits["candidate"]))
    boxes = ax.boxplot([refits.loc[refits["candidate"] == n, "ari"] for n in names], patch_artist=True, widths=0.6)
    for box, name in zip(boxes["boxes"], names, strict=True):
        box.set(facecolor=METHODS[name.split()[0]][0], alpha=0.5)
    for line in boxes["medians"]:
        line.set(color="black", lw=1.6)
    ax.axhspan(report.params.scorecard.stability, 1.02, color=LIMITS, lw=0, zorder=0)
    ax.set_xticks(range(1, len(names) + 1), [n.replace(" ", "\n") for n in names])
    ax.set(ylabel="adjusted Rand index with all points", ylim=(min(-0.02, refits["ari"].min()), 1.02))
    ax.set_title(f"shaded: within the limit, a median of at least {report.params.scorecard.stability:g}")
    return png(figure)


def shares(table: pd.DataFrame, report: Report) -> bytes:
    """The share of every protected level in every segment, with interval, against its share of everybody."""
    flag = report.params.representation.flag
    flagged = sorted(set(table.loc[table["flagged"], "segment"]))
    number = f"{len(flagged)} of {table['segment'].nunique()} segments are one-sided"
    title = f"{number} (more than {flag:.0%} of one level, and than outside)"
    levels, segments = list(report.levels), sorted(set(table["segment"]))
    height = 1.6 + 0.35 * len(segments) * len(levels)
    figure, axes = figure_of(1, 1, 9, min(height, 14), title)
    ax = axes[0, 0]
    places = {(s, v): i * (len(levels) + 0.8) + j for i, s in enumerate(segments) for j, v in enumerate(levels)}
    for row in records(table):
        y = places[row.segment, row.level]
        ax.plot([row.low, row.high], [y, y], color=colour(row.segment), lw=3, alpha=0.5)
        ax.plot(row.share, y, "o", color=colour(row.segment), ms=7)
        ax.plot(row.population, y, "|", color="black", ms=14)
    ax.axvspan(flag, 1, color="#F6E3D8", lw=0, zorder=0)
    ax.set_yticks(list(places.values()), [f"segment {s}: {v}" for s, v in places])
    ax.set(xlim=(-0.02, 1.02), xlabel="share of the segment, with interval; upright line: share of everybody")
    ax.invert_yaxis()
    ax.set_title("shaded: one-sided where it is more than of everybody else")
    return png(figure)


def frontier(priced: pd.DataFrame, report: Report) -> bytes:
    """What capping every level's share costs: silhouette, inertia and people moved, by the cap."""
    known = priced.dropna(subset=["silhouette"])
    figure, axes = figure_of(1, 3, 10.5, 4.4, _frontier_sentence(known, report))
    columns = {
        "silhouette": "mean silhouette",
        "inertia_ratio": "inertia, times that without a cap",
        "moved": "share of people moved",
    }
    for ax, (column, label) in zip(axes[0], columns.items(), strict=True):
        ax.plot(known["cap"], known[column], "o-", color="#0072B2")
        ax.set(xlabel="cap on one level's share", ylabel=label)
        ax.axvline(report.params.representation.flag, color="black", lw=0.8, ls="--")
    axes[0, 0].axhline(report.found.uncapped, color=MUTED, lw=0.8)
    axes[0, 0].set_title("grey: without a cap; dashed: the flag")
    for level, mark in zip(report.levels, MARKERS, strict=False):
        axes[0, 2].plot(known["cap"], known[f"moved_{level}"], mark, ls=":", color=MUTED, label=f"of {level}")
    axes[0, 2].legend(frameon=False)
    return png(figure)


def _frontier_sentence(known: pd.DataFrame, report: Report) -> str:
    strict: Any = known[known["cap"] <= report.params.representation.flag + 1e-9]
    if strict.empty:
        return "No assignment leaves no segment one-sided"
    row = strict.iloc[-1]
    cost = f"cost {row.silhouette_lost:.2f} of silhouette and move {row.moved:.0%} of people"
    return f"Segments that are not one-sided {cost}"
