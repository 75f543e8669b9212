"""Page 1, Decision: what was judged, as on the decision page; a closer look; open questions with a place to answer.

Its parts show the results of any folder, those of somebody's own table too.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from dashboard import results
from dashboard.text import html, plain, small, table
from pipeline.decision_page import comparisons, pictures
from pipeline.decision_page.decision import Card, Decision, Rule
from pipeline.reporting.formatting import visible
from pipeline.reporting.sources import Sources
from pipeline.results.answer_change import difference
from pipeline.results.catalogue import Documents
from pipeline.results.figures import PARAMETERS
from pipeline.storage import parameters
from responsible.governance.answers import tables
from responsible.validation import InputError

COLOURS = {"pass": "green", "fail": "red", "infeasible": "red", "none": "gray"}
"""Of verdicts; every other one needs attention."""


def show(found: Decision, sources: Sources, root: Path, place: str = "") -> None:
    """All of it, of the results in ``root``; ``place`` says where else than here an answer is to be committed."""
    answer(found)
    cards(found, lambda file: pictures.element(sources, file))
    rules(found)
    closer(sources)
    questions(found, root, place)
    st.header("Record", anchor=False)
    st.markdown(f"**Data:** {plain('; '.join(found.data))}  \n**Parameters, SHA-256:** {plain(found.fingerprint)}…")


def answer(found: Decision) -> None:
    """The answer, why, and what people decided."""
    st.title(plain(found.answer.says), anchor=False)
    st.markdown(plain(found.answer.reason))
    st.markdown(f"Decision by people: {plain(found.recorded)}.")


def cards(found: Decision, picture: Callable[[str], str]) -> None:
    """A card for each line of work, beside each other where there is room."""
    for column, card in zip(st.columns(len(found.cards) or 1), found.cards, strict=False):
        with column, st.container(border=True):
            _card(card, picture)


def _card(card: Card, picture: Callable[[str], str]) -> None:
    st.subheader(plain(card.title), anchor=False)
    st.markdown(f"**:{COLOURS.get(card.state, 'orange')}[{card.symbol}] {plain(card.says)}**")
    if card.worst:
        st.markdown(plain(card.worst.said))
        _pairs({"What to do": card.worst.to_do, "Owner": card.worst.judgement.rule.owner, "Due": card.worst.due})
    if card.picture:
        html(picture(card.picture))


def rules(found: Decision) -> None:
    """Each rule as a fold that opens to its evidence."""
    st.header("Rules", anchor=False)
    for rule in found.rules:
        blocks = ", blocks" if rule.judgement.blocks else ""
        title = f"{rule.symbol} **{plain(rule.judgement.title)}**: {plain(rule.verdict)}{blocks}"
        with st.expander(title):
            _evidence(rule)


def _evidence(rule: Rule) -> None:
    st.markdown(plain(rule.said))
    judged = rule.judgement
    pairs = {"Figure": rule.figure, "Limit, and where it comes from": rule.asked, "Limit exceeded": rule.exceeds}
    pairs |= {"Difference shown": rule.shown} if rule.shown else {}
    pairs |= {"Test of no difference": rule.test} if rule.test else {}
    pairs |= {"Why the rule is there": judged.rule.reason, "What to do": rule.to_do}
    pairs |= {
        "Owner, due": f"{judged.rule.owner}, {rule.due}",
        "Source": f"{judged.evidence.source}, {judged.rule.label}",
    }
    if judged.rule.exception:
        pairs[f"Exception until {judged.rule.exception.until}"] = judged.rule.exception.justification
    _pairs(pairs)


def _pairs(pairs: dict[str, str]) -> None:
    st.markdown("  \n".join(f"**{plain(name)}:** {plain(value)}" for name, value in pairs.items()))


def closer(sources: Sources) -> None:
    """Every comparison of the attribute, model and measure that are chosen."""
    if not (choices := comparisons.choices(sources)):
        return
    st.header("Groups compared", anchor=False)

    def called(key: str) -> str:
        return visible(sources.words.name(sources.shown(key)))

    chosen = {
        name: place.selectbox(name.capitalize(), choices[name], format_func=called, key=f"closer {name}")
        for name, place in zip(choices, st.columns(3), strict=True)
    }
    table(comparisons.compared(sources, **chosen), "Groups compared")


def questions(found: Decision, root: Path, place: str) -> None:
    """Open questions, and the difference that an answer makes; nothing is written from here."""
    st.header("Questions that people answer", anchor=False)
    if not found.questions:
        st.markdown("Every question is answered.")
        return
    names = [f"{asked.place}: {asked.question}" for asked in found.questions]
    st.markdown(f"**{len(names)} open.** An answer becomes a difference to commit; this page writes nothing.")
    asked = found.questions[st.selectbox("Question", range(len(names)), format_func=lambda i: visible(names[i]))]
    small(f"Why it is open: {asked.why}.")
    text = st.text_area("Answer", key=f"answer {asked.place} {asked.name}", max_chars=20_000)
    if not text:
        return
    try:
        st.code(
            difference(asked, text, tables(parameters.read_yaml(Path(root, PARAMETERS))), str(root)), language="diff"
        )
        small(f"Save it as a file and type{place}: git apply FILE, then git commit.")
    except InputError as error:
        st.error(plain(error))


if __name__ == "__main__":  # not where your_data.py shows other results with these parts
    own = results.sources("Decision")
    show(results.judged(results.state()), own, Path())
    if Path(Documents.INDEX).is_file():
        page = Path(Documents.INDEX).read_bytes()
        st.download_button("Download the decision page", page, "decision.html", "text/html", on_click="ignore")
