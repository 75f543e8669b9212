"""Shares, their tests and intervals by hand and by scipy; flags that only a written justification answers."""

import numpy as np
import pytest
from scipy import stats

from responsible.segmentation.representation import Caps, Justification, Representation, dependence, shares, tabulated
from responsible.statistics.intervals import wilson
from responsible.statistics.significance import association

CAPS = Caps(minimum=0.5, maximum=0.7, step=0.1, rows=100, keep=0.5)
TABLE = np.array([[40, 10], [30, 70], [50, 50]])  # people by segment and level


def people(table):
    labels = np.repeat(np.arange(len(table)), table.sum(axis=1))
    codes = np.concatenate([np.repeat(np.arange(table.shape[1]), row) for row in table])
    return labels, codes


def params(*answers, flag=0.7):
    justified = [Justification(segment=s, level=v, reason=r) for s, v, r in answers]
    return Representation(flag=flag, justifications=justified, level=0.05, caps=CAPS)


def found(table=TABLE, wanted=None, levels=("A", "B")):
    return {(s.segment, s.level): s for s in shares(*people(table), list(levels), wanted or params(), 0.95)}


def test_counts_and_shares_by_hand():
    """40 of 50 are A in segment 1, 120 of 250 everywhere; the interval is Wilson's."""
    one = found()[1, "A"]
    assert (one.n, one.count, one.share, one.population) == (50, 40, 0.8, 0.48)
    assert one.difference == pytest.approx(0.32)
    assert (one.low, one.high) == (wilson(40, 50, 0.95).low, wilson(40, 50, 0.95).high)


def test_each_segment_is_tested_against_everybody_outside_it():
    """The p of segment 1 is scipy's chi-square of 40/10 against 80/120; Holm multiplies the smallest of three by 3."""
    table = found()
    p = [stats.chi2_contingency([TABLE[k], TABLE.sum(axis=0) - TABLE[k]], correction=False).pvalue for k in range(3)]
    np.testing.assert_allclose([table[k + 1, "A"].p for k in range(3)], p)
    np.testing.assert_allclose(min(s.p_adjusted for s in table.values()), 3 * min(p))
    assert {table[k, "A"].p_adjusted == table[k, "B"].p_adjusted for k in (1, 2, 3)} == {True}


def test_the_difference_has_newcombes_interval():
    """Share minus population is (1 − n/N) times share minus the others' share, whose interval is Newcombe's."""
    one = found()[1, "A"]
    inside, outside = wilson(40, 50, 0.95), wilson(80, 200, 0.95)
    low = 0.4 - np.hypot(0.8 - inside.low, outside.high - 0.4)
    high = 0.4 + np.hypot(inside.high - 0.8, 0.4 - outside.low)
    assert (one.difference_low, one.difference_high) == pytest.approx((0.8 * low, 0.8 * high))


def test_the_interval_of_the_difference_covers():
    """In 500 simulated tables with a known share it holds the true difference about 95 % of the time."""
    rng, truth, hits = np.random.default_rng(1), np.array([0.3, 0.6, 0.5]), 0
    for _ in range(500):
        b = rng.binomial(100, truth)
        table = np.stack([100 - b, b], axis=1)
        one = found(table)[1, "B"]
        hits += one.difference_low <= truth[0] - truth.mean() <= one.difference_high
    assert 0.92 <= hits / 500 <= 0.99


def test_few_people_are_tested_exactly():
    """With an expected count below 5 the test is Fisher's, with scipy's p."""
    table = np.array([[1, 3], [40, 10]])
    one = found(table)[1, "A"]
    assert one.method == "fisher"
    assert one.p == pytest.approx(stats.fisher_exact(table).pvalue)


def test_names_of_segments_do_not_matter():
    """Permuting the segments permutes the rows and changes no figure."""
    order = [2, 0, 1]
    one, other = found(), found(TABLE[order])
    for new, old in enumerate(order):
        a, b = one[old + 1, "B"], other[new + 1, "B"]
        assert (a.share, a.p_adjusted, a.difference_low) == (b.share, b.p_adjusted, b.difference_low)


def test_outliers_are_no_segment_but_count_in_the_population():
    """People with label −1 have no row; they are among everybody and in the last row of the counts."""
    labels, codes = people(TABLE)
    labels = np.where(labels == 2, -1, labels)
    rows = shares(labels, codes, ["A", "B"], params(), 0.95)
    assert {s.segment for s in rows} == {1, 2}
    assert rows[0].population == pytest.approx(120 / 250)
    assert tabulated(labels, codes, 2).tolist() == TABLE.tolist()


