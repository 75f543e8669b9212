"""The decision page: the answer first, a card for each line of work, the rules, and every document folded; one file."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from pipeline.decision_page import pictures
from pipeline.decision_page.decision import decision
from pipeline.decision_page.html import Reader
from pipeline.reporting import formatting
from pipeline.reporting.document import Document
from pipeline.reporting.sources import Sources
from pipeline.results.levelling import GAP, whose
from pipeline.storage.text import read_text
from responsible.validation import InputError, did_you_mean


def page(
    documents: Sequence[Document], sources: Sources, output: str | Path, *, template: str, style: str, title: str
) -> str:
    """The HTML of the decision and of the documents in their order; ``template`` and ``style`` are files.

    The page can be passed on alone: a link to one of the documents leads to its place on the page, one to another
    file to a note that names it.
    """
    names = {document.name: document.name.replace("_", "-") for document in documents}
    parts = [Reader(document, names, sources, Path(output)).part() for document in documents]
    known = {heading.id for part in parts for heading in part.outline} | {n.id for part in parts for n in part.notes}
    for part in parts:
        for target in re.findall(r'href="#([^"]*)"', part.html):
            if target not in known:
                raise InputError(f"docs/{part.name}.md: no heading for the link #{target}{did_you_mean(target, known)}")
    css, frame = (read_text(path, f"restore it with `git checkout -- {path}`") for path in (style, template))
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)

    def shown(file: str) -> Markup:
        return Markup(pictures.element(sources, file))  # noqa: S704 - attributes are escaped there

    return (
        environment.from_string(frame).render(
            title=title,
            parts=parts,
            decision=decision(sources),
            picture=shown,
            levelled=GAP,
            whose=whose,
            confidence=formatting.percent(sources.params["inference"]["confidence"], 0),
            style=Markup(css),  # noqa: S704 - our own file; the digest in the page's policy is of exactly these letters
            style_digest=base64.b64encode(hashlib.sha256(css.encode()).digest()).decode(),
        )
        + "\n"
    )
