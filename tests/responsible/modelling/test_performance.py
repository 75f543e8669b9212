import numpy as np
import pandas as pd
import pytest
from sklearn import metrics

from responsible.modelling.performance import confusion_counts, paired_change, performance, summary
from responsible.statistics.intervals import Inference
from tests.support import reference

INFERENCE = Inference(confidence=0.95, replicates=4000, minimum_denominator=1)


@pytest.fixture(scope="module")
def scored():
    """2,000 test cells of one to four rows and as many training cells that must not count."""
    rng = np.random.default_rng(6)
    score = rng.random(4000).round(2)
    label = (rng.random(4000) < score).astype(int)
    cells = pd.DataFrame({"split": np.repeat(["test", "train"], 2000), "n": rng.integers(1, 5, 4000)})
    return cells, np.where(np.arange(4000) < 2000, label, 1 - label), score


def judged(scored, seed=0):
    cells, label, score = scored
    return performance(cells, label, score, 0.5, inference=INFERENCE, rng=np.random.default_rng(seed))


def rows(scored):
    cells, label, score = scored
    test = (cells["split"] == "test").to_numpy()
    return tuple(np.repeat(a[test], cells["n"][test]) for a in (label, score))


def test_figures_equal_scikit_learn_on_the_test_rows(scored):
    """Every figure equals scikit-learn's on the test rows written out; training rows have no say."""
    label, score = rows(scored)
    predicted = score >= 0.5
    expected = {
        "accuracy": metrics.accuracy_score(label, predicted),
        "balanced_accuracy": metrics.balanced_accuracy_score(label, predicted),
        "precision": metrics.precision_score(label, predicted),
        "recall": metrics.recall_score(label, predicted),
        "f1": metrics.f1_score(label, predicted),
        "roc_auc": metrics.roc_auc_score(label, score),
        "log_loss": metrics.log_loss(label, score),
        "brier": metrics.brier_score_loss(label, score),
    }
    found = judged(scored).table.set_index("figure")["value"]
    assert found.to_dict() == pytest.approx(expected, rel=1e-9)


def test_accuracy_interval_is_the_binomial_one(scored):
    """The multinomial interval of accuracy agrees with the normal approximation at this many rows."""
    label, score = rows(scored)
    share, n = np.mean((score >= 0.5) == label), len(label)
    row = judged(scored).table.set_index("figure").loc["accuracy"]
    half = 1.96 * np.sqrt(share * (1 - share) / n)
    assert [row["low"], row["high"]] == pytest.approx([share - half, share + half], abs=0.1 * half)


def test_summary_counts_rows(scored):
    """The headline holds the confusion counts of the test rows and the rows of each split."""
    label, score = rows(scored)
    found = summary(judged(scored))
    tn, fp, fn, tp = metrics.confusion_matrix(label, score >= 0.5).ravel()
    assert found["confusion"] == {"tp": tp, "fp": fp, "fn": fn, "tn": tn}
    assert found["rows"] == scored[0].groupby("split")["n"].sum().to_dict()


def test_confusion_counts_by_hand():
    """Counts add up by label and prediction."""
    found = confusion_counts([1, 0, 1, 1], np.array([1, 1, 0, 1]), np.array([2, 3, 5, 7]))
    np.testing.assert_array_equal(found, [[0, 5], [3, 9]])


def test_paired_change_agrees_with_resampling_rows():
    """Value and interval of the change in accuracy agree with a bootstrap of rows that keeps both predictions."""
    joint = np.array([[[400, 30], [20, 50]], [[60, 25], [15, 400]]])
    found = paired_change(joint, INFERENCE, np.random.default_rng(1)).set_index("figure").loc["accuracy"]
    y, a, b = (np.repeat(axis.ravel(), joint.ravel()) for axis in np.indices(joint.shape))
    assert found["value"] == pytest.approx(np.mean(b == y) - np.mean(a == y))
    rng = np.random.default_rng(2)
    gain = (b == y).astype(int) - (a == y)
    draws = [gain[rng.integers(0, len(y), len(y))].mean() for _ in range(4000)]
    assert [found["low"], found["high"]] == pytest.approx(np.percentile(draws, [2.5, 97.5]), abs=0.002)


def test_performance_of_one_class_is_undefined_not_perfect():
    """Without rows of label 1 recall, balanced accuracy and AUC are undefined, and accuracy stays defined."""
    cells = pd.DataFrame({"split": ["test"] * 3, "n": [4, 5, 6]})
    found = performance(
        cells, np.zeros(3, dtype=int), np.array([0.1, 0.2, 0.9]), 0.5, inference=INFERENCE, rng=np.random.default_rng(0)
    ).table.set_index("figure")["value"]
    assert found[["recall", "balanced_accuracy", "roc_auc"]].isna().all()
    assert found["accuracy"] == reference.share([True] * 9 + [False] * 6)
