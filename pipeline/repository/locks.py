"""Who builds in a repository: one make at a time, and DVC's own lock file when a kill left it unreadable."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

TEMPORARY = ".dvc/tmp"


@contextmanager
def building(root: Path, say: Callable[[str], None]) -> Iterator[None]:
    """Hold the repository's build for this process; while another has it, say which, and wait.

    The system lets go of the lock when its process ends, however that happens.
    """
    from filelock import FileLock, Timeout

    if not (root / ".dvc").is_dir():  # no repository of DVC, which DVC will say
        yield
        return
    folder = root / TEMPORARY
    folder.mkdir(exist_ok=True)
    lock, owner = FileLock(folder / "build.lock"), folder / "build.owner"
    try:
        lock.acquire(timeout=0)
    except Timeout:
        named = owner.read_text(encoding="utf-8") if owner.is_file() else "another process builds here"
        say(f"{named}; waiting until it ends (Ctrl-C to stop)")
        lock.acquire()
    try:
        since = datetime.now().astimezone().strftime("%H:%M:%S")
        owner.write_text(f"process {os.getpid()} builds here since {since}", encoding="utf-8")
        yield
    finally:
        owner.unlink(missing_ok=True)
        lock.release()


def clear_unreadable(root: Path, say: Callable[[str], None]) -> None:
    """Delete DVC's ``rwlock`` when it cannot be read and no living process of DVC works in ``root``; say so.

    DVC rewrites the file in place for each stage: a kill at that moment leaves it empty or cut, and every later build
    would end with "JSON structure is corrupted".
    """
    file = root / TEMPORARY / "rwlock"
    if not file.is_file() or _is_readable(file):
        return
    if others := _processes(root):
        say(f"{file}: not readable, and process {others[0]} of DVC runs here; when it has ended, try again")
    else:
        file.unlink()
        say(f"{file}: not readable, and no process of DVC runs here: cleared")


def _is_readable(file: Path) -> bool:
    """Whether it is JSON in DVC's form: mappings of paths to their writer, and to their readers."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except ValueError:
        return False
    return isinstance(found, dict) and all(isinstance(held, dict) for held in found.values())


def _processes(root: Path) -> list[int]:
    """The living processes whose command is DVC and whose folder lies in ``root``."""
    import psutil

    found = []
    for process in psutil.process_iter():
        try:
            words, folder = process.cmdline()[:4], Path(process.cwd())
        except psutil.Error:  # it has ended, or is somebody else's
            continue
        if any(Path(word).name == "dvc" for word in words) and folder.is_relative_to(root.resolve()):
            found.append(process.pid)
    return found
