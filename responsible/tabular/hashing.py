"""A portable integer hash: the same row gets the same lot on every engine, machine and run.

The field is the integers modulo the prime p = 2³¹ − 1. A key k is mapped by an affine step, x → x⁵, a second affine
step and x⁵ again. Since gcd(5, p − 1) = 1, every step permutes the field, so distinct row numbers below p get
distinct hashes: an order of the rows without ties. All products stay below 2⁶³, so signed 64-bit arithmetic, which
every engine has, is exact; and because keys are never negative, the engines agree on the remainder as well.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import narwhals as nw

from responsible.tabular.columns import KEY

PRIME = 2**31 - 1
SQUARE = "square_of_lot"


class Stream(NamedTuple):
    """Multipliers and offsets of the two affine steps; different streams give unrelated hashes of the same key."""

    first: tuple[int, int, int]
    second: tuple[int, int, int]


# Arbitrary numbers below p without a simple relation between them; others would do, but changing them moves every row.
STREAMS = {
    "split": Stream((1_355_342_017, 742_938_285, 950_706_376), (1_226_874_159, 62_089_911, 1_343_714_307)),
    "cluster": Stream((1_181_783_497, 507_439_261, 1_693_245_379), (936_451_187, 1_564_028_713, 271_650_433)),
    "sample": Stream((630_360_016, 2_096_730_329, 1_583_458_089), (1_078_318_381, 1_203_248_318, 397_204_094)),
}


def hashed(frame: nw.LazyFrame[Any], seed: int, stream: str, name: str) -> nw.LazyFrame[Any]:
    """The frame with the hash in [0, p) of its integer keys ``KEY`` k >= 0 as ``name``, by one of ``STREAMS``.

    h(k) = (((k mod p)·a₁ + seed·b₁ + c₁)⁵ · a₂ + seed·b₂ + c₂)⁵, all modulo p. Each step is a column, because Spark
    writes out an expression as often as it is used.
    """
    frame = frame.with_columns(nw.col(KEY).cast(nw.Int64).alias(name))
    frame = _with(frame, name, lambda x: x % PRIME, name)
    for step in STREAMS[stream]:
        frame = _with(frame, name, partial(_affine, step=step, seed=seed), name)
        frame = _with(frame, SQUARE, lambda x: x * x % PRIME, name)
        frame = _with(frame, name, _fifth, name, SQUARE)
    return frame.drop(SQUARE)


def _with(frame: nw.LazyFrame[Any], name: str, formula: Callable[..., Any], *of: str) -> nw.LazyFrame[Any]:
    """The frame with the column ``name``, a ``formula`` of others, none of which is negative.

    narwhals writes a remainder in SQL as two, for the sake of negative numbers; DuckDB's own takes half the time.
    """
    if not frame.implementation.is_duckdb():
        return frame.with_columns(formula(*map(nw.col, of)).alias(name))
    rows, column = frame.to_native(), nw.dependencies.get_duckdb().ColumnExpression
    others = [column(other) for other in rows.columns if other != name]
    return nw.from_native(rows.select(*others, formula(*map(column, of)).alias(name)))


def below(share: float) -> int:
    """The bound under which a hash falls with probability ``share``: ⌊share·p⌋."""
    return int(share * PRIME)


def _affine(x: Any, step: tuple[int, int, int], seed: int) -> Any:
    multiplier, per_seed, offset = step
    return (x * multiplier + (seed * per_seed + offset) % PRIME) % PRIME


def _fifth(x: Any, square: Any) -> Any:
    return square * square % PRIME * x % PRIME
