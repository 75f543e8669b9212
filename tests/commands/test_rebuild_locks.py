"""commands.rebuild and locks: a lock file that a kill left unreadable, and two builds at once."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from commands import rebuild

BUILD = "import sys; from commands import rebuild; sys.exit(rebuild.main((), sys.argv[1]))"
ROOT = Path(rebuild.__file__).parents[1]
pytestmark = pytest.mark.pipeline


@pytest.mark.parametrize(
    "content", ["", '{"write": {"metr', "[]", '{"write": 3}'], ids=["empty", "cut", "list", "form"]
)
def test_an_unreadable_lock_that_nobody_holds_is_cleared(toy, capfd, content):
    """A kill leaves DVC's rwlock empty or cut, and DVC alone then refuses every build: make says so and builds."""
    lock = toy / ".dvc/tmp/rwlock"
    lock.write_text(content)
    assert rebuild.main((), str(toy)) == 0
    captured = capfd.readouterr()
    assert captured.err.startswith(f"{lock}: not readable, and no process of DVC runs here: cleared\n")
    assert "1 up to date (halve)" in captured.out


def test_a_lock_that_can_be_read_stays(toy, capfd):
    """What another process may have written is DVC's to judge."""
    lock = toy / ".dvc/tmp/rwlock"
    lock.write_text('{"write": {}, "read": {}}')
    assert rebuild.main((), str(toy)) == 0
    assert "cleared" not in capfd.readouterr().err
    assert lock.is_file()


def test_an_unreadable_lock_beside_a_living_process_stays(toy, capfd, tmp_path):
    """While a process of DVC works in the repository the file is left alone, and the process is named."""
    lock, program = toy / ".dvc/tmp/rwlock", tmp_path / "dvc"
    lock.write_text("")
    program.write_text("import time\nprint('on', flush=True)\ntime.sleep(60)\n")
    with subprocess.Popen([sys.executable, program, "repro"], cwd=toy, stdout=subprocess.PIPE) as other:
        try:
            assert other.stdout.readline() == b"on\n"
            assert rebuild.main((), str(toy)) != 0
        finally:
            other.kill()
    said = capfd.readouterr().err
    assert f"{lock}: not readable, and process {other.pid} of DVC runs here" in said
    assert lock.read_text() == ""


def test_the_second_of_two_builds_says_who_builds_and_waits(toy, tmp_path):
    """Two makes at once: one runs the stage, the other names the first, waits, and finds everything up to date."""
    (toy / "halve.py").write_text((toy / "halve.py").read_text() + "\nimport time; time.sleep(4)\n")
    command = [sys.executable, "-c", BUILD, str(toy)]
    options = {"cwd": ROOT, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **options) as first:
        owner = toy / ".dvc/tmp/build.owner"
        for _ in range(300):
            if owner.is_file() or first.poll() is not None:
                break
            time.sleep(0.1)
        second = subprocess.run(command, check=False, **options)
        out, err = first.communicate(timeout=120)
    assert (first.returncode, second.returncode) == (0, 0), (out, err, second)
    assert "1 stage: 1 ran (halve)" in out
    assert "1 stage: 1 up to date (halve)" in second.stdout
    assert second.stderr.startswith(f"process {first.pid} builds here since ")
    assert not owner.is_file()
