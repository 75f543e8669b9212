"""The evaluation of two scored models on the same test rows: every table of every declared sensitive attribute."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from responsible.fairness import curves, disparity, groups, intersections
from responsible.modelling.performance import cluster_of, paired_change
from responsible.names import MODELS
from responsible.statistics.intervals import Inference

CALIBRATION_BINS = 10


@dataclass(frozen=True)
class Evaluation:
    """Long tables over all attributes; the functions that make them document their columns."""

    fairness: pd.DataFrame
    group_rates: pd.DataFrame
    intersection_rates: pd.DataFrame
    group_tests: pd.DataFrame
    confusion: pd.DataFrame
    roc: pd.DataFrame
    calibration: pd.DataFrame
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
        joint, parts = groups.counted(test, code, len(who.levels), bits)
        found.append(
            _from_counts(joint, who, fairness, inference, rng, rows=int(n.sum()), parts=parts)
            | {
                "roc": curves.roc_by_group(code, who, scores, label, n),
                "calibration": curves.calibration_by_group(
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
    everybody, parts = groups.everybody(test, bits)
    tables["performance_change"] = paired_change(everybody, inference, rng, parts)
    return Evaluation(**(tables | {"fairness": disparity.adjust(tables["fairness"])}))


def _from_counts(
    joint: groups.Counts,
    who: groups.Groups,
    fairness: disparity.Fairness,
    inference: Inference,
    rng: np.random.Generator,
    *,
    rows: int,
    parts: groups.Counts | None,
) -> dict[str, pd.DataFrame]:
    return {
        "fairness": disparity.disparities(joint, who, fairness, inference, rng, rows=rows, parts=parts),
        "group_rates": groups.group_rates(joint, who, inference.confidence, parts),
        "group_tests": groups.any_difference(joint, who, inference.replicates, rng, clustered=parts is not None),
        "confusion": groups.confusion(joint, who),
    }
