"""Which questions templates and parameters ask of people, and which of them answers.yaml and params.yaml answer.

A question is a call ``people("name", "What …?")`` in a template; with ``line="healthcare"`` it is about that table and
asked only while the line of work exists. Rules of the policy and sources of bias in the playbook ask for their texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from pipeline.storage.line_contents import line_of
from pipeline.storage.parameters import read_yaml
from pipeline.storage.text import read_text
from responsible.governance import answers as _held
from responsible.governance.answers import (
    FILE,
    NO_TEXT,
    NOT_YET,
    SAMPLE_TEXT,
    Answer,
    Asked,
    Circumstances,
    Table,
)
from responsible.governance.policy import Judgement, Line, Policy
from responsible.validation import InputError, Params, explain

ALL = ("budget", "healthcare", "segments")
SHEET = "segments_data_sheet"
DOCUMENTS = {"model_card": ("budget",), "data_sheet": ALL, "risk_assessment": ALL, SHEET: ("segments",)}
"""Document with questions → the lines of work that a question is about unless it names one."""
TEMPLATES = {name: f"docs/templates/{name}.md.j2" for name in DOCUMENTS}
RULES, SOURCES = "policy.rules", "playbook.sources"
_SAMPLE = Path(__file__).with_name("sample.yaml")
_QUESTION = re.compile(r'\bpeople\(\s*"(\w+)",\s*"([^"]*)"(?:,\s*line="(\w+)")?\s*\)')
Questions = Mapping[str, Mapping[str, tuple[str, str]]]
"""Document → name → the question, and the line of work that it names."""


class Answers(Params):
    """The file: the tables that answers were written for, and the answers of each document by name."""

    written_for: dict[Line, Table] = Field(default_factory=dict)
    model_card: dict[str, Answer] = Field(default_factory=dict)
    data_sheet: dict[str, Answer] = Field(default_factory=dict)
    risk_assessment: dict[str, Answer] = Field(default_factory=dict)
    segments_data_sheet: dict[str, Answer] = Field(default_factory=dict)


@dataclass(frozen=True)
class Held:
    """Every question that is asked, with its answer and whether that holds, and what it was held to."""

    asked: tuple[Asked, ...]
    known: frozenset[tuple[str, str]]
    circumstances: Circumstances

    def at(self, place: str, name: str) -> Asked | None:
        """The question of a document by name, None while its line of work is absent; an unknown one is an error."""
        if not any(line in self.circumstances.tables for line in DOCUMENTS.get(place, ALL)):
            return None
        if (place, name) not in self.known:
            form = 'people("name", "What …?"), the line of work as line="…" behind it'
            raise InputError(f"{place}: the question {name!r} was not found; write it as {form}")
        return next((a for a in self.asked if (a.place, a.name) == (place, name)), None)

    def of(self, place: str) -> tuple[Asked, ...]:
        """The questions of one document."""
        return tuple(a for a in self.asked if a.place == place)

    def unanswered(self, place: str) -> list[str]:
        """The questions of a document that are open, by name."""
        return [a.name for a in self.of(place) if a.why]

    def judged(self, policy: Policy) -> Judgement:
        """The questions as a rule of the policy."""
        return _held.judged(self.asked, policy.unanswered)


def read(file: str | Path) -> Answers:
    """The answers of the file; none where there is no file. What is not an answer is an :class:`InputError`."""
    tree = read_yaml(file) if Path(file).is_file() else {}
    try:
        return Answers.model_validate({name: {} if own is None else own for name, own in tree.items()})
    except ValidationError as error:
        raise InputError(explain(error, f"{file}: ", Answers.model_fields).replace(": .", ": ")) from None


def questions(templates: Mapping[str, str | Path]) -> Questions:
    """What each template that exists asks of people."""
    return {
        place: {name: (question, line) for name, question, line in _QUESTION.findall(read_text(path, "restore it"))}
        for place, path in templates.items()
        if Path(path).is_file()
    }


def held(
    params: Mapping[str, Any],
    file: str | Path = FILE,
    templates: Mapping[str, str | Path] = TEMPLATES,
    today: date = date.min,
) -> Held:
    """Hold the answers to the parameter tree. Documents leave ``today`` out: they must not depend on the day."""
    given = read(file)
    now, found = circumstances(params, given.written_for, today), questions(templates)
    asked: list[Asked] = []
    for place, own in found.items():
        answers: Mapping[str, Answer] = getattr(given, place, {})
        for name, (question, line) in own.items():
            lines = tuple(x for x in ((line,) if line else DOCUMENTS.get(place, ALL)) if x in now.tables)
            if lines:
                answer = answers.get(name, Answer())
                asked.append(Asked(place, name, question, lines, answer, now.why(answer, lines)))
    known = frozenset((place, name) for place, own in found.items() for name in own)
    return Held((*asked, *_of_parameters(params, now)), known, now)


def of_folder(root: str | Path, params: Mapping[str, Any], today: date) -> Held:
    """As :func:`held`, of the repository at ``root``."""
    return held(params, Path(root, FILE), {name: Path(root, path) for name, path in TEMPLATES.items()}, today)


def circumstances(
    params: Mapping[str, Any], written_for: Mapping[Line, Table] | None = None, today: date = date.min
) -> Circumstances:
    """What texts in parameters and answers are held to."""
    sample, texts = _sample()
    told = {str(line): table for line, table in (written_for or {}).items()}
    return Circumstances(_held.tables(params), params, told, sample, texts, today)


@lru_cache(maxsize=1)
def _sample() -> tuple[dict[str, Table], frozenset[str]]:
    tree = read_yaml(_SAMPLE)
    return {name: Table.model_validate(own) for name, own in tree["tables"].items()}, frozenset(tree["texts"])


def spoken(policy: Policy, now: Circumstances) -> Policy:
    """The policy whose rules have "not answered yet" where nobody has written a reason or an owner for this table, and
    neither treatment nor owner of a line that came with the sample.
    """
    rules = {}
    for name, rule in policy.rules.items():
        line, confirmed = line_of(rule.metric), rule.confirmed_by is not None
        texts = {part: getattr(rule, part) for part in ("reason", "owner")}
        open_ = {part: NOT_YET for part, text in texts.items() if why_open(now, text, line, confirmed=confirmed)}
        treated = not why_open(now, rule.treatment, line, confirmed=confirmed)
        untreated = {} if treated else {"treatment": "", "residual": None}
        rules[name] = rule.model_copy(update=open_ | untreated)
    owners = {line: who for line, who in policy.owners.items() if not now.foreign(who, (line,))}
    return policy.model_copy(update={"rules": rules, "owners": owners})


def why_open(now: Circumstances, text: str, line: str, *, confirmed: bool) -> str:
    """Why a text in the parameters about the table of a line does not hold; empty when it does."""
    if not text:
        return NO_TEXT
    return SAMPLE_TEXT if now.foreign(text, (line,)) and not confirmed else ""


def _of_parameters(params: Mapping[str, Any], now: Circumstances) -> Iterator[Asked]:
    """The questions that rules of the policy and sources of bias ask."""
    rules = (params.get("policy") or {}).get("rules", {})
    sources = (params.get("playbook") or {}).get("sources") or {} if "healthcare" in now.tables else {}
    texts: list[tuple[str, str, Any, tuple[str, ...], str]] = [
        (RULES, name, own, ("reason", "owner"), line_of(own["metric"])) for name, own in rules.items()
    ]
    texts += [(SOURCES, name, own, ("sign",), "healthcare") for name, own in sources.items()]
    for place, name, own, parts, line in texts:
        confirmed = own.get("confirmed_by") is not None
        whys = (why_open(now, own.get(part) or "", line, confirmed=confirmed) for part in parts)
        question = f"{' and '.join(parts)} of {name}"
        yield Asked(place, name, question, (line,), Answer(), next(filter(None, whys), ""))
