"""Later people in the segments of earlier ones: what the monitor asks of them. Imports monitoring."""

from typing import TYPE_CHECKING

from responsible import lazily

__all__ = ["LaterPeople", "later_people"]

if TYPE_CHECKING:
    from responsible.later_people.segments import LaterPeople, later_people
else:
    __getattr__, __dir__ = lazily(__name__, {"segments": ("LaterPeople", "later_people")})