def test_more_than_two_levels():
    """Any number of levels: every pair of segment and level is in Holm's family."""
    table = np.array([[30, 20, 10], [10, 20, 30]])
    rows = found(table, levels=("A", "B", "C"))
    assert len(rows) == 6
    assert max(s.p_adjusted / s.p for s in rows.values() if s.p_adjusted < 1) == pytest.approx(6)


def test_a_flag_needs_more_than_the_share():
    """Exactly 70 % is not above 70 %; 71 % is."""
    assert not found(np.array([[70, 30], [50, 50]]))[1, "A"].flagged
    assert found(np.array([[71, 29], [50, 50]]))[1, "A"].flagged


def test_what_everybody_is_no_segment_is_one_sided_for():
    """797 of 1,000 where everybody is 80.6 % is above the share of 70 % but no finding, nor is a little above; the
    plain rule stays visible. 95 % where everybody is 80 % is both.
    """
    everybody = found(np.array([[797, 203], [815, 185]]))
    assert [(everybody[k, "A"].above_flag, everybody[k, "A"].flagged) for k in (1, 2)] == [(True, False)] * 2
    mostly = found(np.array([[190, 10], [610, 190]]))
    assert (mostly[1, "A"].above_flag, mostly[1, "A"].flagged) == (True, True)
    assert (mostly[2, "A"].above_flag, mostly[2, "A"].flagged) == (True, False)


def test_segments_that_mirror_everybody_are_rarely_one_sided(seed):
    """Of 400 tables of three segments in which everybody is 80 % A, at most 5 % have a one-sided segment, give or take
    the luck of 400.
    """
    rng = np.random.default_rng(seed)
    a = rng.binomial(200, 0.8, (400, 3))
    alarms = [any(s.flagged for s in found(np.stack([row, 200 - row], axis=1)).values()) for row in a]
    assert np.mean(alarms) <= 0.075


@pytest.mark.parametrize(
    ("answer", "counts"),
    [
        ((1, "A", "The message is about a service only A can use."), True),
        ((1, "A", "   "), False),
        ((1, "B", "Names another level."), False),
        ((2, "A", "Names another segment."), False),
    ],
)
def test_only_a_written_reason_for_that_segment_and_level_counts(answer, counts):
    """An empty justification, or one for another segment or level, answers nothing."""
    one = found(wanted=params(answer))[1, "A"]
    assert one.flagged
    assert bool(one.reason) is counts


def test_a_justification_is_given_once():
    """Two answers for the same segment and level are an error."""
    with pytest.raises(ValueError, match="justifications must not repeat a value"):
        params((1, "A", "x"), (1, "A", "y"))


def test_dependence_is_pearsons_and_cramers():
    """Chi-square, p and V of the whole table are scipy's."""
    test = dependence(*people(TABLE), 2, np.random.default_rng(0))
    expected = stats.chi2_contingency(TABLE, correction=False)
    assert (test.statistic, test.p) == pytest.approx((expected.statistic, expected.pvalue))
    assert test.effect == pytest.approx(stats.contingency.association(TABLE, method="cramer"))


@pytest.mark.parametrize("shape", [(2, 2), (3, 4), (5, 2), (2, 6)])
def test_association_is_scipys_for_any_shape(shape):
    """Statistic, p and Cramér's V of r × c tables with large enough counts."""
    table = np.random.default_rng(shape[0]).integers(20, 60, shape)
    test, expected = association(table, np.random.default_rng(0)), stats.chi2_contingency(table, correction=False)
    assert test.method == "chi-square"
    assert (test.statistic, test.p) == pytest.approx((expected.statistic, expected.pvalue))
    assert test.effect == pytest.approx(stats.contingency.association(table, method="cramer"))


def test_association_of_sparse_tables_permutes():
    """With an expected count below 5, p is that of random tables with the same margins: near Fisher's for 2 × 2."""
    table = np.array([[8, 2], [1, 5]])
    test = association(table, np.random.default_rng(0))
    statistic = stats.chi2_contingency(table, correction=False).statistic
    margins = [(a, 10 - a, 9 - a, a - 3) for a in range(3, 10)]
    exact = sum(
        stats.hypergeom.pmf(a, 16, 9, 10)
        for a, b, c, d in margins
        if stats.chi2_contingency([[a, b], [c, d]], correction=False).statistic >= statistic - 1e-9
    )
    assert test.method == "permutation"
    assert test.p == pytest.approx(exact, abs=0.01)


def test_association_without_two_rows_and_columns_is_undefined():
    """One level, or one segment, has no association: undefined, not 0; empty rows do not count."""
    for table in ([[3, 4]], [[3], [4]], [[3, 4], [0, 0]], [[3, 0], [4, 0]]):
        test = association(np.array(table), np.random.default_rng(0))
        assert test.method == "undefined"
        assert np.isnan(test.p)
