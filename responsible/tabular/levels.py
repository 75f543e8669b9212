"""Levels of columns: rare ones as one, refusals, and the levels that may be published.

**Disclosure.** Before anything is computed, levels are merged until no published count of people is below a minimum. A
count is *safe* when it is 0 or at least ``minimum_cell``; zeros are shown, as the cell-size rule of the US Centers
for Medicare & Medicaid Services (11) lets them be. Taking small counts out of finished tables would leave them to
subtraction, for figures share their margins. So levels of an attribute are merged first, and every table, interval,
test and picture is computed from the merged levels: whatever is published is a function of tables of safe counts.

Why no other count follows from several such tables. Two tables of the same people share the columns s; one has the
column a besides, the other b. Of a cell (a, b, s) they say that it lies between max(0, r + c - N) and min(r, c), where
r and c are its rows in either and N those of s (Fréchet 1951): a range of the width min(r, c, N - r, N - c). All four
are safe: r and c are cells, N - r and N - c sums of cells. So the width is at least the minimum, or the cell is given
away with a value of 0, r or c, which is safe. Tables that share columns along a tree, without a circle, are joined one
after the other, and each join keeps this property (Dobra & Fienberg 2000 have the bounds). Hence three rules:

1. **nested**: what a later stage merges contains what an earlier one merged, so that the difference of two published
   groups is a union of published groups or of levels that nobody can tell apart;
2. **whole sides**: levels are merged within privileged, unprivileged and excluded, whose sums are known from other
   figures, and what is merged is safe as a sum; a side that is not leaves the attribute unpublished;
3. **a tree**: :func:`responsible.modelling.disclosure.covered` decides which tables are published besides.

Not covered: what is known from elsewhere, and two versions of the results, which can be subtracted from each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field

from responsible.names import ATTRIBUTE, FEW, OTHERS
from responsible.tabular.schema import SPLITS, Sensitive
from responsible.validation import MISSING, InputError, Params, did_you_mean

RARE = "Rare"  # the level that rare ones are merged into
MOST_LEVELS = 100  # of an attribute; a group for every value has too few rows to be compared
Ints = npt.NDArray[np.int64]
Slices = Sequence[npt.ArrayLike]


def merged(levels: pd.Series[Any], n: pd.Series[Any], least: int) -> pd.Series[Any]:
    """``levels`` with those of fewer than ``least`` rows (sums of ``n``) as the level :data:`RARE`; never Missing."""
    rows = n.groupby(levels).transform("sum")
    return levels.mask((rows < least) & (levels != MISSING), RARE)


def refuse_many(key: str, levels: Iterable[str], where: str) -> None:
    """InputError when an attribute has more than :data:`MOST_LEVELS` levels."""
    if len(found := sorted(levels)) > MOST_LEVELS:
        got = f"got {len(found)} in {where}: {', '.join(map(repr, found[:5]))}, ..."
        bins = "" if key == "segments.protected" else f"cut numbers into intervals with {key}.bins, or "
        remedy = f"{bins}merge levels in the table"
        raise InputError(f"{key}: must have at most {MOST_LEVELS} levels, {got}; {remedy}")


def refuse_absent(key: str, levels: Iterable[str], present: Iterable[str], where: str) -> None:
    """InputError when a declared level is not among those ``present``, with the nearest ones."""
    present = sorted(present)
    for level in levels:
        if level not in present:
            raise InputError(f"{key}: level {level!r} does not occur in {where}{did_you_mean(level, present)}")


class Disclosure(Params):
    """``minimum_cell``: no figure that is passed on is about fewer people, and none can be had of them; 0: no limit."""

    minimum_cell: Annotated[int, Field(ge=0, le=1_000_000)]

    @property
    def reason(self) -> str:
        """The reason code of a figure that is not shown."""
        return f"{FEW}{self.minimum_cell}_people"

    def safe(self, counts: npt.ArrayLike) -> bool:
        """Whether each count is 0 or at least the minimum."""
        found = np.asarray(counts)
        return not ((found > 0) & (found < self.minimum_cell)).any()


@dataclass(frozen=True)
class Cover:
    """What levels are called where they are published, ``{attribute: {level: name}}``, and attributes that are not."""

    disclosure: Disclosure
    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    withheld: frozenset[str] = frozenset()

    def cells(self, table: pd.DataFrame) -> pd.DataFrame:
        """The table with published levels in its ``a.`` columns."""
        return table.assign(**{ATTRIBUTE + a: table[ATTRIBUTE + a].replace(dict(own)) for a, own in self.names.items()})

    def sensitive(self, declared: Mapping[str, Sensitive]) -> dict[str, Sensitive]:
        """The attributes as declared for the published levels."""
        out = {}
        for attribute, own in declared.items():
            names = self.names.get(attribute, {})
            lists = {key: [names.get(level, level) for level in getattr(own, key)] for key in ("privileged", "exclude")}
            out[attribute] = own.model_copy(update={key: list(dict.fromkeys(levels)) for key, levels in lists.items()})
        return out

    def merged(self, attribute: str) -> list[str]:
        """The levels that are published only together with others."""
        return [level for level, name in self.names.get(attribute, {}).items() if level != name]


def cover(
    cells: pd.DataFrame,
    sensitive: Mapping[str, Sensitive],
    slices: Slices,
    disclosure: Disclosure,
    *,
    excluded: bool = False,
) -> Cover:
    """Merge levels until the table of each attribute by each of ``slices`` is safe.

    A slice is a whole number of each cell (m,): its split and label, or its label and prediction. ``excluded``: levels
    that are left out of the audit are published nowhere in it, so that they count as merged from the start.
    """
    names: dict[str, dict[str, str]] = {}
    withheld = set()
    for attribute, own in sensitive.items() if disclosure.minimum_cell else ():
        levels = cells[ATTRIBUTE + attribute]
        roles = {str(level): own.role(str(level)) for level in levels.unique()}
        found = published_names(levels, roles, slices, cells["n"], disclosure, gone=("excluded",) if excluded else ())
        if found is None or len({found[level] for level, role in roles.items() if role == "compared"}) == 1:
            withheld.add(attribute)  # too small, or nobody left to be compared with
            found = {level: level for level in roles}
        names[attribute] = found
    return Cover(disclosure, names, frozenset(withheld))


def published_names(
    levels: Iterable[Any],
    roles: Mapping[str, str],
    slices: Slices,
    n: npt.ArrayLike,
    disclosure: Disclosure,
    *,
    gone: Sequence[str] = (),
) -> dict[str, str] | None:
    """Level → its own name, or that of the :func:`others` of its role; None when a role is not safe as a whole.

    Levels that are not safe are merged, and while their sum is not, the smallest other level of the role joins them.
    All levels of a role in ``gone`` are merged.
    """
    code, found = pd.factorize(np.asarray(list(levels), dtype=object), sort=True)
    table = np.hstack([_table(code, len(found), each, n) for each in slices])
    unsafe = np.array([not disclosure.safe(row) for row in table])
    role = np.array([roles[str(level)] for level in found], dtype=object)
    unsafe |= np.isin(role, list(gone))
    for side in dict.fromkeys(role):
        mine = role == side
        while (hidden := unsafe & mine).any() and not disclosure.safe(table[hidden].sum(axis=0)):
            left = np.flatnonzero(mine & ~unsafe & (table.sum(axis=1) > 0))
            if not len(left):
                return None
            unsafe[left[np.argmin(table[left].sum(axis=1))]] = True
    told = zip(found, role, unsafe, strict=True)
    return {str(level): others(side, roles) if hidden else str(level) for level, side, hidden in told}


def others(role: str, roles: Mapping[str, str] | None = None) -> str:
    """What merged levels of a role are called; not like a level of another role."""
    name = {"unprivileged": OTHERS, "compared": OTHERS, "month": "other months"}.get(role, f"other {role} levels")
    return f"{name} (merged)" if (roles or {}).get(name, role) != role else name


def _table(code: Ints, levels: int, each: npt.ArrayLike, n: npt.ArrayLike) -> Ints:
    """Σ n by level and slice."""
    values, place = np.unique(np.asarray(each), return_inverse=True)
    total = np.zeros((levels, len(values)), dtype=np.int64)
    np.add.at(total, (code, place.reshape(-1)), np.asarray(n, dtype=np.int64))
    return total


def by_split(cells: pd.DataFrame, label: npt.ArrayLike) -> Slices:
    """The slices of every table of base rates: split and label."""
    split = pd.Index(SPLITS).get_indexer(pd.Index(cells["split"]))
    return [2 * split + np.asarray(label)]


def blanked(table: pd.DataFrame, which: npt.ArrayLike, columns: Sequence[str], reason: str = "") -> pd.DataFrame:
    """The table without values of ``columns`` in the rows ``which`` (m,) bool; with a ``reason``, where it has that."""
    out, rows = table.copy(), np.asarray(which, dtype=bool)
    if not rows.any():
        return out
    for column in columns:
        if pd.api.types.is_integer_dtype(out[column]):
            out[column] = out[column].astype("Int64")
        out.loc[rows, column] = pd.NA if out[column].dtype == "Int64" else np.nan
    if reason:
        out.loc[rows, "reason"] = reason
    return out
