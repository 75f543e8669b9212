"""Processes of the workbench: what they may see, and a short one that answers in JSON."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from pipeline.repository import dvc
from pipeline.workbench import supervisor
from pipeline.workbench.bounds import MIB, Bounds
from responsible.validation import InputError

HERE = Path(__file__).resolve().parents[2]  # the code of this server, for processes whose folder has none
TABLES = "pipeline.workbench.table_process"
# How Python with its libraries, our stages, C++ and engines say that the system gives no more memory.
REFUSED_MEMORY = re.compile(
    r"MemoryError|not enough memory|bad_alloc|Cannot allocate memory|Out of Memory Error|Memory allocation still failed"
)


def environment(folder: Path) -> dict[str, str]:
    """That of this process; what it writes besides its results lies in ``folder``, and it records no run."""
    temporary = folder / "tmp"
    temporary.mkdir(exist_ok=True)
    own = {"TMPDIR": str(temporary), "DVC_SITE_CACHE_DIR": str(temporary / "dvc"), "AUDIT_TRAIL": "off"}
    return {**dvc.environment(), **own}


def supervised(bounds: Bounds, seconds: int, lease: Path | None, *command: str) -> list[str]:
    """``command`` under the supervisor, which imports nothing of this repository, so that no folder can replace it."""
    limits = [str(bounds.memory), str(seconds), str(lease or "")]
    return [sys.executable, "-I", str(Path(supervisor.__file__).resolve()), *limits, *command]


def answer(folder: Path, at: Path, bounds: Bounds, *question: str, given: object = None) -> dict[str, Any]:
    """What ``table_process`` answers to a question, asked in the folder ``at``.

    Raises:
        InputError: it refuses the table or the roles, or a bound stops it; a fault per line.
    """
    command = supervised(bounds, bounds.look, None, sys.executable, "-m", TABLES, *question)
    ran = subprocess.run(
        command,
        cwd=at,
        env=environment(folder) | {"PYTHONPATH": str(HERE)},
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,
    )
    if ran.returncode:
        raise InputError("\n".join(faults(ran.stderr, bounds)))
    return dict(json.loads(ran.stdout))


def faults(said: str, bounds: Bounds) -> list[str]:
    """The refusals in what a process printed; where there are none, what DVC says, or its last line."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    if any(map(REFUSED_MEMORY.search, lines)):
        most = f"{bounds.memory // MIB:,} MiB of memory"
        return [f"one process of the run needs more than {most}, and the system refused it; use fewer rows or columns"]
    own = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
    if own:
        return list(dict.fromkeys(own))
    last = next((line for line in lines if line.startswith("ERROR: ")), lines[-1] if lines else "it printed nothing")
    return [f"the run failed: {last[:300]}; check that the table is a plain one, and the parameters, then try again"]
