"""pipeline.tracking.classification_reports: figures of each class from four counts."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import classification_report

from pipeline.tracking.classification_reports import classification


def test_a_table_counted_by_hand():
    """TN 6, FP 2, FN 1, TP 3: of 7 predicted 0 six are, of 8 zeros six are found; of 5 predicted 1 three are, of 4."""
    report = classification([[6, 2], [1, 3]]).set_index("class")
    assert report.loc["0"].tolist() == pytest.approx([6 / 7, 6 / 8, 12 / 15, 8])
    assert report.loc["1"].tolist() == pytest.approx([3 / 5, 3 / 4, 6 / 9, 4])
    assert report.loc["macro average", "precision"] == pytest.approx((6 / 7 + 3 / 5) / 2)
    assert report.loc["weighted average", "precision"] == pytest.approx((8 * 6 / 7 + 4 * 3 / 5) / 12)
    assert report["support"].tolist() == [8, 4, 12, 12]


@given(st.lists(st.integers(1, 40), min_size=4, max_size=4))
def test_as_scikit_learn_on_the_rows(counts):
    """The same figures as scikit-learn's report on the rows that the counts stand for."""
    tn, fp, fn, tp = counts
    label, predicted = np.repeat([0, 0, 1, 1], counts), np.repeat([0, 1, 0, 1], counts)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = classification_report(label, predicted, output_dict=True)
    ours = classification([[tn, fp], [fn, tp]]).set_index("class")
    for name, other in {"0": "0", "1": "1", "macro average": "macro avg", "weighted average": "weighted avg"}.items():
        expected = [theirs[other][key] for key in ("precision", "recall", "f1-score", "support")]
        assert ours.loc[name, ["precision", "recall", "f1", "support"]].tolist() == pytest.approx(expected)


def test_what_nobody_predicts_or_has_is_undefined():
    """A class never predicted has no precision, one without rows no recall; a class without rows has no weight."""
    never = classification([[5, 0], [2, 0]]).set_index("class")
    assert np.isnan(never.loc["1", "precision"])
    assert never.loc["1", "recall"] == 0
    assert np.isnan(never.loc["weighted average", "precision"])
    absent = classification([[5, 1], [0, 0]]).set_index("class")
    assert np.isnan(absent.loc["1", "recall"])
    assert absent.loc["weighted average", "recall"] == pytest.approx(5 / 6)
