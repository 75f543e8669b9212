"""What the columns of a table are for, as the parameters say it: target, features, sensitive attributes and so on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from responsible.tabular.columns import Closed, Declared, intervals
from responsible.tabular.sources import Bins, Feature, Levels, Source, Text, TimeFormat, refuse_repeats
from responsible.validation import MISSING, InputError, Params, did_you_mean

SINGLE = ("key", "time", "split_column", "weight", "cluster")  # roles of one column each, which a table may lack
SPLITS = ("train", "valid", "test")
RESERVED = ("all", "month")  # names of rows in the base-rate table that are not attributes
Seed = Annotated[int, Field(ge=0, le=2**32 - 1)]  # the most that scikit-learn takes
Threshold = Annotated[float, Field(allow_inf_nan=False)]
Perhaps = Annotated[list[Text], BeforeValidator(lambda levels: [] if levels is None else levels)]


class Target(Params):
    """What the label is cut from: numbers, or the ``favourable`` levels of a text column, which count as 1."""

    column: Text
    minimum: float | None = None
    maximum: float | None = None
    favourable: Levels | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.favourable is not None and (self.minimum, self.maximum) != (None, None):
            raise ValueError("minimum and maximum are for a numeric target, got favourable levels beside them")
        if None not in (self.minimum, self.maximum) and self.minimum > self.maximum:  # type: ignore[operator]
            raise ValueError(f"minimum must be <= maximum, got {self.minimum} and {self.maximum}")
        refuse_repeats("favourable", self.favourable or [])
        return self


class Budget(Source):
    """The table of the budget line and the roles of its columns.

    Without a ``target`` rows have no labels: decisions alone are judged.

    ``weight`` is a column of whole numbers: how many equal rows each row stands for. ``cluster`` is a column that names
    whose row it is, where somebody may have several: all of them fall into one split, and intervals allow for it.
    """

    key: Text | None = None
    time: Text | None = None
    time_format: TimeFormat | None = None
    split_column: Text | None = None
    weight: Text | None = None
    cluster: Text | None = None
    target: Target | None
    features: Annotated[dict[Text, Feature], BeforeValidator(lambda features: features or {})]

    @model_validator(mode="after")
    def _one_role_each(self) -> Self:
        single = self.singles()
        roles = [(role, column) for role, column in single.items() if column]
        roles += [("features", name) for name in self.features]
        seen: dict[str, str] = {}
        for role, column in roles:
            if (other := seen.setdefault(column.lower(), role)) != role:
                raise ValueError(f"{other} and {role} must be different columns, got {column!r} for both")
        refuse_repeats("features", self.features)
        return self

    def singles(self) -> dict[str, str | None]:
        """Role → its column, of the roles that one column has, or none."""
        target = self.target.column if self.target else None
        return {"target": target} | {role: getattr(self, role) for role in SINGLE}


class Sensitive(Params):
    """A sensitive attribute: its column, the levels that are privileged, and levels its audit leaves out.

    All other levels are unprivileged, missing values among them; they are never privileged. Where ``privileged`` is
    empty no group is the norm, and each level is compared with everybody else. Numbers are cut into levels
    by ``bins``, inner edges that belong to the interval below them ("<= 25", "(25, 60]", "> 60") or, ``closed: left``,
    above ("< 25", "[25, 60)", ">= 60"); ``labels`` rename the intervals. The feature of that column keeps its values.
    Without bins here, the levels of a feature with bins are its intervals.
    """

    column: Text
    privileged: Perhaps = Field(default_factory=list)
    exclude: list[Text] = Field(default_factory=list)
    bins: Bins | None = None
    labels: Levels | None = None
    closed: Closed | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        refuse_repeats("privileged and exclude", [*self.privileged, *self.exclude])
        if MISSING in self.privileged:
            raise ValueError(f"privileged must not hold {MISSING!r}: a missing value is never privileged")
        if self.bins is None and (self.labels or self.closed):
            raise ValueError("labels and closed need bins; declare bins")
        if self.bins is not None:
            self._refuse_levels(self.bins)
        return self

    def _refuse_levels(self, bins: list[float]) -> None:
        if bins != sorted(set(bins)):
            raise ValueError(f"bins must rise strictly, got {bins}")
        refuse_repeats("labels", self.labels or [])
        if self.labels and (len(self.labels) != len(bins) + 1 or MISSING in self.labels):
            rule = f"must name the {len(bins) + 1} intervals of bins, none of them {MISSING!r}"
            raise ValueError(f"labels {rule}, got {self.labels}")
        known = [*(self.labels or intervals(bins, closed=self.closed or "right")), MISSING]
        for level in [*self.privileged, *self.exclude]:
            if level not in known:
                raise ValueError(f"level {level!r} is not one of the bins'{did_you_mean(level, known)}")

    def declared(self, name: str, feature: Feature | None = None) -> Declared:
        """The column of levels ``name``; ``feature`` is what the models see of the same column, if anything."""
        if self.bins is not None:
            return Declared(
                name, self.column, "numeric", bins=self.bins, labels=self.labels, closed=self.closed or "right"
            )
        if feature and feature.bins:
            return Declared(name, self.column, feature.kind, feature.minimum, feature.maximum, feature.bins)
        return Declared(name, self.column, "categorical")

    def role(self, level: str) -> Literal["privileged", "unprivileged", "compared", "excluded"]:
        """What a level of this attribute counts as; ``compared`` with everybody else where none is privileged."""
        if level in self.exclude:
            return "excluded"
        if not self.privileged:
            return "compared"
        return "privileged" if level in self.privileged else "unprivileged"

    def lacks(self, present: Iterable[str]) -> str:
        """The rule that the present levels break: with whom there is somebody to compare; empty when none."""
        roles = [self.role(level) for level in present]
        if not self.privileged:
            return "" if roles.count("compared") > 1 else "must leave two levels that are not excluded"
        return "" if "unprivileged" in roles else "must leave a level that is neither privileged nor excluded"


def refuse_conflicts(budget: Budget, sensitive: Mapping[str, Sensitive], threshold: float) -> None:
    """InputError when a sensitive attribute is what it cannot be: the target, a key, or another attribute again.

    Also when a text target, whose favourable levels count as 1 and the others as 0, is not cut at 1. A line for each.
    """
    roles = {column: f"budget.{role}" for role, column in budget.singles().items() if column}
    names: dict[str, str] = {}
    faults = []
    if budget.target and budget.target.favourable and threshold != 1:
        faults.append(f"threshold must be 1 when budget.target has favourable levels, got {threshold:g}")
    for name, attribute in sensitive.items():
        place = f"sensitive.{name}"
        if name in RESERVED or not name:
            faults.append(f"{place}: the name is taken (by rows of the base-rate table); choose another")
        if (other := names.setdefault(name.lower(), name)) != name:
            faults.append(f"{place} and sensitive.{other} differ only in case; rename one")
        if (role := roles.setdefault(attribute.column, place)) != place:
            faults.append(f"{place} and {role} must be different columns, got {attribute.column!r} for both")
    if faults:
        raise InputError("\n".join(faults))
