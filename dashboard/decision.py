"""Page 1, Decision: what was judged, as on the decision page; a closer look; open questions with a place to answer."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboard import results, verdicts
from dashboard.text import plain, small, table
from pipeline.decision_page import comparisons, pictures
from pipeline.decision_page.decision import Decision
from pipeline.reporting.formatting import visible
from pipeline.reporting.sources import Sources
from pipeline.results.answer_change import difference
from pipeline.results.catalogue import Documents
from responsible.governance.answers import tables
from responsible.validation import InputError


def show() -> None:
    """All of it."""
    sources = results.sources()
    found = results.judged(results.state())
    verdicts.show(found, lambda file: pictures.element(sources, file))
    _closer(sources)
    _questions(found)
    st.header("Record", anchor=False)
    st.markdown(f"**Data:** {plain('; '.join(found.data))}  \n**Parameters, SHA-256:** {plain(found.fingerprint)}…")
    if Path(Documents.INDEX).is_file():
        page = Path(Documents.INDEX).read_bytes()
        st.download_button("Download the decision page", page, "decision.html", "text/html", on_click="ignore")


def _closer(sources: Sources) -> None:
    """Every comparison of the attribute, model and measure that are chosen."""
    if not (choices := comparisons.choices(sources)):
        return
    st.header("Groups compared", anchor=False)

    def called(key: str) -> str:
        return visible(sources.words.name(key))

    chosen = {
        name: place.selectbox(name.capitalize(), choices[name], format_func=called, key=f"closer {name}")
        for name, place in zip(choices, st.columns(3), strict=True)
    }
    table(comparisons.compared(sources, **chosen), "Groups compared")


def _questions(found: Decision) -> None:
    """Open questions, and the difference that an answer makes; nothing is written from here."""
    st.header("Questions that people answer", anchor=False)
    if not found.questions:
        st.markdown("Every question is answered.")
        return
    names = [f"{asked.place}: {asked.question}" for asked in found.questions]
    st.markdown(f"**{len(names)} open.** An answer becomes a difference to commit; this page writes nothing.")
    place = st.selectbox("Question", range(len(names)), format_func=lambda i: visible(names[i]))
    asked = found.questions[place]
    small(f"Why it is open: {asked.why}.")
    text = st.text_area("Answer", key=f"answer {asked.place} {asked.name}", max_chars=20_000)
    if not text:
        return
    try:
        st.code(difference(asked, text, tables(results.parameters_now())), language="diff")
        small("Save it as a file and type: git apply FILE, then git commit.")
    except InputError as error:
        st.error(plain(error))


show()
