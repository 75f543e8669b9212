"""A document's Markdown as HTML for the page: headings with ids, pictures inside, tables in regions."""

from __future__ import annotations

import base64
import math
import posixpath
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markupsafe import Markup

from pipeline.reporting.document import Document
from pipeline.reporting.sources import Sources
from responsible.validation import InputError

INTERVAL = re.compile(r"\[(−?[\d.,]+), (−?[\d.,]+)\]")
SVG = re.compile(rb'<svg [^>]*?width="(\d+)" height="([\d.]+)".*</svg>\n', re.DOTALL)
PHONE = "(max-width: 48rem)"  # where the narrow drawing of a picture stands, if the stage declares one


@dataclass(frozen=True)
class Heading:
    """A heading with its address on the page; level 2 is a document's title."""

    id: str
    level: int
    text: str


@dataclass(frozen=True)
class Part:
    """A document on the page."""

    name: str
    html: Markup
    outline: Sequence[Heading]

    @property
    def id(self) -> str:
        """The address of its title."""
        return self.outline[0].id

    @property
    def title(self) -> str:
        """Its first heading."""
        return self.outline[0].text

    @property
    def headings(self) -> list[Heading]:
        """The sections, for the contents."""
        return [heading for heading in self.outline if heading.level == 3]


class Reader:
    """One document's Markdown as HTML: headings a level lower and with ids, pictures inside, tables in regions."""

    def __init__(self, document: Document, names: Mapping[str, str], sources: Sources, output: Path) -> None:
        self.document, self.names, self.sources, self.folder = document, names, sources, output.parent.as_posix()
        self.outline: list[Heading] = []
        self.tables = 0
        self.markdown = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
        self.renderer = RendererHTML(self.markdown)
        rules: Any = self.renderer.rules  # annotated for functions of the renderer itself
        rules |= {"table_open": self._table_open, "table_close": self._table_close, "image": self._image}

    def part(self) -> Part:
        """The document's HTML and its headings; a picture that the stage does not declare is an error."""
        tokens = self.markdown.parse(self.document.text)
        for token, following in zip(tokens, [*tokens[1:], None], strict=True):
            if token.type == "heading_open":
                self._heading(token, following)
            elif token.type == "inline":
                for child in token.children or ():
                    self._inline(child)
        _scopes(tokens)
        if not self.outline or self.outline[0].level != 2:
            raise InputError(f"docs/{self.document.name}.md: must begin with a heading of the first level")
        html = self.renderer.render(_placed(tokens, self.outline), self.markdown.options, {})
        return Part(self.document.name, Markup(html), self.outline)  # noqa: S704 - markdown-it escapes all HTML of a text

    def _heading(self, token: Token, inline: Token | None) -> None:
        text = "".join(
            c.content for c in (inline.children if inline else None) or () if c.type in ("text", "code_inline")
        )
        level = int(token.tag[1]) + 1
        base = self.names[self.document.name] if not self.outline else f"{self._prefix()}{_slug(text)}"
        same = sum(re.fullmatch(rf"{re.escape(base)}(-\d+)?", h.id) is not None for h in self.outline)
        self.outline.append(Heading(f"{base}-{same}" if same else base, level, text))
        token.tag = f"h{min(level, 6)}"
        token.attrSet("id", self.outline[-1].id)

    def _prefix(self) -> str:
        return f"{self.names[self.document.name]}--"

    def _inline(self, token: Token) -> None:
        if token.type == "image":
            for name, value in self._picture(str(token.attrs["src"])).items():
                token.attrSet(name, value)
        elif token.type == "text":
            whole = INTERVAL.sub("[\\1,\u00a0\\2]", token.content)  # figures are not broken over two lines
            token.content = re.sub(r"(?<=\d) (?=%)", "\u00a0", whole)
        elif token.type == "link_open":
            token.attrSet("href", self._target(str(token.attrs["href"])))

    def _picture(self, target: str) -> dict[str, str]:
        file = posixpath.normpath(posixpath.join(self.folder, target))
        content = self.sources.path(file).read_bytes()
        if not (found := SVG.fullmatch(content)):
            raise InputError(f"{file}: is no SVG picture, or not all of one; run `dvc repro` to build it again")
        width, height = (str(math.ceil(float(size))) for size in found.groups())
        inside = f"data:image/svg+xml;base64,{base64.b64encode(content).decode()}"
        return {"src": inside, "width": width, "height": height, "title": file}

    def _image(self, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
        """The wide drawing, and the narrow one of the same picture for a phone."""
        file = str(tokens[at].attrs.pop("title"))
        narrow = f"{file.removesuffix('.svg')}_narrow.svg"
        wide = self.renderer.image(tokens, at, options, env)
        if narrow not in self.sources.files:
            return wide
        drawn = self._picture(posixpath.relpath(narrow, self.folder))
        size = f'width="{drawn["width"]}" height="{drawn["height"]}"'
        return f'<picture><source media="{PHONE}" srcset="{drawn["src"]}" {size}>{wide}</picture>'

    def _target(self, href: str) -> str:
        file, _, anchor = href.partition("#")
        name = file.removesuffix(".md") if file else self.document.name
        if name not in self.names:
            return href
        return f"#{self.names[name]}{f'--{anchor}' if anchor else ''}"

    def _table_open(self, tokens: Sequence[Token], at: int, *_: Any) -> str:
        self.tables += 1
        under = tokens[at].meta.get("under", "")
        label = escapeHtml(f"Table {self.tables}, {under}")
        return f'<div class="table" role="region" tabindex="0" aria-label="{label}"><table>\n'

    def _table_close(self, *_: Any) -> str:
        return "</table></div>\n"


def _placed(tokens: list[Token], outline: Sequence[Heading]) -> list[Token]:
    """Tell each table under which heading it stands."""
    headings = iter(outline)
    under = ""
    for token in tokens:
        if token.type == "heading_open":
            under = next(headings).text
        elif token.type == "table_open":
            token.meta["under"] = under
    return tokens


def _scopes(tokens: Sequence[Token]) -> None:
    """Header cells say what they head: a column, or in the first cell of a body's line a row."""
    heads_row = False
    for before, token in pairwise(tokens):
        if token.type == "th_open":
            token.attrSet("scope", "col")
        elif token.type == "td_open" and before.type == "tr_open":
            heads_row, token.tag = True, "th"
            token.attrSet("scope", "row")
        elif token.type == "td_close" and heads_row:
            heads_row, token.tag = False, "th"


def _slug(text: str) -> str:
    """The address of a heading as GitHub makes it: lower case, blanks to hyphens, no punctuation."""
    return re.sub(r"[^\w\- ]", "", text.lower()).strip().replace(" ", "-")
