"""What people call the rows, answers, attributes, levels, features and measures of a table, where they say so."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from responsible.validation import Params

Text = Annotated[str, Field(min_length=1, pattern=r"^\S(.*\S)?$")]
Line = Literal["budget", "healthcare"]
CASES, PEOPLE = ("case", "cases"), ("person", "people")
ROWS = {"budget": PEOPLE, "healthcare": CASES}
YES = {"budget": "selected", "healthcare": "approved"}


class Words(Params):
    """The section ``words``; everything in it is optional.

    ``rows`` is what a row is, one and many, and ``yes`` what it is after a positive answer, by line of work; ``merit``
    and ``urgency`` are adjectives of a case that deserved a yes, and of one that could not wait. ``names`` are display
    names of columns, attributes, features and measures, ``levels`` those of levels by attribute, and ``units`` of
    columns. What has none is called after its column, with blanks for underscores.
    """

    rows: dict[Line, Annotated[list[Text], Field(min_length=2, max_length=2)]] = Field(default_factory=dict)
    yes: dict[Line, Text] = Field(default_factory=dict)
    merit: Text = "justified"
    urgency: Text = "urgent"
    names: dict[Text, Text] = Field(default_factory=dict)
    levels: dict[Text, dict[Text, Text]] = Field(default_factory=dict)
    units: dict[Text, Text] = Field(default_factory=dict)

    def many(self, line: Line) -> str:
        """Rows of a line of work: ``people``, ``cases``, or what the table has."""
        return self.rows.get(line, ROWS[line])[1]

    def one(self, line: Line) -> str:
        """One such row."""
        return self.rows.get(line, ROWS[line])[0]

    def answer(self, line: Line) -> str:
        """What a row is after a yes: ``selected``, ``approved``, or what the table has."""
        return self.yes.get(line, YES[line])

    def name(self, key: str) -> str:
        """What a column, an attribute, a feature or a measure is called."""
        return self.names.get(key, key.replace("_", " "))

    def level(self, attribute: str, level: str) -> str:
        """What a level is called."""
        return self.levels.get(attribute, {}).get(level, level)

    def of_cases(self) -> dict[str, str]:
        """The words of recorded decisions, under the names by which templates call them."""
        one, many = self.one("healthcare"), self.many("healthcare")
        return {"request": one, "requests": many, "merit": self.merit, "approved": self.answer("healthcare")}

    def of_tables(self) -> dict[str, Callable[..., str]]:
        """What templates call for the display name of a column, attribute, feature or measure, and of a level."""
        return {"named": self.name, "level_named": self.level}

    def unknown(self, known: Mapping[str, Any]) -> Iterator[str]:
        """Keys of ``levels`` that are no attribute of ``known``."""
        yield from (name for name in self.levels if name not in known)

    def scope(self, scope: str) -> str:
        """The cases of a part of the decisions: ``all cases``, ``justified cases``, ``justified urgent cases``."""
        parts = {"merit": self.merit, "urgent": self.urgency}
        said = " ".join(own for part, own in parts.items() if part in scope.split())
        return f"{said or 'all'} {self.many('healthcare')}"


def read(section: Mapping[str, Any] | None) -> Words:
    """The words of a section as it stands in the file; of none, the defaults."""
    return Words.model_validate(section or {})


Section = Annotated[Words, BeforeValidator(lambda section: {} if section is None else section)]
"""The section, which may be empty."""
