"""Keys of a YAML file in block style, taken out as text, so that comments, order and layout of the others stay."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

_QUOTED = re.compile(r"(['\"])(?P<key>.*?)\1\s*(?::|#|$)")
_PLAIN = re.compile(r"(?P<key>[^#]*?)\s*(?::(?:\s|$)|\s#|$)")
Path = tuple[str, ...]


@dataclass
class _Block:
    """A key or a list's item: its line below the comments on it, what hangs on it, and the blank lines after it."""

    key: str
    item: bool
    indent: int
    lines: list[str]
    children: list[_Block] = field(default_factory=list)
    after: list[str] = field(default_factory=list)

    def text(self) -> Iterator[str]:
        yield from self.lines
        for child in self.children:
            yield from child.text()
        yield from self.after


def without(text: str, drop: Callable[[Path], bool]) -> str:
    """``text`` without the keys and items whose path ``drop`` names, and without keys that then hold nothing.

    A path is the keys from the top; an item counts by its text, of ``- file: {…}`` the file. Comments on lines of their
    own directly above a key go with it; those above an item stay, because they may be about the items below it.
    """
    top = _tree(text)
    _prune(top, (), drop)
    return "".join(top.text())


def _prune(block: _Block, path: Path, drop: Callable[[Path], bool]) -> None:
    kept: list[_Block] = []
    above: list[str] = []
    for child in block.children:
        here, held = (*path, child.key), bool(child.children)
        if not (gone := drop(here)):
            _prune(child, here, drop)
            gone = held and not child.children
        if gone:
            above += child.lines[:-1] if child.item else []
        else:
            child.lines[:0], above = above, []
            kept.append(child)
    block.children = kept


def _tree(text: str) -> _Block:
    top = _Block("", item=False, indent=-1, lines=[])
    path, waiting = [top], list[str]()
    for line in text.splitlines(keepends=True):
        words = line.strip()
        if not words or words.startswith("#"):
            waiting.append(line)
            continue
        item, indent = words.startswith("- "), _indent(line)
        while not (indent > path[-1].indent or (indent == path[-1].indent and item and not path[-1].item)):
            path.pop()
        siblings = path[-1].children
        above = next((i for i, own in enumerate(waiting) if own.strip() and _indent(own) <= indent), len(waiting))
        if siblings:  # blank lines, and what is deeper: the end of a text in lines
            siblings[-1].after += waiting[:above]
        block = _Block(_key(words), item, indent, [*waiting[above if siblings else 0 :], line])
        siblings.append(block)
        path.append(block)
        waiting = []
    top.after = waiting
    return top


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _key(words: str) -> str:
    words = words.removeprefix("- ")
    found = _QUOTED.match(words) or _PLAIN.match(words)
    return found["key"] if found else words
