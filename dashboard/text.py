"""Texts of data and parameters as text: no name becomes a heading, a colour, a formula, a link or a picture."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from html import escape

import streamlit as st

from pipeline.reporting.formatting import visible
from responsible.validation import InputError

STYLE = (
    "<style>.table{overflow-x:auto;margin-bottom:1rem}.table table{border-collapse:collapse}"
    ".table th,.table td{border:1px solid #8886;padding:.35rem .6rem;text-align:left;vertical-align:top}"
    ".table tbody th{font-weight:400}img{max-width:100%;height:auto}</style>"
)
_SIGNS = re.compile(r"([!-/:-@\[-`{-~])")


def plain(text: object) -> str:
    """Any text for Streamlit's Markdown, shown letter by letter on one line: every ASCII sign is escaped."""
    return _SIGNS.sub(r"\\\1", visible(" ".join(str(text).split())))


def small(text: str) -> None:
    """A remark, in small letters that can still be read."""
    st.markdown(f":small[{plain(text)}]")


def table(rows: Sequence[Mapping[str, str]], name: str) -> None:
    """Rows of texts as a table called ``name``, whose first column heads each row; nothing where there are none.

    It is HTML of its own because keyboards must reach what scrolls sideways, and Streamlit's table lets none in.
    """
    if rows:
        heads = "".join(f'<th scope="col">{escape(column)}</th>' for column in rows[0])
        body = "".join(f"<tr>{_cells([*row.values()])}</tr>" for row in rows)
        html(
            f'<div class="table" role="region" tabindex="0" aria-label="{escape(name)}"><table>'
            f"<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>"
        )


def html(text: str) -> None:
    """HTML of this repository's own making, in which every text of the data is escaped, with tables in its style."""
    st.html(STYLE + str(text))


def _cells(texts: Sequence[str]) -> str:
    first, *others = (escape(visible(text)) for text in texts)
    return f'<th scope="row">{first}</th>' + "".join(f"<td>{text}</td>" for text in others)


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
