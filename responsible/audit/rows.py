"""Rows given as arrays: refused with name, position, value and remedy, or coded and counted into cells.

Arrays are lists, numpy arrays, or columns of pandas, polars or pyarrow; frames are any of theirs, and dicts of arrays.
Positions count from 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from responsible.names import ATTRIBUTE
from responsible.tabular.levels import MOST_LEVELS
from responsible.validation import MISSING, InputError, did_you_mean

GROUP = "group"  # the name of a single attribute that has none
LABEL, PREDICTED, SCORE = "y", "prediction", "score"  # columns of the cells, besides ``n`` and those of attributes
Ints = npt.NDArray[np.int64]
Levels = tuple[str, ...]
Coded = tuple[Ints, Levels]
_DENSE = 4_000_000  # possible cells that are counted in place; more of them are sorted


def attributes(sensitive: Any) -> dict[str, Coded]:
    """Each attribute's codes (n,) and levels: of a column of a frame, an array of a dict, or the one array given.

    A missing value is the level ``Missing``. The categories of a categorical column are all levels, with rows or not.

    Raises:
        InputError: there is no attribute, or one has more than 100 levels.
    """
    found = {name: _coded(values) for name, values in _columns(sensitive)}
    if not found:
        raise InputError("sensitive: needs an array or a column, got none; name the attributes to audit")
    for name, (_, levels) in found.items():
        if len(levels) > MOST_LEVELS:
            few = f"must have at most {MOST_LEVELS} levels, got {len(levels)}: {', '.join(map(repr, levels[:5]))}, ..."
            raise InputError(f"sensitive {name!r} {few}; cut numbers into intervals, for example with pandas.cut")
    return found


def _columns(sensitive: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(sensitive, Mapping):
        yield from ((str(name), values) for name, values in sensitive.items())
    elif (names := getattr(sensitive, "column_names", getattr(sensitive, "columns", None))) is not None:
        yield from ((str(name), sensitive[name]) for name in names)
    else:
        values = sensitive if hasattr(sensitive, "dtype") else np.asarray(sensitive, dtype=object)
        if getattr(values, "ndim", 1) != 1:
            raise InputError(f"sensitive: has shape {values.shape}; give a frame, or a dict of name and array, instead")
        yield str(getattr(sensitive, "name", None) or GROUP), values


def _series(values: Any) -> pd.Series[Any]:
    values = values.to_pandas() if hasattr(values, "to_pandas") else values
    return values if isinstance(values, pd.Series) else pd.Series(values)


def _coded(values: Any) -> Coded:
    column = _series(values)
    if isinstance(column.dtype, pd.CategoricalDtype):
        code, known = column.cat.codes.to_numpy().astype(np.int64), column.cat.categories
    else:
        code, known = pd.factorize(column)
    levels = tuple(map(str, known))
    if len(set(levels)) < len(levels) or (code < 0).any():  # 1 beside "1", or something missing
        names = list(dict.fromkeys([*levels, MISSING]))
        code = np.array([*map(names.index, levels), names.index(MISSING)])[code]  # -1 is the last
        levels = tuple(names)
    return np.asarray(code, dtype=np.int64), levels


def privileged(name: str, given: Any, levels: Levels) -> list[str]:
    """The privileged levels of attribute ``name`` as text, from a level or several; none from None.

    Raises:
        InputError: one is not a level, or is the level of missing values.
    """
    each = [] if given is None else list(given) if isinstance(given, list | tuple | set) else [given]
    for level in map(str, each):
        if level not in levels:
            raise InputError(f"privileged {name!r}: {level!r} is not a level{did_you_mean(level, levels)}")
        if level == MISSING:
            raise InputError(f"privileged {name!r}: a missing value is never privileged; name another level")
    return list(map(str, each))


def binary(name: str, values: Any) -> npt.NDArray[np.int8]:
    """0/1 or true/false values (n,) as integers.

    Raises:
        InputError: a value is missing or another one.
    """
    array = _numbers(name, values, "give 0 and 1, for example `(values == 'yes')`")
    if (wrong := (array != 0) & (array != 1)).any():
        place = int(np.argmax(wrong))
        within = name == "prediction" and 0 < array[place] < 1
        remedy = "give decisions of 0 and 1, or pass it as score" if within else "give 0 and 1"
        raise InputError(f"{name}: position {place} has {array[place]:g}, which is neither 0 nor 1; {remedy}")
    return array.astype(np.int8)


def probabilities(name: str, values: Any) -> npt.NDArray[np.float64]:
    """Scores (n,) from 0 to 1.

    Raises:
        InputError: a value is missing, no number, or outside.
    """
    array = _numbers(name, values, "give probabilities").astype(np.float64)
    if (wrong := (array < 0) | (array > 1)).any():
        place = int(np.argmax(wrong))
        remedy = "divide percentages by 100" if 1 < array[place] <= 100 else "give probabilities of label 1"
        raise InputError(f"{name}: position {place} has {array[place]:g}, which is not from 0 to 1; {remedy}")
    return array


def whole(name: str, values: Any) -> Ints:
    """Numbers of rows (n,): whole and not negative.

    Raises:
        InputError: a value is missing, no number, negative or a fraction.
    """
    array = _numbers(name, values, "give whole numbers of rows")
    if (wrong := (array < 0) | (array != np.floor(array))).any():
        place = int(np.argmax(wrong))
        raise InputError(f"{name}: position {place} has {array[place]:g}; give whole numbers of rows, 0 or more")
    return array.astype(np.int64)


def _numbers(name: str, values: Any, remedy: str) -> npt.NDArray[Any]:
    """Values (n,) as an array of numbers, none of them missing."""
    array = np.asarray(values if isinstance(values, np.ndarray) else _series(values))
    if array.ndim != 1:
        raise InputError(f"{name}: has shape {array.shape}; give one value per row, for example with .ravel()")
    if array.dtype.kind in "biu":
        return array.view(np.int8) if array.dtype.kind == "b" else array
    if (missing := pd.isna(array)).any():
        raise InputError(f"{name}: position {int(np.argmax(missing))} has no value; leave such rows out of all arrays")
    if array.dtype.kind != "f":
        for place, value in enumerate(array):
            if isinstance(value, list | tuple | np.ndarray):
                raise InputError(f"{name}: position {place} has {value!r}; give one value per row, not several columns")
            if isinstance(value, str) or not np.isreal(value):
                raise InputError(f"{name}: position {place} has {str(value)!r} in place of a number; {remedy}")
        array = array.astype(np.float64)
    return np.asarray(array)


def cells(
    known: Mapping[str, Coded], columns: Mapping[str, npt.NDArray[Any] | None], counts: Ints | None
) -> pd.DataFrame:
    """One row for each distinct combination of levels and values, with its number of rows ``n``.

    ``known`` are the attributes, ``a.NAME`` among the columns; ``columns`` the label and the prediction, 0/1, and the
    score, or None where there is none. ``counts`` (n,) says how many rows each stands for (default: one).

    Raises:
        InputError: the arrays differ in length, or have no rows.
    """
    given = {name: values for name, values in columns.items() if values is not None}
    lengths = {**{name: len(values) for name, values in given.items()}, **{n: len(c) for n, (c, _) in known.items()}}
    lengths |= {} if counts is None else {"counts": len(counts)}
    (first, rows), *others = lengths.items()
    for name, length in others:
        if length != rows:
            raise InputError(f"{name}: has {length:,} values and {first} has {rows:,}; give one value per row in each")
    if rows == 0 or (counts is not None and not counts.any()):
        raise InputError(f"{first}: has no rows; there is nothing to audit")
    coded: dict[str, tuple[Ints, Any]] = {ATTRIBUTE + name: (c, np.array(own)) for name, (c, own) in known.items()}
    coded |= {name: pd.factorize(v) if name == SCORE else (v, np.arange(2)) for name, v in given.items()}
    return _counted(coded, counts)


def _counted(coded: Mapping[str, tuple[Ints, Any]], counts: Ints | None) -> pd.DataFrame:
    """The distinct combinations of codes, decoded, with their rows."""
    shape = [max(len(values), 1) for _, values in coded.values()]
    if np.prod(shape, dtype=float) <= _DENSE:
        n = np.bincount(np.ravel_multi_index([code for code, _ in coded.values()], shape), counts)
        held = np.flatnonzero(n)
        n, found = n[held], list(np.unravel_index(held, shape))
    else:
        place = np.zeros(1, dtype=np.int64)
        for (code, _), size in zip(coded.values(), shape, strict=True):
            place = pd.factorize(place * size + code)[0]  # numbered again each time, so that nothing overflows
        some = np.zeros(place.max() + 1, dtype=np.int64)
        some[place] = np.arange(len(place))  # a row of each combination, whichever
        n, found = np.bincount(place, counts), [code[some] for code, _ in coded.values()]
    columns = {name: values[code] for (name, (_, values)), code in zip(coded.items(), found, strict=True)}
    return pd.DataFrame(columns | {"n": n.astype(np.int64)}).query("n > 0")
