"""How work on many items is done: in turn, or by whoever the caller names, as several processes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")


class Each(Protocol):
    """``[work(item) for item in items]``, in any order of doing it.

    ``work`` draws random numbers from its item alone, so that no answer depends on who works it out, or when; it is a
    function of a module or a ``partial`` of one, so that another process can be given it.
    """

    def __call__(self, work: Callable[[Item], Answer], items: Iterable[Item]) -> list[Answer]:
        """The answers in the order of their items."""


def in_turn(work: Callable[[Item], Answer], items: Iterable[Item]) -> list[Answer]:
    """The answers one after another, in this process."""
    return [work(item) for item in items]
