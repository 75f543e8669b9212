"""Change: what became of a figure between two versions of a model, and whether it is more than chance.

On the same test rows the change is *paired*: both versions' predictions of a row stay together, and what the rows have
in common cancels. Otherwise the two figures are taken for independent, which makes the interval wider.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtr

from responsible.fairness import disparity, groups
from responsible.fairness.measures import KNOWN
from responsible.governance.evidence import WHOLE, Evidence, difference
from responsible.measures.scores import Scored
from responsible.modelling.performance import paired_change
from responsible.modelling.score_intervals import cluster_of, lacking, score_interval
from responsible.names import CHANGE, MODELS, POOLED
from responsible.statistics.count_tables import counted, everybody
from responsible.statistics.intervals import Inference, Interval, quantile
from responsible.statistics.probability_metrics import SCORES
from responsible.statistics.rates import PERFORMANCE

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Change:
    """What a figure gained, new minus old, with its interval; NaN where undefined."""

    value: float
    low: float
    high: float

    @property
    def real(self) -> bool:
        """Whether it is more than chance: 0 lies outside the interval. An undefined interval shows nothing."""
        return self.low <= self.high and (self.low > 0 or self.high < 0)  # False with NaN

    def p(self, confidence: float) -> float:
        """The p of "no change" that the interval implies: 2 Φ(−z |value| / half), half the width towards 0; NaN where
        undefined. Below 1 − confidence just where the change is :attr:`real`.
        """
        half = self.value - self.low if self.value > 0 else self.high - self.value
        if math.isnan(self.value + half):
            return math.nan
        errors = abs(self.value) * quantile(confidence) / half if half else math.inf if self.value else 0.0
        return float(2 * ndtr(-errors))


Changes = dict[tuple[str, str], Change]
"""(figure, level) → change; a fairness figure is ``attribute.measure``."""

_LOWER_IS_BETTER = ("log_loss", "brier")


def independent(old: Evidence, new: Evidence) -> Change:
    """The change between figures of independent samples (:func:`responsible.governance.evidence.difference`)."""
    return Change(*difference(old, new))


def paired(
    test: pd.DataFrame,
    label: Ints,
    attributes: Sequence[groups.Groups],
    decide_at: tuple[float, float],
    *,
    fairness: disparity.Fairness,
    inference: Inference,
    rng: np.random.Generator,
) -> Changes:
    """The changes of every figure between two scored versions of a model on the same test rows.

    ``test`` are cells with counts ``n``, levels ``a.NAME``, and the scores of both versions in ``old`` and ``new``;
    ``label`` (m,) is 0/1; ``decide_at`` are the versions' decision thresholds.
    """
    n, scores = test["n"].to_numpy(), [test[name].to_numpy() for name in ("old", "new")]
    bits = [label, *(score >= at for score, at in zip(scores, decide_at, strict=True))]
    everyone, parts = everybody(test, bits)
    table = paired_change(everyone, inference, rng, parts)
    found = {(str(row["figure"]), WHOLE): _change(row) for row in table.to_dict("records")}
    rows, clusters = (n * label, n * (1 - label)), cluster_of(test)
    for (name, level), change in _scores(scores[0], scores[1], *rows, inference).items():
        ends = Interval(change.low, change.high)
        if clusters is not None:
            now = scores[1], *rows
            ends = score_interval(name, ends, now, clusters, inference.confidence, before=scores[0])
        found[name, level] = Change(change.value, float(ends.low), float(ends.high))
    of_all = Scored(dict(zip(MODELS, scores, strict=True)), label, n, label, clusters)
    for who in attributes:
        code = who.codes(test)
        joint, parts = counted(test, code, len(who.levels), bits)
        scored = dict.fromkeys(MODELS, replace(of_all, code=code))
        judged = disparity.disparities(
            joint, who, fairness, inference, rng, rows=int(n.sum()), parts=parts, scored=scored
        )
        found |= _fairness(judged)
    return found


def _fairness(table: pd.DataFrame) -> Changes:
    return {
        (f"{row['attribute']}.{row['measure']}", _level(str(row["comparison"]))): _change(row)
        for row in table[table["model"] == CHANGE].to_dict("records")  # of single levels where none is privileged
    }


def _level(comparison: str) -> str:
    return WHOLE if comparison == POOLED else comparison


def _change(row: Mapping[Hashable, Any]) -> Change:
    return Change(float(row["value"]), float(row["low"]), float(row["high"]))


def _scores(old: Array, new: Array, positives: Ints, negatives: Ints, inference: Inference) -> Changes:
    z, rows = quantile(inference.confidence), (int(positives.sum()), int(negatives.sum()))
    before, after = _inside(old), _inside(new)
    losses = {
        "log_loss": (np.log(before) - np.log(after), np.log1p(-before) - np.log1p(-after)),
        "brier": ((1 - new) ** 2 - (1 - old) ** 2, new**2 - old**2),
    }
    found = {name: _loss(*loss, positives, negatives, z) for name, loss in losses.items()}
    found["roc_auc"] = _auc(old, new, positives, negatives, z)
    few = [name for name in found if lacking(name, *rows, inference.minimum_denominator)]
    return {(name, WHOLE): change for name, change in (found | dict.fromkeys(few, _NOTHING)).items()}


def _inside(score: Array) -> Array:
    return np.clip(score, np.finfo(float).eps, 1 - np.finfo(float).eps)


_NOTHING = Change(math.nan, math.nan, math.nan)


def _auc(old: Array, new: Array, positives: Ints, negatives: Ints, z: float) -> Change:
    """DeLong's paired interval: variances of the differences of each row's share of rows of the other class it beats
    (DeLong, DeLong & Clarke-Pearson 1988, eq. 5 for a contrast of two curves). Scores that are equal row by row are one
    model, whose change is 0 for certain; so are the losses'.
    """
    if min(positives.sum(), negatives.sum()) < 2:
        return _NOTHING
    above = _below(new, negatives) - _below(old, negatives)
    beaten = _below(new, positives) - _below(old, positives)  # a rise is a loss for a negative row
    (mean, spread), (_, other) = _mean(above, positives), _mean(beaten, negatives)
    return _about(mean, z * math.sqrt(spread + other))


def _below(score: Array, rows: Ints) -> Array:
    """For each cell the share of ``rows`` with a lower score, those with the same score counting half."""
    _, place = np.unique(score, return_inverse=True)
    held = np.bincount(place, rows)
    return np.asarray(((np.cumsum(held) - held / 2) / rows.sum())[place])


def _loss(of_positives: Array, of_negatives: Array, positives: Ints, negatives: Ints, z: float) -> Change:
    """Normal interval of the mean difference of the rows' losses; NaN with fewer than two rows."""
    rows = np.concatenate([positives, negatives])
    if rows.sum() < 2:
        return _NOTHING
    mean, spread = _mean(np.concatenate([of_positives, of_negatives]), rows)
    return _about(mean, z * math.sqrt(spread))


def _about(mean: float, half: float) -> Change:
    return Change(mean, mean - half, mean + half)


def _mean(values: Array, rows: Ints) -> tuple[float, float]:
    """Mean of ``values`` that stand for ``rows`` rows each, and the mean's sampling variance s²/n."""
    n = rows.sum()
    mean = float(values @ rows / n)
    return mean, float((values - mean) ** 2 @ rows / (n - 1) / n)


def better(figure: str, old: float, new: float) -> bool | None:
    """Whether the figure moved for the better: towards parity, or up, or down for a loss. None when nobody can say."""
    if figure in KNOWN:
        before, after = map(KNOWN[figure].distance, (old, new))
    elif figure in PERFORMANCE or figure in SCORES:
        sign = 1 if figure in _LOWER_IS_BETTER else -1
        before, after = sign * old, sign * new
    else:
        return None
    return None if before == after or math.isnan(before + after) else after < before
