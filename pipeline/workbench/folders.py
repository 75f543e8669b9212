"""Private temporary folders that vanish with their owner: at its end, with the process, or at a later start.

A server may keep a session that has ended for a while. So a folder that was not used for ``IDLE`` seconds goes as well.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
import time
from pathlib import Path

import psutil

PREFIX = "responsible-workbench-"
SAME = 5  # seconds by which the start of one process may differ between readings: the system corrects its clock
IDLE = 7_200.0
_NAME = re.compile(rf"{PREFIX}(\d+)-(\d+)-\w+")


def private() -> Path:
    """A new folder that only this user can open, named after this process."""
    return Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-{_started(os.getpid())}-"))


def remove(folder: Path) -> None:
    """Delete a folder of :func:`private`, and nothing else.

    A folder that something still writes to is tried again.
    """
    if not _NAME.fullmatch(folder.name):
        raise ValueError(f"{folder}: is not a private folder of the workbench")
    for _ in range(5):
        with contextlib.suppress(OSError):
            shutil.rmtree(folder)
        if not folder.exists():
            return


def use(folder: Path) -> None:
    """Say that a folder is in use."""
    os.utime(folder)


def sweep() -> list[Path]:
    """Delete the private folders whose process has ended, however that happened, or that are idle; those that went."""
    gone = []
    for folder in sorted(Path(tempfile.gettempdir()).glob(f"{PREFIX}*")):
        match = _NAME.fullmatch(folder.name)
        if not match or folder.is_symlink() or folder.stat().st_uid != os.getuid():
            continue
        ended = abs(_started(int(match[1])) - int(match[2])) > SAME
        if ended or time.time() - folder.stat().st_mtime > IDLE:
            remove(folder)
            gone.append(folder)
    return gone


def _started(pid: int) -> int:
    """When the process started, in seconds; 0 where there is none. Its number may be given to a later process again."""
    try:
        return round(psutil.Process(pid).create_time())
    except psutil.Error:
        return 0
