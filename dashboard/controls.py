"""What can be asked, as Streamlit's controls: each begins with the value of params.yaml and counts when let go."""

from __future__ import annotations

import streamlit as st

from dashboard.text import plain, small
from pipeline.reporting.formatting import visible
from responsible.fairness.comparisons import comparisons
from responsible.fairness.evaluation import Parameters
from responsible.fairness.groups import Groups
from responsible.fairness.verdicts import Fairness
from responsible.limits import Limits
from responsible.names import POOLED
from responsible.statistics.intervals import Inference
from responsible.what_if import Question
from responsible.words import Words

HEADLINE = ""


def question_of(given: Parameters, who: Groups, current: float, shares: dict[str, float]) -> Question:
    """The question that the controls ask; a ValueError where limits leave no room."""
    words = given.words
    threshold = st.slider(
        f"Decision threshold (today {current:g})", 0.0, 1.0, current, 0.01, key="threshold", help=YES_FROM
    )
    compared = st.selectbox(
        "Which group to compare",
        [HEADLINE, *(each.name for each in comparisons(who) if each.name != POOLED)],
        format_func=lambda name: visible(words.level(who.attribute, name)) if name else "All that are compared",
        key=f"compared {who.attribute}",
    )
    with st.expander("Limits"):
        fairness = _fairness(given.fairness, words)
    with st.expander("Confidence and minimum counts"):
        inference = _inference(given.inference)
    with st.expander("Another population"):
        small("Levels that you do not name share the rest as they do now.")
        asked = _by_level("Levels with another share", who, words, shares, (0.01, 0.99))
    with st.expander("Thresholds by group"):
        small("A bound, not a rule to decide by: it uses the attribute when deciding.")
        now = dict.fromkeys(who.levels, threshold)
        by_level = _by_level("Groups with a threshold of their own", who, words, now, (0.0, 1.0))
    return Question(threshold, fairness, inference, by_level, asked, compared)


YES_FROM = "The answer is yes from a score of this value."


def _fairness(given: Fairness, words: Words) -> Fairness:
    limits = {}
    for name, own in given.limits.items():
        low, high = st.columns(2)
        called = plain(words.name(name))
        ends = {
            end: place.number_input(f"{called}, {end}", value=getattr(own, end), step=0.05, key=f"{name} {end}")
            for end, place in (("minimum", low), ("maximum", high))
        }
        limits[name] = Limits.model_validate(ends)
    return given.model_copy(update={"limits": limits})


def _inference(given: Inference) -> Inference:
    sure = st.slider("Confidence of intervals", 0.8, 0.995, given.confidence, 0.005, key="confidence")
    least = st.number_input(
        "Fewest rows that a rate may rest on", 1, 1_000_000, given.minimum_denominator, key="minimum denominator"
    )
    return given.model_copy(update={"confidence": sure, "minimum_denominator": least})


def _by_level(
    label: str, who: Groups, words: Words, values: dict[str, float], ends: tuple[float, float]
) -> dict[str, float]:
    """A slider for each level that is picked."""
    key = f"{label} {who.attribute}"
    picked = st.multiselect(
        label, who.levels, format_func=lambda level: visible(words.level(who.attribute, level)), key=key
    )
    low, high = ends
    return {
        level: st.slider(
            plain(words.level(who.attribute, level)),
            low,
            high,
            min(max(round(values[level], 2), low), high),
            0.01,
            key=f"{key} {level}",
        )
        for level in picked
    }
