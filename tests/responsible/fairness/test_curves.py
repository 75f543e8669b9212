import numpy as np
import pytest
from sklearn import metrics

from responsible.fairness.curves import POINTS, calibration_by_group, roc_by_group
from responsible.fairness.groups import groups

WHO = groups("team", ["a", "b", "c"], ["a"])


@pytest.fixture(scope="module")
def scored():
    """Cells of three teams and some excluded ones, with a score that means something."""
    rng = np.random.default_rng(9)
    code, score = rng.integers(-1, 3, 3000), rng.random(3000)
    return code, score, (rng.random(3000) < score).astype(int), rng.integers(1, 4, 3000)


def members(code, group):
    return {"all privileged": code == 0, "all unprivileged": code > 0, "a": code == 0, "b": code == 1, "c": code == 2}[
        group
    ]


def test_roc_by_group_agrees_with_scikit_learn(scored):
    """Each group's AUC equals scikit-learn's on its rows, and every thinned point lies on its curve."""
    code, score, label, n = scored
    found = roc_by_group(code, WHO, {"baseline": score, "reweighed": 1 - score}, label, n)
    assert found["group"].unique().tolist() == ["all privileged", "all unprivileged", "a", "b", "c"]
    for (group, model), curve in found.groupby(["group", "model"]):
        own, s = members(code, group), score if model == "baseline" else 1 - score
        y, p = np.repeat(label[own], n[own]), np.repeat(s[own], n[own])
        assert curve["roc_auc"].iloc[0] == pytest.approx(metrics.roc_auc_score(y, p))
        fpr, tpr, _ = metrics.roc_curve(y, p, drop_intermediate=False)
        exact = set(zip(fpr.round(9), tpr.round(9), strict=True))
        assert (
            set(zip(curve["false_positive_rate"].round(9), curve["true_positive_rate"].round(9), strict=True)) <= exact
        )
        assert len(curve) <= POINTS
        assert curve[["false_positive_rate", "true_positive_rate"]].iloc[[0, -1]].to_numpy().tolist() == [
            [0, 0],
            [1, 1],
        ]


def test_group_with_one_label_has_no_curve(scored):
    """A group without negatives gets no ROC curve, rather than a perfect one."""
    code, score, label, n = scored
    label = np.where(code == 1, 1, label)
    found = roc_by_group(code, WHO, {"baseline": score}, label, n)
    assert "b" not in found["group"].unique()


def test_calibration_by_group_counts_rows(scored):
    """Rows, positives and mean score of a bin are those of its rows one by one; excluded rows are in no group."""
    code, score, label, n = scored
    found = calibration_by_group(code, WHO, {"baseline": score}, label, n, bins=5, confidence=0.95)
    row = found[(found["group"] == "c") & (found["minimum"] == 0.4)].iloc[0]
    own = (code == 2) & (score >= 0.4) & (score < 0.6)
    assert (row["n"], row["positives"]) == (n[own].sum(), (n * label)[own].sum())
    assert row["score"] == pytest.approx(np.average(score[own], weights=n[own]))
    assert row["low"] < row["observed"] < row["high"]
    pooled = found[found["group"].isin(["all privileged", "all unprivileged"])]
    assert pooled["n"].sum() == n[code >= 0].sum()
