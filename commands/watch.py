"""Keep one issue on fresh data: ``python -m commands.watch REPORT CODE``, which `.ci/watch` runs with GH_TOKEN.

The issue is there while a blocking rule is not met, an alarm stands, or the results cannot be had. What was said before
is known by a mark in its text: nothing is written when nothing is new, the text is replaced and a comment says so when
something is, and the issue is closed when all holds again. Other people's comments stay.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from pipeline import entry
from pipeline.reporting.formatting import columns, number, percent
from pipeline.repository.digests import of_value
from pipeline.results.catalogue import MONITORED
from pipeline.results.policy_verdicts import verdicts
from pipeline.storage import files, parameters
from pipeline.storage.line_contents import MONITOR
from pipeline.storage.lines import PARAMETERS
from responsible.validation import InputError
from responsible.words import Words

TITLE = "Fresh data need attention"
MARK = re.compile(r"<!-- watch: (\w+) -->")
JUDGED = (0, 1)  # codes of a gate that could judge
LINES: Final = {"budget": "drift", "healthcare": "healthcare", "segments": "segments"}  # and a table of its periods
SHOWN = 18  # periods, and questions, of the calendar
TO_DO = """
**What to do.** See first whether the delivery changed, or the people: docs/monitoring.md has the figures. Retraining is
a suggestion, never automatic. With the new rows in the table that the model learns from:

```bash
git switch --create retrained
make
make review BASE=main
```
"""


def main(report: str, code: int, root: str = ".", today: date | None = None) -> None:
    """Open, update or close the issue, or leave it as it is; ``report`` is a Markdown file, ``code`` the gate's."""
    folder = Path(root)
    said = _monitored(folder)
    late = _overdue(said, folder, today or datetime.now(UTC).date())
    standing = [f"{own['question']} since {own['since']}" for own in said.get("standing", [])]
    news = [*_policy(folder, code), *late, *standing]
    known = _open()
    if not news:
        if known:
            _gh("issue", "close", str(known["number"]), "--comment", _holds(said))
        return
    mark = of_value(sorted(news))[:16]
    if known and (before := MARK.search(str(known["body"]))) and before[1] == mark:
        return
    body = "\n".join(
        [
            f"<!-- watch: {mark} -->",
            *(f"**{own}.**\n" for own in late),
            *_told(said, folder),
            Path(report).read_text(encoding="utf-8"),
        ]
    )
    with tempfile.TemporaryDirectory() as place:
        text = _fitted(body, Path(place))
        if known is None:
            _gh("issue", "create", "--title", TITLE, "--body-file", str(text))
            return
        _gh("issue", "edit", str(known["number"]), "--body-file", str(text))
        _gh("issue", "comment", str(known["number"]), "--body", f"Now: {'; '.join(news)}.")


def _policy(root: Path, code: int) -> list[str]:
    """Blocking rules that are not met, or that nothing could be judged."""
    if code not in JUDGED:
        return ["the results cannot be had or judged"]
    return [
        f"rule {judgement.title}: {judgement.verdict.replace('_', ' ')}"
        for judgement in verdicts(root)
        if judgement.blocks
    ]


def _monitored(root: Path) -> dict[str, Any]:
    """What monitoring found; nothing where there is no monitor."""
    there = (root / MONITOR / "dvc.yaml").is_file() and (root / MONITORED).is_file()
    return dict(files.read_json(root / MONITORED, "monitor")) if there else {}


def _overdue(said: Mapping[str, Any], root: Path, today: date) -> list[str]:
    """That the batch of the next period should be here by now (monitor.overdue), which is a gap as well."""
    params = parameters.read_yaml(root / PARAMETERS)
    days = (params.get(MONITOR) or {}).get("overdue") if said else None
    if days is None:
        return []
    many = Words.model_validate(params.get("words") or {}).many
    names = {"budget": "", "healthcare": f" of {many('healthcare')}", "segments": f" of {many('segments')}"}
    by, newest = today - timedelta(days=days), _periods(said)
    late = [(line, own) for line, own in newest.items() if by > date.fromisoformat(own["next_ends"])]
    return [f"No batch{names[line]} has come since {own['newest']}" for line, own in late]


