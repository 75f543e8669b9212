import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from pipeline.cores import use_cores
from responsible.validation import InputError

SCRIPT = """
import os, signal, sys, time
import pipeline
from pipeline.cores import each, use_cores
from responsible.validation import InputError

def where(item):
    return item * item, os.getpid()

def ends(item):
    os.kill(os.getpid(), signal.SIGKILL)

def waits(item):
    print("waiting", flush=True)
    time.sleep(600)

if __name__ == "__main__":
    alone = each(where, range(5))
    use_cores()
    if sys.argv[1] == "wait":
        each(waits, range(5))
    shared = each(where, range(5))
    print([x for x, _ in alone] == [x for x, _ in shared] == [0, 1, 4, 9, 16])
    print({p for _, p in alone} == {os.getpid()}, os.getpid() in {p for _, p in shared})
    try:
        each(ends, range(5))
    except InputError as error:
        print(error)
"""


def script(tmp_path: Path, what: str, cores: str) -> subprocess.Popen[str]:
    place = tmp_path / "script.py"
    place.write_text(SCRIPT)
    environment = {**os.environ, "LOKY_MAX_CPU_COUNT": cores, "PYTHONPATH": str(Path.cwd())}
    command = [sys.executable, str(place), what]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_several_processes_give_the_answers_of_one(tmp_path):
    """Two processes give in order what one gives, and one that is killed is an error with a remedy, not a traceback."""
    out, error = script(tmp_path, "share", "2").communicate()
    remedy = "set the environment variable LOKY_MAX_CPU_COUNT to 1"
    assert error == ""
    assert out.splitlines() == [
        "True",
        "True False",
        f"one of 2 processes was killed, probably for lack of memory; {remedy}",
    ]


def test_a_number_of_processes_that_is_none_is_refused(monkeypatch):
    """Something else than a number in LOKY_MAX_CPU_COUNT is named, with its value."""
    monkeypatch.setenv("LOKY_MAX_CPU_COUNT", "all")
    with pytest.raises(
        InputError, match=r"LOKY_MAX_CPU_COUNT: must be a whole number of processes, got 'all'; unset it"
    ):
        use_cores()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_no_process_is_left_behind(tmp_path, how):
    """When the process that shared out the work is killed, those that it started end too."""
    parent = script(tmp_path, "wait", "2")
    assert parent.stdout is not None
    assert parent.stdout.readline() == "waiting\n"
    started = psutil.Process(parent.pid).children(recursive=True)
    parent.send_signal(how)
    parent.communicate()
    assert len(started) >= 3  # two processes at work and their server
    assert psutil.wait_procs(started, timeout=60)[1] == []
