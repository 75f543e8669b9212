"""The table of decisions on cases and the roles of its columns: outcome, merit, urgency, duration, time, groups.

Merit (was the request justified?), urgency, override, duration and time are roles a table may lack; ``null`` switches
off what needs them. The features are what cases are compared by; a protected attribute is never one of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

import numpy as np
import pandas as pd
from pydantic import Field, model_validator

from responsible.names import ATTRIBUTE, BINNED, FACTOR
from responsible.tabular.columns import Declared, intervals
from responsible.tabular.levels import merged, refuse_absent, refuse_many
from responsible.tabular.schema import Sensitive
from responsible.tabular.sources import Feature, Levels, RowTable, Text, TimeFormat, refuse_repeats
from responsible.validation import MISSING, InputError, Params, did_you_mean

EVENTS = ("outcome", "merit", "urgency", "override")  # the roles that say yes or no


class Event(Params):
    """A yes or no: the ``positive`` and ``negative`` texts of a column, or a number of ``at_least`` so much."""

    column: Text
    positive: Levels | None = None
    negative: Levels | None = None
    at_least: float | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        lists = (self.positive is not None, self.negative is not None)
        if lists not in ((True, True), (False, False)) or lists[0] == (self.at_least is not None):
            raise ValueError("needs either positive and negative levels or at_least")
        refuse_repeats("positive and negative", [*(self.positive or []), *(self.negative or [])])
        return self

    def declared(self, name: str) -> Declared:
        """A required column; with levels, any other text is a bad row, so nothing unreadable counts as a no."""
        if self.at_least is not None:
            return Declared(name, self.column, "numeric", required=True)
        levels = [*(self.positive or []), *(self.negative or [])]
        return Declared(name, self.column, "categorical", levels=levels, required=True)

    def happened(self, values: pd.Series[Any]) -> pd.Series[Any]:
        """1 or 0 of each typed value."""
        yes = values >= self.at_least if self.at_least is not None else values.isin(self.positive or [])
        return yes.astype("int8")


class Override(Event):
    """Whether a person overruled what was proposed. The column ``holds`` either the ``override``, yes or no, or the
    ``proposal``: then a decision on record that is another one was overruled.
    """

    holds: Literal["override", "proposal"] = "override"


class Duration(Params):
    """A time that a decision took, in its unit; missing where it is not over."""

    column: Text
    unit: Text
    minimum: float | None = None
    maximum: float | None = None


class Healthcare(RowTable):
    """The table of the healthcare line and the roles of its columns. A feature may also be merit or urgency."""

    id: Text | None = None
    time: Text | None = None
    time_format: TimeFormat | None = None
    outcome: Event
    merit: Event | None = None
    urgency: Event | None = None
    override: Override | None = None
    duration: Duration | None = None
    protected: Annotated[dict[Text, Sensitive], Field(min_length=1)]
    features: dict[Text, Feature] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _roles_apart(self) -> Self:
        events = {role: e.column for role in EVENTS if (e := getattr(self, role))}
        single = {**events, "id": self.id, "time": self.time, "duration": self.duration and self.duration.column}
        seen: dict[str, str] = {}
        for role, column in [*single.items(), *((f"protected.{n}", s.column) for n, s in self.protected.items())]:
            if column and (other := seen.setdefault(column.lower(), role)) != role:
                raise ValueError(f"{other} and {role} must be different columns, got {column!r} for both")
        for name in self.features:
            if (role := seen.get(name.lower(), "merit")) not in ("merit", "urgency"):
                raise ValueError(f"features must not hold {name!r}, which is {role}")
        refuse_repeats("features", self.features)
        return self

    def declared(self) -> list[Declared]:
        """Every column of the table that has a role, in the order in which a row is judged."""
        events = ((role, getattr(self, role)) for role in EVENTS)
        out = [event.declared(role) for role, event in events if event]
        if self.id:
            out.append(Declared("id", self.id, "categorical", required=True))
        if self.time:
            out.append(Declared("month", self.time, "month", required=True, form=self.time_format))
        if d := self.duration:
            out.append(Declared("duration", d.column, "numeric", d.minimum, d.maximum))
        out += [s.declared(ATTRIBUTE + name) for name, s in self.protected.items()]
        return out + [Declared(FACTOR + name, name, f.kind, f.minimum, f.maximum) for name, f in self.features.items()]


def cases(rows: pd.DataFrame, roles: Healthcare) -> pd.DataFrame:
    """One row a case, sorted by id, from the typed good rows and their key ``row``.

    Columns ``id`` (text), ``outcome``, ``merit``, ``urgency``, ``override`` (0/1), ``month``, ``duration``,
    ``a.<attribute>``, ``f.<feature>``, ``b.<feature>``, those of undeclared roles left out.

    Raises:
        InputError: an id that occurs twice, or a declared level that does not occur.
    """
    out = by_role(rows, roles)
    _refuse(out, roles)
    return out


def by_role(rows: pd.DataFrame, roles: Healthcare) -> pd.DataFrame:
    """The same of rows that need not bear the roles out, such as those of a short period."""
    out = rows.drop(columns="row")
    for role in EVENTS:
        if event := getattr(roles, role):
            out[role] = event.happened(out[role])
    if roles.override and roles.override.holds == "proposal":
        out["override"] = (out["override"] != out["outcome"]).astype("int8")
    for name, feature in roles.features.items():
        levels = _binned(out[FACTOR + name], feature) if feature.bins else out[FACTOR + name]
        if feature.min_count:
            levels = merged(levels, pd.Series(1, index=out.index), feature.min_count)
        if feature.kind == "categorical" or feature.bins:
            out[BINNED + name] = levels
        out[FACTOR + name] = levels if feature.kind == "categorical" else out[FACTOR + name]
    out["id"] = out["id"].astype(str) if roles.id else rows["row"].astype(str).str.zfill(len(str(len(rows))))
    first = ["id", *(n for n in (*EVENTS, "month", "duration") if n in out)]
    return out[[*first, *(c for c in out if c not in first)]].sort_values("id", ignore_index=True)


def _binned(values: pd.Series[Any], feature: Feature) -> pd.Series[Any]:
    """The text of each value's interval between the declared bins; "Missing" when missing."""
    bins = feature.bins or []
    names = np.array(intervals(bins, feature.minimum, feature.maximum), dtype=object)
    level = pd.Series(names[np.searchsorted(bins, values.to_numpy(dtype=float), side="right").clip(0, len(bins))])
    return level.where(values.notna().to_numpy(), MISSING).set_axis(values.index)


