from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from responsible.fairness.measures import MEASURES
from responsible.statistics.intervals import (
    UNDEFINED_MOST,
    Interval,
    absolute,
    along,
    half_counts,
    including,
    percentile,
    quantile,
    replicates,
    wilson,
)
from responsible.statistics.rates import rate
from tests.support import reference, strategies
from tests.support.pairs import pool

THREE_EQUAL = np.stack([[[60, 20], [8, 12]]] * 3)


# Wilson


@given(n=st.integers(1, 10**7), share=st.floats(0, 1), confidence=st.floats(0.5, 0.999))
def test_wilson_agrees_with_scipy(n, share, confidence):
    """Wilson's interval is scipy's, for any number of successes up to millions."""
    k = round(n * share)
    theirs = stats.binomtest(k, n).proportion_ci(confidence, method="wilson")
    ours = wilson(k, n, confidence)
    np.testing.assert_allclose([ours.low, ours.high], theirs, rtol=1e-9, atol=1e-12)


def test_wilson_by_hand():
    """With z = 2 and 5 of 5: from 1 / (1 + 4/5) = 5/9 to 1; with 1 of 2: 1/2 ∓ √(1/8 + 1/4) · 2/√2
    / 3, written out.
    """
    confidence = 1 - 2 * stats.norm.sf(2)
    assert wilson(5, 5, confidence).low == pytest.approx(5 / 9)
    half = 2 * np.sqrt(0.25 / 2 + 4 / 16) / 3
    assert wilson(1, 2, confidence).low == pytest.approx(0.5 - half)
    assert wilson(1, 2, confidence).high == pytest.approx(0.5 + half)


@given(n=st.integers(1, 10**9))
def test_wilson_ends_exactly_at_the_border(n):
    """No success gives a lower end of exactly 0, only successes an upper end of exactly 1, and
    neither has width zero.
    """
    assert wilson(0, n, 0.95).low == 0
    assert wilson(n, n, 0.95).high == 1
    assert wilson(0, n, 0.95).high > 0
    assert wilson(n, n, 0.95).low < 1


def test_wilson_without_rows_is_undefined():
    """0 of 0 has no interval, also among others that have one."""
    several = wilson(np.array([0, 3]), np.array([0, 10]), 0.95)
    assert np.isnan([several.low[0], several.high[0]]).all()
    assert several.low[1] == wilson(3, 10, 0.95).low
    np.testing.assert_array_equal(several.undefined_share, [1, 0])


@pytest.mark.parametrize("confidence", [95, 0, 1, -0.5])
def test_confidence_is_a_fraction(confidence):
    """95 for 95 % is refused, never read as a fraction."""
    for call in (lambda: wilson(1, 2, confidence), lambda: percentile(np.arange(9), confidence)):
        with pytest.raises(ValueError, match=f"confidence must be a fraction between 0 and 1, got {confidence}"):
            call()


def test_quantile_of_the_usual_confidences():
    """The normal quantiles every table has."""
    assert [round(quantile(c), 6) for c in (0.9, 0.95, 0.99)] == [1.644854, 1.959964, 2.575829]


# Percentile intervals


@given(
    draws=st.lists(st.one_of(st.floats(-1, 1), st.floats(-1, 1), st.just(np.nan)), min_size=1, max_size=60),
    confidence=st.floats(0.5, 0.99),
)
def test_percentile_agrees_with_numpy(draws, confidence):
    """Where at most 5 % of the draws are undefined, the interval is numpy's quantiles of the others; else it is
    undefined.
    """
    ours = percentile(np.array(draws), confidence)
    share = np.isnan(draws).mean()
    assert ours.undefined_share == pytest.approx(share)
    if share > UNDEFINED_MOST:
        assert np.isnan([ours.low, ours.high]).all()
    else:
        tails = [(1 - confidence) / 2, (1 + confidence) / 2]
        np.testing.assert_allclose([ours.low, ours.high], np.nanquantile(draws, tails), atol=1e-12)


def test_percentile_by_hand():
    """Of 0, 1, …, 100 the 95 % interval is 2.5 to 97.5: a fraction is not taken for a percentage."""
    interval = percentile(np.random.default_rng(1).permutation(101), 0.95)
    assert (interval.low, interval.high, interval.undefined_share) == (pytest.approx(2.5), pytest.approx(97.5), 0)


