import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.special import expit, logit
from sklearn import metrics as sklearn_metrics

from responsible.statistics.intervals import quantile, wilson
from responsible.statistics.probability_metrics import (
    SCORES,
    auc_interval,
    brier,
    calibration,
    log_loss,
    roc_auc,
)
from tests.support import reference, strategies

NAMES = sorted(SCORES)
SKLEARN = {
    "roc_auc": sklearn_metrics.roc_auc_score,
    "log_loss": sklearn_metrics.log_loss,
    "brier": sklearn_metrics.brier_score_loss,
}
NOTHING = (np.array([]), np.array([], dtype=int), np.array([], dtype=int))


def scored_rows(score, positives, negatives):
    """The (score, label) rows that cells stand for."""
    rows = [
        [(float(s), 1)] * int(p) + [(float(s), 0)] * int(n) for s, p, n in zip(score, positives, negatives, strict=True)
    ]
    return [row for cell in rows for row in cell]


def test_each_score_has_a_reference():
    """A figure of scores without a second, row-by-row implementation does not get in."""
    assert SCORES.keys() == reference.SCORES.keys() == SKLEARN.keys()


@pytest.mark.parametrize("name", NAMES)
@given(cells=strategies.cells())
def test_score_equals_counting_rows(name, cells):
    """Each figure of cells is that of the rows they stand for, one by one, ties and undefined cases included."""
    rows = scored_rows(*cells)
    assume(rows)
    assert SCORES[name].value(*cells) == pytest.approx(reference.SCORES[name](rows), nan_ok=True)


@pytest.mark.parametrize("name", NAMES)
@given(cells=strategies.cells())
def test_score_agrees_with_scikit_learn(name, cells):
    """Each figure of cells is scikit-learn's on the rows, and with the counts as weights."""
    _, positives, negatives = cells
    assume(positives.sum() and negatives.sum())
    scores, labels = zip(*scored_rows(*cells), strict=True)
    assert SCORES[name].value(*cells) == pytest.approx(SKLEARN[name](labels, scores))


