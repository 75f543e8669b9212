"""Sections of `params.yaml` as text, in the form in which DVC writes the file, and their exchange for others."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

WIDTH = 36  # where comments begin, as in the shipped file


class Line(NamedTuple):
    """A key with its value (a scalar, a list of scalars, further lines, None for empty) and its comment."""

    key: str
    value: Any
    comment: str = ""


def text(lines: Sequence[Line], indent: int = 0) -> str:
    """The lines as block-style YAML."""
    out = []
    for line in lines:
        nested = isinstance(line.value, list)
        head = (
            " " * indent + f"{scalar(line.key)}:" + ("" if nested or line.value is None else f" {scalar(line.value)}")
        )
        remark = " ".join(line.comment.split())
        out.append(f"{head:<{WIDTH - 1}} # {remark}".rstrip() if remark else head)
        if nested and line.value and isinstance(line.value[0], Line):
            out.append(text(line.value, indent + 2).rstrip("\n"))
        elif nested:
            out += [" " * indent + f"- {scalar(item)}" for item in line.value]
    return "\n".join(out) + "\n"


def scalar(value: Any) -> str:
    """A scalar as YAML 1.2 spells it in one line, quoted where it would be read as something else."""
    if isinstance(value, float) and value == int(value) and abs(value) < 1e15:
        value = int(value)
    stream = io.StringIO()
    yaml = _yaml()
    yaml.width = 1 << 30
    yaml.dump(value, stream)
    return stream.getvalue().removesuffix("...\n").rstrip("\n")


def sections(params: str) -> dict[str, str]:
    """Top-level key → its lines, with the blank ones behind; what stands before the first key has the key ""."""
    parts = re.split(r"^(?=[A-Za-z_]\w*:)", params, flags=re.MULTILINE)
    return {"": parts[0], **{part.partition(":")[0]: part for part in parts[1:]}}


def exchanged(params: str, new: Mapping[str, str]) -> str:
    """The file with the text of some sections replaced; the order stays, and so do blank lines between them."""
    out = []
    for key, old in sections(params).items():
        part = new.get(key, old)
        out.append(part if part is old else part.rstrip("\n") + "\n" + "\n" * old.endswith("\n\n"))
    return "".join(out).rstrip("\n") + "\n"


def edited(params: str, change: Callable[[Any], None]) -> str:
    """The file after ``change`` has had its tree, in the form in which DVC writes it."""
    yaml = _yaml()
    tree = yaml.load(params)
    change(tree)
    stream = io.StringIO()
    yaml.dump(tree, stream)
    return stream.getvalue()


def loaded(lines: Sequence[Line]) -> Any:
    """The lines as a tree that keeps its comments."""
    return _yaml().load(text(lines))


def _yaml() -> Any:
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.default_flow_style = False
    return yaml
