"""A document's Markdown as HTML for the page: headings with ids, pictures inside, tables in regions, links as notes."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markupsafe import Markup

from pipeline.decision_page import folds, pictures, table_cells
from pipeline.reporting.document import Document
from pipeline.reporting.sources import Sources
from responsible.validation import InputError

INTERVAL = re.compile(r"\[(−?[\d.,]+), (−?[\d.,]+)\]")
TITLE = 3  # the level of a document's title on the page, below the answer and the list of documents


@dataclass(frozen=True)
class Heading:
    """A heading with its address on the page; level :data:`TITLE` is a document's title."""

    id: str
    level: int
    text: str


@dataclass(frozen=True)
class Note:
    """Where a number or a statement comes from: a file, and the key in it if there is one."""

    id: str
    file: str
    key: str


@dataclass(frozen=True)
class Part:
    """A document on the page. ``notes`` are what its links led to outside the page, which is passed on alone."""

    name: str
    html: Markup
    outline: Sequence[Heading]
    notes: Sequence[Note] = ()

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
        return [heading for heading in self.outline if heading.level == TITLE + 1]


class Reader:
    """One document's Markdown as HTML: headings lower and with ids, pictures inside, tables in regions."""

    def __init__(self, document: Document, names: Mapping[str, str], sources: Sources, output: Path) -> None:
        self.document, self.names, self.sources, self.folder = document, names, sources, output.parent.as_posix()
        self.outline: list[Heading] = []
        self.notes: dict[tuple[str, str], Note] = {}
        self.tables = 0
        self.markdown = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).use(folds.plugin)
        self.renderer = RendererHTML(self.markdown)
        rules: Any = self.renderer.rules  # annotated for functions of the renderer itself
        rules |= {"table_open": self._table_open, "table_close": self._table_close, "image": self._image}

    def part(self) -> Part:
        """The document's HTML and its headings; a picture that the stage does not declare is an error."""
        tokens = self.markdown.parse(self.document.text)
        for token, following in zip(tokens, [*tokens[1:], None], strict=True):
            if token.type == "heading_open":
                self._heading(token, following)
            elif token.type == "heading_close":
                token.tag = f"h{min(self.outline[-1].level, 6)}"
            elif token.type == "inline":
                for child in token.children or ():
                    self._inline(child)
        table_cells.describe(tokens)
        if not folds.balanced(tokens):
            raise InputError(f"docs/{self.document.name}.md: each <details> needs a </details> on a line of its own")
        if not self.outline or self.outline[0].level != TITLE:
            raise InputError(f"docs/{self.document.name}.md: must begin with a heading of the first level")
        html = self.renderer.render(_placed(tokens, self.outline), self.markdown.options, {})
        notes = list(self.notes.values())
        return Part(self.document.name, Markup(html), self.outline, notes)  # noqa: S704 - markdown-it escapes all HTML of a text

    def _heading(self, token: Token, inline: Token | None) -> None:
        text = "".join(
            c.content for c in (inline.children if inline else None) or () if c.type in ("text", "code_inline")
        )
        level = int(token.tag[1]) + TITLE - 1
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
            key = str(token.attrs.pop("title", ""))
            token.attrSet("href", self._target(str(token.attrs["href"]), key))

    def _picture(self, target: str) -> dict[str, str]:
        file = posixpath.normpath(posixpath.join(self.folder, target))
        return pictures.attributes(self.sources, file) | {"title": file}

    def _image(self, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
        """The wide drawing, and the narrow one of the same picture for a phone."""
        file = str(tokens[at].attrs.pop("title"))
        return pictures.for_phones(self.sources, file, self.renderer.image(tokens, at, options, env))

    def _target(self, href: str, key: str) -> str:
        """Where a link leads on the page: to a document here, or to the note that names the file; the web stays."""
        file, _, anchor = href.partition("#")
        name = file.removesuffix(".md") if file else self.document.name
        if name in self.names:
            return f"#{self.names[name]}{f'--{anchor}' if anchor else ''}"
        if "://" in href:
            return href
        place = posixpath.normpath(posixpath.join(self.folder, file))
        number = f"{self._prefix()}source-{len(self.notes) + 1}"
        return f"#{self.notes.setdefault((place, key or anchor), Note(number, place, key or anchor)).id}"

    def _table_open(self, tokens: Sequence[Token], at: int, *_: Any) -> str:
        self.tables += 1
        under = tokens[at].meta.get("under", "")
        label = escapeHtml(f"{self.outline[0].text}, table {self.tables}, {under}")
        return f'<div class="table" role="region" tabindex="0" aria-label="{label}"><table role="table">\n'

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


def _slug(text: str) -> str:
    """The address of a heading as GitHub makes it: lower case, blanks to hyphens, no punctuation."""
    return re.sub(r"[^\w\- ]", "", text.lower()).strip().replace(" ", "-")
