"""What a privacy promise is made of before any noise: declared bounds, a relation of neighbours and a budget (ε, δ).

Two tables are neighbours when they have the same number of rows, and one person's row differs. The number of rows is
public. A row is anything inside the declared domain, so sensitivities hold for everybody who could be in the table,
not only for those who are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from responsible.validation import InputError, Params

Array = npt.NDArray[np.float64]
Epsilon = Annotated[float, Field(gt=0)]

ADJACENCY = "one person's row replaced, number of rows public"
DIAMETER = 2.0  # of the unit ball: how far a row of :meth:`Domain.unit` can move, and the sensitivity that follows


class Configuration(Params):
    """A mechanism and its ε: ``teaching`` (no guarantee), ``local`` or ``central``."""

    mechanism: Literal["teaching", "local", "central"]
    epsilon: Epsilon


class Release(Params):
    """What `make release-segments` publishes; the teaching mapping promises nothing and is not among the choices."""

    mechanism: Literal["local", "central"]
    epsilon: Epsilon


def least_draws(confidence: float) -> int:
    """The fewest draws whose range holds one more with a chance of ``confidence``: 2 / (1 − confidence) − 1, 19 at .9.

    Of d + 1 draws in random order, the last is the lowest or the highest with a chance of 2 / (d + 1).
    """
    return math.ceil(2 / (1 - confidence) - 1 - 1e-9)


class Privacy(Params):
    """Which budgets are tried, how often, and which one counts.

    ``clip_norm`` is measured in half-widths of the declared bounds: 1 keeps the ball that touches the bounds, √d or
    more (or null) the whole box. ``rows`` bounds what costs more than one pass: noisy rows, silhouettes and attacks.
    ``confidence`` is the chance that one more draw of the noise falls inside an interval over ``draws`` of them.
    """

    epsilons: list[Epsilon] = Field(min_length=1, max_length=100)
    delta: float = Field(gt=0, lt=1)
    draws: int = Field(ge=2, le=10_000)
    rounds: int = Field(ge=1, le=1_000)
    clip_norm: float | None = Field(gt=0)
    rows: int = Field(ge=100, le=50_000)
    confidence: float = Field(gt=0, lt=1)
    chosen: Configuration
    release: Release

    @model_validator(mode="after")
    def _enough_draws(self) -> Self:
        if self.draws < (least := least_draws(self.confidence)):
            rule = f"draws must be >= {least}, or one more draw falls outside more often than confidence says"
            raise ValueError(f"{rule}, got {self.draws} for {self.confidence:g}; raise draws or lower confidence")
        return self

    @model_validator(mode="after")
    def _shown_on_the_curves(self) -> Self:
        if len(set(self.epsilons)) < len(self.epsilons):
            raise ValueError(f"epsilons must differ from each other, got {self.epsilons}")
        for name, epsilon in (("chosen", self.chosen.epsilon), ("release", self.release.epsilon)):
            if epsilon not in self.epsilons:
                raise ValueError(f"{name}.epsilon must be one of epsilons {self.epsilons}, got {epsilon}")
        return self


@dataclass(frozen=True, eq=False)
class Domain:
    """Everything a row may be: within ``half`` (d,) of ``middle`` (d,) in every feature, in the features' own units,
    and at most ``norm`` half-widths from the middle in all. Nothing of it comes from data.
    """

    middle: Array
    half: Array
    norm: float

    @property
    def reach(self) -> Array:
        """The features' units that one unit of :meth:`unit` stands for, ``(d,)``."""
        return self.half * self.norm

    def unit(self, x: Array) -> Array:
        """Rows ``(n, d)`` mapped into the unit ball; those outside the domain are moved to its edge."""
        inside = np.clip((x - self.middle) / self.half, -1, 1) / self.norm
        length = np.sqrt(np.einsum("ij,ij->i", inside, inside))[:, None]
        return np.asarray(inside / np.maximum(length, 1))

    def undo(self, unit: Array) -> Array:
        """The features' own units ``(n, d)`` of points given in units of the ball."""
        return np.asarray(unit * self.reach + self.middle)

    def diameter(self, scale: Array) -> float:
        """The largest distance between two rows of the domain when feature j is divided by ``scale[j]``.

        Twice the largest norm of a row, found exactly: the squared norm is spent on the widest features first, at most
        one half-width each.
        """
        squares = np.sort((self.half / scale) ** 2)[::-1]
        spent = np.clip(self.norm**2 - np.arange(len(squares)), 0, 1)
        return float(2 * math.sqrt(spent @ squares))


def domain(low: Array, high: Array, clip_norm: float | None) -> Domain:
    """The domain between the declared bounds ``low`` and ``high`` (d,), cut at ``clip_norm`` half-widths (null: √d)."""
    low, high = np.asarray(low, dtype=float), np.asarray(high, dtype=float)
    if not (np.isfinite(low).all() and np.isfinite(high).all() and (low < high).all()):
        raise InputError(f"privacy: bounds must be finite with minimum < maximum, got {low} and {high}")
    corner = math.sqrt(len(low))
    return Domain((low + high) / 2, (high - low) / 2, min(clip_norm or corner, corner))


def refuse_outside(x: Array, low: Array, high: Array, names: Sequence[str]) -> None:
    """InputError naming the first feature with a value outside its declared bounds, with the remedy.

    For the curator's eyes: whether it is raised depends on single rows, so a release clips instead of asking.
    """
    for column, name in enumerate(names):
        values = x[:, column]
        outside = np.count_nonzero(~((values >= low[column]) & (values <= high[column])))
        if outside:
            raise InputError(
                f"privacy: feature {name!r} must lie within its declared bounds {low[column]:g} to {high[column]:g}, "
                f"got {outside} of {len(x)} rows outside; declare what the feature can be, not what the data are"
            )
