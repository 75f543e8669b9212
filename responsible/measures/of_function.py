"""A measure of one's own: one function of TP, FP, FN and TN of a group, of which the rows it rests on are found."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from responsible.limits import Limits
from responsible.measures.definition import ZERO, Measure
from responsible.statistics.rates import RATES, Counts, Rate, divide
from responsible.statistics.significance import UNDEFINED, Test
from responsible.validation import InputError

OfGroup = Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray], np.ndarray]
"""``function(tp, fp, fn, tn)``: arrays of one shape, numbers of rows, in; an array of that shape out."""

_CELLS = ((0, 0), (0, 1), (1, 0), (1, 1))  # (y, ŷ)
_SOME = np.array([[7.0, 5.0], [3.0, 11.0]])  # a table without symmetries, to ask a function with


@dataclass(frozen=True, kw_only=True)
class OfFunction(Measure):
    """A measure that is a function of each group's counts: the difference or ratio of its two values."""

    carried: tuple[Rate, ...]

    @property
    def rests_on(self) -> tuple[Rate, ...]:
        """The rates that the function was found to rest on."""
        return self.carried

    @property
    def bounds(self) -> tuple[float, float]:
        """Nothing is known of a function's values; a ratio is taken not to be negative."""
        return (0.0, math.inf) if self.ratio else (-math.inf, math.inf)

    @property
    def needs_labels(self) -> bool:
        """Whether the labels change it, which they do unless it depends on the numbers selected and rejected alone."""
        moved = (_SOME + np.array(rows) for rows in ([[1, 0], [-1, 0]], [[0, 1], [0, -1]]))
        return not all(np.allclose(self.compute(table, _SOME), self.fair) for table in moved)


def measure_of(function: OfGroup, *, ratio: bool = False, limits: Limits | None = None) -> OfFunction:
    """The measure *function of the unprivileged group minus that of the privileged*, or their ratio.

    ``function(tp, fp, fn, tn)`` takes the numbers of a group as arrays of one shape and returns an array of that shape;
    a value that is not finite is undefined. The rows it rests on, which decide whether there are enough of them and how
    much doubt few rows leave, are found by asking it: those cells of a table without which it has no value, split by
    the value it has when all of them are of one kind. It has an interval and, with ``limits``, a verdict. It has no
    test, for what its value would vary by under a hypothesis is not known; and what limits cost is not known either.

    Raises:
        InputError: the function fails on arrays, or returns another shape.

    >>> import numpy as np
    >>> measure = measure_of(lambda tp, fp, fn, tn: fn / (fn + tp))
    >>> u, p = np.array([[6, 4], [3, 7]]), np.array([[8, 2], [1, 9]])  # [y, ŷ]
    >>> round(float(measure.compute(u, p)), 6), [rate.empty for rate in measure.rests_on]
    (0.2, ['no_positives'])
    """
    text = getattr(function, "__name__", "a function")
    of = _checked(function, text)
    return OfFunction(
        compute=(lambda u, p: divide(of(u), of(p))) if ratio else (lambda u, p: of(u) - of(p)),
        carried=tuple(_rates(of)),
        formula=f"{text}(u) {'/' if ratio else '−'} {text}(p)",
        unit=f"{'ratio' if ratio else 'difference'} of {text}",
        hypothesis="",
        test=_untested,
        ratio=ratio,
        zero_privileged=ZERO if ratio else None,
        limits=limits,
        errorless=False,
    )


def of_functions(given: Mapping[str, Measure | OfGroup]) -> dict[str, Measure]:
    """Measures by name, each as it is or :func:`measure_of` a function."""
    return {name: each if isinstance(each, Measure) else measure_of(each) for name, each in given.items()}


def _untested(_u: Counts, _p: Counts) -> Test:
    return UNDEFINED


def _checked(function: OfGroup, text: str) -> Callable[[Counts], np.ndarray]:
    """The function of tables ``(..., 2, 2)``, NaN where it is not finite."""

    def of(table: Counts) -> np.ndarray:
        table = np.asarray(table, dtype=float)
        with np.errstate(all="ignore"):
            try:
                value = np.asarray(function(table[..., 1, 1], table[..., 0, 1], table[..., 1, 0], table[..., 0, 0]))
            except (ValueError, TypeError, ZeroDivisionError) as error:
                remedy = "write it with numpy, such as np.where in place of if; it is given arrays"
                raise InputError(f"measure {text}: fails on arrays ({error}); {remedy}") from error
        if value.shape != table.shape[:-2]:
            rule = f"must return the shape it is given, {table.shape[:-2]}, got {value.shape}"
            raise InputError(f"measure {text}: {rule}; compute with tp, fp, fn and tn elementwise")
        return np.where(np.isfinite(value), value, np.nan)[()]

    of(np.stack([_SOME, _SOME + 1]))
    return of


def _rates(of: Callable[[Counts], np.ndarray]) -> Iterator[Rate]:
    """The rates a function rests on: of the smallest sets of cells without which it has no value, and of all rows where
    there is none, a rate for each kind of row; for two kinds one is enough.
    """
    for cells in _needed(of) or [frozenset(_CELLS)]:
        kinds: dict[str, np.ndarray] = {}
        for cell in sorted(cells):
            table = _SOME * ~_mask(cells)
            table[cell] = 1.0
            kinds.setdefault(f"{float(of(table)):.9g}", np.zeros((2, 2), dtype=bool))[cell] = True
        whole = _mask(cells)
        known = [rate.empty for rate in RATES.values() if (rate.denominator == whole).all()]
        for kind in list(kinds.values())[: 1 if len(kinds) <= 2 else None]:
            yield Rate(kind, whole, known[0] if known else "undefined", "")


def _needed(of: Callable[[Counts], np.ndarray]) -> list[frozenset[tuple[int, int]]]:
    """The smallest sets of cells without whose rows the function is undefined."""
    found: list[frozenset[tuple[int, int]]] = []
    for size in range(1, 5):
        for cells in map(frozenset, combinations(_CELLS, size)):
            if not any(smaller <= cells for smaller in found) and np.isnan(of(_SOME * ~_mask(cells))):
                found.append(cells)
    return found


def _mask(cells: frozenset[tuple[int, int]]) -> np.ndarray:
    mask = np.zeros((2, 2), dtype=bool)
    for cell in cells:
        mask[cell] = True
    return mask
