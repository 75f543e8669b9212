"""Results and documents of lines of work that go: deleted, or trimmed where they speak of a line that stays."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from pipeline.storage import files
from pipeline.storage.line_contents import ALTERNATIVES, MONITOR, OF_MONITOR, part_of
from pipeline.storage.text import read_text

DOCUMENTS = "docs"
RESULT, ALARMS = f"{MONITOR}/metrics.json", f"{MONITOR}/alarms.csv"
WATCHED, PAGE = f"metrics/{MONITOR}.json", f"{DOCUMENTS}/monitoring.md"
SOUGHT = f"metrics/{ALTERNATIVES}.json"
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
    beside = [*(root / MONITOR).glob("*")] if MONITOR in gone or others else []
    beside += [*(root / ALTERNATIVES).glob("*"), root / SOUGHT] if ALTERNATIVES in gone else []
    paths = {*listed, *(root / DOCUMENTS).rglob("*.md"), *beside, root / WATCHED}
    found = sorted(path for path in paths if path.is_file() and part_of(path.relative_to(root).as_posix()) in gone)
    for path in found:
        path.unlink()
        if not any(path.parent.iterdir()):
            path.parent.rmdir()
    text = read_text(root / WATCHED) if (root / WATCHED).is_file() and MONITOR not in gone else ""
    said = json.loads(text)[MONITOR] if text else {}
    if lines := [line for part, (line, _) in OF_MONITOR.items() if part in gone and line in said]:
        found += _trim(root, said, lines)
    return found


def _trim(root: Path, said: dict[str, Any], lines: Collection[str]) -> list[Path]:
    """Take other lines of work out of what the monitor said; the calendar, which shows them, waits for the next run."""
    for line in lines:
        own = said.pop(line)
        said["answers"].pop(line)
        said["alarms"] = {name: n - own["alarms"][name] for name, n in said["alarms"].items()}
        said["of"].pop(line, None)
    said["answer"] = " ".join(said["answers"].values())
    said["standing"] = [each for each in said["standing"] if each["line"] not in lines]
    for path in (WATCHED, RESULT):
        files.write_json(root / path, {MONITOR: said})
    files.write_text(root / PAGE, SHORT.format(said["answer"]))
    if (alarms := root / ALARMS).is_file():
        head, *rows = read_text(alarms).splitlines(keepends=True)
        files.write_text(alarms, "".join([head, *(row for row in rows if row.partition(",")[0] not in lines)]))
    pictures = sorted((root / MONITOR).glob("calendar*.svg"))
    for picture in pictures:
        picture.unlink()
    return pictures
