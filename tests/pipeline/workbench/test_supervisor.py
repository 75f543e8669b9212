"""The supervisor ends a command and all that it started when a bound is exceeded."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import psutil
import pytest

from pipeline.workbench import supervisor
from pipeline.workbench.bounds import MIB

SLEEP = "import time; time.sleep(60)"
# Starts another process, which outlives it unless somebody ends both, and says its number.
FAMILY = f"""
import subprocess, sys, time
print(subprocess.Popen([sys.executable, "-c", "{SLEEP}"]).pid, flush=True)
time.sleep(SECONDS)
"""


# Three processes, each of which has less than 200 MiB.
HUNGRY = """
import subprocess, sys, time
code = "import time; a = bytearray(120 << 20); time.sleep(60)"
others = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(3)]
time.sleep(60)
"""


def supervised(code, memory=500, seconds=30, lease=""):
    """The supervisor on Python code."""
    script = [sys.executable, "-I", supervisor.__file__]
    return [*script, str(memory * MIB), str(seconds), str(lease), sys.executable, "-c", code]


def gone(pid):
    """Whether the process ends within two seconds."""
    for _ in range(200):
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.01)
    return False


@pytest.mark.parametrize("code", [0, 3])
def test_the_exit_code_is_that_of_the_command(code):
    """What it prints goes through as well."""
    command = supervised(f"print('here'); raise SystemExit({code})")
    ran = subprocess.run(command, capture_output=True, text=True, check=False, start_new_session=True)
    assert (ran.returncode, ran.stdout, ran.stderr) == (code, "here\n", "")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "bounds", "why"),
    [
        (HUNGRY, {"memory": 200}, "needs more than 200 MiB of memory"),
        (SLEEP, {"seconds": 1}, "takes more than 1 seconds; use fewer rows or columns"),
        (SLEEP, {"lease": "/nobody/holds/it"}, "nobody has watched the run for ten minutes"),
    ],
    ids=["memory", "time", "lease"],
)
def test_a_bound_ends_everything_with_the_reason(code, bounds, why):
    """The exit code says that it was stopped, and the last line on stderr why."""
    started = time.monotonic()
    ran = subprocess.run(
        supervised(code, **bounds), capture_output=True, text=True, check=False, start_new_session=True
    )
    assert ran.returncode == supervisor.STOPPED
    assert why in ran.stderr.splitlines()[-1]
    assert ran.stderr.startswith("error: ")
    assert time.monotonic() - started < 20


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not refuse data")
def test_the_system_refuses_one_process_more():
    """However fast it asks, and what it and those that it starts get is bounded by the same number."""
    grab = "a = bytearray(300 << 20)"
    inner = f"import subprocess, sys; sys.exit(subprocess.call([sys.executable, '-c', {grab!r}]))"
    for code in (grab, inner):
        command = supervised(code, memory=200)
        ran = subprocess.run(command, capture_output=True, text=True, check=False, start_new_session=True)
        assert ran.returncode == 1
        assert ran.stderr.splitlines()[-1] == "MemoryError"


@pytest.mark.slow
def test_nothing_that_the_command_started_is_left():
    """Neither when it ends by itself nor when a bound ends it."""
    for seconds, bound in ((0, 30), (60, 1)):
        command = supervised(FAMILY.replace("SECONDS", str(seconds)), seconds=bound)
        ran = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False, start_new_session=True)
        assert gone(int(ran.stdout))


@pytest.mark.slow
def test_a_server_that_is_killed_takes_the_run_with_it():
    """The supervisor sees that whoever started it has died, and ends the group."""
    starter = f"""
import subprocess, time
subprocess.Popen({supervised(FAMILY.replace("SECONDS", "60"))!r}, start_new_session=True)
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", starter], stdout=subprocess.PIPE, text=True) as server:
        child = int(server.stdout.readline())
        os.kill(server.pid, 9)
    assert gone(child)
