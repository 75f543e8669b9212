"""What people call the rows, answers, attributes, levels, features and measures of a table, where they say so."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from responsible.names import meaning, spoken
from responsible.validation import Params

Text = Annotated[str, Field(min_length=1, pattern=r"^\S(.*\S)?$")]
Line = Literal["budget", "healthcare", "segments"]
CASES, PEOPLE = ("case", "cases"), ("person", "people")
ROWS = {"budget": PEOPLE, "healthcare": CASES, "segments": PEOPLE}
LEVELS = ("level", "comparison", "farthest")  # columns of figures that hold a level
NAMED = ("attribute", "measure", "figure", "feature", "column", "rate")
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

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        for place, own in (("names", self.names), *((f"levels.{name}", own) for name, own in self.levels.items())):
            if len(set(own.values())) < len(own):
                raise ValueError(f"{place} must call no two things the same, got {list(own.values())}")
        return self

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
        return self.names.get(key, spoken(key))

    def level(self, attribute: str, level: str) -> str:
        """What a level is called."""
        return self.levels.get(attribute, {}).get(level, level)

    def of_cases(self) -> dict[str, str]:
        """The words of recorded decisions, under the names by which templates call them."""
        one, many = self.one("healthcare"), self.many("healthcare")
        return {"request": one, "requests": many, "merit": self.merit, "approved": self.answer("healthcare")}

    def of_tables(self) -> dict[str, Callable[..., str]]:
        """What templates call for the display name of a column, attribute, feature or measure, and of a level."""
        return {"called": self.name, "level_called": self.level}

    def meaning(self, column: str, favourable: Sequence[str] | None, threshold: float) -> str:
        """What label 1 means, as a clause, with the display name and the unit of the target."""
        unit = self.units.get(column, "")
        return f"{meaning(self.name(column), favourable, threshold)}{'' if favourable or not unit else f' {unit}'}"

    def shown(self, column: str, text: str, attribute: str = "") -> str:
        """What a field of a table of figures is called, where people gave it a name; else as it is."""
        if column in LEVELS:
            return self.level(attribute, text)
        return self.names.get(text, text) if column in NAMED else text

    def tables(self, found: Mapping[str, Any]) -> dict[str, Any]:
        """Tables of figures, by name, with attributes and levels as people call them."""
        return {name: self._table(table) for name, table in found.items()}

    def _table(self, table: Any) -> Any:
        if "attribute" not in table or not (self.names or self.levels):
            return table
        spelt = {
            column: [self.level(own, level) for own, level in zip(table["attribute"], table[column], strict=True)]
            for column in LEVELS
            if column in table
        }
        return table.assign(**spelt, attribute=[self.names.get(own, own) for own in table["attribute"]])

    def scope(self, scope: str) -> str:
        """The cases of a part of the decisions: ``all cases``, ``justified cases``, ``justified urgent cases``, ``cases
        proposed for a yes``.
        """
        if scope.startswith("proposed "):
            return f"{self.many('healthcare')} proposed for a {scope.removeprefix('proposed ')}"
        parts = {"merit": self.merit, "urgent": self.urgency}
        said = " ".join(own for part, own in parts.items() if part in scope.split())
        return f"{said or 'all'} {self.many('healthcare')}"


def read(section: Mapping[str, Any] | None) -> Words:
    """The words of a section as it stands in the file; of none, the defaults."""
    return Words.model_validate(section or {})


Section = Annotated[Words, BeforeValidator(lambda section: {} if section is None else section)]
"""The section, which may be empty."""
