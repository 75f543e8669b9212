"""Random streams by name: one seed for everything, one stream for each purpose."""

from __future__ import annotations

import hashlib

import numpy as np


def stream(seed: int, name: str) -> np.random.Generator:
    """The stream of random numbers for the purpose ``name`` under ``seed``, for example ``reweigh/performance``.

    PCG64, seeded with ``seed`` and the SHA-256 of the name as eight words of 32 bits, which numpy's SeedSequence mixes:
    two names give streams as independent as two seeds do, and a new purpose moves no other one. Positions would not:
    to numpy ``[12, 5]`` and ``[12, 5, 0]`` are one seed. ``seed`` must not be negative (ValueError).
    """
    words = np.frombuffer(hashlib.sha256(name.encode()).digest(), dtype="<u4")
    return np.random.default_rng([seed, *words.tolist()])
