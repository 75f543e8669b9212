"""The frame around every page: title and navigation."""

import streamlit as st

import pipeline  # noqa: F401 - applies determinism.env before numpy is loaded
from stages.model_card import TITLE

st.set_page_config(page_title=TITLE, layout="wide", initial_sidebar_state="auto")
st.navigation(
    [
        st.Page("decision.py", title="Decision", url_path="decision", default=True),
        st.Page("what_if.py", title="What if", url_path="what-if"),
        st.Page("your_data.py", title="Your data", url_path="your-data"),
        st.Page("over_time.py", title="Over time", url_path="over-time"),
    ],
    position="top",
).run()
