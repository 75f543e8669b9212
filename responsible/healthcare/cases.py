"""Cases: one row per request with the roles its columns have, what an absent role switches off, and counts of cases.

A table of cases is a frame whose columns are named by role: ``outcome`` (0/1, 1 = approved; the only role no table
can lack), ``merit`` (0/1, 1 = clinically necessary), ``urgency`` (0/1), ``override`` (0/1, 1 = a person overruled the
proposal), ``duration`` (minutes, NaN = unknown), ``month`` (YYYY-MM), ``priority`` (a number, higher = first),
``a.<attribute>`` (text levels of a protected attribute) and ``f.<feature>`` (any other recorded column, text or
number; ``b.<feature>`` its levels where it has declared bins).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from responsible.healthcare.schema import EVENTS, Healthcare
from responsible.names import ATTRIBUTE, BINNED, FACTOR, FEATURE
from responsible.validation import MISSING, InputError

OUTCOME, MERIT, URGENCY, OVERRIDE = BINARY = EVENTS
DURATION, MONTH, PRIORITY = "duration", "month", "priority"
ROLES = (*BINARY, DURATION, MONTH, PRIORITY)
SCOPES: dict[str, tuple[str, ...]] = {
    "all": (),
    "merit": (MERIT,),
    "urgent": (URGENCY,),
    "urgent merit": (URGENCY, MERIT),
}
"""Which cases a figure is about, and the 0/1 roles that are 1 for them."""

NEEDS: dict[str, tuple[str, ...]] = {
    "equal opportunity and predictive parity": (MERIT,),
    "fairness within urgent cases": (URGENCY,),
    "primary definition: equal opportunity given need and urgency": (MERIT, URGENCY),
    "processing time by group": (DURATION,),
    "processing time of justified cases": (DURATION, MERIT),
    "processing time of urgent justified cases": (DURATION, MERIT, URGENCY),
    "approval by priority band": (PRIORITY,),
    "disparity adjusted for priority": (PRIORITY,),
    "disparity adjusted for need": (MERIT,),
    "disparity adjusted for urgency": (URGENCY,),
    "monthly trend and held-out months": (MONTH,),
    "replay under justification first": (PRIORITY,),
}
"""Every analysis that a table can lack a role for, by the name reports use."""

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


def switched_off(cases: pd.DataFrame) -> pd.DataFrame:
    """The analyses that absent roles switch off, by ``name`` and (first absent) ``role``, as ``NEEDS`` lists them."""
    rows = [(name, next((r for r in needs if r not in cases), "")) for name, needs in NEEDS.items()]
    return pd.DataFrame([row for row in rows if row[1]], columns=["name", "role"])


def check(cases: pd.DataFrame) -> pd.DataFrame:
    """The same frame, once it keeps the rules of its roles.

    Raises:
        InputError: no cases, no ``outcome``, a 0/1 role with another value, or a role other than ``duration`` with a
            missing value.
    """
    if OUTCOME not in cases or cases.empty:
        raise InputError("cases: outcome must be declared and at least one case read; declare roles.outcome")
    for role in (r for r in ROLES if r in cases):
        if role != DURATION and cases[role].isna().any():
            raise InputError(f"cases: {role} must have no missing value; drop these rows or leave the role out")
        if role in BINARY and not (ok := cases[role].isin([0, 1])).all():
            raise InputError(
                f"cases: {role} must be 0 or 1, got {cases[role][~ok].iloc[0]!r}; declare what counts as 1"
            )
    return cases


def selected(cases: pd.DataFrame, scope: str) -> Bools:
    """(n,) bool: the cases of a scope of :data:`SCOPES`."""
    kept = np.ones(len(cases), dtype=np.bool_)
    for role in SCOPES[scope]:
        kept &= cases[role].to_numpy() == 1
    return kept


def scopes(cases: pd.DataFrame) -> list[str]:
    """The scopes whose roles the table has."""
    return [name for name, needs in SCOPES.items() if all(role in cases for role in needs)]


def binary(cases: pd.DataFrame, role: str) -> Ints:
    """(n,) 0/1 of a role; zeros when the role is absent."""
    return cases[role].to_numpy(dtype=np.int64) if role in cases else np.zeros(len(cases), dtype=np.int64)


def binned(values: pd.Series, bins: int) -> pd.Series:
    """Texts of ``bins`` quantile intervals of a number, fewer when values tie: ``"[1.5, 3]"`` means 1.5 ≤ x ≤ 3.

    Intervals are named by the least and the greatest value that fell into them, so each name holds for the table it was
    made from; a missing value is ``Missing``. A number with at most ``bins`` distinct values is named by value.
    """
    number = pd.to_numeric(values)
    if number.nunique() <= bins:
        return number.map({x: f"{x:.6g}" for x in number.unique()}).where(number.notna(), MISSING).astype(str)
    middle = bins * (number.rank() - 0.5) / number.count()  # of the value's ties: a frequent value keeps its own bin
    code = (middle - 1e-9).apply(np.ceil)
    least, most = (number.groupby(code).agg(end).map("{:.6g}".format) for end in ("min", "max"))
    names = least.where(least == most, "[" + least + ", " + most + "]").to_dict()
    return code.map(names).where(code.notna(), MISSING).astype(str)


def factors(cases: pd.DataFrame, bins: int) -> pd.DataFrame:
    """Text columns of every recorded factor: ``merit``, ``urgency``, ``priority`` and each feature, without its prefix.

    A number has the levels of its declared bins, else quantile bins (:func:`binned`). Outcome, duration, month and
    protected attributes are not factors.
    """
    own = [role for role in (MERIT, URGENCY, PRIORITY) if role in cases]
    names = [str(c).removeprefix(FACTOR) for c in cases if str(c).startswith(FACTOR)]
    levels = {name: cases[BINNED + name if BINNED + name in cases else FACTOR + name] for name in names}
    columns = {**{role: cases[role] for role in own}, **levels}
    return pd.DataFrame({name: _text(values, bins) for name, values in columns.items()}, index=cases.index)


def _text(values: pd.Series, bins: int) -> pd.Series:
    return binned(values, bins) if pd.api.types.is_numeric_dtype(values) else values.fillna(MISSING).astype(str)


def counted(cases: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Cases as the counted rows of :func:`responsible.fairness.proxies.proxies`, a random half to learn from.

    Half is for ``test``: with folds, scores of different models would be ranked against each other, which pulls the
    AUC below 0.5 where there is nothing to find (Airola et al. 2011).
    """
    split = np.array(["train", "test"])[rng.permutation(len(cases)) % 2]
    features = {c: FEATURE + c.removeprefix(FACTOR) for c in map(str, cases) if c.startswith(FACTOR)}
    kept = cases[[*features, *(c for c in map(str, cases) if c.startswith(ATTRIBUTE))]].rename(columns=features)
    return kept.assign(split=split, n=1)