def test_one_undefined_draw_is_said_and_does_not_spoil_the_interval():
    """One NaN among a thousand draws leaves the interval and shows as a share of .001."""
    draws = np.append(np.linspace(0, 1, 999), np.nan)
    interval = percentile(draws, 0.9)
    assert interval == Interval(pytest.approx(0.05), pytest.approx(0.95), pytest.approx(0.001))


@pytest.mark.parametrize(("lost", "defined"), [(0, True), (5, True), (6, False), (100, False)])
def test_interval_is_undefined_beyond_five_percent(lost, defined):
    """5 undefined draws of 100 are tolerated, 6 are not: dropping them in silence would bias the interval."""
    interval = percentile(np.where(np.arange(100) < lost, np.nan, 1.0), 0.95)
    assert (not np.isnan(interval.low), not np.isnan(interval.high)) == (defined, defined)
    assert interval.undefined_share == pytest.approx(lost / 100)


def test_percentile_of_many_columns_at_once():
    """Each column is judged by its own undefined draws."""
    draws = np.stack([np.arange(101.0), np.where(np.arange(101) < 50, np.nan, 1.0)], axis=1).reshape(101, 1, 2)
    interval = percentile(draws, 0.8)
    np.testing.assert_allclose(interval.low, [[10, np.nan]])
    np.testing.assert_allclose(interval.high, [[90, np.nan]])
    assert interval.undefined_share.shape == (1, 2)


# Stretched to the estimate


def test_an_interval_that_misses_its_estimate_is_stretched_to_it():
    """Below, inside and above: the nearer end moves to the estimate, and an undefined interval stays undefined."""
    ends = Interval(np.array([0.2, 0.2, 0.2, np.nan]), np.array([0.6, 0.6, 0.6, np.nan]), 0.01)
    found = including(ends, np.array([0.1, 0.3, 0.7, 0.5]))
    np.testing.assert_array_equal(found.low, [0.1, 0.2, 0.2, np.nan])
    np.testing.assert_array_equal(found.high, [0.6, 0.6, 0.7, np.nan])
    assert found.undefined_share == 0.01


def test_an_undefined_estimate_stretches_nothing():
    """Where the estimate has no value the interval stays as it was."""
    assert including(Interval(0.2, 0.6), np.nan) == Interval(0.2, 0.6)


# Means of absolute gaps


def gap_draws(centres, spread, number=4_001):
    """Replicates of gaps: the same symmetric normal quantiles around each centre, independently ordered."""
    normal = stats.norm.ppf((np.arange(number) + 0.5) / number)
    orders = [np.random.default_rng(i).permutation(number) for i in range(len(centres))]
    return np.stack([c + spread * normal[o] for c, o in zip(centres, orders, strict=True)], axis=-1)


def test_along_holds_the_signs_of_the_estimates():
    """Gaps of −.3 and .1 estimated, −.5 and −.2 drawn: ½ (.5 − .2), where the mean of absolute values would be ½ (.5 +
    .2).
    """
    assert along(np.array([[-0.5, -0.2]]), np.array([-0.3, 0.1])) == pytest.approx([0.15])


def test_absolute_gaps_far_from_zero_are_a_signed_mean():
    """Gaps of .3 and −.4, each ± .02: the interval of ½ (a − b), that is .35 ± 1.96 · .02/√2, cut nowhere."""
    found = absolute(gap_draws([0.3, -0.4], 0.02), np.array([0.3, -0.4]), 0.95)
    half = 1.96 * 0.02 / np.sqrt(2)
    assert (found.low, found.high) == (pytest.approx(0.35 - half, abs=2e-3), pytest.approx(0.35 + half, abs=2e-3))


@pytest.mark.parametrize(
    ("centres", "zero"), [((0.04, 0.04), True), ((0.04, -0.04), True), ((0.05, 0.0), False), ((-0.05, 0.03), False)]
)
def test_absolute_gaps_reach_zero_while_both_are_doubtful(centres, zero):
    """With a standard error of .02 a gap is beyond doubt from 2.24 of them (97.5 % each): .0448, and one such gap is
    enough.
    """
    found = absolute(gap_draws(centres, 0.02), np.array(centres), 0.95)
    signed = percentile(along(gap_draws(centres, 0.02), np.array(centres)), 0.95)
    assert (found.low == 0) == (zero or signed.low <= 0)
    assert found.high >= signed.high
    assert 0 <= found.low <= np.abs(centres).mean() <= found.high


