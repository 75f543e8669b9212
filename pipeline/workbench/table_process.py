"""Reading somebody's table in a process of its own: ``python -m pipeline.workbench.table_process look|draft``.

``look`` says what columns ``FILE`` has; ``draft`` writes the draft for the roles that come as JSON on standard input
into the copy of the repository that is the current folder. The answer is JSON on standard output; a refusal ends the
process as it ends a stage.
"""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline import entry
from pipeline.drafting import inspection, proposal, reading, report
from pipeline.drafting.findings import Level
from pipeline.drafting.inspection import Column
from pipeline.drafting.request import Request, is_number
from pipeline.drafting.sections import DECIDE
from pipeline.storage.lines import PARAMETERS
from pipeline.storage.spreadsheets import safe
from responsible.validation import InputError

SHOWN = 100  # levels of a column, which is as many as an attribute may have
ENGINE = "duckdb"
PICKLED = b"arrow.py_extension_type"  # a column type that older readers unpickled


def look(file: str, name: str, most_fields: int) -> dict[str, Any]:
    """The columns of the file with their kinds and levels, and what to know of it."""
    if Path(file).suffix == ".parquet":
        _refuse_odd_parquet(file, name, most_fields)
    table = reading.read(file, ENGINE)
    found = inspection.columns(table)
    if len(found) < 2:
        rule = f"has {len(found)} column{'' if len(found) == 1 else 's'} that can be used; a table has several"
        raise InputError(f"{name}: {rule}: check the sign between fields, and that no two columns have one name")
    return {
        "facts": list(report.facts(table, len(found), name)),
        "notes": list(_notes(found)),
        "columns": [_column(column) for column in found.values()],
    }


def _refuse_odd_parquet(file: str, name: str, most_fields: int) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        footer = pq.read_metadata(file)
        metadata, schema = footer.metadata or {}, pq.read_schema(file)
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{name}: not readable as Parquet: {' '.join(str(error).split())}; write it again") from None
    if any(PICKLED in _decoded(value) for value in metadata.values()):
        rule = f"has a column type that is pickled ({PICKLED.decode()}), which is never loaded"
        raise InputError(f"{name}: {rule}; write the table again with plain columns")
    for field in schema:
        if pa.types.is_nested(field.type) or isinstance(field.type, pa.BaseExtensionType):
            rule = f"column {field.name!r}: must have one value per row, is {field.type}"
            raise InputError(f"{name}: {rule}; write each part into a column of its own")
    if (fields := footer.num_rows * footer.num_columns) > most_fields:
        raise InputError(f"{name}: must have at most {most_fields:,} fields, got {fields:,}; use fewer rows or columns")


def _decoded(value: bytes) -> bytes:
    """Metadata as it is and, where it is Base64, as Arrow keeps its schema, what that stands for."""
    import base64
    import binascii

    try:
        return value + base64.b64decode(value, validate=True)
    except binascii.Error:
        return value


def _notes(columns: Mapping[str, Column]) -> Iterator[str]:
    """What somebody should know of names and levels: all are texts here, elsewhere they may be taken for more."""
    for name, column in columns.items():
        texts = [name, *map(str, column.counts.index)] if column.kind == "categorical" else [name]
        if odd := next((text for text in texts if safe(text) != text), None):
            rule = f"column {name!r}: {odd[:40]!r} begins like a formula and is read as text"
            yield f"{rule}; open the tables of `spreadsheets/` in Excel, where it stays a text"
        if odd := next((text for text in texts if re.search(r"<\s*[a-zA-Z/!]", text)), None):
            yield f"column {name!r}: {odd[:40]!r} looks like HTML and is shown as text; rename it if it is a slip"


def _column(column: Column) -> dict[str, Any]:
    levels = [(str(level), int(rows)) for level, rows in column.counts.head(SHOWN).items()]
    return {
        "name": column.name,
        "kind": column.kind,
        "missing": column.missing,
        "distinct": len(column.counts),
        "levels": levels,
        "continuous": bool(column.is_continuous),
        "constant": bool(column.is_constant),
        "cut": column.kind == "numeric" and is_number(column),
    }


def draft(asked: Mapping[str, Any], root: Path) -> dict[str, Any]:
    """Write the draft into ``root``; what the rows show, warnings, and what people have to decide."""
    external, segments = asked["score"] or asked["decision"], asked["line"] == "segments"
    if segments and not asked["bounds"]:
        raise InputError("--bounds: must say what values anybody can have; fill in both ends of at least one column")
    if not asked["target"] and not external and not segments:
        raise InputError("--target: must name what is predicted; choose a column, or the score or decision of a model")
    if not asked["protected"]:
        raise InputError("--protected: must name the groups whose treatment is audited; choose at least one column")
    found = proposal.proposed(Request(**asked), root)
    found.write(root)
    of = proposal.shown(found.roles, root / PARAMETERS)
    said = list(proposal.said(found.roles, root / PARAMETERS))
    groups = report.groups(found.roles, of.confidence, of.share) if found.roles.target else ()
    return {
        "said": said,
        "warnings": [line.strip().removeprefix("warning: ") for line in said if line.strip().startswith("warning: ")],
        "groups": [
            {"attribute": name, "against": against, "levels": list(map(_level, levels))}
            for name, against, levels in groups
        ],
        "questions": questions((root / PARAMETERS).read_text(encoding="utf-8")),
    }


def _level(level: Level) -> dict[str, str]:
    """A row of texts about a level."""
    return {
        "level": str(level.level),
        "rows": f"{level.rows:,}",
        "share with a yes": f"{100 * level.base_rate:.1f} %",
        "smallest difference that can be shown": "no comparison"
        if math.isnan(level.shows)
        else f"{100 * level.shows:.1f} points",
    }


def questions(params: str) -> list[tuple[str, str]]:
    """(dotted key, what to decide) of each comment that asks for a decision."""
    asked = re.findall(rf"# {DECIDE} (.*)$", params, re.MULTILINE)
    return list(zip(report.decisions(params), asked, strict=True))


def main(arguments: Sequence[str]) -> None:
    """Answer one question as JSON, in which what is undefined is null."""
    what, *rest = arguments
    answer = look(rest[0], rest[1], int(rest[2])) if what == "look" else draft(json.load(sys.stdin), Path())
    print(json.dumps(_plain(answer), allow_nan=False))


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return None if isinstance(value, float) and math.isnan(value) else value


if __name__ == "__main__":
    entry.run(lambda: main(sys.argv[1:]))
