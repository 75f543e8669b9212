"""Folds of a document: ``<details><summary>…</summary>`` and ``</details>``, each alone on a line between empty lines.

GitHub shows the same lines as a fold, and its summary as text in HTML. No other HTML of a document comes through.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import unescape
from itertools import accumulate

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.token import Token

_OPEN = re.compile(r"<details><summary>(.+)</summary>\s*")
_CLOSE = re.compile(r"</details>\s*")


def plugin(markdown: MarkdownIt) -> None:
    """Read the two lines as the beginning and the end of a fold."""
    markdown.block.ruler.before("paragraph", "fold", _fold, {"alt": ["paragraph"]})


def balanced(tokens: Sequence[Token]) -> bool:
    """Whether every fold that begins ends, and none ends before it begins."""
    depths = list(accumulate(t.nesting for t in tokens if t.tag == "details"))
    return min(depths, default=0) >= 0 and sum(depths[-1:]) == 0


def _fold(state: StateBlock, start: int, end: int, silent: bool) -> bool:  # noqa: ARG001 - markdown-it calls it so
    line = state.src[state.bMarks[start] + state.tShift[start] : state.eMarks[start]]
    opens, closes = (pattern.fullmatch(line) if state.level == 0 else None for pattern in (_OPEN, _CLOSE))
    if not (opens or closes):
        return False
    if not silent:
        state.line = start + 1
        if opens:
            state.push("details_open", "details", 1)
            state.push("summary_open", "summary", 1)
            state.push("text", "", 0).content = unescape(opens[1])
            state.push("summary_close", "summary", -1)
        else:
            state.push("details_close", "details", -1)
        state.level = 0  # what is inside is read as if it stood outside
    return True
