"""What the columns of a table are: numbers, dates or levels; constants, identifiers, splits; what looks like a slip."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipeline.drafting.reading import Table
from responsible.tabular.columns import Spelling
from responsible.tabular.schema import SPLITS

CONTINUOUS = 30  # distinct numbers from which a column counts as continuous
UNIQUE = 0.95  # share of distinct texts, or of distinct whole numbers, from which a column names its rows
FEW = 20  # rows below which nothing is called an identifier
ISO = r"\d{4}-\d{2}-\d{2}(?:[T ].*)?"
FORMS = ("%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%Y/%m/%d", "%d-%m-%Y", "%Y%m%d")


@dataclass(frozen=True, eq=False)
class Column:
    """One column: its ``values`` as texts (None: missing) and what they are. ``form`` is how dates that are not ISO are
    written, ``forms`` all that fit.
    """

    name: str
    values: pd.Series[Any]
    kind: Literal["numeric", "categorical", "date"]
    spelling: Spelling
    forms: Sequence[str] = ()

    @cached_property
    def counts(self) -> pd.Series[Any]:
        """Rows of each text, the most frequent first, then in the order of the alphabet."""
        counts = self.values.dropna().value_counts()
        return counts.sort_index().sort_values(ascending=False, kind="stable")

    @cached_property
    def numbers(self) -> npt.NDArray[np.float64]:
        """The values as numbers, NaN where missing; for a numeric column."""
        return numbers(self.values, self.spelling)

    @property
    def missing(self) -> int:
        """Rows without a value."""
        return int(self.values.isna().sum())

    @property
    def is_continuous(self) -> bool:
        """Whether it is of so many distinct numbers that nearly each makes a cell of its own."""
        return self.kind == "numeric" and len(np.unique(self.numbers[~np.isnan(self.numbers)])) >= CONTINUOUS

    @property
    def is_constant(self) -> bool:
        """Whether all rows have one and the same value, or none."""
        return len(self.counts) + bool(self.missing) < 2 or not len(self.counts)

    @property
    def is_identifier(self) -> bool:
        """Whether its texts, or whole numbers, are nearly all distinct; measurements with a fraction are none."""
        known = int(self.counts.sum())
        whole = self.kind != "numeric" or bool(np.all(np.mod(self.numbers[~np.isnan(self.numbers)], 1) == 0))
        return known >= FEW and self.kind != "date" and whole and len(self.counts) >= UNIQUE * known

    @property
    def is_split(self) -> bool:
        """Whether it says train, valid or test."""
        return {"train", "test"} <= set(self.counts.index) <= set(SPLITS)

    @property
    def alike(self) -> list[list[str]]:
        """Levels that differ only in blanks, case, or in how a number is written."""
        if self.kind == "numeric" and len(self.counts) > CONTINUOUS:
            return []
        same: dict[str, list[str]] = {}
        for level in sorted(self.counts.index):
            same.setdefault(_folded(level, self.spelling), []).append(level)
        return [levels for levels in same.values() if len(levels) > 1]


def numbers(texts: pd.Series[Any], spelling: Spelling) -> npt.NDArray[np.float64]:
    """Texts as numbers under a spelling; NaN where they are none."""
    plain = texts.astype(object).str.strip()
    if spelling.thousands:
        plain = plain.str.replace(spelling.thousands, "", regex=False)
    plain = plain.str.replace(spelling.decimal, ".", regex=False)
    return np.asarray(pd.to_numeric(plain, errors="coerce"), dtype=float)


def _folded(level: str, spelling: Spelling) -> str:
    text = " ".join(level.split()).casefold()
    return repr(float(numbers(pd.Series([text]), spelling)[0])) if re.fullmatch(spelling.number(), text) else text


def columns(table: Table) -> dict[str, Column]:
    """Each column by its name, in the order of the file."""
    known = table.known
    return {str(name): _column(str(name), known[name], table.spelling) for name in known}


def _column(name: str, values: pd.Series[Any], spelling: Spelling) -> Column:
    levels = values.dropna().drop_duplicates().str.strip()
    if len(levels) and levels.str.fullmatch(ISO).all():
        return Column(name, values, "date", spelling)
    if forms := [form for form in FORMS if len(levels) and _dates(levels, form)]:
        return Column(name, values, "date", spelling, forms)
    numeric = len(levels) > 0 and levels.str.fullmatch(spelling.number()).all()
    return Column(name, values, "numeric" if numeric else "categorical", spelling)


def _dates(levels: pd.Series[Any], form: str) -> bool:
    shape = re.sub(r"%[dmY]", lambda part: r"\d{4}" if part[0] == "%Y" else r"\d{1,2}", re.escape(form))
    if form == "%Y%m%d":  # eight digits may be any number: those of a date lie in these two centuries
        shape = r"(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
    if not levels.str.fullmatch(shape).all():
        return False
    return bool(pd.to_datetime(levels, format=form, errors="coerce").notna().all())


def repeats(found: Mapping[str, Column], attribute: str) -> list[str]:
    """Columns of two values that each level of the attribute decides: flags such as ``sex_privileged``."""
    level = found[attribute].values.fillna("")
    out = []
    for name, column in found.items():
        if name == attribute or len(column.counts) != 2 or column.missing:
            continue
        if pd.DataFrame({"level": level, "flag": column.values}).groupby("level")["flag"].nunique().max() == 1:
            out.append(name)
    return out


def edges(values: npt.NDArray[np.float64], parts: int = 4) -> list[float]:
    """Quantiles of the values, rounded to two significant digits, strictly inside their range: edges for ``bins``."""
    known = values[~np.isnan(values)]
    if not len(known):
        return []
    rounded = sorted({float(f"{q:.2g}") for q in np.quantile(known, np.arange(1, parts) / parts)})
    return [edge for edge in rounded if known.min() < edge < known.max()]
