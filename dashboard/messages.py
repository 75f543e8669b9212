"""Refusals as messages of a page."""

from __future__ import annotations

from collections.abc import Callable

from dashboard.text import plain
from responsible.validation import InputError


def refusal(act: Callable[[], object]) -> str:
    """What an action is refused for, "" when it is not."""
    try:
        act()
    except InputError as error:
        return str(error)
    return ""


def say(kind: Callable[[str], object], text: str) -> None:
    """Each line of a text as a message of its own, with no markup in it."""
    for line in text.splitlines():
        kind(plain(line))
