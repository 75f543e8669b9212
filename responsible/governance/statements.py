"""What people state in parameters and answers: texts, days, dated exceptions, and who confirms what."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import BeforeValidator, StringConstraints

from responsible.validation import Params

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Told = Annotated[str, StringConstraints(strip_whitespace=True), BeforeValidator(lambda text: text or "")]
"""A text that may be missing: then it is empty."""


def _day(value: Any) -> Any:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        raise ValueError(f"must be a date such as 2026-12-31, got {value!r}") from None


Day = Annotated[date, BeforeValidator(_day)]


class Excuse(Params):
    """A dated exception: up to and including the day ``until`` a rule that is not met does not block."""

    until: Day
    justification: Text


class Confirmation(Params):
    """Who says that a text which came with the sample holds for another table, and on which day."""

    name: Text
    date: Day


class Recorded(Params):
    """What people decided on the results: who, on which day, and what."""

    who: Text
    when: Day
    what: Text
