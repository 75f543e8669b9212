"""The portable hash against big-integer arithmetic, its permutation property and its statistics."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from responsible.tabular.columns import KEY
from responsible.tabular.hashing import PRIME, STREAMS, below, hashed
from tests.support.engines import ENGINES, collect, lazy

GOLDEN = {
    "split": [1192142228, 1679004006, 2090831930, 1200193764],
    "sample": [2126358644, 1296673798, 32927037, 1372720448],
    "cluster": [83791483, 1627249495, 275647283, 1112424617],
}
LARGEST_KEY = 2**52 - 1  # thirteen hexadecimal digits


def by_powers(key, seed, stream):
    """The formula of the docstring in Python's unbounded integers."""
    (a1, b1, c1), (a2, b2, c2) = STREAMS[stream]
    return pow(pow((key % PRIME) * a1 + seed * b1 + c1, 5, PRIME) * a2 + seed * b2 + c2, 5, PRIME)


def on_engine(keys, seed, stream, engine="duckdb"):
    frame = lazy(engine, {"x": ["a"] * len(keys)}, keys)
    return collect(hashed(frame.select(KEY), seed, stream, "lot"))["lot"].to_numpy()


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("stream", STREAMS)
def test_every_engine_computes_the_formula(engine, stream):
    """Small and very large keys and seeds give on each engine what unbounded integers give: no product overflows."""
    keys = [0, 1, 2, 3, PRIME - 1, PRIME, PRIME + 1, 2**40 + 7, LARGEST_KEY, *range(1_000, 1_100)]
    for seed in (0, 12, 2**31, 2**62):
        assert on_engine(keys, seed, stream, engine).tolist() == [by_powers(k, seed, stream) for k in keys]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, LARGEST_KEY), min_size=1, max_size=50), st.integers(0, 2**64))
def test_any_key_and_seed(keys, seed):
    """The engine agrees with unbounded integers for any key of 52 bits and any seed, and stays in the field."""
    lots = on_engine(keys, seed, "split")
    assert lots.tolist() == [by_powers(k, seed, "split") for k in keys]
    assert lots.min() >= 0
    assert lots.max() < PRIME


def test_lots_that_must_never_change():
    """Fixed values: a change of constants would move every row to another split without anyone asking for it."""
    found = {stream: on_engine([1, 2, 3, 10**6], 12, stream).tolist() for stream in STREAMS}
    assert found == GOLDEN


def test_it_permutes_the_field():
    """Row numbers below p never collide: the fifth power is invertible, and 200,000 rows show it."""
    assert math.gcd(5, PRIME - 1) == 1
    assert all(step[0] % PRIME for stream in STREAMS.values() for step in stream)
    assert len(set(on_engine(range(200_000), 12, "split").tolist())) == 200_000


@pytest.mark.parametrize("stream", STREAMS)
@pytest.mark.parametrize("seed", [0, 1, 12])
def test_consecutive_row_numbers_look_independent(stream, seed):
    """Lots of rows 1…100,000 are uniform (chi-square, 100 bins) and uncorrelated at lags 1, 2, 10 and 1,000."""
    u = on_engine(range(1, 100_001), seed, stream) / PRIME
    assert stats.chisquare(np.histogram(u, bins=100, range=(0, 1))[0]).pvalue > 1e-4
    for lag in (1, 2, 10, 1_000):
        assert abs(np.corrcoef(u[lag:], u[:-lag])[0, 1]) < 4 / np.sqrt(len(u))


@pytest.mark.parametrize(
    ("first", "second"),
    [((12, "split"), (12, "sample")), ((12, "split"), (13, "split")), ((0, "sample"), (1, "sample"))],
)
def test_streams_and_seeds_are_unrelated(first, second):
    """Which fifth of one stream a row falls into says nothing about its fifth under another stream or seed."""
    a, b = (on_engine(range(1, 50_001), *which) * 5 // PRIME for which in (first, second))
    assert stats.chi2_contingency(np.histogram2d(a, b, bins=5)[0]).pvalue > 1e-4


def test_bounds_of_shares():
    """A share is met to one part in p, and 0 and 1 exactly."""
    assert (below(0.0), below(1.0)) == (0, PRIME)
    assert abs(below(0.6) / PRIME - 0.6) < 1e-9
