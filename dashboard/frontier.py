"""Page 4, Frontier: the candidates of `make alternatives`, by attribute and measure, the bound, and the answer."""

from __future__ import annotations

from pathlib import Path

import altair as alt
import pandas as pd
import streamlit as st

from dashboard import results
from dashboard.text import document, ink, plain, small, table
from pipeline.alternatives.explorer import Explorer
from pipeline.alternatives.picture import NAMES
from pipeline.alternatives.reading import CANDIDATES
from pipeline.reporting.formatting import visible
from pipeline.storage import spreadsheets
from pipeline.storage.line_contents import ALTERNATIVES

PAGE = "docs/alternatives.md"
HOW = "The search has not run. `make alternatives` looks for a less discriminatory model of like quality."
BOUND = (
    "Lines: the best that any threshold for each group reaches with a score. It uses the attribute when deciding. "
    "Point at a mark to see its name."
)
COLOURS = dict(zip(NAMES.values(), ["#0072b2", "#009e73", "#d55e00", "#c45f96", "#7f7f7f"], strict=True))
SHAPES = dict(zip(NAMES.values(), ["circle", "square", "diamond", "triangle-up", "cross"], strict=True))


def show() -> None:
    """The answer, the chart with its table, and the whole page of the search."""
    st.title("Frontier", anchor=False)
    sources = results.sources()
    said = results.judged(results.state()).searched
    if said is None or not results.has_searched():
        st.info(HOW)
        return
    found = results.or_banner(results.search)
    (st.success if said.verdict == "pass" else st.warning)(plain(said.says))
    attribute, measure, everything = _choices(found)
    points = found.points(attribute, measure, everything=everything)
    if len(points):
        _chart(points, found.bound(attribute, measure), found.axes(attribute, measure))
    small(f"Chosen on validation rows, drawn on test rows, with intervals. {found.parity(measure)} {BOUND}")
    rows = found.rows(attribute, measure)
    with st.expander(f"All {len(rows)} candidates"):
        name = f"candidates-{attribute}-{measure}.csv"
        st.download_button("Download the table", spreadsheets.text(rows), name, "text/csv", on_click="ignore")
        table(rows, "Candidates")
    with st.expander("The whole page of the search"):
        document(PAGE, sources, (path.as_posix() for path in sorted(Path(ALTERNATIVES).glob("*.svg"))))
    small(f"Figures: {CANDIDATES} and the other tables of {ALTERNATIVES}/.")


def _choices(found: Explorer) -> tuple[str, str, bool]:
    words, (one, other) = found.speaker.words, st.columns(2)

    def called(key: str) -> str:
        return visible(words.name(key))

    attribute = one.selectbox("Attribute", found.attributes, format_func=called)
    measure = other.selectbox("Measure", found.known, format_func=called)
    return attribute, measure, st.toggle("Also candidates that lose much", key="everything")


def _chart(points: pd.DataFrame, bound: pd.DataFrame, titles: tuple[str, str]) -> None:
    across, up = (
        alt.Scale(domain=[points[f"{axis}_low"].min(), points[f"{axis}_high"].max()], zero=False, nice=True)
        for axis in "xy"
    )
    x, y = alt.X("x:Q", scale=across, title=titles[0]), alt.Y("y:Q", scale=up, title=titles[1])
    kinds = [kind for kind in NAMES.values() if kind in set(points["Kind"])]
    legend = alt.Legend(orient="bottom", columns=1, title=None, labelLimit=0)
    colour = alt.Color("Kind:N", scale=alt.Scale(domain=kinds, range=[COLOURS[kind] for kind in kinds]), legend=legend)
    shape = alt.Shape("Kind:N", scale=alt.Scale(domain=kinds, range=[SHAPES[kind] for kind in kinds]), legend=legend)
    picked = alt.selection_point(fields=["Kind"], bind="legend")
    told = [
        alt.Tooltip("Candidate:N"),
        alt.Tooltip("x:Q", title=titles[0], format=".3~r"),
        alt.Tooltip("y:Q", title=titles[1], format=".3~r"),
    ]
    faint = alt.condition(picked, alt.value(1), alt.value(0.15))
    marks = alt.Chart(points).encode(x=x, y=y, color=colour, shape=shape, opacity=faint, tooltip=told)
    named = alt.Chart(points[points["Part"] != ""]).encode(x=x, y=y)
    layers = [
        alt.Chart(bound)
        .mark_line(strokeDash=[5, 4], clip=True)
        .encode(x=x, y=y, detail="Scorer:N", color=alt.value("#888")),
        named.mark_rule(clip=True).encode(x="x_low:Q", x2="x_high:Q", color=colour),
        named.mark_rule(clip=True).encode(y="y_low:Q", y2="y_high:Q", color=colour),
        marks.mark_point(size=80, strokeWidth=2, clip=True).add_params(picked),
        named.mark_text(align="left", dx=9, dy=-9, fontWeight="bold", color=ink()).encode(text="Part:N"),
    ]
    said = f"{titles[1]} against: {titles[0]}. One mark for each candidate; the table below has the figures."
    st.altair_chart(alt.layer(*layers).properties(height=560, description=said), width="stretch")


show()
