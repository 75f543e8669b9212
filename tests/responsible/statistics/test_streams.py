import hashlib

import numpy as np
import pytest

from responsible.statistics.streams import stream

NAMES = ("reweigh/performance", "threshold_sweep/choice", "threshold_sweep/report", "", "ä")


def test_a_stream_is_of_its_seed_and_name_alone():
    """The same seed and name give the same numbers; another seed or another name gives others."""
    first = {(seed, name): tuple(stream(seed, name).integers(2**63, size=4)) for seed in (0, 12) for name in NAMES}
    again = {key: tuple(stream(*key).integers(2**63, size=4)) for key in reversed(first)}
    assert again == first
    assert len(set(first.values())) == len(first)


def test_the_seed_is_what_the_definition_says():
    """A second way to the same stream: the digest's hexadecimal digits read as little-endian words of 32 bits."""
    digits = hashlib.sha256(b"reweigh/performance").hexdigest()
    words = [int.from_bytes(bytes.fromhex(digits[i : i + 8]), "little") for i in range(0, 64, 8)]
    sequence = np.random.SeedSequence([12, *words])
    ours = stream(12, "reweigh/performance").random(5)
    np.testing.assert_array_equal(ours, np.random.Generator(np.random.PCG64(sequence)).random(5))


def test_positions_would_share_a_stream_where_names_do_not():
    """To numpy a trailing 0 is nothing, so that a stage's number and its first part would be one seed."""
    same = [np.random.default_rng(key).random() for key in ([12, 5], [12, 5, 0])]
    assert same[0] == same[1]
    assert stream(12, "a").random() != stream(12, "a/0").random() != stream(12, "a\0").random()


def test_streams_of_two_names_are_uncorrelated():
    """The correlation of 10,000 numbers of every two names is within 4.5 standard errors of 0."""
    drawn = np.array([stream(12, name).standard_normal(10_000) for name in NAMES])
    correlation = np.corrcoef(drawn)[np.triu_indices(len(NAMES), 1)]
    assert np.abs(correlation).max() < 4.5 / np.sqrt(10_000)


def test_a_negative_seed_is_refused():
    """Numpy has no stream for it."""
    with pytest.raises(ValueError, match="non-negative"):
        stream(-1, "a")
