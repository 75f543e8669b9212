"""What people read, with its sentences, numbers and keys: documents, pages, parameters and messages of the code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

from tests.support.contract import ROOT

CODE = ("pipeline", "responsible", "stages", "commands")
DECIDERS = [
    *(f"docs/{name}.md" for name in ("model_card", "comparison", "recommended_threshold", "data_sheet", "segments")),
    *(f"docs/{name}.md" for name in ("segments_data_sheet", "risk_assessment", "healthcare_audit")),
    *(f"docs/playbook/{name}.md" for name in ("3_bias_sources", "6_validation", "7_case_study")),
    "docs/index.html",
]
LONGEST = 25  # words of a sentence, without what stands in brackets
YEARS = range(1900, 2100)
ENDS = re.compile(r"(?<=[.!?])[)*”\"]*\s+(?=[A-Z\d`*(“\"_εδ]|p-)")
ABBREVIATED = re.compile(r"\b(e\.g|i\.e|et al|vs|art|doi|no)\.", re.IGNORECASE)


def written() -> list[Path]:
    """Pages and templates, the README and its like, without the log of changes."""
    docs = [p for p in (ROOT / "docs").rglob("*") if p.suffix in (".md", ".j2", ".html")]
    return sorted([*docs, *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md"))])


def prose(path: Path) -> str:
    """The text of a file in one line, without what only the template engine reads and without scripts."""
    text = re.sub(r"\{#.*?#\}|\{%.*?%\}", " ", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    if path.suffix == ".html":
        text = re.sub(r"<(script|style).*?</\1>", " ", text, flags=re.DOTALL)
    return " ".join(text.split())


def comments(path: Path) -> Iterator[str]:
    """The comments of a YAML file; lines that hold nothing else belong together."""
    block: list[str] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        found = re.search(r"(?:^|\s)# ?(.*)$", line)
        if found and line.lstrip().startswith("#"):
            block.append(found[1])
            continue
        yield from [" ".join(block)] if block else []
        block = []
        yield from [found[1]] if found else []


def messages() -> Iterator[tuple[str, str]]:
    """Place and text of what the code raises or prints; an expression within it counts as one word."""
    for path in sorted(p for folder in CODE for p in (ROOT / folder).rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            printed = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
            if isinstance(node, ast.Raise) or printed:
                for text in _texts(node):
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", text


def _texts(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.JoinedStr):
        yield "".join(str(v.value) if isinstance(v, ast.Constant) else "X" for v in node.values)
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    for child in ast.iter_child_nodes(node):
        yield from _texts(child)


def paragraphs(path: Path) -> Iterator[str]:
    """Paragraphs and list items of a Markdown page: no header, table, code, picture, heading or quote of data."""
    text = re.sub(r"\A---\n.*?\n---\n", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    text = re.sub(r"^> ?", "", text, flags=re.MULTILINE)
    text = re.sub(r"<!--.*?-->|^ *```.*?^ *```", "", text, flags=re.DOTALL | re.MULTILINE)
    text = re.sub(r"^\[[^\]]+\]: .*$|^#.*$|^\|.*$|^!\[.*$", "\n", text, flags=re.MULTILINE)
    for block in re.split(r"\n\s*\n|\n(?=\s*(?:[-*]|\d+\.) )", text):
        if not block.lstrip().startswith("<"):
            yield plain(block)


def plain(block: str) -> str:
    """Markdown of a paragraph as it is read: the text of links, and one word for code."""
    text = re.sub(r"!?\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])", r"\1", " ".join(block.split()))
    return re.sub(r"`[^`]*`", "`code`", re.sub(r"^(?:[-*]|\d+\.) (?:\[[ x]\] )?", "", text))


def sentences(text: str) -> list[str]:
    """Sentences of a paragraph; what a colon leads in counts by itself, and so does each item of a list behind it."""
    found = []
    for sentence in ENDS.split(ABBREVIATED.sub(r"\1", text)):
        head, *rest = re.split(r"(?<=:)\s+", sentence)
        found += [head, *(item for part in rest for item in part.split("; "))]
    return found


def long(text: str) -> list[str]:
    """The sentences of a paragraph with more than ``LONGEST`` words; brackets and lone signs do not count."""
    bare = [(s, re.sub(r"\([^()]*\)|\[[^\]]*\]", "", s).split()) for s in sentences(text)]
    return [s for s, words in bare if sum(bool(re.search(r"\w", word)) for word in words) > LONGEST]


def numbers(text: str) -> list[str]:
    """Numbers that are not written as all others: 11955 for 11,955, 43% for 43 %, .5 for 0.5, -0.1 for −0.1."""
    text = re.sub(r"https?://\S+|\bdoi \S+|10\.\d{4,}/\S+|[0-9a-f]{8,}|port \d+|:\d{4}\b", " ", text)
    found = re.findall(r"(?<![\w.,])\d+%|(?<![\w.\d])\.\d+\b|(?<![\w./\-–−,])(?<!§ )(?<!/)\d{4,}(?![\w/-])", text)
    return [n for n in found if not (n.isdigit() and int(n) in YEARS)]


KEYS = {
    "snake_case": re.compile(r"(?<![\w/.])[A-Za-z]+(?:_[a-z0-9]+)+(?![\w/]|\.\w)"),
    "name=1": re.compile(r"\b[\w]+=[01]\b"),
    "label 1": re.compile(r"\blabels? [01]\b"),
}


def read_by_deciders(path: Path) -> str:
    """What is seen of a document: no addresses, names of files, code, header of metadata or provenance."""
    text = re.sub(r"\A---\n.*?\n---\n", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    if path.suffix == ".html":
        text = re.sub(r"<(script|style|code|pre|title|svg)\b.*?</\1>|<!--.*?-->", " ", text, flags=re.DOTALL)
        text = unescape(re.sub(r"<[^>]+>", " ", text))
        return re.sub(r"[\w/]+\.(?:csv|json|yaml)\s*:.*", " ", text)  # notes on sources: a file and its key
    text = re.split(r"^## Provenance$", text, flags=re.MULTILINE)[0]
    text = re.sub(r"<!--.*?-->|^```.*?^```", " ", text, flags=re.DOTALL | re.MULTILINE)
    text = re.sub(r"\]\([^)]*\)|\]\[[^\]]*\]|`[^`]*`", "] ", text)
    return text.replace("\\_", "_")


def keys(text: str) -> list[str]:
    """Names of the code in a text for people."""
    return sorted({f"{kind}: {m[0]}" for kind, pattern in KEYS.items() for m in pattern.finditer(text)})
