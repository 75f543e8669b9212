"""What a table of decisions on cases holds, column by column: values, gaps, means, shares of levels; layer 3."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from responsible.healthcare.cases import DURATION, MONTH
from responsible.healthcare.schema import EVENTS, Healthcare
from responsible.names import ATTRIBUTE, FACTOR
from responsible.validation import MISSING

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
