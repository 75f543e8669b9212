"""One run of DVC in a copy of the repository: started, watched and cancelled; never two at a time.

A run holds a lock that the system lets go of when its last process ends, whatever ends it. So the lock is that of all
sessions of a server, and of all servers of a repository.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pipeline.repository import dvc
from pipeline.repository.digests import sha256
from pipeline.repository.stage_outcomes import RAN, outcomes
from pipeline.workbench import folders, processes
from pipeline.workbench.bounds import Bounds
from responsible.validation import InputError

WAITING, RUNNING, DONE, FAILED = "waiting", "running", "done", "failed"
LOG, LEASE = "run.log", "run.lease"


@dataclass(frozen=True)
class Stage:
    """A stage, what it does in a sentence, and whether it is waiting, running, done or failed."""

    name: str
    does: str
    state: str


@dataclass(frozen=True)
class Progress:
    """How far a run is: its stages in order, how many are done, seconds since its start, and how it ended, if it did.

    ``refusals`` are the lines that say why it failed, in the words of the stage that did; none where it was cancelled.
    """

    stages: tuple[Stage, ...]
    seconds: int
    ended: bool
    succeeded: bool
    cancelled: bool = False
    refusals: tuple[str, ...] = ()

    @property
    def done(self) -> int:
        """The number of stages that are done."""
        return sum(stage.state == DONE for stage in self.stages)

    @property
    def share(self) -> float:
        """The share of stages that are done, from 0 to 1."""
        return self.done / (len(self.stages) or 1)


class Run:
    """A run of ``dvc`` in ``copy``; its log and its temporary files lie in the private ``folder``."""

    def __init__(
        self, repository: Path, copy: Path, folder: Path, bounds: Bounds, command: Sequence[str] = ("repro",)
    ) -> None:
        """Start it.

        Raises:
            InputError: another run of the repository is going.
        """
        self.cancelled, self._bounds = False, bounds
        self._log, self._lease = folder / LOG, folder / LEASE
        self._declared = {name: str(of.get("desc", "")) for name, of in dvc.stages(copy, dvc.PIPELINE).items()}
        self._started, self._ended = time.monotonic(), 0.0
        with _held(repository) as lock, self._log.open("wb") as log:
            self._lease.touch()
            self._process = subprocess.Popen(
                processes.supervised(bounds, bounds.seconds, self._lease, *dvc.DVC, *command),
                cwd=copy,
                env=processes.environment(folder) | {"PYTHONDONTWRITEBYTECODE": ""},  # stages share what is compiled
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=[lock],
            )

    def progress(self) -> Progress:
        """How far it is; asking keeps it alive, because a run that nobody watches is ended."""
        code = self._settled()
        if code is None:
            self._lease.touch()
        said = self._log.read_text(encoding="utf-8", errors="replace")
        failed = code is not None and code != 0
        stages = tuple(_stages(self._declared, outcomes(said), ended=code is not None, failed=failed))
        why = tuple(processes.faults(said, self._bounds)) if failed and not self.cancelled else ()
        seconds = int((self._ended or time.monotonic()) - self._started)
        return Progress(stages, seconds, code is not None, code == 0, self.cancelled, why)

    def cancel(self) -> None:
        """End all its processes at once, and wait until they are gone."""
        if self._settled() is None:
            self.cancelled = True
            _end(self._process.pid)
            self._process.wait()
            self._settled()

    def _settled(self) -> int | None:
        """The exit code, None while it runs. Of one that has ended, however it did, no process is left."""
        code = self._process.poll()
        if code is not None and not self._ended:
            self._ended = time.monotonic()
            _end(self._process.pid)
        return code


def _stages(declared: Mapping[str, str], met: Mapping[str, str], *, ended: bool, failed: bool) -> list[Stage]:
    """The stage that DVC came to last is the one that runs, or that failed."""
    last = list(met)[-1] if met else ""
    found = []
    for name, does in declared.items():
        state = DONE if name in met else WAITING
        if name == last and met[name] == RAN:
            state = RUNNING if not ended else FAILED if failed else DONE
        found.append(Stage(name, does, state))
    return found


def _end(group: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


@contextlib.contextmanager
def _held(repository: Path) -> Iterator[int]:
    """The open lock file, locked; whoever it is passed to holds the lock on after this closes it."""
    name = f"{folders.PREFIX}{os.getuid()}-{sha256(str(repository.resolve()))[:16]}.lock"
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW
    lock = os.open(Path(tempfile.gettempdir(), name), flags, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            since = os.pread(lock, 64, 0).decode() or "a moment ago"
            raise InputError(f"another run has been going since {since}; try again when it has ended") from None
        os.ftruncate(lock, 0)
        os.pwrite(lock, datetime.now().astimezone().strftime("%H:%M:%S").encode(), 0)
        yield lock
    finally:
        os.close(lock)
