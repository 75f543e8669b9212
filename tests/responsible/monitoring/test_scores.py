"""Scores by period: values by scikit-learn, exact tests of both labels and sides, alarms, power and the budget."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn import metrics

from responsible.fairness.groups import groups
from responsible.measures.exact_tests import of_means
from responsible.monitoring import scores
from responsible.monitoring.figures import Judge
from responsible.monitoring.scores import Part, questions
from responsible.monitoring.sides import sides
from responsible.monitoring.spending import Spending
from responsible.statistics.intervals import Inference
from responsible.tabular.levels import Disclosure

MEASURES = ["mean_score_difference", "calibration_difference"]
INFERENCE = Inference(confidence=0.95, replicates=200, minimum_denominator=5)
EVERYBODY, BY_GROUP = sides([groups("g", ["A", "B"], ["A"])])


def drawn(rows, rng, *, noise=0.0, shift=0.0):
    """Cells of calibrated scores with one row each; ``noise`` of the rows have a random label, B's score is shifted."""
    score = rng.beta(2, 2, rows).round(4)
    label = (rng.random(rows) < np.where(rng.random(rows) < noise, 0.5, score)).astype(int)
    group = rng.choice(["A", "B"], rows)
    score = np.where(group == "B", np.clip(score + shift, 0, 1), score).round(4)
    return pd.DataFrame({"score": score, "bin": label, "decision": score >= 0.5, "a.g": group, "n": 1})


def judged(reference, *parts, complete=None, error=0.05, minimum=0):
    names = [str(at) for at in range(len(parts))]
    number = scores.asked([EVERYBODY, BY_GROUP], MEASURES, labels=True)
    there = complete or [True] * len(parts)
    spending, hidden = Spending(error, 24, number), Disclosure(minimum_cell=minimum)
    judge = Judge(names, [1.0] * len(parts), there, MEASURES, spending, 0.05, INFERENCE, 3, hidden)
    found = scores.rows(judge, [EVERYBODY, BY_GROUP], reference, list(parts), 1)
    return pd.DataFrame(found).set_index(["figure", "period"])


def test_values_are_scikit_learns(seed):
    """Area, squared and logarithmic loss of the period and the reference; the differences by hand."""
    rng = np.random.default_rng(seed)
    reference, part = drawn(2_000, rng), drawn(500, rng, noise=0.5, shift=0.1)
    found = judged(reference, part)
    for name, theirs in (
        ("roc_auc", metrics.roc_auc_score),
        ("brier", metrics.brier_score_loss),
        ("log_loss", metrics.log_loss),
    ):
        row = found.loc[(name, "0")]
        assert row["value"] == pytest.approx(theirs(part["bin"], part["score"]))
        assert row["reference"] == pytest.approx(theirs(reference["bin"], reference["score"]))
        assert row["low"] < row["value"] < row["high"]
        assert row["limit_low"] < row["reference"] < row["limit_high"]
    mean = part.groupby("a.g")["score"].mean()
    apart = part["bin"] - part["score"]
    assert found.loc[("mean_score_difference", "0"), "value"] == pytest.approx(mean["B"] - mean["A"])
    by = apart.groupby(part["a.g"]).mean()
    assert found.loc[("calibration_difference", "0"), "value"] == pytest.approx(by["B"] - by["A"])


def test_the_area_is_the_mean_rank_of_either_label(seed):
    """With one sample alone, both questions of the area have it as their mean of its rows; p is that of the rows."""
    rng = np.random.default_rng(seed)
    cells = drawn(300, rng)
    nobody = cells.assign(n=0)
    own, none = (Part.of(EVERYBODY, table, 1, labels=True) for table in (cells, nobody))
    auc = metrics.roc_auc_score(cells["bin"], cells["score"])
    (up, first, _), (down, second, _) = questions("roc_auc", own, none)
    assert first @ up / first.sum() == pytest.approx(auc)
    assert 1 - second @ down / second.sum() == pytest.approx(auc)
    part = drawn(200, rng, noise=0.6)
    now = Part.of(EVERYBODY, part, 1, labels=True)
    squares = [(table["bin"] - table["score"]) ** 2 for table in (cells, part)]
    values, then, later = questions("brier", own, now)[0]
    assert (then.sum(), later.sum()) == (300, 200)
    assert scores.exact_tests.of_counted(values, then, later) == pytest.approx(of_means(*squares))


