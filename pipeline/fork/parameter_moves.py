"""The parameter file of an older release in this one's form: keys move as text, so that comments and values stay."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from pipeline.storage.parameters import VERSION

# By the version that first has them: dotted key of the version before → its dotted key now.
MOVES: Mapping[int, Mapping[str, str]] = {2: {}}
_MISSING = re.compile(r".*?: (\S+) is missing; add the key")


class Block(NamedTuple):
    """Where a key stands: its first line, the line after its last one, and its column."""

    start: int
    end: int
    column: int


def moved(text: str, upstream: str, moves: Mapping[int, Mapping[str, str]] = MOVES) -> tuple[str, list[str]]:
    """The ``text`` of a parameter file with keys where this release has them, and a line for each that moved or could
    not. The line of ``version`` is taken from ``upstream``, the file of this release.
    """
    said, has = [], tree(text).get("version", 1)
    for version in range(has + 1 if isinstance(has, int) else 1, VERSION + 1):
        for old, new in moves.get(version, {}).items():
            if old in blocks(text) or _value(text, old) is not None:
                text, line = _renamed(text, old, new)
                said.append(line)
    if "version" not in tree(text) or has != VERSION:
        lines, at = text.splitlines(keepends=True), blocks(text)
        first = min((block.start for block in at.values()), default=0)
        lines[first : first + ("version" in at)] = _lines(upstream, "version")
        text = "".join(lines)
        said.append(f"version: is now {VERSION}")
    return text, said


WORDS = "words"


def completed(text: str, upstream: str, faults: list[str]) -> tuple[str, list[str]]:
    """The ``text`` with every key that ``faults`` call missing, as ``upstream`` has it, and a line for each."""
    said = []
    for key in [found[1] for fault in faults if (found := _MISSING.fullmatch(fault))]:
        if key == WORDS:  # upstream's are about its own table
            text = f"{text.rstrip()}\n\n{WORDS}:\n"
            said.append(f"{key}: is new, and empty")
        elif key in blocks(upstream):
            text = _inserted(text, key.rpartition(".")[0], _lines(upstream, key))
            said.append(f"{key}: is new, with the value of upstream: {_short(_value(upstream, key))}")
        else:
            said.append(f"{key}: is new and has no common value; add the key")
    return text, said


def blocks(text: str) -> dict[str, Block]:
    """Dotted key → its place, of every key in block style."""
    lines = text.splitlines()
    return {key: _trimmed(block, lines) for key, block in _walk(tree(text), "", len(lines))}


def _walk(mapping: Any, prefix: str, end: int) -> Iterator[tuple[str, Block]]:
    at = [(key, *mapping.lc.key(key)) for key in mapping]
    for (key, line, column), (_, following, _) in zip(at, [*at[1:], ("", end, 0)], strict=True):
        yield f"{prefix}{key}", Block(line, following, column)
        if isinstance(mapping[key], dict) and not mapping[key].fa.flow_style():
            yield from _walk(mapping[key], f"{prefix}{key}.", following)


def _trimmed(block: Block, lines: list[str]) -> Block:
    """Without the empty lines and comments at its end, which belong to the next key."""
    end = block.end
    while end > block.start + 1 and lines[end - 1].strip()[:1] in ("", "#"):
        end -= 1
    return block._replace(end=end)


@lru_cache(maxsize=16)
def tree(text: str) -> Any:
    """The tree of a YAML text, with the places of its keys; shared, so nobody changes it."""
    from ruamel.yaml import YAML

    return YAML().load(text)


def _value(text: str, key: str) -> Any:
    """The value at a dotted key; None where there is none."""
    value = tree(text)
    for part in key.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _lines(text: str, key: str) -> list[str]:
    block = blocks(text)[key]
    return [f"{line[block.column :]}\n" for line in text.splitlines()[block.start : block.end]]


def _renamed(text: str, old: str, new: str) -> tuple[str, str]:
    """The text with the key at its new place, and what to say; as it was where that cannot be done."""
    from ruamel.yaml.error import YAMLError

    by_hand = f"{old}: is {new} now; move it by hand"
    if old not in blocks(text) or _value(text, new) is not None:
        return text, by_hand
    lines, (start, end, _) = text.splitlines(keepends=True), blocks(text)[old]
    parent, _, name = new.rpartition(".")
    head, *rest = _lines(text, old)
    block = [name + head[head.index(":", len(old.rpartition(".")[2])) :], *rest]
    try:
        if parent == old.rpartition(".")[0]:
            result = "".join([*lines[:start], *_indented(block, blocks(text)[old].column), *lines[end:]])
        else:
            result = _inserted("".join([*lines[:start], *lines[end:]]), parent, block)
        done = _value(result, new) == _value(text, old)
    except YAMLError:
        done = False
    return (result, f"{old}: is {new} now") if done else (text, by_hand)


def _inserted(text: str, parent: str, block: list[str]) -> str:
    """The text with a block, written without indent, as the last one of ``parent``, which is made where it lacks."""
    at = blocks(text)
    if not parent:
        return f"{text.rstrip()}\n\n{''.join(block)}"
    if parent not in at:
        above, _, name = parent.rpartition(".")
        return _inserted(_inserted(text, above, [f"{name}:\n"]), parent, block)
    inside = [place.column for key, place in at.items() if key.rpartition(".")[0] == parent]
    lines = f"{text.rstrip()}\n".splitlines(keepends=True)
    lines[at[parent].end : at[parent].end] = _indented(block, inside[0] if inside else at[parent].column + 2)
    return "".join(lines)


def _indented(block: list[str], column: int) -> list[str]:
    return [f"{' ' * column if line.strip() else ''}{line}" for line in block]


def _short(value: Any) -> str:
    return f"{len(value)} keys" if isinstance(value, dict) else str(value)
