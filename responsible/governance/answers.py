"""Answers: what only people can say of a table, a model or a rule, and whether it holds for the tables at hand.

An answer holds for the tables it was written for (source, target and columns; their rows may change), while the
parameters it depends on have the value they had, until the day it is to be reviewed. A text that came with the sample
holds for another table only when somebody confirmed it by name. Everything else is a question that is not answered yet.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any, Literal

from pydantic import Field, model_validator

from responsible.governance.evidence import Evidence
from responsible.governance.policy import Judgement, Line, Rule
from responsible.governance.statements import Confirmation, Day, Told
from responsible.validation import Params

FILE = "answers.yaml"
NOT_YET = "not answered yet"
UNANSWERED = "unanswered_questions"  # the name of the rule that judges them
NO_TEXT = "there is no text"
OTHER_TABLE = "the text was written for another table"
SAMPLE_TEXT = "the text came with the sample, and nobody has confirmed it for this table"
DUE = "the text was to be reviewed"
_NOTHING = re.compile(r"[\W_]*(?:n/?a|none|unknown|nothing|to be done|to do)?[\W_]*", re.IGNORECASE)


class Table(Params):
    """Which table: where it is, the column that is predicted or decided (none for segments), the columns in use."""

    source: str | dict[str, Any]
    target: str | None = None
    columns: list[str]

    def unlike(self, other: Table | None) -> list[str]:
        """What makes the other one another table, of source, target and columns; their order is no difference."""
        if other is None:
            return [*Table.model_fields]
        same = (self.source == other.source, self.target == other.target, {*self.columns} == {*other.columns})
        return [name for name, held in zip(Table.model_fields, same, strict=True) if not held]


Tables = Mapping[str, Table]  # by line of work


class Answer(Params):
    """A text, given alone or as a mapping that has ``text`` and says what it holds for.

    ``depends_on``: key of a parameter → the value it was written for. ``review_by``: the last day it holds.
    ``confirmed_by``: who says, and since when, that the sample's text holds here. ``written_for``: the tables of this
    answer alone, where they are others than those at the top of the file.
    """

    text: Told = ""
    depends_on: dict[str, Any] = Field(default_factory=dict)
    review_by: Day | None = None
    confirmed_by: Confirmation | None = None
    written_for: dict[Line, Table] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _text_alone(cls, given: Any) -> Any:
        return {"text": given} if given is None or isinstance(given, str) else given


@dataclass(frozen=True)
class Asked:
    """A question, its answer, and ``why`` that does not hold; empty when it does. ``place``: the document or section.

    The question is about the tables of ``lines``.
    """

    place: str
    name: str
    question: str
    lines: tuple[str, ...]
    answer: Answer
    why: str = ""


@dataclass(frozen=True)
class Circumstances:
    """What answers are held to: the tables and parameters of today, the sample's tables and texts, and the day.

    ``written_for`` is what holds for all answers that do not say otherwise; ``texts`` are digests (:func:`digest`).
    """

    tables: Tables
    parameters: Mapping[str, Any]
    written_for: Tables
    sample: Tables
    texts: frozenset[str]
    today: date

    def of_sample(self, line: str) -> bool:
        """Whether the table of a line of work is the sample's: its source, target and columns, whatever its rows."""
        return line in self.tables and not self.tables[line].unlike(self.sample.get(line))

    def foreign(self, text: str, lines: Sequence[str]) -> bool:
        """Whether a text came with the sample, while one of these lines has another table."""
        return digest(text) in self.texts and not all(map(self.of_sample, lines))

    def why(self, answer: Answer, lines: Sequence[str]) -> str:
        """Why an answer about the tables of these lines does not hold; empty when it does."""
        told: Tables = {**self.written_for, **{str(line): table for line, table in answer.written_for.items()}}
        if is_empty(answer.text):
            return NO_TEXT
        if other := [f"{line}.{part}" for line in lines for part in self.tables[line].unlike(told.get(line))]:
            return f"{OTHER_TABLE}: {', '.join(other)}"
        if moved := [key for key, then in answer.depends_on.items() if parameter(self.parameters, key) != then]:
            return f"the text was written for another value of {', '.join(moved)}"
        if self.foreign(answer.text, lines) and not answer.confirmed_by:
            return SAMPLE_TEXT
        if answer.review_by and answer.review_by < self.today:
            return f"{DUE} by {answer.review_by}"
        return ""


