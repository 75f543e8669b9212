"""Results and documents of lines of work that go: deleted, or trimmed where they speak of a line that stays."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from pipeline.storage import files
from pipeline.storage.line_contents import MONITOR, OF_MONITOR, part_of
from pipeline.storage.text import read_text

DOCUMENTS = "docs"
WATCHED, PAGE = f"metrics/{MONITOR}.json", f"{DOCUMENTS}/monitoring.md"
SHORT = "# Monitoring\n\n**{}**\n\nA line of work was taken out since. `make monitor` writes the rest of this page.\n"


def deleted(root: Path, pipeline: Mapping[str, Any], gone: Collection[str]) -> list[Path]:
    """Delete the outputs and documents of lines, and folders that are empty then; trim what the monitor said."""
    listed = [
        root / (out if isinstance(out, str) else next(iter(out)))
        for stage in (pipeline.get("stages") or {}).values()
        for kind in ("outs", "metrics", "plots")
        for out in stage.get(kind, ())
    ]
    others = [part for part in OF_MONITOR if part in gone]
    beside = (root / MONITOR).glob("*") if MONITOR in gone or others else ()
    paths = {*listed, *(root / DOCUMENTS).rglob("*.md"), *beside, root / WATCHED}
    found = sorted(path for path in paths if path.is_file() and part_of(path.relative_to(root).as_posix()) in gone)
    for path in found:
        path.unlink()
        if not any(path.parent.iterdir()):
            path.parent.rmdir()
    for part in others if MONITOR not in gone else ():
        _trim(root, part)
    return found


def _trim(root: Path, part: str) -> None:
    """Take another line of work out of what the monitor said; its pictures wait for the next run."""
    text = read_text(root / WATCHED) if (root / WATCHED).is_file() else ""
    said = json.loads(text)[MONITOR] if text else {}
    line = OF_MONITOR[part]
    if (own := said.pop(line, None)) is None:
        return
    said["answers"].pop(line)
    said["answer"] = " ".join(said["answers"].values())
    said["standing"] = [each for each in said["standing"] if each["line"] != line]
    said["alarms"] = {name: n - own["alarms"][name] for name, n in said["alarms"].items()}
    said["of"].pop(part)
    files.write_json(root / WATCHED, {MONITOR: said})
    files.write_text(root / PAGE, SHORT.format(said["answer"]))