def test_absolute_gaps_of_many_columns_at_once():
    """Each column is judged by itself: one far from 0, one at 0, one with too many undefined replicates."""
    draws = np.stack([gap_draws(c, 0.02) for c in ((0.3, 0.3), (0.0, 0.0), (0.3, 0.3))], axis=1)
    draws[:400, 2, 1] = np.nan
    found = absolute(draws, np.array([[0.3, 0.3], [0.0, 0.0], [0.3, 0.3]]), 0.95)
    assert found.low[0] > 0.25
    assert found.low[1] == 0
    assert np.isnan([found.low[2], found.high[2]]).all()
    np.testing.assert_allclose(found.undefined_share, [0, 0, 400 / 4_001])


# Replicates


def test_multinomial_is_the_row_bootstrap():
    """All 4⁴ resamples of four rows, tabulated, have the probabilities the multinomial law gives their tables."""
    rows = [(0, 0), (1, 1), (1, 1), (0, 1)]
    resamples = [tuple(reference.table(r).ravel()) for r in product(rows, repeat=4)]
    law = stats.multinomial(4, reference.table(rows).ravel() / 4)
    for table in set(resamples):
        assert resamples.count(table) / 4**4 == pytest.approx(law.pmf(table))


def test_replicates_follow_the_multinomial_law():
    """The frequencies of the drawn tables fit the exact probabilities of all resamples of four rows (chi-square)."""
    counts = np.array([[1, 1], [0, 2]])
    draws = replicates(counts, 40_000, np.random.default_rng(5))
    tables, seen = np.unique(draws.reshape(-1, 4), axis=0, return_counts=True)
    expected = 40_000 * stats.multinomial(4, counts.ravel() / 4).pmf(tables)
    assert expected.sum() == pytest.approx(40_000)
    assert stats.chisquare(seen, expected).pvalue > 0.01


def test_intervals_agree_with_a_row_bootstrap():
    """The intervals of all measures are those of resampling rows (group, label, prediction) and
    counting, up to noise.
    """
    counts = np.stack([reference.COMPAS["Hispanic"], reference.COMPAS["Caucasian"]])
    rng, number = np.random.default_rng(3), 3_000
    rows = np.repeat(np.arange(counts.size), counts.ravel())
    resampled = rng.choice(rows, (number, len(rows)))
    by_rows = np.stack([np.bincount(r, minlength=counts.size) for r in resampled]).reshape(number, *counts.shape)
    by_counts = replicates(counts, number, rng)
    for measure in MEASURES.values():
        one, other = (measure.compute(draws[:, 0], draws[:, 1]) for draws in (by_rows, by_counts))
        assert stats.ks_2samp(one, other).pvalue > 0.01
        ends = [percentile(values, 0.95) for values in (one, other)]
        np.testing.assert_allclose(*[[e.low, e.high] for e in ends], atol=0.15 * (ends[0].high - ends[0].low))


@given(counts=strategies.groups(largest=10**9), seed=strategies.SEEDS)
def test_each_replicate_has_the_rows_of_the_table(counts, seed):
    """A replicate holds as many rows as the data, and none where the data has none."""
    draws = replicates(counts, 7, np.random.default_rng(seed))
    assert draws.shape == (7, *counts.shape)
    assert (draws.sum(axis=(1, 2, 3)) == counts.sum()).all()
    assert (draws[:, counts == 0] == 0).all()


def test_everything_varies_with_the_rows():
    """Group sizes, base rates and selection rates all vary as n rows drawn anew do: nothing is held
    fixed by design.
    """
    counts = np.stack([reference.COMPAS["Hispanic"], reference.COMPAS["Other"]])
    draws, n = replicates(counts, 20_000, np.random.default_rng(8)), counts.sum()
    share = counts[0].sum() / n
    assert draws[:, 0].sum((1, 2)).std() == pytest.approx(np.sqrt(n * share * (1 - share)), rel=0.03)
    for name in ("base_rate", "selection_rate"):
        value, rows = rate(counts[0], name), counts[0].sum()
        assert rate(draws[:, 0], name).std() == pytest.approx(np.sqrt(value * (1 - value) / rows), rel=0.03)


