"""The evaluation of two scored models on the same test rows: every table of every declared sensitive attribute."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from responsible.fairness import disparity, groups, intersections
from responsible.fairness.comparisons import adjust
from responsible.fairness.score_quality import score_quality
from responsible.measures.scores import Scored
from responsible.modelling.parameters import Logistic
from responsible.modelling.performance import cluster_of, paired_change
from responsible.names import ANY_LEVEL, CHANGE, MODELS, POOLED
from responsible.statistics.count_tables import counted, everybody
from responsible.statistics.intervals import Inference
from responsible.tabular.levels import Disclosure
from responsible.tabular.schema import Seed, Sensitive, Threshold
from responsible.validation import Params

CALIBRATION_BINS = 10


class Parameters(Params):
    """The sections of the parameter file that an evaluation, and the change between two of them, are computed with."""

    seed: Seed
    threshold: Threshold
    sensitive: dict[str, Sensitive]
    model: Logistic
    inference: Inference
    fairness: disparity.Fairness
    disclosure: Disclosure


@dataclass(frozen=True)
class Evaluation:
    """Long tables over all attributes; the functions that make them document their columns."""

    fairness: pd.DataFrame
    group_rates: pd.DataFrame
    intersection_rates: pd.DataFrame
    group_tests: pd.DataFrame
    confusion: pd.DataFrame
    score_quality: pd.DataFrame
    performance_change: pd.DataFrame


def evaluate(
    test: pd.DataFrame,
    label: npt.NDArray[np.int64],
    attributes: Sequence[groups.Groups],
    decision_threshold: float,
    *,
    fairness: disparity.Fairness,
    inference: Inference,
    rng: np.random.Generator,
) -> Evaluation:
    """Audit cells ``test`` that carry ``n``, the ``a.`` levels, and scores in columns ``baseline`` and ``reweighed``.

    ``label`` (m,) is 0/1. Changes are paired: they are drawn from the joint counts of both models.
    """
    scores = {model: test[model].to_numpy() for model in MODELS}
    n, bits = test["n"].to_numpy(), [label, *(score >= decision_threshold for score in scores.values())]
    found = []
    for who in attributes:
        code = who.codes(test)
        joint, parts = counted(test, code, len(who.levels), bits)
        scored = Scored(scores, label, n, code, cluster_of(test))
        found.append(
            _from_counts(joint, who, fairness, inference, rng, rows=int(n.sum()), parts=parts, scored=scored)
            | {
                "score_quality": score_quality(
                    code,
                    who,
                    scores,
                    label,
                    n,
                    bins=CALIBRATION_BINS,
                    confidence=inference.confidence,
                    clusters=cluster_of(test),
                ),
            }
        )
    tables = {name: pd.concat([each[name] for each in found], ignore_index=True) for name in found[0]}
    tables["intersection_rates"] = intersections.intersection_rates(test, attributes, bits, inference)
    everyone, parts = everybody(test, bits)
    tables["performance_change"] = paired_change(everyone, inference, rng, parts)
    return Evaluation(**(tables | {"fairness": adjust([tables["fairness"]], "model")[0]}))


def _from_counts(
    joint: groups.Counts,
    who: groups.Groups,
    fairness: disparity.Fairness,
    inference: Inference,
    rng: np.random.Generator,
    *,
    rows: int,
    parts: groups.Counts | None,
    scored: Scored,
) -> dict[str, pd.DataFrame]:
    return {
        "fairness": disparity.disparities(joint, who, fairness, inference, rng, rows=rows, parts=parts, scored=scored),
        "group_rates": groups.group_rates(joint, who, inference.confidence, parts),
        "group_tests": groups.any_difference(joint, who, inference.replicates, rng, clustered=parts is not None),
        "confusion": groups.confusion(joint, who),
    }


def summary(comparisons: pd.DataFrame) -> dict[str, dict[str, object]]:
    """Headline values ``{attribute: {model: {measure: value}}}`` of the pooled comparison, or of any level.

    Undefined values are NaN, and a sibling ``undefined`` map gives the reason code of each; where no level is
    privileged, a sibling ``farthest`` names the level of each.
    """
    pooled = comparisons[comparisons["comparison"].isin([POOLED, ANY_LEVEL]) & (comparisons["model"] != CHANGE)]
    out: dict[str, dict[str, object]] = {}
    for attribute, rows in pooled.groupby("attribute", sort=False):
        out[str(attribute)] = {str(model): _values(own) for model, own in rows.groupby("model", sort=False)}
    return out


def _values(rows: pd.DataFrame) -> dict[str, object]:
    values: dict[str, object] = dict(zip(rows["measure"], rows["value"], strict=True))
    for name, column in (("undefined", "reason"), ("farthest", "farthest")):
        if said := {m: text for m, text in zip(rows["measure"], rows[column], strict=True) if text}:
            values[name] = said
    return values
