"""Private temporary folders that vanish with their owner: at its end, with the process, or at the next start."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
from pathlib import Path

import psutil

PREFIX = "responsible-workbench-"
SAME = 5  # seconds by which the start of one process may differ between readings: the system corrects its clock
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


def sweep() -> list[Path]:
    """Delete the private folders whose process has ended, however that happened; the folders that went."""
    gone = []
    for folder in sorted(Path(tempfile.gettempdir()).glob(f"{PREFIX}*")):
        match = _NAME.fullmatch(folder.name)
        if not match or folder.is_symlink() or folder.stat().st_uid != os.getuid():
            continue
        if abs(_started(int(match[1])) - int(match[2])) > SAME:
            remove(folder)
            gone.append(folder)
    return gone


def _started(pid: int) -> int:
    """When the process started, in seconds; 0 where there is none. Its number may be given to a later process again."""
    try:
        return round(psutil.Process(pid).create_time())
    except psutil.Error:
        return 0
