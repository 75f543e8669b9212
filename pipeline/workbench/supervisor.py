"""One command under bounds, run as a script: ``python supervisor.py BYTES SECONDS LEASE COMMAND…``.

It is started as the leader of its own process group, and ends every process of the group when memory or time is used
up, when who started it has died, or when nobody has touched the file ``LEASE`` for ``PATIENCE`` seconds ("" = no such
file). Its exit code is that of the command, or ``STOPPED`` with the reason as its last line on stderr. Memory is the
sum of the group's resident sets, which counts shared pages once for each process. Where the system can, it also refuses
any single process more than that, however fast it asks for it.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

STOPPED, PATIENCE, INTERVAL = 125, 600.0, 0.1
MIB = 1 << 20


def main(most_bytes: int, most_seconds: float, lease: str, command: Sequence[str]) -> int:
    """Run the command to its end, or to that of a bound."""
    parent, started = os.getppid(), time.monotonic()
    _refuse_more(most_bytes)
    with subprocess.Popen(command) as child:
        while child.poll() is None:
            if why := _exceeded(most_bytes, most_seconds, lease, parent, started):
                print(f"error: {why}", file=sys.stderr, flush=True)
                _end_others()
                return STOPPED
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(INTERVAL)
    _end_others()  # what the command left behind
    return child.returncode


def _refuse_more(most_bytes: int) -> None:
    """Let the system refuse more data than this to any process from here on; macOS, for one, does not."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        most = most_bytes if hard == resource.RLIM_INFINITY else min(most_bytes, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def _exceeded(most_bytes: int, most_seconds: float, lease: str, parent: int, started: float) -> str:
    """Which bound is exceeded and what helps, "" when none is."""
    if sum(map(_resident, members())) > most_bytes:
        return f"the run needs more than {most_bytes // MIB:,} MiB of memory; use fewer rows or columns"
    if time.monotonic() - started > most_seconds:
        return f"the run takes more than {most_seconds:,.0f} seconds; use fewer rows or columns"
    if os.getppid() != parent:
        return "the server has ended; start it and run again"
    if lease and (not Path(lease).exists() or time.time() - Path(lease).stat().st_mtime > PATIENCE):
        return "nobody has watched the run for ten minutes; run it again"
    return ""


def members() -> list[int]:
    """The other processes of this process group."""
    own, found = os.getpgrp(), []
    for pid in psutil.pids():
        with contextlib.suppress(OSError):
            if pid != os.getpid() and os.getpgid(pid) == own:
                found.append(pid)
    return found


def _resident(pid: int) -> int:
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:  # it has ended
        return 0


def _end_others() -> None:
    while running := [pid for pid in members() if _is_running(pid)]:
        for pid in running:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)


def _is_running(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), float(sys.argv[2]), sys.argv[3], sys.argv[4:]))
