"""Private folders and what is left of them after a crash."""

from __future__ import annotations

import os
import stat
import subprocess
import sys

import pytest

from pipeline.workbench import folders
from tests.support.contract import ROOT


def test_a_folder_is_private_and_goes_when_asked():
    """Only this user may open it."""
    folder = folders.private()
    (folder / "rows.csv").write_text("a\n")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    folders.remove(folder)
    assert not folder.exists()


def test_nothing_else_is_ever_removed(tmp_path):
    """A folder with another name is refused."""
    (tmp_path / "results").mkdir()
    with pytest.raises(ValueError, match="is not a private folder of the workbench"):
        folders.remove(tmp_path / "results")
    assert (tmp_path / "results").exists()


def test_the_sweep_takes_what_ended_processes_left_and_nothing_else(own):
    """A folder of a process that lives, a link and a folder of another name stay."""
    code = "from pipeline.workbench import folders; print(folders.private())"
    env = {"TMPDIR": str(own)}
    left = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, check=True
    ).stdout.strip()
    mine = folders.private()
    (own / f"{folders.PREFIX}other").mkdir()
    (own / f"{folders.PREFIX}1-1-link").symlink_to(own / f"{folders.PREFIX}other")
    assert [str(path) for path in folders.sweep()] == [left]
    assert sorted(path.name for path in own.iterdir()) == sorted(
        [mine.name, f"{folders.PREFIX}other", f"{folders.PREFIX}1-1-link"]
    )


def test_the_sweep_takes_what_nobody_used_for_hours():
    """Of two folders of this process, the one that was used since stays."""
    idle, used = folders.private(), folders.private()
    for folder in (idle, used):
        os.utime(folder, (0, 0))
    folders.use(used)
    assert folders.sweep() == [idle]
    assert used.exists()
