"""Page 4, Over time: what the monitor says of later batches, with its own words and pictures."""

from __future__ import annotations

from dataclasses import replace
from html import escape
from pathlib import Path

import streamlit as st

from dashboard import results
from dashboard.text import html, plain, small
from pipeline.decision_page.html import Reader
from pipeline.reporting.document import Document
from pipeline.results.catalogue import MONITORED
from pipeline.storage.line_contents import MONITOR
from pipeline.storage.text import read_text

PAGE = "docs/monitoring.md"
HOW = "The monitor has not run. `make monitor` compares later batches with the model's own data."


def show() -> None:
    """The answer first, then the whole page of the monitor."""
    st.title("Over time", anchor=False)
    sources = results.sources()
    later = results.judged(results.state()).monitored
    if later is None or not Path(PAGE).is_file():
        st.info(HOW)
        return
    (st.success if later.current and not later.standing else st.warning)(plain(later.says))
    pictures = tuple(path.as_posix() for path in sorted(Path(MONITOR).glob("*.svg")))
    told = replace(sources, files=(*sources.files, *pictures))
    document = Document(Path(PAGE).stem, read_text(PAGE))
    part = Reader(document, {document.name: document.name}, told, Path(PAGE)).part()
    html(part.html)
    if part.notes:
        st.markdown("**Sources**", help="What links of the text lead to in the repository.")
        html("".join(f'<p id="{escape(note.id)}">{escape(note.file)} {escape(note.key)}</p>' for note in part.notes))
    small(f"Figures: {MONITORED} and the tables of {MONITOR}/.")


show()
