"""In-processing: a classifier under a fairness constraint as a mixture of cost-sensitive fits (Agarwal et al. 2018).

    min over mixtures Q of error(Q) subject to |γⱼ(Q)| ≤ τ,

with γⱼ the differences of rates that the constraint compares. For multipliers λ the best answer to the Lagrangian is a
classifier that minimises Σ cost · h, which the estimator fits as weighted labels (their section 3.1). Where they search
λ by exponentiated gradient, here the linear program over the fits so far gives it, until no fit would help: column
generation. A fit serves scores that only estimate the best answer, so multiples of the multipliers are tried as well.
A mixture decides at random; its best single fit does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from responsible.alternatives.material import PRIVILEGED, UNPRIVILEGED, Learner
from responsible.alternatives.parameters import Constraint
from responsible.modelling import newton

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bits = npt.NDArray[np.bool_]
START = (0.1, 0.3, 0.9)  # multipliers of the first fits, in shares of errors for a difference of 1, in both directions
SCALES = (1.0, 2.0, 5.0)  # of the program's multipliers, until a fit helps
TOLERANCE = 1e-5  # of the gradient of a fit, which only has to fall on the right side of a threshold
ROUNDS = 12  # of programs at most for a tolerance


def gaps(constraint: Constraint, side: Ints, label: Ints, n: Ints) -> Array:
    """(k, m): the differences γⱼ = gapsⱼ · h of a classifier h (m,) that says 1 or 0 of each cell."""
    within = {
        "demographic_parity": [np.ones(len(label), dtype=bool)],
        "equal_opportunity": [label == 1],
        "equalized_odds": [label == 1, label == 0],
    }[constraint]
    out = []
    for rows in within:
        u, p = ((n * (rows & (side == who))).astype(float) for who in (UNPRIVILEGED, PRIVILEGED))
        out.append(u / u.sum() - p / p.sum())
    return np.stack(out)


class Lesson(NamedTuple):
    """What a model learns from: the ``weight`` of each cell's training rows, and the 0/1 ``label`` that they are taught
    with, each (m,).
    """

    weight: Array
    label: Ints


class Mixed(NamedTuple):
    """The fits for a tolerance: what each ``said``, the multipliers it was ``asked`` with (None: nothing was fitted),
    and its ``share`` in the mixture.
    """

    said: list[Bits]
    asked: list[Array | None]
    share: Array


@dataclass(eq=False)
class Reductions:
    """Fits of a logistic ``learner`` at a ``threshold`` to training cells with 0/1 ``label``, rows ``n`` and ``gaps``
    (k, m).

    A fit says 1 or 0 of each of the u distinct combinations of features. Each tolerance has a pool of its own, so what
    a candidate says does not depend on which others are searched. It begins with refusing and with selecting everybody,
    so every tolerance can be met.
    """

    learner: Learner
    label: Ints
    n: Ints
    gaps: Array
    threshold: float
    first: list[Bits] = field(default_factory=list)
    _asked: list[Array | None] = field(default_factory=list)
    _starts: list[tuple[Array, Array]] = field(default_factory=list)
    _mixed: dict[float, Mixed] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Make the pool that every tolerance begins with."""
        zero, width = np.zeros(len(self.gaps)), len(self.learner.design.x)
        self.first, self._asked = [np.zeros(width, dtype=bool), np.ones(width, dtype=bool)], [None, None]
        for multipliers in (zero, *(s * v * row for row in np.eye(len(zero)) for v in START for s in (1, -1))):
            said, beta = self._fitted(multipliers)
            self.first.append(said)
            self._asked.append(None if beta is None else multipliers)
            self._starts += [(multipliers, beta)] if beta is not None else []

    def mixture(self, tolerance: float) -> Array:
        """P(yes) of every cell (m,) under the mixture with the least training error within ``tolerance``."""
        own = self._solved(tolerance)
        used = np.flatnonzero(own.share > 1e-9)
        mixed = own.share[used] @ np.stack([own.said[i] for i in used]).astype(float)
        return np.asarray(np.clip(mixed / own.share[used].sum(), 0, 1))[self.learner.design.row]

    def best(self, tolerance: float) -> Lesson:
        """What the one fit learned that has the least training error within ``tolerance``; where none is within, the
        one with the smallest difference of rates.
        """
        own = self._solved(tolerance)
        errors, *found = (np.stack(own.said) @ self._paid).T
        widest, fitted = np.abs(found).max(axis=0), np.array([asked is not None for asked in own.asked])
        within = fitted & (widest <= tolerance + 1e-9)
        at = np.where(within, errors, np.inf) if within.any() else np.where(fitted, widest, np.inf)
        multipliers = own.asked[int(at.argmin())]
        return self.lesson(np.zeros(len(self.gaps)) if multipliers is None else multipliers)

    def lesson(self, multipliers: Array) -> Lesson:
        """The weighted labels whose fit answers the multipliers; the weights of all training rows sum to their number.

        Weight and label are the same for all rows of a side and label.
        """
        cost = self.costs(multipliers)
        weight = np.abs(cost) * (self.n.sum() / np.abs(cost).sum())
        each = np.divide(weight, self.n, out=np.ones(len(weight)), where=self.n > 0)
        return Lesson(each, (cost < 0).astype(np.int64))

    def _solved(self, tolerance: float) -> Mixed:
        if tolerance not in self._mixed:
            pool, asked = list(self.first), list(self._asked)
            for _ in range(ROUNDS):
                share, multipliers, price = self._program(pool, tolerance)
                for scale in SCALES:
                    found, beta = self._fitted(scale * multipliers)
                    pool.append(found)
                    asked.append(None if beta is None else scale * multipliers)
                    if helps := bool(found @ self._paid @ np.concatenate([[1.0], multipliers]) < price - 1e-9):
                        break
                if not helps:
                    break
            else:
                share = self._program(pool, tolerance)[0]
            self._mixed[tolerance] = Mixed(pool, asked, share)
        return self._mixed[tolerance]

    def costs(self, multipliers: Array) -> Array:
        """What saying 1 costs more than saying 0 of each cell, in shares of errors: (m,)."""
        return np.asarray(self._errors + multipliers @ self.gaps)

    @cached_property
    def _errors(self) -> Array:
        """The share of errors that saying 1 of each cell adds: (m,)."""
        return np.asarray(self.n * (1 - 2 * self.label) / self.n.sum())

    @cached_property
    def _paid(self) -> Array:
        """The errors and the gaps that saying 1 of each combination of features adds: (u, 1 + k)."""
        return np.column_stack([self.learner.design.total(own) for own in (self._errors, *self.gaps)])

    @cached_property
    def _trained(self) -> tuple[Bits, Any]:
        """Which combinations the training rows have, and their columns."""
        seen = self.learner.design.total(self.n) > 0
        return seen, self.learner.matrix[seen]

    def _fitted(self, multipliers: Array) -> tuple[Bits, Array | None]:
        """What a fit to the costs at the multipliers says of each combination, (u,), and its coefficients if there are
        any. It starts from the nearest of the first fits.
        """
        seen, matrix = self._trained
        cost = self.costs(multipliers)
        scale = self.n.sum() / np.abs(cost).sum()
        up, down = (self.learner.design.total(np.maximum(own, 0) * scale) for own in (-cost, cost))
        if not (up.sum() > 0 and down.sum() > 0):
            return np.full(len(up), bool(up.sum() > 0)), None
        near = min(self._starts, key=lambda own: float(np.abs(own[0] - multipliers).sum()), default=(None, None))
        beta = newton.fit(matrix, up[seen], down[seen], self.learner.model, near[1], tolerance=TOLERANCE)
        return newton.probability(self.learner.matrix, beta) >= self.threshold, beta

    def _program(self, pool: Sequence[Bits], tolerance: float) -> tuple[Array, Array, float]:
        """Shares of the pool, the multipliers that go with them, and what a fit must cost less than to help."""
        from scipy.optimize import linprog

        errors, *found = (np.stack(pool) @ self._paid).T
        both = np.concatenate([found, np.negative(found)])
        right = np.full(len(both), tolerance)
        solved = linprog(errors, both, right, np.ones((1, len(errors))), [1.0], bounds=(0, None), method="highs")
        up, down = np.split(-solved.ineqlin.marginals, 2)
        return np.asarray(solved.x), np.asarray(up - down), float(solved.eqlin.marginals[0])