def parameter(tree: Any, key: str) -> Any:
    """The parameter at a dotted key, None where there is none."""
    for part in key.split("."):
        tree = tree.get(part) if isinstance(tree, Mapping) else None
    return tree


def digest(text: str) -> str:
    """Identifies a text by its words, whatever their case and what stands between them: 16 digits of a SHA-256."""
    return hashlib.sha256(" ".join(re.findall(r"\w+", text.casefold())).encode()).hexdigest()[:16]


def is_empty(text: str) -> bool:
    """Whether a text says nothing: no word, or only that there is none."""
    return _NOTHING.fullmatch(text) is not None


def tables(parameters: Mapping[str, Any]) -> dict[str, Table]:
    """The table of each line of work that the parameters have: its source, its target, the columns in use."""
    found: dict[str, Table] = {}
    if budget := parameters.get("budget"):
        columns = {*(budget.get("features") or ()), *_columns(parameters.get("sensitive"))}
        found["budget"] = _table(budget, budget.get("target"), columns)
    if care := parameters.get("healthcare"):
        roles = [own["column"] for role in ("merit", "urgency", "override", "duration") if (own := care.get(role))]
        columns = {*roles, *(care.get("features") or ()), *_columns(care.get("protected"))}
        found["healthcare"] = _table(care, care.get("outcome"), columns)
    if people := parameters.get("segments"):
        found["segments"] = _table(people, None, {*people["features"], people["protected"]})
    return found


def _table(section: Mapping[str, Any], target: Mapping[str, Any] | None, columns: set[str]) -> Table:
    return Table(source=section["source"], target=(target or {}).get("column"), columns=sorted(columns))


def _columns(attributes: Mapping[str, Any] | None) -> list[str]:
    return [own["column"] for own in (attributes or {}).values()]


def count(asked: Sequence[Asked]) -> str:
    """``7 of 22 questions are not answered yet``; empty when all are answered."""
    number = sum(bool(a.why) for a in asked)
    return f"{number} of {len(asked)} questions {'is' if number == 1 else 'are'} {NOT_YET}" if number else ""


def judged(asked: Sequence[Asked], severity: Literal["block", "warn"]) -> Judgement:
    """The questions as one more rule of the policy, which is met when every one of them is answered."""
    said = count(asked)
    reason = _listed(asked) if said else "people have answered every question that only they can answer"
    rule = Rule(metric=FILE, maximum=0, judged_on="point", severity=severity, reason=reason, owner="")
    found: Literal["fail", "pass"] = "fail" if said else "pass"
    evidence = Evidence(float(sum(bool(a.why) for a in asked)), inferred=False, source=FILE, unit="questions")
    return Judgement(UNANSWERED, rule, evidence, found, found, bool(said) and severity == "block", said)


def _listed(asked: Sequence[Asked]) -> str:
    """The open questions by place and reason: ``model_card: contact, users (there is no text); …``."""
    of_place = {place: [a.name for a in own] for place, own in groupby(asked, lambda a: a.place)}
    found: dict[tuple[str, str], list[str]] = {}
    for a in asked:
        if a.why:
            found.setdefault((a.place, a.why), []).append(a.name)
    return "; ".join(
        f"{place}: {f'all {len(names)}' if names == of_place[place] and len(names) > 1 else ', '.join(names)} ({why})"
        for (place, why), names in found.items()
    )
