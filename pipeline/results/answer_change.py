"""An answer of people as a change to ``answers.yaml``: a difference to read, apply with `git apply` and commit."""

from __future__ import annotations

import difflib
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.results.answers import TEMPLATES
from responsible.governance.answers import FILE, Asked, Table
from responsible.validation import InputError


def difference(asked: Asked, text: str, tables: Mapping[str, Table], root: str = ".") -> str:
    """What changes in ``answers.yaml`` when ``text`` answers the question for ``tables``, as a unified difference.

    Nothing is written. Where the file says that its answers are for another table, this answer names its own.

    Raises:
        InputError: the question is about a text in params.yaml, or the answer is empty.
    """
    if asked.place not in TEMPLATES:
        raise InputError(f"{asked.place}.{asked.name}: is answered in params.yaml, beside what it is about")
    if not text.strip():
        raise InputError(f"{asked.place}.{asked.name}: an answer needs words")
    file = Path(root, FILE)
    old = file.read_text(encoding="utf-8") if file.is_file() else ""
    before, after = (own.splitlines(keepends=True) for own in (old, _answered(old, asked, text, tables)))
    return "".join(difflib.unified_diff(before, after, f"a/{FILE}", f"b/{FILE}"))


def _answered(old: str, asked: Asked, text: str, tables: Mapping[str, Table]) -> str:
    from ruamel.yaml.scalarstring import LiteralScalarString

    yaml = _writer(old)
    tree = yaml.load(old) or {}
    told = tree.get("written_for") or {}
    own = {line: tables[line] for line in asked.lines}
    others = {line: table for line, table in own.items() if table.unlike(_table(told.get(line)))}
    said: Any = LiteralScalarString("\n".join(line.strip() for line in text.strip().splitlines()) + "\n")
    if others:
        plain = {line: table.model_dump(exclude_none=True) for line, table in others.items()}
        said = {"text": said, "written_for": plain}
    tree.setdefault(asked.place, {})
    tree[asked.place] = tree[asked.place] or {}
    tree[asked.place][asked.name] = said
    out = io.StringIO()
    yaml.dump(tree, out)
    return out.getvalue()


def _table(told: Mapping[str, Any] | None) -> Table | None:
    return Table.model_validate(dict(told)) if told else None


def _writer(old: str) -> Any:
    """A YAML writer that leaves what it does not change as it is: lists indented as the file has them."""
    from ruamel.yaml import YAML

    for sequence, offset in ((4, 2), (2, 0)):
        yaml, out = YAML(), io.StringIO()
        yaml.preserve_quotes, yaml.width = True, 4096
        yaml.indent(mapping=2, sequence=sequence, offset=offset)
        yaml.dump(yaml.load(old), out)
        if out.getvalue() == old:
            break
    return yaml
