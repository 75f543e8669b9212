"""Which parameters of a result differ from those of a commit, and how the name of its run says so."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from pipeline.repository import git
from pipeline.results.figures import PARAMETERS
from pipeline.storage.parameters import read_yaml
from responsible.validation import InputError

NAMED = 3  # parameters in a name; the tag has them all
LONGEST = 24  # characters of a value in a name
ABSENT = object()

Changes = Mapping[str, tuple[Any, Any]]
"""Dotted key → its value before and now, :data:`ABSENT` where the file has no such key."""


def flat(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every leaf of nested mappings with its keys joined by dots; a list is a leaf."""
    for key, value in tree.items():
        if isinstance(value, Mapping) and value:
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def changed(folder: Path, params: Mapping[str, Any]) -> Changes:
    """The leaves that differ from the commit that is checked out; where none do, what that commit changed itself.

    Of another table only its source: with it everything differs. Empty without git, without an earlier version, or
    where that one cannot be read.
    """
    now = dict(flat(params))
    for commit in ("HEAD", "HEAD^"):
        if not (before := _committed(folder, commit)):
            return {}
        both = {key: (before.get(key, ABSENT), now.get(key, ABSENT)) for key in [*now, *(before.keys() - now.keys())]}
        if found := {key: (old, new) for key, (old, new) in both.items() if old != new}:
            return {key: own for key, own in found.items() if key.endswith(".source") and key.count(".") == 1} or found
    return {}


def named(changes: Changes, leaves: Collection[str]) -> str:
    """``threshold 250, C 0.001``: each by the end of its key that no other of ``leaves`` has; the first three."""
    said = [f"{_ending(key, leaves)} {_brief(new)}" for key, (_, new) in changes.items()]
    more = [f"{len(said) - NAMED} more"] if len(said) > NAMED else []
    return ", ".join(said[:NAMED] + more)


def listed(changes: Changes) -> str:
    """``threshold 300 → 250, model.C 1.0 → 0.001``: all of them, with the value before."""
    return ", ".join(f"{key} {text(old)} → {text(new)}" for key, (old, new) in changes.items())


def text(value: Any) -> str:
    """A value of the parameter file as text: JSON, but for a text itself."""
    if isinstance(value, str):
        return value
    return "nothing" if value is ABSENT else json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)


def _committed(folder: Path, commit: str) -> dict[str, Any]:
    """The leaves of the file as ``commit`` has it."""
    if not (said := git.found(folder, "show", f"{commit}:./{PARAMETERS}")):
        return {}
    with tempfile.TemporaryDirectory(prefix="track-") as place:
        file = Path(place, PARAMETERS)
        file.write_text(said, encoding="utf-8")
        try:
            return dict(flat(read_yaml(file)))
        except InputError:
            return {}


def _ending(key: str, leaves: Collection[str]) -> str:
    parts = key.split(".")
    for count in range(1, len(parts)):
        end = ".".join(parts[-count:])
        if not any(other != key and f".{other}".endswith(f".{end}") for other in leaves):
            return end
    return key


def _brief(value: Any) -> str:
    if value is ABSENT:
        return "removed"
    said = "empty" if value is None or value == "" else text(value)
    return said if len(said) <= LONGEST else "changed"