def test_group_membership_is_resampled_with_the_labels():
    """Each group's replicates stay around its own rate, not around the rate of everybody."""
    counts = np.array([[[0, 0], [90, 10]], [[0, 0], [10, 90]]])
    draws = replicates(counts, 2_000, np.random.default_rng(2))
    means = rate(draws, "true_positive_rate").mean(0)
    np.testing.assert_allclose(means, [0.1, 0.9], atol=0.01)


def test_tables_along_leading_axes_are_drawn_independently():
    """With three event axes a stack of tables gives draws with each table's own total, and no correlation between
    them.
    """
    stack = np.stack([THREE_EQUAL, 2 * THREE_EQUAL])
    draws = replicates(stack, 4_000, np.random.default_rng(4), event_axes=3)
    np.testing.assert_array_equal(draws.sum(axis=(2, 3, 4)), np.tile(stack.sum(axis=(1, 2, 3)), (4_000, 1)))
    assert abs(np.corrcoef(draws[:, 0, 0, 0, 0], draws[:, 1, 0, 0, 0])[0, 1]) < 0.05


def test_an_empty_table_among_others_draws_nothing():
    """A stack may hold a table without rows: its replicates are zeros, and the others are drawn as ever."""
    draws = replicates(np.stack([THREE_EQUAL, 0 * THREE_EQUAL]), 5, np.random.default_rng(4), event_axes=3)
    assert (draws[:, 0].sum((1, 2, 3)) == 300).all()
    assert not draws[:, 1].any()


def test_probabilities_replace_the_shares_not_the_rows():
    """With probabilities of their own the draws keep the data's number of rows."""
    counts = np.array([[0, 12]])
    draws = replicates(counts, 20_000, np.random.default_rng(6), probabilities=np.array([[3.0, 9.0]]))
    assert (draws.sum((1, 2)) == 12).all()
    assert draws[:, 0, 0].mean() == pytest.approx(3, abs=0.05)


def test_fractions_of_rows_cannot_be_drawn():
    """A table of floats says nothing about how many rows there were, so it is refused with the remedy."""
    with pytest.raises(ValueError, match="whole numbers of rows, got float64; pass weights as probabilities"):
        replicates(np.array([0.5, 12.5]), 3, np.random.default_rng(0))


def test_same_seed_same_draws():
    """Randomness is the generator's alone."""
    one, other = (replicates(THREE_EQUAL, 50, np.random.default_rng(9)) for _ in range(2))
    np.testing.assert_array_equal(one, other)


def test_maximum_minus_minimum_never_contains_zero():
    """Three equal groups, 60 data sets: a percentile interval of max − min misses 0 every time, so it is no inference.

    The signed difference of two of the groups contains 0 about 19 times in 20.
    """
    rng, gaps, signed = np.random.default_rng(60), [], []
    for data in replicates(THREE_EQUAL, 60, rng):
        selected = rate(replicates(data, 500, rng), "selection_rate")
        gaps.append(percentile(np.ptp(selected, axis=1), 0.95).low <= 0)
        pair = percentile(selected[:, 0] - selected[:, 1], 0.95)
        signed.append(pair.low <= 0 <= pair.high)
    assert sum(gaps) == 0
    assert sum(signed) >= 53


def test_undefined_ratios_are_counted():
    """A privileged group with 3 selected of 60 loses e⁻³, 5 %, of the ratio replicates; with 1 selected it has no
    interval.
    """
    shares, defined = [], []
    for selected in (8, 3, 1):
        counts = np.array([[[50, 10], [20, 20]], [[40 - selected, selected], [20, 0]]])
        u, p = pool(replicates(counts, 10_000, np.random.default_rng(1)), np.array([False, True]))
        interval = percentile(MEASURES["disparate_impact"].compute(u, p), 0.95)
        shares.append(interval.undefined_share)
        defined.append(not np.isnan(interval.high))
    np.testing.assert_allclose(shares, [np.exp(-8), np.exp(-3), np.exp(-1)], atol=0.01)
    assert (defined[0], defined[2]) == (True, False)


