"""The library the stages compute with: arrays and frames in, frozen dataclasses out; no files, no printing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any


class _NoSuchNameError(AttributeError):
    """A name that a folder does not offer. The nearest ones are looked for when somebody reads the message: skops asks
    every module for hundreds of names.
    """

    def __str__(self) -> str:
        from responsible.validation import did_you_mean

        package, name, known = self.args
        return f"{package} has no name {name!r}{did_you_mean(name, known)}"


def lazily(package: str, offered: Mapping[str, Sequence[str]]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """The ``__getattr__`` and ``__dir__`` (PEP 562) of a folder that offers names of its modules.

    ``offered`` is module → names; a module without names is offered itself. It is imported when a name is first asked
    for, so that who uses one module of a folder does not pay for what the others import.
    """
    homes = {name: module for module, names in offered.items() for name in names or (module,)}

    def get(name: str) -> Any:
        if name not in homes:
            raise _NoSuchNameError(package, name, homes)
        module = import_module(f"{package}.{homes[name]}")
        return getattr(module, name) if name in offered[homes[name]] else module

    return get, lambda: sorted(homes)
