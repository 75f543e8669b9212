"""Page 1, Decision: what was judged, as on the decision page; a closer look; open questions with a place to answer."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboard import results, verdicts
from pipeline.results.catalogue import Documents

sources = results.sources()
verdicts.show(results.judged(results.state()), sources, Path())
if Path(Documents.INDEX).is_file():
    page = Path(Documents.INDEX).read_bytes()
    st.download_button("Download the decision page", page, "decision.html", "text/html", on_click="ignore")
