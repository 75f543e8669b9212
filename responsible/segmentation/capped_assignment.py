"""Capped assignment: the cheapest way to put people into given segments so that no level exceeds a cap in any of them.

Each person i goes to exactly one segment k at the cost of the squared distance to its centre, so that without a cap
everybody goes to the nearest centre. With x_ik ∈ {0, 1}:

    minimise Σ c_ik x_ik  subject to  Σ_k x_ik = 1,
    Σ_{i in level} x_ik ≤ cap · Σ_i x_ik  for every segment and level,   Σ_i x_ik ≥ kept_k.

The linear program 0 ≤ x ≤ 1 (HiGHS) leaves at most a few people divided among segments. They, and those to whom its
prices make a second segment nearly as good, are then assigned whole by branching, everybody else staying where the
program put them. The program's cost is a lower bound, so the answer says how far from the best it can be at most; with
as many people as are left to the branching, or fewer, it is the best, unless the branching stopped before its end.
A cap below the largest level's share of everybody cannot be met by any assignment; neither can some caps near it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Self

import numpy as np
import scipy
from pydantic import Field, model_validator

from responsible.clustering.partition import Labels, Points
from responsible.validation import Params

FREE = 60  # people left to the branching
# Branches after which it stops: the best is found in a few, and proving it can take thousands. A limit of time would
# give other answers on another machine.
NODES = 200


class Caps(Params):
    """Caps to try, from ``minimum`` to ``maximum`` by ``step``: the most that a level may have of a segment.

    At most ``rows`` rows are reassigned, drawn at random; each segment must ``keep`` this share of its size, or
    emptying it would be the cheapest way to honour any cap.
    """

    minimum: Annotated[float, Field(gt=0, le=1)]
    maximum: Annotated[float, Field(gt=0, le=1)]
    step: Annotated[float, Field(gt=0, lt=1)]
    rows: Annotated[int, Field(ge=50, le=50_000)]
    keep: Annotated[float, Field(ge=0, le=1)]

    @model_validator(mode="after")
    def _rising(self) -> Self:
        if self.minimum > self.maximum:
            raise ValueError(f"minimum must be <= maximum, got {self.minimum} and {self.maximum}")
        if self.maximum - self.minimum > 100 * self.step:
            raise ValueError(f"step must give at most 101 caps, got {self.step}")
        return self

    def values(self) -> list[float]:
        """The caps, rising."""
        number = int((self.maximum - self.minimum) / self.step + 1e-9) + 1
        return [round(self.minimum + i * self.step, 10) for i in range(number)]


@dataclass(frozen=True)
class Capped:
    """The cheapest assignment found under ``cap``: labels (n,), their total cost, and a ``bound`` below any cost.

    ``state`` is ``feasible``, ``infeasible`` (no assignment, not even of parts of people, honours the cap) or
    ``not_found`` (none of whole people was found); without one, labels are None and the cost is NaN.
    """

    cap: float
    state: str
    labels: Labels | None
    cost: float
    bound: float


def capped(costs: Points, codes: Labels, cap: float, kept: Labels) -> Capped:
    """Assign n people to K segments at ``costs`` (n, K), with ``codes`` (n,) their levels and ``kept`` (K,) the fewest
    people of each segment.
    """
    n, k = costs.shape
    upper = scipy.sparse.vstack([_capping(codes, k, cap), -_by_segment(np.ones((1, n)), k)], format="csr")
    limits = np.concatenate([np.zeros(upper.shape[0] - k), -np.asarray(kept, dtype=float)])
    relaxed = scipy.optimize.linprog(
        costs.ravel(), A_ub=upper, b_ub=limits, A_eq=_each_once(n, k), b_eq=np.ones(n), method="highs-ds"
    )
    if relaxed.x is None:
        return Capped(cap, "infeasible", None, float("nan"), float("nan"))
    parts, reduced = relaxed.x.reshape(n, k), relaxed.lower.marginals.reshape(n, k)
    doubtful = np.lexsort([np.sort(reduced, axis=1)[:, 1], parts.max(axis=1) > 1 - 1e-9])[:FREE]
    labels = parts.argmax(axis=1).astype(np.int64)
    whole = _whole(costs, upper, limits, labels, np.sort(doubtful))
    if whole is None:
        return Capped(cap, "not_found", None, float("nan"), float(relaxed.fun))
    return Capped(cap, "feasible", whole, float(costs[np.arange(n), whole].sum()), float(relaxed.fun))


def _whole(costs: Points, upper: scipy.sparse.csr_array, limits: Points, labels: Labels, free: Labels) -> Labels | None:
    """``labels`` with the people ``free`` assigned whole at the least cost, or None when their limits forbid it."""
    n, k = costs.shape
    fixed = np.zeros((n, k))
    fixed[np.arange(n), labels] = 1
    fixed[free] = 0
    columns = (free[:, None] * k + np.arange(k)).ravel()
    answer = scipy.optimize.milp(
        costs[free].ravel(),
        integrality=np.ones(len(columns)),
        bounds=scipy.optimize.Bounds(0, 1),
        constraints=[
            scipy.optimize.LinearConstraint(_each_once(len(free), k), 1, 1),
            scipy.optimize.LinearConstraint(upper[:, columns], -np.inf, limits - upper @ fixed.ravel()),
        ],
        options={"mip_rel_gap": 1e-6, "node_limit": NODES, "presolve": False},
    )
    if answer.x is None:
        return None
    out = labels.copy()
    out[free] = answer.x.reshape(len(free), k).argmax(axis=1)
    return out


def _each_once(n: int, k: int) -> scipy.sparse.csr_array:
    return scipy.sparse.kron(scipy.sparse.eye_array(n), np.ones((1, k)), format="csr")


def _by_segment(weights: Points, k: int) -> scipy.sparse.csr_array:
    """Rows (weights · K): Σ_i weight_i x_ik for every row of ``weights`` (m, n) and every segment."""
    return scipy.sparse.csr_array(scipy.sparse.kron(weights, scipy.sparse.eye_array(k), format="csr"))


def _capping(codes: Labels, k: int, cap: float) -> scipy.sparse.csr_array:
    """Σ_i (1[i in level] − cap) x_ik for every level and segment; ≤ 0 where the cap holds."""
    return _by_segment((codes == np.unique(codes)[:, None]) - cap, k)
