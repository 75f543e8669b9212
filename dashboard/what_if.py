"""Page 2, What if: other thresholds, limits and populations, on validation rows; test rows after a counted click."""

from __future__ import annotations

from collections.abc import Callable

import altair as alt
import pandas as pd
import streamlit as st

from dashboard import controls, results, runs
from dashboard.text import ink, plain, small, table
from pipeline.reporting.formatting import visible
from pipeline.what_if import score_sentences
from pipeline.what_if.material import MOST, TEST, VALID, Material
from pipeline.what_if.sentences import Spoken
from responsible.validation import InputError
from responsible.what_if import Case, Question

PRIVATE = "Small counts are protected (disclosure.minimum_cell), and moving a threshold a little would reveal them."
OVERRATED = "Whoever chooses settings by test rows overrates them."


def show() -> None:
    """Controls beside the answer."""
    st.title("What if", anchor=False)
    if "budget" not in results.sources().lines:
        st.info("There is no model here, so there is no threshold to move.")
        st.stop()
    held = results.material()
    _refuse(held)
    left, right = st.columns([1, 2], gap="large")
    with left:
        model = _pick("Model", list(held.thresholds), held.given.models.shown, last=True)
        attribute = _pick("Attribute", list(held.groups), held.given.words.name)
    case, validation = _case(held, model, attribute)
    try:
        with left:
            asked = controls.question_of(held.given, case.who, case.current, case.shares)
            look = st.button("Answer on the test rows", help=f"Each look is counted. {OVERRATED}")
        with right:
            if look:
                _look(held, model, case, asked)
            elif validation:
                small("Answered on validation rows: no model learned from them; label thresholds are chosen on them.")
                said = Spoken(case, asked, held.ask(case, asked), held.given.words)
                _answer(said, held.quality(model, attribute, VALID, asked.inference.confidence))
            else:
                st.info("Only test rows can answer here: press the button.")
    except ValueError as error:  # an InputError, or limits that leave no room
        right.error(plain(error))
        st.stop()
    runs.show(held, model, attribute, asked)


def _refuse(held: Material) -> None:
    if held.given.disclosure.minimum_cell:
        if results.read_only():
            st.warning(f"{PRIVATE} So this page is off where others look in.")
            st.stop()
        st.warning(f"{PRIVATE} Do not pass these figures on.")
    if not held.thresholds:
        st.info("No model here decides by a threshold of a score, so no threshold can be moved.")
        st.stop()


def _pick(label: str, names: list[str], called: Callable[[str], str], *, last: bool = False) -> str:
    place = names.index(names[-1]) if last else 0
    shown = st.selectbox(label, names, index=place, format_func=lambda name: visible(called(name))) if names[1:] else ""
    return shown or names[0]


def _case(held: Material, model: str, attribute: str) -> tuple[Case, bool]:
    """The validation rows; where there are none, the test rows, and False."""
    try:
        return held.case(model, attribute), True
    except InputError as error:
        st.info(plain(error))
        return held.case(model, attribute, TEST), False


def _look(held: Material, model: str, case: Case, asked: Question) -> None:
    attribute = case.who.attribute
    seen = results.looks(results.state())
    seen.append(f"{model}, {attribute}, {asked}")
    st.warning(f"Answered on the test rows: look number {len(seen)} since the dashboard was started. {OVERRATED}")
    found = held.exam(model, attribute, asked)
    said = Spoken(held.case(model, attribute, TEST), asked, found, held.given.words)
    _answer(said, held.quality(model, attribute, TEST, asked.inference.confidence))


def _answer(said: Spoken, quality: pd.DataFrame) -> None:
    st.subheader(plain(said.headline()), anchor=False)
    st.markdown(plain(said.verdict()))
    for note in said.notes(most=MOST):
        st.info(plain(note))
    st.markdown(f"**Measures**: {plain(said.compared())}")
    table(said.measures(), "Measures")
    if unmoved := score_sentences.unmoved(said):
        small(unmoved)
    _chart(said.chart(), said.yes)
    with st.expander("Each group: who would be answered otherwise"):
        table(said.selected(), "Who would be answered otherwise")
    with st.expander("Each group: right and wrong answers"):
        table(said.confusion(), "Right and wrong answers")
    if len(quality):
        with st.expander("Each group: scores, which no threshold moves"):
            table(score_sentences.quality(said, quality), "Scores")
            small(score_sentences.OFF)
    with st.expander("Performance on all rows"):
        table(said.performance(), "Performance")


def _chart(shares: pd.DataFrame, yes: str) -> None:
    """Of each group the share that is answered yes then, with its interval, and today's as a hollow mark; in percent.

    ``shares`` has the columns ``Group, value, low, high, today``.
    """
    group = alt.Y("Group:N", sort=None, title=None, axis=alt.Axis(labelLimit=220))
    scale, title = alt.Scale(domain=[0, 100]), f"{yes}, % of the group (hollow: today)"
    axis = alt.Axis(tickCount=5)
    low, now, then = (alt.X(f"{name}:Q", scale=scale, title=title, axis=axis) for name in ("low", "today", "value"))
    base = alt.Chart(shares).encode(y=group)
    layers = [
        base.mark_rule(strokeWidth=2, color=ink()).encode(x=low, x2="high:Q"),
        base.mark_point(shape="circle", size=90).encode(x=now),
        base.mark_point(shape="diamond", filled=True, size=90, opacity=1).encode(x=then),
    ]
    said = f"Share of each group that is {yes}, today and then, with intervals; the first table below has the figures."
    st.altair_chart(alt.layer(*layers).properties(height=alt.Step(34), description=said), width="stretch")


show()
