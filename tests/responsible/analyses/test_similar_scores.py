"""Measures of scores within strata: by hand, against statsmodels' regression, by simulation."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from responsible.analyses.similar_scores import similar_scores
from responsible.fairness.comparisons import headlines
from responsible.fairness.groups import groups
from responsible.statistics.intervals import Inference

SURE = Inference(confidence=0.95, replicates=100, minimum_denominator=2)
WHO = groups("sex", ["f", "m"], ["m"])
BOTH = ("mean_score_difference", "calibration_difference")


def judged(frame, alike=("department",), names=BOTH):
    """The rows of model m by measure and stratum, pooled under ""."""
    found = similar_scores([frame], (WHO, headlines(WHO)[0]), alike, names, SURE)
    return found.set_index(["measure", "stratum"])


def people(rng, rows=400, gap=0.0):
    """Women are mostly in the department of low scores; within it scores differ by ``gap``, and spread unequally."""
    sex = rng.choice(["f", "m"], rows)
    strict = rng.random(rows) < np.where(sex == "f", 0.7, 0.3)
    spread = np.where(strict, 0.15, 0.05) * np.where(sex == "f", 1.0, 0.5)
    score = np.clip(np.where(strict, 0.3, 0.6) + gap * (sex == "f") + spread * rng.standard_normal(rows), 0, 1)
    label = (rng.random(rows) < score).astype(int)
    columns = {"a.sex": sex, "x.department": np.where(strict, "a", "b"), "label": label, "n": 1, "s.m": score}
    return pd.DataFrame(columns)


def test_by_hand():
    """Department a: .3 against .5 of 2 and 2 rows; b: .8 against .6 of 1 and 3; weights 1 and 3/4; c has no men."""
    rows = [("f", "a", 0.2), ("f", "a", 0.4), ("m", "a", 0.4), ("m", "a", 0.6), ("f", "b", 0.8), ("f", "c", 0.1)]
    rows += [("m", "b", 0.5), ("m", "b", 0.6), ("m", "b", 0.7)]
    frame = pd.DataFrame(rows, columns=["a.sex", "x.department", "s.m"]).assign(label=1, n=1)
    found = judged(frame, names=BOTH[:1])
    whole = found.loc[(BOTH[0], "")]
    assert whole["value"] == pytest.approx((1 * -0.2 + 0.75 * 0.2) / 1.75)
    assert whole["plain"] == pytest.approx(1.5 / 4 - 2.8 / 5)
    assert (whole["support_unprivileged"], whole["support_privileged"]) == (3, 5)
    assert whole["rows_compared"] == pytest.approx(8 / 9)
    # The lone woman of b has the variance of those of a, .02; men's are .02 and .01.
    variance = (1**2 * (0.02 / 2 + 0.02 / 2) + 0.75**2 * (0.02 / 1 + 0.01 / 3)) / 1.75**2
    half = (whole["high"] - whole["low"]) / 2
    assert 1.96 * np.sqrt(variance) < half < 4.31 * np.sqrt(variance)  # Student's, 2 degrees at the least
    assert found.loc[(BOTH[0], "a")]["value"] == pytest.approx(-0.2)
    assert found.loc[(BOTH[0], "c")]["reason"] == "group_absent"


@pytest.mark.parametrize("measure", BOTH)
def test_the_pooled_difference_is_that_of_a_regression(measure):
    """Least squares of the value on group and strata has the same coefficient; splitting cells changes nothing."""
    frame = people(np.random.default_rng(3), gap=0.1)
    value = frame["s.m"] if measure == BOTH[0] else frame["label"] - frame["s.m"]
    design = pd.get_dummies(frame["x.department"]).astype(float).assign(woman=(frame["a.sex"] == "f").astype(float))
    found = judged(frame).loc[(measure, "")]
    assert found["value"] == pytest.approx(sm.OLS(value, design).fit().params["woman"])
    counted = frame.assign(**{"s.m": frame["s.m"].round(1)}).groupby([*frame.columns[:3], "s.m"])["n"].sum()
    rows = frame.assign(**{"s.m": frame["s.m"].round(1)})
    pd.testing.assert_frame_equal(judged(counted.reset_index()), judged(rows))


def test_the_interval_holds_the_truth_as_often_as_it_says():
    """Of 600 tables with unequal spreads and no gap within departments, 95 % of the intervals hold 0, give or take."""
    rng, held = np.random.default_rng(9), 0
    for _ in range(600):
        row = judged(people(rng, rows=120), names=BOTH[:1]).loc[(BOTH[0], "")]
        held += row["low"] <= 0 <= row["high"]
    assert 0.93 <= held / 600 <= 0.97


def test_clusters_widen_the_interval():
    """Fifty copies of few people are no more people: the jackknife over them is wider than independent rows."""
    frame = people(np.random.default_rng(4), rows=100)
    many = pd.concat([frame.assign(cluster_group=np.arange(100))] * 20, ignore_index=True)
    alone, apart = (
        judged(own, names=BOTH[:1]).loc[(BOTH[0], "")] for own in (many, many.drop(columns="cluster_group"))
    )
    assert alone["value"] == pytest.approx(apart["value"])
    assert alone["high"] - alone["low"] > 3 * (apart["high"] - apart["low"])


def test_scores_without_the_factors_have_no_figure():
    """Another's scores are counted by group and label: a feature is not known of them, and the reason says so."""
    found = judged(people(np.random.default_rng(5)).drop(columns="x.department"))
    assert found["reason"].tolist() == ["scores_counted_apart"] * 2
    assert found["value"].isna().all()
