"""Terms of docs/glossary.md, and the link of each one's first mention in a document to its entry there."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from pathlib import Path

FOLDER, NAME = "docs", "glossary.md"
FILE = f"{FOLDER}/{NAME}"  # written by hand, so the catalogue of results does not have it
# Heading of an entry → how a text may mention it; a longer mention is looked for first.
TERMS = {
    "Accuracy floor": "accuracy floor",
    "Adjusted p-value": r"adjusted p(?:-values?)?\b",
    "Adjusted Rand index": "adjusted Rand index",
    "Average odds difference": r"average (?:absolute )?odds difference",
    "Base rate": "base rates?",
    "Calibration": "calibration",
    "Differential privacy": "differential(?:ly)? priva(?:cy|te)",
    "Disparate impact": "disparate impact",
    "Effective sample size": "effective (?:sample size|rows)",
    "Equal opportunity difference": "equal opportunity(?: difference)?",
    "Exception": "dated exceptions?",
    "False positive rate": "false positive rates?",
    "Four-fifths rule": "four-fifths rule",
    "Infeasible": "infeasible",
    "Insufficient evidence": "insufficient evidence",
    "Intersection": "intersections?",
    "Interval": r"(?:\d+ % |confidence )intervals?",
    "Label threshold": "label thresholds?",
    "Odds ratio": "odds ratios?",
    "Predictive parity difference": "predictive parity(?: difference)?",
    "Privileged group": "(?:un)?privileged (?:groups?|levels?|people|rows)",
    "Proxy": "prox(?:y|ies)",
    "Reweighing": "reweighing",
    "Selection rate": "selection rates?",
    "Sensitive attribute": "(?:sensitive|protected) attributes?",
    "Silhouette": "silhouette",
    "Statistical parity difference": "statistical parity(?: difference)?",
    "Test rows": "test rows",
    "True positive rate": "true positive rates?",
}
# Not prose: code, tables and their sources, headings, HTML, texts to send, pictures, links and their addresses.
_OTHER = re.compile(
    r"^ *```.*?^ *```|^(?:\||#|<|>|\*Source:|\[[^\]]+\]:).*?$|`[^`]*`|!?\[[^\]]*\](?:\([^)]*\)|\[[^\]]*\])|<[^>\n]*>",
    re.DOTALL | re.MULTILINE,
)
_HEADER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_FOOTER = re.compile(r"^## Provenance$", re.MULTILINE)


def linked(text: str, output: str | Path) -> str:
    """Markdown that lies at ``output``, in whose prose the first mention of each term is a link; idempotent."""
    header = found.end() if (found := _HEADER.match(text)) else 0
    end = found.start() if (found := _FOOTER.search(text)) else len(text)
    body = text[header:end]
    page = posixpath.relpath(FILE, Path(output).parent.as_posix())
    for term, mention in TERMS.items():
        address = f"{page}#{address_of(term)}"
        if f"({address})" not in body:
            body = _first(body, mention, address)
    return f"{text[:header]}{body}{text[end:]}"


def of(text: str, documents: Iterable[str]) -> str:
    """The glossary's ``text`` with the entries that the documents link: a page about fewer lines of work has fewer."""
    linked_to = set(re.findall(rf"{NAME}#([\w-]+)\)", "\n".join(documents)))
    head, *entries = re.split(r"^(?=## )", text, flags=re.MULTILINE)
    return "".join([head, *(e for e in entries if address_of(e.splitlines()[0].removeprefix("## ")) in linked_to)])


def address_of(term: str) -> str:
    """The anchor of a term's heading, as GitHub makes it."""
    return term.lower().replace(" ", "-")


def _first(body: str, mention: str, address: str) -> str:
    """The body with the first mention outside of code, tables, headings and links as a link."""
    over_lines = mention.replace(" ", r"\s+")
    pattern = re.compile(rf"\b(?:{over_lines})(?![\w-])", re.IGNORECASE)
    start = 0
    for other in [*_OTHER.finditer(body), None]:
        if found := pattern.search(body, start, other.start() if other else len(body)):
            return f"{body[: found.start()]}[{found[0]}]({address}){body[found.end() :]}"
        start = other.end() if other else start
    return body
