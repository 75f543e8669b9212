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
from responsible.modelling.parameters import Logistic
from responsible.modelling.performance import paired_change
from responsible.names import MODELS
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
        joint = groups.tabulate(code, len(who.levels), bits, n)
        found.append(
            _from_counts(joint, who, fairness, inference, rng, rows=int(n.sum()))
            | {
                "score_quality": score_quality(
                    code, who, scores, label, n, bins=CALIBRATION_BINS, confidence=inference.confidence
                ),
            }
        )
    tables = {name: pd.concat([each[name] for each in found], ignore_index=True) for name in found[0]}
    tables["intersection_rates"] = intersections.intersection_rates(test, attributes, bits, inference)
    everybody = groups.tabulate(np.zeros(len(n), dtype=np.int64), 1, bits, n)[0]
    tables["performance_change"] = paired_change(everybody, inference, rng)
    return Evaluation(**(tables | {"fairness": adjust([tables["fairness"]], "model")[0]}))


def _from_counts(
    joint: groups.Counts,
    who: groups.Groups,
    fairness: disparity.Fairness,
    inference: Inference,
    rng: np.random.Generator,
    *,
    rows: int,
) -> dict[str, pd.DataFrame]:
    return {
        "fairness": disparity.disparities(joint, who, fairness, inference, rng, rows=rows),
        "group_rates": groups.group_rates(joint, who, inference.confidence),
        "group_tests": groups.any_difference(joint, who, inference.replicates, rng),
        "confusion": groups.confusion(joint, who),
    }