def test_cells_may_be_split_or_merged(seed):
    """Rows of one score, label and group counted together give the same figures."""
    rng = np.random.default_rng(seed)
    reference, part = drawn(1_000, rng), drawn(300, rng, noise=0.5)
    merged = part.round({"score": 1})
    names = [name for name in merged if name != "n"]
    pd.testing.assert_frame_equal(
        judged(reference, merged), judged(reference, merged.groupby(names, as_index=False)["n"].sum())
    )


def test_questions_are_sides_and_both_labels_of_the_area():
    """Everybody: two of the area, two losses; each group: its mean score and its calibration."""
    both = [EVERYBODY, BY_GROUP]
    assert scores.asked(both, MEASURES, labels=True) == 2 + 2 + 4
    assert scores.asked(both, MEASURES, labels=False) == 2
    assert scores.asked(both, [], labels=True) == 4


def test_labels_that_are_late_or_absent(seed):
    """Only the mean score is judged while labels are waited for; a reference without any asks for nothing else."""
    rng = np.random.default_rng(seed)
    reference, part = drawn(1_000, rng), drawn(300, rng, shift=0.3)
    found = judged(reference, part, complete=[False])
    assert found["status"].to_dict() == {
        ("roc_auc", "0"): "waiting", ("log_loss", "0"): "waiting", ("brier", "0"): "waiting",
        ("mean_score_difference", "0"): "judged", ("calibration_difference", "0"): "waiting",
    }  # fmt: skip
    assert found.loc[("mean_score_difference", "0"), "alarm"]
    assert [*judged(reference.assign(bin=-1), part).index] == [("mean_score_difference", "0")]


def test_few_rows_are_undefined_and_small_counts_are_not_shown(seed):
    """Four rows with label 1 have no area; where no count below 11 may be published, there is no value."""
    rng = np.random.default_rng(seed)
    reference = drawn(1_000, rng)
    few = drawn(200, rng).assign(bin=0)
    few.loc[:3, "bin"] = 1
    row = judged(reference, few).loc[("roc_auc", "0")]
    assert (row["reason"], row["alarm"]) == ("n_below_minimum", False)
    hidden = judged(reference, few, minimum=11).loc[("brier", "0")]
    assert np.isnan(hidden["value"])
    assert hidden["reason"] == "fewer_than_11_people"


@pytest.mark.slow
def test_a_loss_of_quality_of_the_printed_size_is_found_as_often_as_printed(seed):
    """Labels that lose their relation to scores move the area by the printed change: found in 80 % of months, within
    chance, over references and months of their own: worse months are noisier, and the printed change knows it.
    """
    rng, found = np.random.default_rng(seed), []
    for _ in range(60):
        reference = drawn(5_000, rng)
        base = judged(reference, drawn(1_500, rng)).loc[("roc_auc", "0")]
        noise = base["detectable"] / (base["reference"] - 0.5)
        months = judged(reference, *(drawn(1_500, rng, noise=noise) for _ in range(6)))
        found.append(months.loc["roc_auc", "alarm"].mean())
    assert 0.72 <= np.mean(found) <= 0.9


def false_alarms(runs, rng, *, months=24, rows=400):
    """How many of ``runs`` of quiet months had any alarm of a figure of scores."""
    alarms = 0
    for _ in range(runs):
        reference = drawn(2_000, rng)
        alarms += bool(judged(reference, *(drawn(rows, rng) for _ in range(months)))["alarm"].any())
    return alarms


@pytest.mark.slow
def test_quiet_months_raise_hardly_any_alarm(seed):
    """Of ten runs of 24 months, no more have an alarm than the budget of one in twenty allows."""
    assert stats.binomtest(false_alarms(10, np.random.default_rng(seed)), 10, 0.05, alternative="greater").pvalue > 1e-3


@pytest.mark.slow
@pytest.mark.heavy
def test_the_chance_of_a_false_alarm_stays_below_the_budget(seed):
    """Over 150 runs of 24 quiet months the upper 95 % confidence bound of the chance of any alarm is below 5 %."""
    alarms = false_alarms(150, np.random.default_rng(seed))
    assert stats.binomtest(alarms, 150).proportion_ci(0.90, method="exact").high < 0.05
