"""Work shared out over the cores of the machine, with the same answer on any number of them.

Processes come from a server that has imported what they need (``forkserver``); where there is none they start afresh.
They end with whoever started them, however that ends.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from responsible.clustering.each import Answer, Item, in_turn
from responsible.validation import InputError

MOST = 8  # processes: each needs about 200 MiB, most of it for its imports
LIMIT = "LOKY_MAX_CPU_COUNT"  # joblib's name, which scikit-learn's users know; a container's limit counts too
IMPORTED = ["responsible.privacy.utility", "responsible.clustering.stability", "sklearn.cluster", "sklearn.mixture"]
_held: dict[str, Any] = {"cores": 1}


def use_cores() -> None:
    """Let :func:`each` use up to 8 cores, or as few as ``LOKY_MAX_CPU_COUNT`` in the environment says.

    For the main module of a process, below its ``__name__`` guard: new processes import it again. Until then, as where
    this package is a library of somebody's own script, there is one process. The server imports while its caller works.
    """
    import joblib

    try:
        _held["cores"] = min(MOST, joblib.cpu_count())
    except ValueError:
        rule = f"must be a whole number of processes, got {os.environ.get(LIMIT)!r}"
        raise InputError(f"environment variable {LIMIT}: {rule}; unset it") from None
    if _held["cores"] > 1 and sys.platform == "linux":
        from multiprocessing import forkserver

        multiprocessing.set_start_method("forkserver", force=True)
        multiprocessing.set_forkserver_preload(IMPORTED)
        forkserver.ensure_running()


def each(work: Callable[[Item], Answer], items: Iterable[Item]) -> list[Answer]:
    """``[work(item) for item in items]`` on the cores that :func:`use_cores` found, or on one.

    An :class:`~responsible.clustering.each.Each`. ``work`` goes to each process once, so large arrays belong to it.
    InputError when a process is killed, as for lack of memory.
    """
    cores = _held["cores"]
    if cores == 1:
        return in_turn(work, items)
    try:
        with ProcessPoolExecutor(cores, initializer=_begin, initargs=(work,)) as pool:
            return list(pool.map(_do, items))
    except BrokenProcessPool:
        rule = f"one of {cores} processes was killed, probably for lack of memory"
        raise InputError(f"{rule}; set the environment variable {LIMIT} to 1") from None


def _begin(work: Callable[[Any], Any]) -> None:
    """In a new process: remember the work, leave Ctrl-C to the parent, and end when it does."""
    _held["work"] = work
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    if parent := multiprocessing.parent_process():
        parent.join()
    os._exit(1)


def _do(item: Any) -> Any:
    return _held["work"](item)
