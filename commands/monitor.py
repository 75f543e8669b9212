"""Run the monitor and hand on what it found: ``python -m commands.monitor``, which is ``make monitor``.

The side pipeline in monitor/ is run, which brings what it needs of the daily one up to date. What documents and rules
quote is copied to metrics/monitor.json. Then the daily pipeline follows: the documents that quote it, the summary, and
one run of the audit trail for the new result. ``--only`` leaves the last step out.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from textwrap import wrap

from commands import rebuild
from pipeline import entry
from pipeline.repository import locks
from pipeline.repository.dvc import DVC, environment
from pipeline.results.catalogue import MONITORED
from pipeline.results.monitored import monitored
from pipeline.storage import files, parameters
from pipeline.storage.line_contents import MONITOR, OF_MONITOR
from pipeline.storage.lines import PARAMETERS, SIDE, refuse_parts
from responsible.validation import InputError

RESULT = f"{MONITOR}/metrics.json"


def main(root: str = ".", *, only: bool = False) -> int:
    """Run it in ``root``; 0, or the exit code of what failed, of which nothing is handed on."""
    folder = Path(root)
    refuse(folder)
    if code := run_beside(folder, SIDE):
        return code
    files.write_bytes(folder / MONITORED, (folder / RESULT).read_bytes())
    code = 0 if only else rebuild.main(root=root)
    print("", *wrap(f"monitor: {monitored(folder).says}", 118), "to read: docs/monitoring.md", sep="\n")
    return code


def run_beside(root: Path, side: str) -> int:
    """Run a pipeline beside the daily one; its exit code."""
    with locks.building(root, _say):
        locks.clear_unreadable(root, _say)
        return subprocess.run([*DVC, "repro", side], cwd=root, env=environment(), check=False).returncode


def refuse(root: Path) -> None:
    """InputError where there is nothing to monitor, or DVC would say less of what is wrong."""
    refuse_parts(root / PARAMETERS)
    given = parameters.read_yaml(root / PARAMETERS).get(MONITOR)
    if not isinstance(given, Mapping):
        raise InputError(f"{PARAMETERS}: monitor is missing; say where later batches are, docs/live_model.md shows how")
    side = (root / SIDE).read_text(encoding="utf-8")
    for line, name in OF_MONITOR.values():
        own, key = (given, MONITOR) if name == "source" else (given.get(name), f"{MONITOR}.{name}")
        if isinstance((own or {}).get("source"), Mapping) and f"${{{key}.source}}" in side:
            raise InputError(f"{SIDE}: {key}.source is a query, no file; remove the line `- ${{{key}.source}}`")
        if bool(given.get(name)) != (f"monitor_{line}" in side):
            remedy = f"restore {PARAMETERS} and {SIDE} from git, or take the rest of it out with `make keep`"
            raise InputError(f"{SIDE}: the stage monitor_{line} belongs to monitor.{name} in {PARAMETERS}; {remedy}")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m commands.monitor", description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--only", action="store_true", help="leave documents, summary and audit trail as they are")
    entry.run(lambda: main(**vars(parser.parse_args())))
