"""In-processing: a classifier under a fairness constraint as a mixture of cost-sensitive fits (Agarwal et al. 2018).

    min over mixtures Q of error(Q) subject to |γⱼ(Q)| ≤ τ,

with γⱼ the differences of rates that the constraint compares. For multipliers λ the best answer to the Lagrangian is a
classifier that minimises Σ cost · h, which the estimator fits as weighted labels (their section 3.1). Where they search
λ by exponentiated gradient, here the linear program over the fits so far gives it, until no fit would help: column
generation. One pool of fits serves all tolerances. A mixture decides at random; its best single fit does not.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from responsible.alternatives.material import PRIVILEGED, UNPRIVILEGED, Learner
from responsible.alternatives.parameters import Constraint

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
START = (0.1, 0.3, 0.9)  # multipliers of the first fits, in shares of errors for a difference of 1, in both directions
ROUNDS = 12  # fits at most for a tolerance, after the first ones


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


@dataclass(eq=False)
class Reductions:
    """Fits of ``learner`` at a ``threshold`` to training cells with 0/1 ``label``, rows ``n`` and ``gaps`` (k, m).

    The pool begins with refusing and with selecting everybody, so every tolerance can be met.
    """

    learner: Learner
    label: Ints
    n: Ints
    gaps: Array
    threshold: float
    pool: list[npt.NDArray[np.bool_]] = field(default_factory=list)
    asked: list[Array | None] = field(default_factory=list)  # the multipliers of each, None for everybody alike
    mixed: dict[float, Array] = field(default_factory=dict)  # the mixtures so far, by tolerance

    def __post_init__(self) -> None:
        """Fill the pool."""
        self.pool, self.asked = [np.zeros(len(self.n), dtype=bool), np.ones(len(self.n), dtype=bool)], [None, None]
        zero = np.zeros(len(self.gaps))
        for multipliers in (zero, *(s * v * row for row in np.eye(len(zero)) for v in START for s in (1, -1))):
            self._add(multipliers)

    def mixture(self, tolerance: float) -> Array:
        """P(yes) of every cell (m,) under the mixture with the least training error within ``tolerance``."""
        if tolerance in self.mixed:
            return self.mixed[tolerance]
        for _ in range(ROUNDS):
            share, multipliers, price = self._program(tolerance)
            if not self._add(multipliers, price):
                break
        else:
            share = self._program(tolerance)[0]
        used = np.flatnonzero(share > 1e-9)
        mixed = share[used] @ np.stack([self.pool[i] for i in used]).astype(float)
        self.mixed[tolerance] = np.asarray(np.clip(mixed / share[used].sum(), 0, 1))
        return self.mixed[tolerance]

    def best(self, tolerance: float) -> Lesson:
        """What the one fit of the pool learned that has the least training error within ``tolerance``; where none is
        within, the one with the smallest difference of rates.
        """
        fits = [own for own, multipliers in enumerate(self.asked) if multipliers is not None]
        said = np.stack([self.pool[own] for own in fits]).astype(float)
        errors, widest = said @ (self.n * (1 - 2 * self.label)), np.abs(said @ self.gaps.T).max(axis=1)
        within = widest <= tolerance + 1e-9
        own = int(np.where(within, errors, np.inf).argmin() if within.any() else widest.argmin())
        multipliers = self.asked[fits[own]]
        return self.lesson(np.zeros(len(self.gaps)) if multipliers is None else multipliers)

    def lesson(self, multipliers: Array) -> Lesson:
        """The weighted labels whose fit answers the multipliers; the weights of all training rows sum to their number.

        Weight and label are the same for all rows of a side and label.
        """
        cost = self.costs(multipliers)
        weight = np.abs(cost) * (self.n.sum() / np.abs(cost).sum())
        each = np.divide(weight, self.n, out=np.ones(len(weight)), where=self.n > 0)
        return Lesson(each, (cost < 0).astype(np.int64))

    def costs(self, multipliers: Array) -> Array:
        """What saying 1 costs more than saying 0 of each cell, in shares of errors: (m,)."""
        return np.asarray(self.n * (1 - 2 * self.label) / self.n.sum() + multipliers @ self.gaps)

    def _add(self, multipliers: Array, price: float = np.inf) -> bool:
        """Fit at the multipliers; whether the fit is new, and worth more than its ``price`` in the program."""
        cost, own = self.costs(multipliers), self.lesson(multipliers)
        said = self.learner.score(own.weight * self.n, own.label) >= self.threshold
        worth = self.n @ self.label / self.n.sum() + cost @ said
        if worth >= price - 1e-9 or any(np.array_equal(said, old) for old in self.pool):
            return False
        self.pool.append(said)
        self.asked.append(multipliers if 0 < own.label @ self.n < self.n.sum() else None)  # of one label nothing learns
        return True

    def _program(self, tolerance: float) -> tuple[Array, Array, float]:
        """Shares of the pool, the multipliers that go with them, and what a fit must cost less than to help."""
        from scipy.optimize import linprog

        said = np.stack(self.pool).astype(float)
        base = self.n @ self.label
        errors = (base + said @ (self.n * (1 - 2 * self.label))) / self.n.sum()
        found = said @ self.gaps.T  # (pool, k)
        both = np.concatenate([found.T, -found.T])
        right = np.full(len(both), tolerance)
        solved = linprog(errors, both, right, np.ones((1, len(said))), [1.0], bounds=(0, None), method="highs")
        up, down = np.split(-solved.ineqlin.marginals, 2)
        return np.asarray(solved.x), np.asarray(up - down), float(solved.eqlin.marginals[0])
