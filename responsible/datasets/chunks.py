"""Tables drawn in chunks, each from a stream of its own, so that memory does not grow with their length."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

CHUNK = 50_000  # rows drawn together; part of the definition of the tables, so changing it changes every table
Columns = dict[str, npt.NDArray[Any]]  # column name → values


def chunks(rows: int, seed: int, drawn: Callable[[np.random.Generator, int], Columns]) -> Iterator[Columns]:
    """The table in chunks of at most ``CHUNK`` rows; ``drawn`` makes one from its stream and its first row's number.

    Chunk i comes from ``SeedSequence(seed, spawn_key=(i,))`` and is always drawn whole before it is cut to ``rows``: a
    longer table begins with the shorter one.
    """
    for chunk, start in enumerate(range(0, rows, CHUNK)):
        rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(chunk,)))
        yield {name: values[: rows - start] for name, values in drawn(rng, start).items()}
