"""The choice on validation rows: the best candidate, the least disparate one of like quality, and the frontier."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from responsible.alternatives.parameters import Alternatives

Array = npt.NDArray[np.float64]
Bits = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


class Chosen(NamedTuple):
    """The places of the model an alternative is sought to (``instead``) and of the ``alternative``, −1 where there is
    none; ``near`` are the candidates within the stated loss. Arrays over leading axes of draws, if there are any.
    """

    instead: Ints
    alternative: Ints
    near: Bits


def choose(
    quality: Array, disparity: Array, eligible: Bits, given: Alternatives, *, instead: int | None = None
) -> Chosen:
    """Choose among ``eligible`` candidates (k,) by ``quality`` (higher is better) and ``disparity`` ≥ 0, (..., k).

    The alternative is the least disparate one whose quality is within ``given.within`` of that of the candidate
    ``instead`` (default: the best), if its disparity is less by ``given.least`` or more; the better one of equally
    disparate ones, then the first. What is undefined is not chosen.
    """
    known = eligible & ~np.isnan(quality) & ~np.isnan(disparity)
    reached = np.where(known, quality, -np.inf)
    best = reached.argmax(axis=-1) if instead is None else np.full(quality.shape[:-1], instead)
    top = np.take_along_axis(reached, best[..., None], -1)
    near = known & (quality >= top - given.within - 1e-12)
    left = np.where(near, disparity, np.inf)
    least = left.min(axis=-1, keepdims=True)
    alternative = np.where(near & (left <= least + 1e-12), reached, -np.inf).argmax(axis=-1)
    gained = np.take_along_axis(left, best[..., None], -1) - least >= given.least - 1e-12
    return Chosen(best, np.where(gained[..., 0], alternative, -1), near)


def dominators(quality: Array, disparity: Array, eligible: Bits) -> Ints:
    """For each candidate (k,) the eligible one that is better in both figures and least disparate; −1 where none is.

    The candidates with −1 are the frontier of these rows.
    """
    out = np.full(len(quality), -1)
    for own in range(len(quality)):
        better = (quality >= quality[own]) & (disparity <= disparity[own]) & eligible
        better &= (quality > quality[own] + 1e-12) | (disparity < disparity[own] - 1e-12)
        if better.any():
            out[own] = int(np.where(better, disparity - quality * 1e-9, np.inf).argmin())
    return out
