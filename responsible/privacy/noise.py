"""Where noise comes from: a seeded generator whose results reproduce, or the operating system's secret entropy.

A seeded generator protects nobody: who knows the seed, or finds it, subtracts the noise. PCG64, numpy's generator, is
not made against that either: its state can be worked out from its output. Only :class:`SecretNoise` is fit for a
release.
"""

from __future__ import annotations

import math
import secrets
from collections.abc import Iterable, Iterator
from typing import Protocol

import numpy as np
import numpy.typing as npt
import scipy

Array = npt.NDArray[np.float64]


class Noise(Protocol):
    """What mechanisms draw from: a ``numpy.random.Generator`` is one, :class:`SecretNoise` another."""

    def standard_normal(self, size: tuple[int, ...], /) -> Array:
        """Independent draws from N(0, 1) in an array of shape ``size``."""


class SecretNoise:
    """Standard normal draws from the operating system's cryptographic generator: no seed, no state, never the same.

    Each draw is Φ⁻¹((j + ½)/2⁵²) for a j of 52 secret random bits, so |draw| < 8.3. Like every sampler in floating
    point it is not exactly normal in its last bits (Mironov 2012): say so where the release is described.
    """

    def standard_normal(self, size: tuple[int, ...], /) -> Array:
        """Independent draws from N(0, 1) in an array of shape ``size``."""
        number = math.prod(size)
        bits = np.frombuffer(secrets.token_bytes(8 * number), dtype=np.uint64) >> np.uint64(12)
        return np.asarray(scipy.special.ndtri((bits.astype(float) + 0.5) / 2**52).reshape(size))


def streams(names: Iterable[str], rng: np.random.Generator, draws: int) -> Iterator[tuple[str, int, list[int]]]:
    """Each (name, draw) with the seed of its own stream: for figures that must reproduce, never for a release.

    The same stream serves every ε of a mechanism. With common random numbers the curves over ε are smooth, and another
    ε in the list changes none of them.
    """
    entropy = rng.integers(2**63, size=draws).tolist()
    for index, name in enumerate(names):
        yield from ((name, draw, [seed, index]) for draw, seed in enumerate(entropy))
