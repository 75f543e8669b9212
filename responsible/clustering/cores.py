"""Work shared out over the cores of the machine, with the same answer on any number of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")

MOST = 8  # processes: each needs about 200 MiB for its imports


def each(work: Callable[[Item], Answer], items: Iterable[Item]) -> list[Answer]:
    """``[work(item) for item in items]`` on up to 8 cores, or as few as ``LOKY_MAX_CPU_COUNT`` in the environment says.

    ``work`` must draw random numbers from its item alone: then no answer depends on who works it out, or when.
    """
    from joblib import Parallel, delayed, effective_n_jobs

    return list(Parallel(n_jobs=min(MOST, effective_n_jobs(-1)))(delayed(work)(item) for item in items))
