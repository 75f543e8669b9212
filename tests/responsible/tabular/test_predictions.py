"""What rounding scores to four decimals can do to the ROC AUC: the stated bound, against the unrounded scores."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from responsible.tabular.predictions import STEPS, auc_error


def rounded(score):
    """Ten-thousandths as the engine makes them, and whether nothing changed."""
    raw = np.asarray(score) * STEPS
    whole = np.where((raw > 0) & (raw < STEPS), np.clip(np.round(raw), 1, STEPS - 1), np.round(raw))
    return whole.astype(np.int64), np.abs(raw - whole) < 1e-6


def bound(score, label):
    steps, exact = rounded(score)
    label = np.asarray(label)
    return auc_error(steps, exact, label, 1 - label), roc_auc_score(label, steps)


SCORES = st.lists(st.tuples(st.integers(0, 60), st.booleans()), min_size=4, max_size=40)


@given(SCORES)
def test_no_rounding_moves_the_area_further_than_the_bound(drawn):
    """Scores a tenth of a step apart, so that many tie: the area moves by the bound at most."""
    score, label = np.array([s / 100_000 for s, _ in drawn]), np.array([int(y) for _, y in drawn])
    if 0 < label.sum() < len(label):
        most, area = bound(score, label)
        assert abs(area - roc_auc_score(label, score)) <= most + 1e-12


def test_the_bound_is_reached_where_every_new_tie_was_ranked_alike():
    """Two rows of one step, ranked rightly before: their pair loses half of one, a quarter of two pairs in all."""
    most, area = bound([0.50001, 0.50002, 0.9], [0, 1, 1])
    assert (area, most) == (pytest.approx(0.75), pytest.approx(0.25))
    assert roc_auc_score([0, 1, 1], [0.50001, 0.50002, 0.9]) - area == pytest.approx(most)


def test_ties_that_were_there_before_do_not_count():
    """Scores of four decimals are not changed by rounding, however often they tie."""
    assert bound([0.5, 0.5, 0.25, 0.25], [0, 1, 0, 1])[0] == 0


def test_without_either_label_there_is_no_area():
    """The bound is undefined where the area is."""
    assert np.isnan(auc_error(np.array([1, 2]), np.array([True, False]), np.array([1, 1]), np.array([0, 0])))


def test_a_score_inside_stays_inside():
    """What lies strictly between 0 and 1 does not become either, where the log loss would be infinite."""
    assert rounded([0.0, 0.000001, 0.999999, 1.0])[0].tolist() == [0, 1, 9999, 10_000]