@pytest.mark.parametrize("name", NAMES)
@given(cells=strategies.cells(), data=st.data())
def test_score_does_not_depend_on_how_rows_are_cut_into_cells(name, cells, data):
    """Cells in another order, a cell cut in two, and every row doubled leave each figure as it is."""
    order = np.array(data.draw(st.permutations(range(len(cells[0])))))
    shuffled = tuple(a[order] for a in cells)
    halves = (np.tile(cells[0], 2), *(np.concatenate([a // 2, a - a // 2]) for a in cells[1:]))
    doubled = (cells[0], 2 * cells[1], 2 * cells[2])
    for other in (shuffled, halves, doubled):
        assert SCORES[name].value(*other) == pytest.approx(SCORES[name].value(*cells), nan_ok=True)
    for other in (shuffled, halves):
        ours, theirs = (SCORES[name].interval(*c, 0.9) for c in (cells, other))
        assert (ours.low, ours.high) == (
            pytest.approx(theirs.low, nan_ok=True),
            pytest.approx(theirs.high, nan_ok=True),
        )


@pytest.mark.parametrize("name", NAMES)
@given(cells=strategies.cells())
def test_interval_contains_its_value(name, cells):
    """An interval that is defined has its value inside, stays in the figure's range, and grows with the confidence."""
    value, interval = SCORES[name].value(*cells), SCORES[name].interval(*cells, 0.95)
    assume(not np.isnan(interval.low))
    narrower = SCORES[name].interval(*cells, 0.8)
    assert 0 <= interval.low <= narrower.low <= value + 1e-12
    assert value - 1e-12 <= narrower.high <= interval.high
    assert interval.undefined_share == 0


def test_auc_by_hand():
    """Positives at .9, .5; negatives at .5, .1: pairs right, right, half, right are 3.5 of 4."""
    assert roc_auc(np.array([0.9, 0.5, 0.1]), np.array([1, 1, 0]), np.array([0, 1, 1])) == 3.5 / 4


def test_log_loss_and_brier_by_hand():
    """Score .25 with one row of each label, score .5 with one positive."""
    cells = np.array([0.25, 0.5]), np.array([1, 1]), np.array([1, 0])
    assert log_loss(*cells) == pytest.approx((np.log(4) + np.log(4 / 3) + np.log(2)) / 3)
    assert brier(*cells) == pytest.approx((0.5625 + 0.0625 + 0.25) / 3)


@pytest.mark.parametrize("score", [0.0, 1.0])
def test_certain_and_wrong_is_a_large_finite_loss(score):
    """A score of exactly 0 or 1 that was wrong costs what scikit-learn says, not infinity."""
    wrong = (np.array([score]), np.array([int(score == 0)]), np.array([int(score == 1)]))
    assert log_loss(*wrong) == pytest.approx(sklearn_metrics.log_loss([1 - score], [score], labels=[0, 1]))
    assert 36 < log_loss(*wrong) < 37


@pytest.mark.parametrize("name", NAMES)
def test_no_rows_no_value(name):
    """Without rows each figure is NaN and its interval undefined, without a warning."""
    for cells in (NOTHING, (np.array([0.3]), np.array([0]), np.array([0]))):
        interval = SCORES[name].interval(*cells, 0.95)
        assert np.isnan([SCORES[name].value(*cells), interval.low, interval.high]).all()
        assert interval.undefined_share == 1


def test_auc_needs_both_classes():
    """Only positives, or only negatives, rank nothing; with a single positive the value has no interval."""
    score, some, none = np.array([0.2, 0.7]), np.array([3, 4]), np.array([0, 0])
    assert np.isnan([roc_auc(score, some, none), roc_auc(score, none, some)]).all()
    one = np.array([0, 1])
    assert roc_auc(score, one, some) == 5 / 7
    assert np.isnan(auc_interval(score, one, some, 0.95).low)


@given(cells=strategies.cells())
def test_auc_interval_is_delongs(cells):
    """± z standard errors on the logit scale, with the error from all pairs of rows; from 1,000 times as many rows, so
    that half a row more, which bounds it from few, does not count.
    """
    score, positives, negatives = cells
    auc = roc_auc(*cells)
    assume(min(positives.sum(), negatives.sum()) >= 2 and auc not in (0, 1))
    error = np.sqrt(reference.delong_variance(scored_rows(*cells))) / (auc * (1 - auc))
    few = auc_interval(*cells, 0.95)
    expected = expit(logit(auc) + quantile(0.95) * error * np.array([-1, 1]))
    assert few.low <= expected[0] + 1e-12
    assert few.high >= expected[1] - 1e-12
    ties = [len(set(score[rows > 0])) for rows in (positives, negatives)]
    assume(min(ties) > 1)
    many, sizes = 10_000, np.array([positives.sum(), negatives.sum()])
    one = reference.delong_variance(scored_rows(score, 2 * positives, 2 * negatives))
    interval = auc_interval(score, many * positives, many * negatives, 0.95)
    half = quantile(0.95) * np.sqrt(one * 2 / many) / (auc * (1 - auc))
    wide = float(logit(interval.high) - logit(interval.low)) / 2
    assume(half > 2 / (many * sizes.min() * auc * (1 - auc)))
    assert wide == pytest.approx(half, rel=0.5 / sizes.min() + 1e-6)


@pytest.mark.parametrize(("up", "auc"), [(True, 1.0), (False, 0.0)])
def test_perfect_ranking_is_not_certainty(up, auc):
    """9 negatives and 5 positives apart give an AUC of 1, or 0, with the width of 5 of 5, not a width of zero."""
    score = np.array([0.1, 0.9] if up else [0.9, 0.1])
    cells = score, np.array([0, 5]), np.array([9, 0])
    interval, expected = auc_interval(*cells, 0.95), wilson(5 * auc, 5, 0.95)
    assert roc_auc(*cells) == auc
    assert (interval.low, interval.high) == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert interval.high - interval.low > 0.4


@pytest.mark.parametrize("name", ["log_loss", "brier"])
@given(cells=strategies.cells())
def test_loss_interval_is_the_mean_and_its_standard_error(name, cells):
    """Mean ± z s/√n of the losses of the rows, cut at 0; undefined with fewer than two rows."""
    losses = reference.losses(scored_rows(*cells), name)
    interval = SCORES[name].interval(*cells, 0.95)
    if len(losses) < 2:
        assert np.isnan([interval.low, interval.high]).all()
    else:
        half = quantile(0.95) * reference.standard_error(losses)
        assert interval.high == pytest.approx(np.mean(losses) + half)
        assert interval.low == pytest.approx(max(0, np.mean(losses) - half), abs=1e-12)


def test_calibration_by_hand():
    """Four bins: .1 and .2 in the first, .25 opens the second, none in the third, 1 belongs to the last."""
    table = calibration(
        np.array([0.1, 0.2, 0.25, 0.9, 1.0]), np.array([1, 0, 2, 3, 4]), np.array([2, 2, 4, 4, 4]), 4, 0.95
    )
    np.testing.assert_allclose(table.minimum, [0, 0.25, 0.5, 0.75])
    np.testing.assert_allclose(table.maximum, [0.25, 0.5, 0.75, 1])
    np.testing.assert_array_equal(table.n, [4, 4, 0, 8])
    np.testing.assert_array_equal(table.positives, [1, 2, 0, 7])
    np.testing.assert_allclose(table.score, [0.15, 0.25, np.nan, 0.95])
    np.testing.assert_allclose(table.observed, [0.25, 0.5, np.nan, 0.875])
    expected = wilson(np.array([1, 2, 0, 7]), np.array([4, 4, 0, 8]), 0.95)
    np.testing.assert_array_equal([table.low, table.high], [expected.low, expected.high])


@given(cells=strategies.cells(), bins=st.integers(1, 20))
def test_calibration_loses_no_row(cells, bins):
    """Every row is in exactly one bin, and the bins' scores and outcomes add up to those of all rows."""
    score, positives, negatives = cells
    n = positives + negatives
    table = calibration(score, positives, n, bins)
    assert len(table.n) == bins
    assert (table.n.sum(), table.positives.sum()) == (n.sum(), positives.sum())
    assert np.nansum(table.score * table.n) == pytest.approx((score * n).sum())
    held = table.n > 0
    assert (np.isnan(table.observed) == ~held).all()
    assert ((table.minimum <= table.score + 1e-12) & (table.score <= table.maximum + 1e-12))[held].all()
    assert ((table.low <= table.observed) & (table.observed <= table.high))[held].all()


@pytest.mark.parametrize(("score", "positives", "n"), [([1.2], [1], [2]), ([-0.1], [1], [2]), ([0.5], [3], [2])])
def test_calibration_refuses_what_are_not_shares(score, positives, n):
    """Scores outside [0, 1], or negatives handed over where all rows are asked for, are errors, not odd bins."""
    with pytest.raises(ValueError, match="needs positives <= n and scores in"):
        calibration(np.array(score), np.array(positives), np.array(n), 5)


@pytest.mark.parametrize("placed", [(0.9, 0.9), (0.9, 0.95), (0.99, 0.999)])
def test_auc_of_two_rows_of_a_class_is_no_certainty(placed):
    """Two positives that rank alike among 200 negatives say little about the next: at most .85 at the lower end."""
    negatives = np.arange(200) / 200
    score = np.append(negatives, placed)
    label = np.append(np.zeros(200, dtype=int), [1, 1])
    for s, y in ((score, label), (1 - score, 1 - label)):
        found = auc_interval(s, y, 1 - y, 0.95)
        value = roc_auc(s, y, 1 - y)
        assert found.low < 0.85
        assert found.low < value <= found.high
        assert found.high > 0.95
