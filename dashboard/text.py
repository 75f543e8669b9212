"""Texts of data and parameters as text: no name becomes a heading, a colour, a formula, a link or a picture."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

import pandas as pd
import streamlit as st

from pipeline.reporting.formatting import visible
from responsible.validation import InputError

_SIGNS = re.compile(r"([!-/:-@\[-`{-~])")


def plain(text: object) -> str:
    """Any text for Streamlit's Markdown, shown letter by letter on one line: every ASCII sign is escaped."""
    return _SIGNS.sub(r"\\\1", visible(" ".join(str(text).split())))


def table(rows: Sequence[Mapping[str, str]]) -> None:
    """Rows of texts as a table whose first column heads each row; nothing where there are none."""
    if rows:
        shown = pd.DataFrame([{plain(name): plain(value) for name, value in row.items()} for row in rows])
        st.table(shown.set_index(shown.columns[0]))


def refusal(act: Callable[[], object]) -> str:
    """What an action is refused for, "" when it is not."""
    try:
        act()
    except InputError as error:
        return str(error)
    return ""


def say(kind: Callable[[str], object], text: str) -> None:
    """Each line of a text as a message of its own, with no markup in it."""
    for line in text.splitlines():
        kind(plain(line))
