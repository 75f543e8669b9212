"""What of an answer rests on scores, which no threshold moves: measures of scores, and each group's score quality."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from responsible.fairness.comparisons import Comparison
from responsible.fairness.evaluation import CALIBRATION_BINS
from responsible.fairness.score_quality import score_quality
from responsible.measures.scores import Scored, ScoreMeasure, compare
from responsible.statistics.count_figures import Estimate
from responsible.statistics.intervals import Inference
from responsible.what_if.questions import Case, Floats

MODEL = "model"


def compared(
    measure: ScoreMeasure, case: Case, versus: Comparison, weights: Floats | None, sure: Sequence[Inference]
) -> list[Estimate]:
    """The measure of one comparison at each of the confidences ``sure``.

    With ``weights`` of levels (levels,) each row counts for as many people as its level stands for, and either side
    has as many rows as count like independent ones.
    """
    side, n = versus.sides(case.code), case.n.astype(np.float64)
    if weights is not None:
        wide = np.where(case.code >= 0, weights[case.code], 0.0)
        for own in (side == 0, side == 1):
            total, squares = float(n[own] @ wide[own]), float(n[own] @ wide[own] ** 2)
            n[own] *= wide[own] * (total / squares if squares else 0.0)
    cells = Scored({MODEL: case.score}, case.label, n, case.code, case.clusters)  # type: ignore[arg-type]
    return [compare(measure, MODEL, cells, side, each)[0] for each in sure]


def quality(case: Case, confidence: float) -> pd.DataFrame:
    """Ranking and calibration of each group, a row each: :func:`~responsible.fairness.score_quality.score_quality`'s
    ``group, n, roc_auc, score, observed, bins, bins_off``; no row without labels.
    """
    cells = {MODEL: Scored({MODEL: case.score}, case.label, case.n, case.code, case.clusters)} if case.labelled else {}
    found = score_quality(case.who, cells, bins=CALIBRATION_BINS, confidence=confidence)
    return found.drop(columns=["attribute", "model"])
