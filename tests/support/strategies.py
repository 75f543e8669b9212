"""Hypothesis strategies: count tables, small enough to be counted by hand where a reference does."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

SEEDS = st.integers(0, 2**32 - 1)


def _cells(largest: int, smallest: int = 0) -> st.SearchStrategy[int]:
    """Counts where zeros and small numbers, the undefined and the boundary cases, are as frequent as any."""
    return st.one_of(st.integers(smallest, min(3, largest)), st.integers(smallest, largest))


def tables(largest: int = 30, smallest: int = 0) -> st.SearchStrategy[np.ndarray]:
    """One group's ``counts[y, ŷ]``."""
    return arrays.arrays(np.int64, (2, 2), elements=_cells(largest, smallest))


def pairs(largest: int = 30, smallest: int = 0) -> st.SearchStrategy[tuple[np.ndarray, np.ndarray]]:
    """Two groups' tables."""
    return st.tuples(tables(largest, smallest), tables(largest, smallest))


def groups(largest: int = 30, most: int = 5, smallest: int = 0) -> st.SearchStrategy[np.ndarray]:
    """``counts[g, y, ŷ]`` of one to ``most`` groups."""
    sizes = st.integers(1, most)
    return sizes.flatmap(lambda k: arrays.arrays(np.int64, (k, 2, 2), elements=_cells(largest, smallest)))


def joints(largest: int = 30, most: int = 4, smallest: int = 0) -> st.SearchStrategy[np.ndarray]:
    """``counts[g, y, ŷ_a, ŷ_b]``: the predictions of two models for one to ``most`` groups."""
    sizes = st.integers(1, most)
    return sizes.flatmap(lambda k: arrays.arrays(np.int64, (k, 2, 2, 2), elements=_cells(largest, smallest)))


def outcomes(largest: int = 30, most: int = 5, least: int = 2) -> st.SearchStrategy[np.ndarray]:
    """``(k, 2)`` tables: rows without and with the event, a group each line."""
    sizes = st.integers(least, most)
    return sizes.flatmap(lambda k: arrays.arrays(np.int64, (k, 2), elements=_cells(largest)))


def cells(most: int = 12, largest: int = 5) -> st.SearchStrategy[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Scored cells: scores inside (0, 1), often tied, with positives and negatives, some of them empty."""

    def of(m: int) -> st.SearchStrategy[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        counts = arrays.arrays(np.int64, m, elements=st.integers(0, largest))
        scores = arrays.arrays(np.int64, m, elements=st.integers(1, 19)).map(lambda s: s / 20)
        return st.tuples(scores, counts, counts)

    return st.integers(1, most).flatmap(of)
