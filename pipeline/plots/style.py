"""Pictures a risk officer reads: a sentence as title, direct labels, colours that the colour-blind can tell apart.

The same table gives the same bytes.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import FuncFormatter

from pipeline.reporting.formatting import visible
from responsible.names import BASELINE, REWEIGHED

if TYPE_CHECKING:
    import pandas as pd

# Okabe & Ito 2008: distinct for all common kinds of colour blindness; shapes differ too, for print without colour.
COLOUR = {BASELINE: "#0072B2", REWEIGHED: "#D55E00"}
MARKER = {BASELINE: "o", REWEIGHED: "D"}
MUTED, LIMITS = "#666666", "#DDEBDD"
DPI = 120
BARE = {"frame_on": False, "xticks": [], "yticks": []}
STYLE: dict[Any, Any] = {
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": MUTED,
    "axes.titlelocation": "left",
    "axes.titlesize": 10,
    "figure.constrained_layout.use": True,
    "svg.hashsalt": "responsible",
}


def by_attribute(table: pd.DataFrame) -> Iterator[tuple[int, str, pd.DataFrame]]:
    """Number, name and rows of each attribute of a table, in their order."""
    for row, (attribute, own) in enumerate(table.groupby("attribute", sort=False)):
        yield row, str(attribute), own


def figure_of(rows: int, columns: int, width: float, height: float, title: str, **kwargs: Any) -> tuple[Figure, Any]:
    """A figure of ``rows`` × ``columns`` axes, ``width`` × ``height`` inches, with a sentence as title."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        axes = figure.subplots(rows, columns, squeeze=False, **kwargs)
    lines = [part for line in title.split("\n") for part in wrap(line, int(width * 8.4))]
    figure.suptitle("\n".join(lines), x=0.01, ha="left", fontsize=13, fontweight="bold")
    for ax in axes.flat:
        ax.spines[["top", "right"]].set_visible(False)
        ax.tick_params(colors="#333333")
    return figure, axes


def not_shown(what: str) -> bytes:
    """The picture in place of one of which everything is about too few people."""
    return png(figure_of(1, 1, 9, 1.5, f"{what} are not shown: they are about too few people", subplot_kw=BARE)[0])


def png(figure: Figure) -> bytes:
    """The figure as PNG bytes without a software version or date in it."""
    out = io.BytesIO()
    _as_letters(figure)
    # Left to savefig, the layout costs a second drawing of everything.
    figure.set_dpi(DPI)
    if engine := figure.get_layout_engine():
        engine.execute(figure)
        figure.set_layout_engine(None)
    figure.savefig(out, format="png", dpi=DPI, metadata={"Software": None}, facecolor="white")
    return out.getvalue()


def _as_letters(figure: Figure) -> None:
    """Names from the data as the letters they are: a dollar begins no formula, and no character deceives the eye."""
    for axis in (axis for ax in figure.axes for axis in (ax.xaxis, ax.yaxis)):
        if isinstance(own := axis.get_major_formatter(), FuncFormatter):  # what names of ticks become
            axis.set_major_formatter(FuncFormatter(lambda at, place, own=own: visible(str(own(at, place)))))
        axis.get_ticklabels()  # makes those that are drawn
    for text in figure.findobj(Text):
        text.set_text(visible(text.get_text()))
        text.set_parse_math(False)
