"""The registry of fairness measures between two groups, each one line over the rates: *unprivileged against
privileged*.

To add one is to add an entry; :mod:`responsible.measures.definition` says what an entry holds.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Collection, Mapping

import numpy as np

from responsible.measures.definition import (
    Compare,
    Known,
    Line,
    Measure,
    Pair,
    difference,
    equal,
    equal_odds,
    equal_sums,
    of_rate,
    ratio,
)
from responsible.measures.scores import SCORE_MEASURES

__all__ = ["KNOWN", "MEASURES", "SCORE_MEASURES", "Compare", "Line", "Measure", "Pair", "difference", "equal", "ratio"]


def _average(tpr: np.ndarray, fpr: np.ndarray) -> np.ndarray:
    return (fpr + tpr) / 2


_tpr, _fpr = difference("true_positive_rate"), difference("false_positive_rate")
_tnr = difference("true_negative_rate")

MEASURES: dict[str, Measure] = {
    "statistical_parity_difference": Measure(
        compute=difference("selection_rate"),
        rates=("selection_rate",),
        formula="selection rate u − selection rate p",
        unit="difference of selection rates",
        hypothesis="equal selection rates",
        test=equal("selection_rate"),
        line=lambda v: (v, 1.0),
        standard=True,
    ),
    "disparate_impact": Measure(
        compute=ratio("selection_rate"),
        rates=("selection_rate",),
        formula="selection rate u / selection rate p",
        unit="ratio of selection rates",
        hypothesis="equal selection rates",
        test=equal("selection_rate"),
        ratio=True,
        line=lambda v: (0.0, v),
        zero_privileged="no_predicted_positives",
        standard=True,
    ),
    "equal_opportunity_difference": Measure(
        compute=_tpr,
        rates=("true_positive_rate",),
        formula="TPR u − TPR p",
        unit="difference of true positive rates",
        hypothesis="equal true positive rates",
        test=equal("true_positive_rate"),
        standard=True,
    ),
    "average_odds_difference": Measure(
        compute=lambda u, p: _average(_tpr(u, p), _fpr(u, p)),
        rates=("true_positive_rate", "false_positive_rate"),
        formula="½ [(FPR u − FPR p) + (TPR u − TPR p)]",
        unit="mean difference of true and false positive rates",
        hypothesis="equalized odds",
        test=equal_odds,
        standard=True,
    ),
    "average_absolute_odds_difference": Measure(
        compute=lambda u, p: _average(np.abs(_tpr(u, p)), np.abs(_fpr(u, p))),
        rates=("true_positive_rate", "false_positive_rate"),
        formula="½ [|FPR u − FPR p| + |TPR u − TPR p|]",
        unit="mean absolute difference of true and false positive rates",
        hypothesis="equalized odds",
        test=equal_odds,
        gaps=(_tpr, _fpr),
        standard=True,
    ),
    "predictive_parity_difference": Measure(
        compute=difference("positive_predictive_value"),
        rates=("positive_predictive_value",),
        formula="PPV u − PPV p",
        unit="difference of positive predictive values",
        hypothesis="equal predictive values",
        test=equal("positive_predictive_value"),
        standard=True,
    ),
    **of_rate("false_positive_rate", "FPR", "the people with label 0", "is selected"),
    **of_rate("false_negative_rate", "FNR", "the people with label 1", "is not selected"),
    **of_rate("false_discovery_rate", "FDR", "the people selected", "has label 0"),
    **of_rate("false_omission_rate", "FOR", "the people not selected", "has label 1"),
    "equalized_odds_difference": Measure(
        compute=lambda u, p: np.maximum(np.abs(_tpr(u, p)), np.abs(_fpr(u, p))),
        rates=("true_positive_rate", "false_positive_rate"),
        formula="max(|TPR u − TPR p|, |FPR u − FPR p|)",
        unit="larger of the absolute differences of true and false positive rates",
        hypothesis="equalized odds",
        meaning="How far apart are the groups in the rate, true or false positive, in which they differ most?",
        test=equal_odds,
        gaps=(_tpr, _fpr),
        largest=True,
    ),
    "balanced_accuracy_difference": Measure(
        compute=lambda u, p: _average(_tpr(u, p), _tnr(u, p)),
        rates=("true_positive_rate", "true_negative_rate"),
        formula="½ [(TPR u + TNR u) − (TPR p + TNR p)]",
        unit="difference of balanced accuracies",
        hypothesis="equal balanced accuracies",
        meaning="How much more often is the unprivileged group judged rightly, both labels counting alike?",
        test=equal_sums("true_positive_rate", "true_negative_rate"),
        summed=True,
    ),
}
"""Every measure of counts by its name in metrics files.

The same numbers elsewhere: AIF360 0.6.1 (``ClassificationMetric`` and ``aif360.sklearn.metrics``) for all but the
absolute ones, which are fairlearn's ``equalized_odds_difference`` (``agg="mean"``, and ``"worst_case"`` for the larger
one), and the balanced accuracy, which is fairlearn's ``MetricFrame`` of scikit-learn's; fairlearn's other measures are
absolute values. Average odds can cancel, so the absolute average stands beside it. Sources: Feldman et al. 2015
(disparate impact), Hardt, Price & Srebro 2016 (equal opportunity, equalized odds), Chouldechova 2017 (predictive
parity, error rates), Berk et al. 2018 (false discovery and omission), Bellamy et al. 2018 (AIF360: average odds, ratios
of error rates), Brodersen et al. 2010 (balanced accuracy).
"""

KNOWN: Mapping[str, Known] = ChainMap(MEASURES, SCORE_MEASURES)  # type: ignore[arg-type]
"""Every measure, of counts and of scores."""


def standard() -> list[str]:
    """The measures that are computed where the parameters choose none."""
    return [name for name, measure in KNOWN.items() if measure.standard or measure.limits]


def ordered(names: Collection[str]) -> list[str]:
    """The ``names`` in the order of the registry: of counts, then of scores."""
    return [name for name in (*MEASURES, *SCORE_MEASURES) if name in names]
