"""Where a table is and how it is read, as the parameters say it; and what texts and lists in parameters may be."""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter
from collections.abc import Iterable
from typing import Annotated

from pydantic import Field

from responsible.tabular.columns import Declared
from responsible.validation import Params

Text = Annotated[str, Field(min_length=1)]
Delimiter = Annotated[str, Field(pattern=r'^[^"\r\n]$')]
Bins = Annotated[list[float], Field(min_length=1)]
Levels = Annotated[list[Text], Field(min_length=1)]


class Source(Params):
    """Where a table is, and how it is read.

    ``allow_unequal_drop`` is the written reason why dropped rows may fall unequally on groups.
    """

    source: Text
    pattern: Text | None = None
    delimiter: Delimiter
    allow_unequal_drop: Text | None = None


class RowTable(Source):
    """A table whose rows a later stage needs, one by one."""

    @abstractmethod
    def declared(self) -> list[Declared]:
        """The columns with a role, in the order in which a row is judged."""


def refuse_repeats(name: str, values: Iterable[str]) -> None:
    """ValueError when a text occurs twice; features differ by more than case, because engines ignore it."""
    counts = Counter(v.lower() if name == "features" else v for v in values)
    if repeated := [v for v, n in counts.items() if n > 1]:
        raise ValueError(f"{name} must not repeat a value, got {repeated[0]!r} twice")
