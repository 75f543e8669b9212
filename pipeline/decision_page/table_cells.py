"""Tables that screen readers and narrow screens can show: every cell says what it heads or under what it stands."""

from __future__ import annotations

from collections.abc import Sequence

from markdown_it.token import Token

ROLES = {"thead_open": "rowgroup", "tbody_open": "rowgroup", "tr_open": "row", "th_open": "columnheader"}


def describe(tokens: Sequence[Token]) -> None:
    """Cells say what they head and under which column they stand.

    Roles are written out, because a browser drops those of a table that a narrow screen shows as stacked rows.
    """
    heads: list[str] = []
    heads_row, column = False, 0
    for before, token, after in zip([Token("", "", 0), *tokens], tokens, [*tokens[1:], Token("", "", 0)], strict=False):
        if role := ROLES.get(token.type):
            token.attrSet("role", role)
        if token.type == "thead_open":
            heads = []
        elif token.type == "tr_open":
            column = 0
        elif token.type == "th_open":
            token.attrSet("scope", "col")
            heads.append("".join(c.content for c in after.children or () if c.type in ("text", "code_inline")))
        elif token.type == "td_open":
            heads_row = before.type == "tr_open"
            token.attrSet("role", "rowheader" if heads_row else "cell")
            if heads_row:
                token.tag = "th"
                token.attrSet("scope", "row")
            elif heads[column]:
                token.attrSet("data-column", heads[column])
            column += 1
        elif token.type == "td_close" and heads_row:
            heads_row, token.tag = False, "th"
