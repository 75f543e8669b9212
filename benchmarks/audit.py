"""Audit: one call on arrays, by sex, race and their cross with intervals, against peers that give none.

fairlearn's MetricFrame has the rates by group, AIF360's ClassificationMetric the measures of the two sexes; neither has
intervals, tests or verdicts, which is what most of our time goes to. The rows are as many as UCI Adult has, and more.
"""

from __future__ import annotations

import logging
from functools import partial

import numpy as np
import pandas as pd

from benchmarks._measure import agree, best, ratio, seconds, table
from responsible.audit import Audit, audit
from responsible.statistics.intervals import Inference

SIZES = (48_842, 5_000_000)
SHARES = {"Male": 0.67, "Female": 0.33}
RACES = {"White": 0.855, "Black": 0.096, "Asian-Pac-Islander": 0.031, "Amer-Indian-Eskimo": 0.01, "Other": 0.008}
PRIVILEGED = {"sex": "Male", "race": "White"}
MEASURES = ("statistical_parity_difference", "equal_opportunity_difference", "average_odds_difference")


def rows(n: int) -> pd.DataFrame:
    """``n`` rows with label, decision, sex and race, in shares like those of Adult; four decisions in five hold."""
    rng = np.random.default_rng(1)
    sex, race = (rng.choice(list(p), n, p=list(p.values())) for p in (SHARES, RACES))
    y = rng.random(n) < np.where(sex == "Male", 0.3, 0.11)
    return pd.DataFrame(
        {"y": y.astype(int), "decision": (y ^ (rng.random(n) < 0.2)).astype(int), "sex": sex, "race": race}
    )


def ours(frame: pd.DataFrame, replicates: int) -> Audit:
    """Everything, with intervals of so many replicates."""
    inference = Inference(confidence=0.95, replicates=replicates, minimum_denominator=5)
    return audit(frame["y"], frame["decision"], frame[["sex", "race"]], privileged=PRIVILEGED, inference=inference)


def fairlearn(frame: pd.DataFrame) -> np.ndarray:
    """Rates of sex, race and their cross; of them the differences of the sexes in the order of MEASURES."""
    from fairlearn.metrics import MetricFrame, false_positive_rate, selection_rate, true_positive_rate
    from sklearn.metrics import precision_score

    rates = {"sr": selection_rate, "tpr": true_positive_rate, "fpr": false_positive_rate, "ppv": precision_score}
    features = (["sex"], ["race"], ["sex", "race"])
    found = [
        MetricFrame(metrics=rates, y_true=frame["y"], y_pred=frame["decision"], sensitive_features=frame[each]).by_group
        for each in features
    ]
    gap = found[0].loc["Female"] - found[0].loc["Male"]
    return np.array([gap["sr"], gap["tpr"], (gap["tpr"] + gap["fpr"]) / 2])


def aif360(frame: pd.DataFrame) -> np.ndarray:
    """The measures of the sexes."""
    logging.disable(logging.WARNING)
    try:
        from aif360.datasets import BinaryLabelDataset
        from aif360.metrics import ClassificationMetric
    finally:
        logging.disable(logging.NOTSET)
    known = pd.DataFrame({"sex": (frame["sex"] == "Male").astype(float)})

    def dataset(column: str) -> BinaryLabelDataset:
        labels = known.assign(label=frame[column].astype(float))
        return BinaryLabelDataset(df=labels, label_names=["label"], protected_attribute_names=["sex"])

    sides = {"unprivileged_groups": [{"sex": 0}], "privileged_groups": [{"sex": 1}]}
    metric = ClassificationMetric(dataset("y"), dataset("decision"), **sides)
    gaps = metric.statistical_parity_difference, metric.equal_opportunity_difference, metric.average_odds_difference
    return np.array([gap() for gap in gaps])


def run(small: bool) -> None:
    """Print seconds by number of rows, and by how much the measures of the sexes differ."""
    lines, apart = [], 0.0
    for n in SIZES[:1] if small else SIZES:
        frame, repeats = rows(n), 1 if small or n > 1_000_000 else 5
        ours(frame, 100)
        spent, found = best(partial(ours, frame, 100 if small else 10_000), max(repeats, 3))
        own = found.headline.set_index(["attribute", "measure"])["value"]["sex"][list(MEASURES)].to_numpy()
        cells = [f"{n:,}", seconds(spent)]
        for rival in (fairlearn, aif360):
            if rival is fairlearn and n > 1_000_000:  # it takes minutes
                cells += ["not run", ""]
                continue
            theirs, values = best(partial(rival, frame), repeats)
            apart = max(apart, float(np.abs(values - own).max()))
            cells += [seconds(theirs), ratio(theirs, spent)]
        lines.append(cells)
    print("sex, race and their cross; ours with intervals, tests and verdicts, fairlearn rates alone, AIF360 sex alone")
    table(("rows", "ours", "fairlearn", "ratio", "AIF360", "ratio"), lines)
    agree("measures of the sexes of ours, fairlearn and AIF360", apart, 1e-9)
