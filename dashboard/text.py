"""Texts of data and parameters as text: no name becomes a heading, a colour, a formula, a link or a picture."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from html import escape
from pathlib import Path

import streamlit as st

from pipeline.decision_page.html import Reader
from pipeline.reporting.document import Document
from pipeline.reporting.formatting import visible
from pipeline.reporting.sources import Sources
from pipeline.storage.text import read_text
from responsible.validation import InputError

STYLE = (
    "<style>.table{overflow-x:auto;margin-bottom:1rem}.table table{border-collapse:collapse}"
    ".table th,.table td{border:1px solid #8886;padding:.35rem .6rem;text-align:left;vertical-align:top}"
    ".table tbody th{font-weight:400}img{max-width:100%;height:auto}"
    "@media(min-width:48.01rem){.narrow{display:none}}"
    # on a phone each row is a block, in which every cell says its column
    "@media(max-width:48rem){.wide{display:none}.rows table{width:100%}"
    ".rows thead{position:absolute;clip-path:inset(50%)}"
    ".rows tr{display:block;border:1px solid #8886;margin-bottom:.5rem}.rows td:empty{display:none}"
    ".rows tbody th{display:block;border:0;font-weight:600}.rows td{display:flex;gap:.6rem;border:0}"
    ".rows td::before{content:attr(data-column);flex:0 0 40%}}</style>"
)
_PICTURE = re.compile(r'<picture><source [^>]*srcset="([^"]*)">(<img [^>]*>)</picture>')
_SIGNS = re.compile(r"([!-/:-@\[-`{-~])")


def plain(text: object) -> str:
    """Any text for Streamlit's Markdown, shown letter by letter on one line: every ASCII sign is escaped."""
    return _SIGNS.sub(r"\\\1", visible(" ".join(str(text).split())))


def small(text: str) -> None:
    """A remark, in small letters that can still be read."""
    st.markdown(f":small[{plain(text)}]")


def ink() -> str:
    """The colour of letters and lines on this visitor's ground, for marks of charts, which have none by themselves."""
    return "#e4e7eb" if st.context.theme.type == "dark" else "#1a1f26"


def table(rows: Sequence[Mapping[str, str]], name: str) -> None:
    """Rows of texts as a table called ``name``, whose first column heads each row; nothing where there are none.

    It is HTML of its own because keyboards must reach what scrolls sideways, and Streamlit's table lets none in. Its
    roles are named because a table that is laid out as blocks has none.
    """
    if rows:
        heads = "".join(f'<th scope="col" role="columnheader">{escape(column)}</th>' for column in rows[0])
        body = "".join(f'<tr role="row">{_cells(row)}</tr>' for row in rows)
        html(
            f'<div class="table rows" role="region" tabindex="0" aria-label="{escape(name)}"><table role="table">'
            f'<thead role="rowgroup"><tr role="row">{heads}</tr></thead><tbody role="rowgroup">{body}</tbody>'
            "</table></div>"
        )


def html(text: str) -> None:
    """HTML of this repository's own making, in which every text of the data is escaped, with tables in its style."""
    st.html(STYLE + str(text))


def document(page: str, sources: Sources, pictures: Iterable[str]) -> None:
    """A document of docs/ with its ``pictures``, and what its links lead to in the repository."""
    told = replace(sources, files=(*sources.files, *pictures))
    own = Document(Path(page).stem, read_text(page))
    part = Reader(own, {own.name: own.name}, told, Path(page)).part()
    html(_PICTURE.sub(_both, part.html))
    if part.notes:
        st.markdown("**Sources**", help="What links of the text lead to in the repository.")
        html("".join(f'<p id="{escape(note.id)}">{escape(note.file)} {escape(note.key)}</p>' for note in part.notes))


def _both(picture: re.Match[str]) -> str:
    """Both drawings, of which one is shown: Streamlit takes the attribute away by which a browser would choose."""
    wide = picture[2].replace("<img ", '<img class="wide" ')
    narrow = re.sub(r'src="[^"]*"', f'src="{picture[1]}"', picture[2].replace("<img ", '<img class="narrow" '))
    return wide + re.sub(r' (?:width|height)="\d+"', "", narrow)


def _cells(row: Mapping[str, str]) -> str:
    (_, head), *others = ((escape(visible(column)), escape(visible(text))) for column, text in row.items())
    cells = (f'<td role="cell" data-column="{column}">{text}</td>' for column, text in others)
    return f'<th scope="row" role="rowheader">{head}</th>{"".join(cells)}'


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
