"""Runs: progress, bounds, cancelling, one at a time, and a repository that stays as it was."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time

import pytest

from pipeline.repository import git
from pipeline.repository.clones import cloned
from pipeline.workbench import folders
from pipeline.workbench.bounds import MIB, Bounds
from pipeline.workbench.runs import DONE, FAILED, RUNNING, WAITING, Run
from responsible.validation import InputError
from tests.support.contract import ROOT

SLOW = """
stages:
  first:
    desc: is quick
    cmd: >-
      python -c "open('first.txt', 'w')"
    outs: [{first.txt: {cache: false}}]
  second:
    cmd: >-
      python -c "import time; time.sleep(SECONDS); open('second.txt', 'w')"
    deps: [first.txt]
    outs: [{second.txt: {cache: false}}]
  third:
    cmd: >-
      python -c "raise SystemExit('error: row 7 is odd; leave it out')"
    deps: [second.txt]
"""


def digests(root):
    """Every file below a folder, git's own too, with what it holds."""
    files = (path for path in sorted(root.rglob("*")) if path.is_file() and not path.is_symlink())
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture
def started(toy):
    """Start a run of three stages in a copy; the second takes as many seconds as asked for, and the third fails."""
    begun = []

    def start(seconds=60, bounds=None, stages=SLOW, repository=toy):
        folder = folders.private()
        copy = cloned(repository, folder / "copy")
        (copy / "dvc.yaml").write_text(stages.replace("SECONDS", str(seconds)))
        begun.append(Run(repository, copy, folder, bounds or Bounds()))
        return begun[-1]

    yield start
    for run in begun:
        run.cancel()


def until(run, reached):
    """The progress once it fulfils a condition."""
    for _ in range(600):
        if reached(now := run.progress()):
            return now
        time.sleep(0.1)
    raise AssertionError(now)


def states(now):
    """The state of each stage."""
    return [stage.state for stage in now.stages]


@pytest.mark.pipeline
@pytest.mark.slow
def test_stages_are_shown_while_they_run_and_a_cancelled_run_leaves_the_repository_as_it_was(started, toy):
    """Not a byte of repository or git differs, no process is left, and another run may start."""
    git.lines(toy, "status")
    before = digests(toy)
    run = started()
    now = until(run, lambda now: RUNNING in states(now)[1:])
    assert states(now) == [DONE, RUNNING, WAITING]
    assert (now.done, now.share, now.ended) == (1, 1 / 3, False)
    assert now.stages[0].does == "is quick"
    with pytest.raises(InputError, match=r"another run has been going since \d\d:\d\d:\d\d; try again"):
        started()
    run.cancel()
    now = run.progress()
    assert (now.ended, now.succeeded, now.cancelled, now.refusals) == (True, False, True, ())
    assert digests(toy) == before
    again = started(seconds=0)
    now = until(again, lambda now: now.ended)
    assert states(now) == [DONE, DONE, FAILED]
    assert now.refusals == ("row 7 is odd; leave it out",)
    assert digests(toy) == before


@pytest.mark.pipeline
@pytest.mark.slow
def test_a_run_that_takes_too_long_or_too_much_is_ended_with_the_reason(started):
    """Time and memory are bounded for all its processes together."""
    now = until(started(bounds=Bounds(seconds=4)), lambda now: now.ended)
    assert now.refusals == ("the run takes more than 4 seconds; use fewer rows or columns",)
    hungry = SLOW.replace("time.sleep(SECONDS)", "a = bytearray(10**9) and time.sleep(60)")
    now = until(started(stages=hungry, bounds=Bounds(memory=600 * MIB)), lambda now: now.ended)
    refused = "one process of the run needs more than 600 MiB of memory, and the system refused it"
    assert now.refusals == (f"{refused}; use fewer rows or columns",)


SERVER = """
import sys, time
from pathlib import Path
from pipeline.repository.clones import cloned
from pipeline.workbench import folders
from pipeline.workbench.bounds import Bounds
from pipeline.workbench.runs import Run
folder = folders.private()
copy = cloned(Path(sys.argv[1]), folder / "copy")
(copy / "dvc.yaml").write_text(sys.argv[2])
run = Run(Path(sys.argv[1]), copy, folder, Bounds())
while run.progress().done < 1:
    time.sleep(0.1)
print(folder, flush=True)
time.sleep(60)
"""


@pytest.mark.pipeline
@pytest.mark.slow
def test_a_killed_server_leaves_neither_a_run_nor_after_the_next_start_a_copy(toy, started):
    """The run ends with the server, and another may start; the sweep deletes its copy, and no byte differs."""
    git.lines(toy, "status")
    before = digests(toy)
    command = [sys.executable, "-c", SERVER, str(toy), SLOW.replace("SECONDS", "60")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        left = server.stdout.readline().strip()
        os.kill(server.pid, signal.SIGKILL)
    for _ in range(100):
        try:
            started(seconds=0)
            break
        except InputError:
            time.sleep(0.1)
    else:
        raise AssertionError("the run of the killed server goes on")
    assert left in map(str, folders.sweep())
    assert digests(toy) == before
