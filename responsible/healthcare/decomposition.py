"""Causes: hints at where a disparity comes from, by how much of it remains among cases with like recorded factors.

A hint is arithmetic, not a cause: a factor that explains a disparity may itself be the product of unequal
treatment, and one that explains nothing may matter together with others.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from responsible.fairness.comparisons import questions
from responsible.fairness.groups import Groups
from responsible.healthcare.cases import DURATION, MERIT, OUTCOME, PRIORITY, URGENCY, binary
from responsible.statistics import intervals
from responsible.statistics.intervals import Inference
from responsible.statistics.rates import divide

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
TOGETHER = (MERIT, URGENCY, PRIORITY)


def kitagawa(n: np.ndarray, mean: np.ndarray) -> tuple[Array, Array]:
    """Kitagawa's (1955) two parts of a difference of means, ``n`` and ``mean`` being ``[..., side, level]``, u first.

    explained = Σ (w_u − w_p)(m_u + m_p)/2, what the sides' different shares w of the factor's levels make; remains = Σ
    (m_u − m_p)(w_u + w_p)/2, what is different at like levels. Their sum is the difference, exactly. (The same as
    Oaxaca and Blinder's with one categorical factor and averaged coefficients.) A level that one side lacks has the
    mean of the other there, so that it can only be explained; NaN when a side is empty.
    """
    n, mean = np.asarray(n, dtype=float), np.asarray(mean, dtype=float)
    weight = divide(n, n.sum(axis=-1, keepdims=True))
    filled = np.where(n > 0, mean, np.flip(mean, axis=-2))
    filled = np.where(np.isnan(filled), 0.0, filled)  # a level nobody has
    (w_u, w_p), (m_u, m_p) = (np.moveaxis(x, -2, 0) for x in (weight, filled))
    explained, remains = (w_u - w_p) * (m_u + m_p) / 2, (m_u - m_p) * (w_u + w_p) / 2
    return explained.sum(axis=-1), remains.sum(axis=-1)


def hints(
    cases: pd.DataFrame, who: Groups, factors: pd.DataFrame, inference: Inference, rng: np.random.Generator
) -> pd.DataFrame:
    """How much of each comparison's difference in approval, and in mean wait, remains after conditioning on each
    factor.

    ``factors``: text columns (:func:`.cases.factors`). Merit, urgency and priority, where two of them
    are there, are also one factor together. Columns: ``attribute, comparison, outcome`` (approval or wait), ``factor,
    difference, low, high`` (of the difference), ``explained, remains, remains_low, remains_high, remains_share``
    (remains / difference, NaN when the difference's interval holds 0: nothing to explain), ``overlap`` (share of the
    cases at levels that both sides have). Within a comparison the factor that leaves least comes first. Intervals are
    percentiles of multinomial replicates of the counts; means of minutes within cells are drawn from their normal
    limit.
    """
    columns = _columns(factors)
    code = who.codes(cases)
    kinds = {"approval": binary(cases, OUTCOME).astype(float)}
    if DURATION in cases:
        kinds["wait"] = cases[DURATION].to_numpy(dtype=float)
    rows: list[dict[str, object]] = []
    for versus in questions(who):
        for kind, values in kinds.items():
            side = np.where(np.isnan(values), -1, versus.sides(code))
            place = {"attribute": who.attribute, "comparison": versus.name, "outcome": kind}
            if not {0, 1} <= set(side):
                continue
            everyone = _Cells.of(side, np.zeros(len(cases), dtype=np.int64), values)
            whole = _interval(everyone, inference, rng)
            found = {f: _hint(_Cells.of(side, level, values), whole, inference, rng) for f, level in columns.items()}
            nearest = sorted(found, key=lambda factor: abs(found[factor]["remains"]))
            rows += [{**place, "factor": factor, **found[factor]} for factor in nearest]
    return pd.DataFrame(rows, columns=COLUMNS)


COLUMNS = ["attribute", "comparison", "outcome", "factor", "difference", "low", "high", "explained", "remains"]
COLUMNS += ["remains_low", "remains_high", "remains_share", "overlap"]


def _columns(factors: pd.DataFrame) -> dict[str, Ints]:
    own = [role for role in TOGETHER if role in factors]
    columns: dict[str, Ints] = {str(f): np.asarray(pd.factorize(factors[f])[0], dtype=np.int64) for f in factors}
    if len(own) > 1:
        columns[" & ".join(own)] = np.asarray(factors.groupby(own).ngroup(), dtype=np.int64)
    return columns


@dataclass(frozen=True, eq=False)
class _Cells:
    """Cases, mean and variance of their values by [side, level]."""

    n: Ints
    mean: Array
    variance: Array

    @classmethod
    def of(cls, side: Ints, level: Ints, values: Array) -> _Cells:
        kept, levels = side >= 0, int(level.max()) + 1
        cell, x = (side * levels + level)[kept], values[kept] - values[kept].mean()
        n, one, two = (np.bincount(cell, weights=w, minlength=2 * levels) for w in (np.ones(len(x)), x, x * x))
        mean = divide(one, n)
        variance = np.maximum(divide(two, n) - mean**2, 0)
        counts = np.asarray(n, dtype=np.int64).reshape(2, levels)
        return cls(counts, (values[kept].mean() + mean).reshape(2, levels), variance.reshape(2, levels))

    def draws(self, number: int, rng: np.random.Generator) -> tuple[Ints, Array]:
        """Replicates of n and mean: sizes multinomial, means normal with the error of the observed size."""
        n = intervals.replicates(self.n, number, rng)
        error = np.sqrt(divide(self.variance, self.n))
        return n, self.mean + error * rng.standard_normal(n.shape)


def _interval(cells: _Cells, inference: Inference, rng: np.random.Generator) -> intervals.Interval:
    """Of what remains; with a single level that is the whole difference."""
    return intervals.percentile(kitagawa(*cells.draws(inference.replicates, rng))[1], inference.confidence)


def _hint(cells: _Cells, whole: intervals.Interval, inference: Inference, rng: np.random.Generator) -> dict[str, float]:
    (explained, remains), rest = kitagawa(cells.n, cells.mean), _interval(cells, inference, rng)
    difference = float(explained + remains)
    both = (cells.n > 0).all(axis=0)
    return {
        "difference": difference,
        "low": whole.low,
        "high": whole.high,
        "explained": float(explained),
        "remains": float(remains),
        "remains_low": rest.low,
        "remains_high": rest.high,
        "remains_share": np.nan if whole.low <= 0 <= whole.high else float(remains) / difference,
        "overlap": float(cells.n[:, both].sum() / cells.n.sum()),
    }
