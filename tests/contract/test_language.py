"""What people read is plain English: none of the phrases that readers stumbled over, and short sentences up front."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.contract import ROOT

# What is banned → what to write instead.
UNIT = "row|line|rule|value|experiment|stage|panel|point|threshold|level|group|method|figure|constraint|model"
BANNED = {
    rf"\b(?:one|an?) (?:\w+ )?(?:{UNIT}|second|script) an? (?:{UNIT})\b": "per, or each",
    r"\brows a level\b": "per level",
    r"\banew\b": "again",
    r"\bheed(ed|s|ing)?\b": "need attention",
    r"\bmend(s|ed|ing)?\b": "fix, correct, repair",
    r"\bholds 0\b|\bholds zero\b": "includes 0",
    r"\bdecided unlike\b": "received different decisions",
    r"\blike (cases?|pairs?|requests?)\b": "similar",
    r"\bthe talk is\b": "name the action",
    r"\bnot so:": "are not:",
    r"\bvalid rows\b": "validation rows",
    r"\b(GP|Surgeon|Limited|Full|rural=\d) (is|are|waits?) ": "GP requests are",
    r"\bpoints (less|longer|shorter)\b": "a unit, and fewer",
    r"\bwaits? \d+(\.\d+)? (longer|shorter|less)\b": "a unit",
    r"\bas usually told\b|\btold (apart|twice|from)\b": "measured, distinguished",
    r"\b(is|are|be|was|were|nothing is|no word is) said\b|# said\b": "stated",
    r"\bsaid (of|so)\b": "written about",
    r"\bthe lot\b": "all of it",
    r"\bthe other way round\b": "delete the mirror of a sentence",
}
# Proverbs that stood as reasons of rules.
PROVERBS = ("a fair coin is fair", "agreed, not discovered", "that a few rows decide", "is offered by group")


def files() -> list[Path]:
    """Documents, their templates, parameters, README and help, without the log of changes."""
    docs = [p for p in (ROOT / "docs").rglob("*") if p.suffix in (".md", ".j2", ".html")]
    return sorted([*docs, ROOT / "README.md", ROOT / "params.yaml", ROOT / "Makefile"])


def prose(path: Path) -> str:
    """The text of a file in one line, without what only the template engine reads and without code blocks."""
    text = path.read_text(encoding="utf-8")
    text = re.sub(r"\{#.*?#\}|\{%.*?%\}", " ", text, flags=re.DOTALL)
    if path.suffix == ".html":
        text = re.sub(r"<script.*?</script>", " ", text, flags=re.DOTALL)
    return " ".join(text.split())


@pytest.mark.parametrize("path", files(), ids=lambda p: str(p.relative_to(ROOT)))
def test_no_banned_phrase_is_left(path):
    """Documents, templates, parameters and help avoid the phrases that readers did not understand."""
    text = prose(path)
    found = [
        f"{text[max(m.start() - 30, 0) : m.end() + 30]!r}: write {instead}"
        for pattern, instead in BANNED.items()
        for m in re.finditer(pattern, text, re.IGNORECASE)
    ]
    assert found + [proverb for proverb in PROVERBS if proverb in text] == []


def sentences(text: str) -> list[str]:
    """Sentences of paragraphs and list items: no tables, code, pictures, headings or quotes of data."""
    text = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    blocks = re.split(r"\n\s*\n|\n(?=- |\d+\. )", text)
    out = []
    for block in blocks:
        if block.lstrip().startswith(("|", "#", "!", "<")):
            continue
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", " ".join(block.split()))
        out += re.split(r"(?<=[.!?;])\s+(?=[A-Z\d`*(])|(?<=:)\s+", plain)
    return out


LONGEST = 25


@pytest.mark.parametrize("part", ["README.md", "docs/healthcare_audit.md", "docs/comparison.md"])
def test_sentences_up_front_are_short(part):
    """README and the parts in plain words have sentences of 25 words or fewer; figures in brackets do not count."""
    text = (ROOT / part).read_text(encoding="utf-8")
    if part == "docs/comparison.md":
        text = text.split("\n\n![")[0].replace("**", "")
    elif part != "README.md":
        text = re.split(r"^## ", text.split("## In plain words")[1], maxsplit=1, flags=re.MULTILINE)[0]
    found = [s for s in sentences(text) if len(re.sub(r"\([^)]*\)|\[[^\]]*\]", "", s).split()) > LONGEST]
    assert found == []
