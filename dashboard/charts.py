"""Altair charts, drawn in the browser from data in the page: nothing is loaded from elsewhere."""

from __future__ import annotations

import altair as alt
import pandas as pd
import streamlit as st


def selected(shares: pd.DataFrame, yes: str) -> None:
    """Of each group the share that is answered yes then, with its interval, and today's as a hollow mark; in percent.

    ``shares`` has the columns ``Group, value, low, high, today``.
    """
    group = alt.Y("Group:N", sort=None, title=None, axis=alt.Axis(labelLimit=220))
    scale, title = alt.Scale(domain=[0, 100]), f"{yes}, % of the group (hollow: today)"
    axis = alt.Axis(tickCount=5)
    low, now, then = (alt.X(f"{name}:Q", scale=scale, title=title, axis=axis) for name in ("low", "today", "value"))
    base = alt.Chart(shares).encode(y=group)
    layers = [
        base.mark_rule(strokeWidth=2).encode(x=low, x2="high:Q"),
        base.mark_point(shape="circle", size=90).encode(x=now),
        base.mark_point(shape="diamond", filled=True, size=90, opacity=1).encode(x=then),
    ]
    st.altair_chart(alt.layer(*layers).properties(height=alt.Step(34)), width="stretch")