# Half counts


def test_half_a_row_in_an_empty_cell_of_one_model():
    """TPR 12/12: half a row at (y = 1, not selected), so the rate drawn from is 12/12.5."""
    counts = np.array([[[5, 3], [0, 12]]])
    np.testing.assert_array_equal(half_counts(counts, models=1), [[[5, 3], [0.5, 12]]])
    assert rate(half_counts(counts, models=1), "true_positive_rate") == pytest.approx([12 / 12.5])


def test_half_a_row_in_each_disagreement_nobody_had():
    """Two models: half a row where they would disagree, whatever each predicts; cells of agreement stay empty."""
    joint = np.array([[[[5, 0], [2, 4]], [[0, 0], [3, 9]]]])
    np.testing.assert_array_equal(half_counts(joint), [[[[5, 0.5], [2, 4]], [[0, 0.5], [3, 9]]]])


def test_label_without_rows_stays_empty():
    """A group without positives gets none: its TPR stays undefined, in the table and in every replicate."""
    counts = np.array([[[5, 3], [0, 0]], [[5, 3], [4, 0]]])
    table = half_counts(counts, models=1)
    np.testing.assert_array_equal(table, [[[5, 3], [0, 0]], [[5, 3], [4, 0.5]]])
    draws = replicates(counts, 50, np.random.default_rng(0), probabilities=table)
    assert np.isnan(rate(draws[:, 0], "true_positive_rate")).all()


@given(joint=strategies.joints(smallest=1))
def test_nothing_changes_when_no_cell_is_empty(joint):
    """A table without empty cells is returned as it is, so its replicates are the plain bootstrap's, bit for bit."""
    np.testing.assert_array_equal(half_counts(joint), joint)
    plain, half = (replicates(joint, 20, np.random.default_rng(1), probabilities=p) for p in (None, half_counts(joint)))
    np.testing.assert_array_equal(plain, half)


@given(joint=strategies.joints())
def test_half_counts_leave_no_label_without_disagreement(joint):
    """Where a label has rows, both disagreements, so all four predictions, have some afterwards; nothing else moves."""
    table, occupied = half_counts(joint), joint.sum((-1, -2)) > 0
    assert (table[..., 0, 1][occupied] > 0).all()
    assert (table[..., 1, 0][occupied] > 0).all()
    assert (table[~occupied] == 0).all()
    for axis in (-1, -2):
        assert (table.sum(axis)[occupied] > 0).all()
    assert (np.diagonal(table - joint, axis1=-2, axis2=-1) == 0).all()
    assert set(np.unique(table - joint)) <= {0.0, 0.5}


@given(joint=strategies.joints())
def test_half_counts_do_not_depend_on_names(joint):
    """Exchanging the models, the outcomes or the groups exchanges the result alike; leading axes pass through."""
    np.testing.assert_array_equal(half_counts(joint.swapaxes(-1, -2)), half_counts(joint).swapaxes(-1, -2))
    np.testing.assert_array_equal(half_counts(np.flip(joint, (-1, -2))), np.flip(half_counts(joint), (-1, -2)))
    np.testing.assert_array_equal(half_counts(joint[::-1]), half_counts(joint)[::-1])
    np.testing.assert_array_equal(half_counts(joint[None])[0], half_counts(joint))


@settings(deadline=None)
@given(n=st.integers(1, 200))
def test_a_rate_of_one_gets_an_interval_with_a_width(n):
    """Whatever n: n of n selected has an interval of width 0 from the plain bootstrap, and one down from 1 with half a
    row.
    """
    counts, rng = np.array([[[4, 4], [0, n]]]), np.random.default_rng(n)
    plain = percentile(rate(replicates(counts, 400, rng), "true_positive_rate")[:, 0], 0.95)
    half = replicates(counts, 400, rng, probabilities=half_counts(counts, models=1))
    doubted = percentile(np.nan_to_num(rate(half, "true_positive_rate")[:, 0], nan=1.0), 0.95)
    assert (plain.low, plain.high) in ((1, 1), (pytest.approx(np.nan, nan_ok=True),) * 2)
    assert doubted.low < 1
    assert doubted.high == 1
