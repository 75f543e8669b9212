"""The decision page's objects as Streamlit's parts: the answer, a card for each line of work, rules with evidence."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from dashboard.text import html, plain
from pipeline.decision_page.decision import Card, Decision, Rule

COLOURS = {"pass": "green", "fail": "red", "infeasible": "red", "none": "gray"}
"""Of verdicts; every other one needs attention."""


def show(found: Decision, picture: Callable[[str], str]) -> None:
    """Answer, cards and rules. ``picture`` gives the element of a picture by its path."""
    answer(found)
    cards(found, picture)
    rules(found)


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
