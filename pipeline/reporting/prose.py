"""Prose: what hand-written Markdown may not hold, because it would look like a result: numbers and open places.

A number in prose is a figure that no file stands behind. What names something is no figure: code, addresses,
the numbering of headings and lists, a digit inside a word (F1, AIF360), label 0 and label 1. Everything else is read
from a file, or it is a citation (:func:`citation_fault`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from itertools import accumulate
from typing import TYPE_CHECKING

from pipeline.reporting.formatting import plain

if TYPE_CHECKING:
    from jinja2 import Environment

Prose = tuple[str, list[int]]  # a template's own text, and the line of each of its characters
FILLER = "\ufffc"  # stands for what a template computes: no letter, no digit

_NAMES = tuple(
    re.compile(pattern, re.MULTILINE)
    for pattern in (
        r"^(?P<fence>```+|~~~+)(?s:.*?)(?:^(?P=fence)|\Z)",
        r"(?<!`)(?P<tick>`+)(?!`)(?:(?!\n[ \t]*\n)(?s:.))+?(?<!`)(?P=tick)(?!`)",
        r"\]\(<?[^\s)]*",
        r"<https?://[^>\s]+>|https?://[^\s)>]+",
        r"^[ \t]*\[[^\]\n]+\]:[ \t]*\S+",
        r"^#+[ \t]+\d{1,2}(?:\.\d{1,2})*\.[ \t]",
        r"^#[ \t]+\d{1,2}[ \t](?=[A-Z])",
        r"^[ \t>]*\d{1,3}[.)][ \t]",
        r"\blabels?[ \n][01]\b(?![.,]\d)",
    )
)
_DIGITS = re.compile(r"&(?:frac|sup)\d+;|(?<!\w)[\d²³¹¼-¾⁰-₉⅐-↉①-⓿][\w.,%]*")
_WORDS = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|"
    "eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|million|half"
)
_SPELLED = re.compile(
    rf"\b(?:{_WORDS})(?:[ -](?:{_WORDS}))*\s+"
    rf"(?:per\s?cent\b|percentage\b|times\b|dollars\b|euros\b"
    rf"|(?:in|out of|of)\s+(?:a\s+|one\s+|every\s+)?(?:{_WORDS})\b)",
    re.IGNORECASE,
)
_OPEN = re.compile(
    r"\b(?:todo|tbd|fixme)\s*:|\b(?:TODO|TBD|TBC|FIXME|XXX)\b|\[\s*(?:…|\.\.\.|\?|\s)\s*\](?!\()"
    r"|\[?more information needed\]?|lorem ipsum|<\s*(?:fill|insert|your)\b[^>]*>",
    re.IGNORECASE,
)
_LOUD = re.compile(r"\b(?:todo|tbd|tbc|fixme|xxx)\b(?!\s*:)", re.IGNORECASE)


_SUMMARY = re.compile(r"^(<details><summary>)(.*)(</summary>)$", re.MULTILINE)
_COMPARES = ("eq", "ne", "lt", "lteq", "gt", "gteq")


@dataclass(frozen=True)
class Found:
    """A piece of text and the place of its first character."""

    at: int
    text: str


def numbers(markdown: str) -> list[Found]:
    """The numbers of a Markdown text that no rule above allows, in order; also those spelled out before a unit."""
    seen = markdown
    for name in _NAMES:
        seen = name.sub(lambda match: re.sub(r"[^\n]", FILLER, match[0]), seen)
    matches = (match for kind in (_DIGITS, _SPELLED) for match in kind.finditer(seen))
    found = (Found(match.start(), match[0].rstrip(".,")) for match in matches)
    return sorted(found, key=lambda number: number.at)


def placeholder(markdown: str) -> Found | None:
    """The first open place of a text (TODO, TBD, FIXME, […], "More Information Needed", a line that is only "…")."""
    for match in _OPEN.finditer(markdown):
        if not (_LOUD.fullmatch(match[0]) and not match[0].isupper()):  # "todo" is a word in Spanish
            return Found(match.start(), match[0].strip())
    for match in re.finditer(r"^[ \t>*-]*(…|\.\.\.)[ \t]*$", markdown, re.MULTILINE):
        return Found(match.start(), match[1])
    return None


def citation_fault(text: str) -> str:
    """Why a text is no citation, empty when it is one.

    A citation names a work, law, standard or version: it has a word with a capital letter, and its numbers are years,
    articles, versions or identifiers, never a share or a measurement.
    """
    if not re.search(r"\b[A-Z]|§|\bdoi\b", text):
        return "names no work, law or version"
    if re.search(r"\d\s*(?:%|‰|per\s?cent|points?\b|times\b|dollars\b)|(?<![\w.])0?\.\d|(?<![\w./])0\.\d", text):
        return "holds a measurement"
    return ""


def summaries(text: str) -> str:
    """A text whose folds have summaries in HTML: no Markdown is read there, and its escapes would not protect."""
    return _SUMMARY.sub(lambda found: f"{found[1]}{escape(plain(found[2]), quote=False)}{found[3]}", text)


def of_template(environment: Environment, source: str, name: str) -> Prose:
    """The template's own text with a filler for each expression, and the line of every character."""
    text, lines = "", list[int]()
    for token in environment.lexer.tokenize(source, name):
        if token.type == "data":
            part = str(token.value)
            lines += accumulate((int(character == "\n") for character in part[:-1]), initial=token.lineno)
        elif token.type == "variable_begin":
            part = FILLER
            lines += [token.lineno]
        else:
            continue
        text += part
    return text, [*lines, lines[-1] if lines else 1]


def typed_numbers(environment: Environment, source: str, own: Prose, *, literals: bool) -> list[tuple[int, str]]:
    """Line and fault of numbers in prose and fractions in expressions; with ``literals`` also integers and texts with
    digits.

    An integer may be an argument (decimals, an index) or stand beside a comparison; a text with digits is a citation.
    """
    text, lines = own
    faults = [
        (lines[found.at], f"{found.text!r} is a number in prose; read it with figure(), parameter() or cite()")
        for found in numbers(text)
    ]
    faults += [
        (line, f"{value} is a number in an expression; pass it in the data of the document")
        for line, value in _in_expressions(environment, source, literals=literals)
    ]
    return sorted(faults)


def _in_expressions(environment: Environment, source: str, *, literals: bool) -> Iterator[tuple[int, str]]:
    depth, before = 0, ["", ""]
    for token in environment.lexer.tokenize(source):
        depth += (token.type in ("lparen", "lbracket")) - (token.type in ("rparen", "rbracket"))
        argument = token.type == "integer" and (depth > 0 or before[1] in _COMPARES)
        citation = before[0] == "cite" and before[1] == "lparen"
        number = token.type == "integer" or (token.type == "string" and numbers(str(token.value)))
        if token.type == "float" or (literals and number and not argument and not citation):
            yield token.lineno, str(token.value)
        before = [before[1], str(token.value) if token.type == "name" else token.type]
