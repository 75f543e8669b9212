"""Page 5, Over time: what the monitor says of later batches, with its own words and pictures."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboard import results
from dashboard.text import document, plain, small
from pipeline.results.catalogue import MONITORED
from pipeline.storage.line_contents import MONITOR

PAGE = "docs/monitoring.md"
HOW = "The monitor has not run. `make monitor` compares later batches with the model's own data."


def show() -> None:
    """The whole page of the monitor, whose answer stands first; before it, that it is of another model."""
    st.title("Over time", anchor=False)
    sources = results.sources()
    later = results.judged(results.state()).monitored
    if later is None or not Path(PAGE).is_file():
        st.info(HOW)
        return
    if not later.current:
        st.warning(plain(later.says))
    document(PAGE, sources, (path.as_posix() for path in sorted(Path(MONITOR).glob("*.svg"))))
    small(f"Figures: {MONITORED} and the tables of {MONITOR}/.")


show()