PROFILE = ("column", "role", "kind", "level", "n", "missing", "share", "mean", "sd")


def profile(cases: pd.DataFrame, roles: Healthcare) -> pd.DataFrame:
    """One row for each number among the columns, and one for each level of the texts; ``kind`` says which.

    ``cases`` as :func:`.schema.cases` makes them; ``column`` is the table's own name. A ``number``
    has the rows ``n`` that have a value, those ``missing`` one, the ``share`` of all rows that have one, ``mean`` and
    ``sd`` (over n, not n − 1; NaN without values). So has an ``event``, whose mean is the share of yes. A ``level`` has
    its rows, those of them ``missing`` (all of "Missing", else 0) and its share of all rows; a ``month`` likewise. A
    feature that is also an event is described once, as that.
    """
    columns = _columns(roles)
    first = {column: role for _, role, column in reversed(columns)}
    parts = [_profile(cases[name], role, column) for name, role, column in columns if first[column] == role]
    return pd.concat(parts, ignore_index=True)[list(PROFILE)]


def _columns(roles: Healthcare) -> list[tuple[str, str, str]]:
    """Name among the cases, role, and name in the source table of every column that is described."""
    events = [(role, role, event.column) for role in EVENTS if (event := getattr(roles, role))]
    others = [(DURATION, roles.duration.column)] if roles.duration else []
    others += [(MONTH, roles.time)] if roles.time else []
    return [
        *events,
        *((name, name, column) for name, column in others),
        *((ATTRIBUTE + name, "protected", s.column) for name, s in roles.protected.items()),
        *((FACTOR + name, "feature", name) for name in roles.features),
    ]


def _profile(values: pd.Series[Any], role: str, column: str) -> pd.DataFrame:
    number = pd.api.types.is_numeric_dtype(values)
    kind = "event" if role in EVENTS else "number" if number else "month" if role == MONTH else "level"
    return (_number(values) if number else _levels(values)).assign(column=column, role=role, kind=kind)


def _number(values: pd.Series[Any]) -> pd.DataFrame:
    held = int(values.notna().sum())
    mean, sd = (float(values.mean()), float(values.std(ddof=0))) if held else (np.nan, np.nan)
    found = {"level": "", "n": held, "missing": len(values) - held, "share": held / len(values), "mean": mean, "sd": sd}
    return pd.DataFrame([found])


def _levels(values: pd.Series[Any]) -> pd.DataFrame:
    counted = values.groupby(values).size()
    found = pd.DataFrame({"level": counted.index, "n": counted.to_numpy()})
    missing = found["n"].where(found["level"] == MISSING, 0)
    return found.assign(missing=missing, share=found["n"] / len(values), mean=np.nan, sd=np.nan)
