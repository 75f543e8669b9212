"""Markdown of this repository's own templates as a page of its own, in the style of the decision page."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup

from pipeline.decision_page import table_cells
from pipeline.storage.text import read_text


def page(markdown: str, template: str | Path, style: str | Path, title: str) -> str:
    """The HTML of a text that may hold folds. What is of the data was escaped when the text was made."""
    reader = MarkdownIt("commonmark", {"html": True}).enable("table")
    tokens = reader.parse(markdown)
    table_cells.describe(tokens)
    body = reader.renderer.render(tokens, reader.options, {})
    environment = Environment(autoescape=True, undefined=StrictUndefined)
    return (
        environment.from_string(read_text(template)).render(
            title=title,
            style=Markup(read_text(style)),  # noqa: S704 - our own file
            body=Markup(body),  # noqa: S704 - our own template, in which texts of the data are escaped
        )
        + "\n"
    )