def _periods(said: Mapping[str, Any]) -> dict[str, Any]:
    return {line: said[line]["periods"] for line in LINES if line in said}


def _told(said: Mapping[str, Any], root: Path) -> list[str]:
    """The answer of the monitor, each alarm with its beginning, how sure, a calendar, and what to do."""
    if not said.get("standing"):
        return []
    spent = said["spent"]
    sure = (
        f"How sure: an alarm needs a change of the declared size and a p of at most "
        f"one in {number(spent['one_in'], 0)}. "
        f"So the chance of any false alarm in {spent['horizon']} periods is {percent(spent['error'], 0)}."
    )
    alarms = [f"- {own['said']} Since {own['since']}." for own in said["standing"]]
    return [f"**{said['answer']}**", "", *alarms, "", sure, "", *_calendar(root), TO_DO]


def _calendar(root: Path) -> list[str]:
    """Alarms by period, as text; the picture is monitor/calendar.svg."""
    raised = [row for row in _rows(root, "alarms") if row["state"] == "alarm"]
    periods = sorted({row["period"] for name in LINES.values() for row in _rows(root, name)})[-SHOWN:]
    marks: dict[tuple[str, ...], set[str]] = {}
    for row in raised:
        marks.setdefault(tuple(row[k] for k in ("kind", "name", "group", "figure")), set()).add(row["period"])
    lines = [("", *periods)]
    for key, own in list(marks.items())[:SHOWN]:
        lines.append((" ".join(filter(None, key)), *("x" if period in own else "." for period in periods)))
    return [
        "```",
        *columns(lines),
        "```",
        "",
        "The same as a picture: monitor/calendar.svg among the files of the run.",
    ]


def _rows(root: Path, name: str) -> list[dict[str, str]]:
    """A table of the monitor; no rows where there is none."""
    path = root / MONITOR / f"{name}.csv"
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines())) if path.is_file() else []


def _holds(said: Mapping[str, Any]) -> str:
    newest = dict.fromkeys(own["newest"] for own in _periods(said).values())
    at = f" The newest period is {', '.join(newest)}." if newest else ""
    return f"It holds again: every blocking rule is met, and no alarm stands.{at}"


def _fitted(body: str, place: Path) -> Path:
    """The text as far as it fits into an issue."""
    (place / "whole.md").write_text(body, encoding="utf-8")
    command = [sys.executable, str(Path(__file__).parents[1] / ".ci/fit"), str(place / "whole.md")]
    out = subprocess.run(command, check=True, capture_output=True).stdout
    (place / "issue.md").write_bytes(out)
    return place / "issue.md"


def _open() -> dict[str, Any] | None:
    """The issue that is open, its number and text."""
    search = ("--state", "open", "--search", f'in:title "{TITLE}"', "--json", "number,body,title")
    found = json.loads(_gh("issue", "list", *search) or "[]")
    return next((own for own in found if own["title"] == TITLE), None)


def _gh(*arguments: str) -> str:
    """What GitHub's command line prints.

    Raises:
        InputError: it is not there, or refuses.
    """
    try:
        ran = subprocess.run(["gh", *arguments], check=False, capture_output=True, text=True)
    except OSError as error:
        raise InputError(f"gh cannot be run: {error}") from None
    if ran.returncode:
        raise InputError(f"gh {' '.join(arguments[:2])}: {' '.join(ran.stderr.split())}")
    return ran.stdout


def _arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m commands.watch", description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("report", help="a Markdown file: what the gate or the rebuild printed")
    parser.add_argument("code", type=int, help="the exit code of the gate")
    return parser.parse_args(given)


if __name__ == "__main__":
    entry.run(lambda: main(**vars(_arguments())))
