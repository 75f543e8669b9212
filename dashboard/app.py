"""The frame around every page: who may see it, title and navigation."""

import os

import streamlit as st

import pipeline  # noqa: F401 - applies determinism.env before numpy is loaded
from dashboard import results
from stages.model_card import TITLE

st.set_page_config(page_title=TITLE, layout="wide", initial_sidebar_state="auto")
# With DASHBOARD_LOGIN=1 nobody sees anything before the provider of .streamlit/secrets.toml knows them.
if os.environ.get("DASHBOARD_LOGIN", "") not in ("", "0") and not getattr(st.user, "is_logged_in", False):
    st.title("Log in", anchor=False)
    st.button("Log in with your organisation", on_click=st.login)
    st.stop()
st.navigation(
    [
        st.Page("decision.py", title="Decision", url_path="decision", default=True),
        st.Page("what_if.py", title="What if", url_path="what-if"),
        *([] if results.read_only() else [st.Page("your_data.py", title="Your data", url_path="your-data")]),
        *([st.Page("frontier.py", title="Frontier", url_path="frontier")] if results.has_searched() else []),
        st.Page("over_time.py", title="Over time", url_path="over-time"),
    ],
    position="top",
).run()
