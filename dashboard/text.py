"""Texts of data and parameters as text: no name becomes a heading, a colour, a formula, a link or a picture."""

from __future__ import annotations

import re

from pipeline.reporting.formatting import visible

_SIGNS = re.compile(r"([!-/:-@\[-`{-~])")


def plain(text: object) -> str:
    """Any text for Streamlit's Markdown, shown letter by letter on one line: every ASCII sign is escaped."""
    return _SIGNS.sub(r"\\\1", visible(" ".join(str(text).split())))