def _refuse(table: pd.DataFrame, roles: Healthcare) -> None:
    repeats = table["id"].duplicated()
    if repeats.any():
        first, number = table["id"][repeats].iloc[0], int(repeats.sum())
        remedy = "keep one row a case, or set healthcare.id: null"
        raise InputError(
            f"{roles.source}: {roles.id} must name each case once, got {first!r} again ({number} repeats); {remedy}"
        )
    for name, s in roles.protected.items():
        present = set(table[ATTRIBUTE + name])
        key, where = f"healthcare.protected.{name}", f"column {s.column} of {roles.source}"
        refuse_many(key, present, where)
        refuse_absent(f"{key}.privileged", s.privileged, present, where)
        refuse_absent(f"{key}.exclude", s.exclude, present, where)
        if rule := s.lacks(present):
            raise InputError(f"{key}: {rule}, got {sorted(present)} in {where}; declare fewer levels")
    if table["outcome"].nunique() == 1:
        rule = f"must leave cases on both sides in {roles.source}"
        got = f"got {int(table['outcome'].sum())} of {len(table)} cases with it"
        raise InputError(f"healthcare.outcome: {rule}, {got}; declare it again")


def refuse_weights(key: str, weights: Mapping[str, float], roles: Healthcare) -> None:
    """InputError, with a line for each weight that is given to something that is not a numeric feature of the table."""
    numeric = [name for name, f in roles.features.items() if f.kind == "numeric"]
    rule = "is not a numeric feature of healthcare"
    if unknown := [name for name in weights if name not in numeric]:
        raise InputError("\n".join(f"{key}.{name} {rule}{did_you_mean(name, numeric)}" for name in unknown))
