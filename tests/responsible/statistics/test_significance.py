from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.stats.contingency import association
from statsmodels.stats.multitest import multipletests

from responsible.statistics.significance import (
    Test,
    benjamini_hochberg,
    equalized_odds,
    holm,
    independence,
    permutation,
)
from tests.support import reference, strategies

P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=6)


def rng(seed=0):
    return np.random.default_rng(seed)


# Independence


@given(table=strategies.outcomes(largest=1000))
def test_chi_square_agrees_with_scipy(table):
    """Statistic, p and Cramér's V are scipy's, without continuity correction, wherever the approximation is used."""
    test = independence(table, rng(), draws=9)
    if test.method != "chi-square":
        return
    table = table[table.sum(1) > 0]
    theirs = stats.chi2_contingency(table, correction=False)
    assert (test.statistic, test.p) == (pytest.approx(theirs.statistic), pytest.approx(theirs.pvalue))
    assert test.effect == pytest.approx(association(table, method="cramer"))


def test_chi_square_by_hand():
    """30 of 50 against 20 of 50: expected 25 each, so chi² = 4 · 5²/25 = 4, p = .0455 and V = √(4/100) = .2."""
    test = independence(np.array([[20, 30], [30, 20]]))
    assert test == Test(pytest.approx(4), pytest.approx(0.0455003, abs=1e-7), pytest.approx(0.2), "chi-square")


@given(table=strategies.outcomes(largest=20, most=2))
def test_two_small_groups_get_fishers_test(table):
    """With an expected count below 5, two groups are compared by Fisher's exact test, as scipy computes it."""
    test = independence(table)
    sizes, events = table.sum(1), table.sum(0)
    if (sizes == 0).any():
        assert test.method == "undefined"
    elif np.outer(sizes, events).min() / table.sum() < 5:
        assert test.method == "fisher"
        assert test.p == pytest.approx(stats.fisher_exact(table).pvalue)
    else:
        assert test.method == "chi-square"


def test_fisher_by_hand():
    """The lady tasting tea, 3 of 4 right: p = (16 + 16 + 1 + 1) / 70."""
    assert independence(np.array([[3, 1], [1, 3]])).p == pytest.approx(34 / 70)


def test_the_smallest_expected_count_decides():
    """At an expected count of exactly 5 the approximation is used, just below it is not."""
    assert independence(np.array([[45, 5], [45, 5]])).method == "chi-square"
    assert independence(np.array([[45, 5], [46, 4]])).method == "fisher"


def test_two_small_groups_stay_exact_beside_a_generator():
    """Handing a generator over does not trade Fisher's exact test for a simulated one, also when a third group is
    empty.
    """
    table = np.array([[3, 1], [1, 3]])
    assert (
        independence(table, rng(), draws=9) == independence(np.vstack([table, [[0, 0]]]), rng()) == independence(table)
    )


def test_several_small_groups_get_the_permutation_test():
    """With an expected count below 5, three groups are compared by permutation of their labels."""
    test = independence(np.array([[9, 1], [2, 8], [3, 3]]), rng(), draws=999)
    assert test == permutation(np.array([[9, 1], [2, 8], [3, 3]]), 999, rng())
    assert test.method == "permutation"


def test_randomness_is_asked_for_before_it_is_needed():
    """More than two groups need a generator whatever their counts, so a call without one fails at once, not on small
    data.
    """
    with pytest.raises(ValueError, match="rng is needed for more than two groups, got 3"):
        independence(np.full((3, 2), 1000))


@pytest.mark.parametrize("table", [[[0, 0], [3, 4]], [[0, 0], [0, 0]], [[5, 6]]])
def test_a_single_group_is_not_tested(table):
    """Fewer than two groups with rows give NaN and say "undefined": not tested is not "no difference"."""
    for test in (independence(np.array(table), rng()), permutation(np.array(table), 9, rng())):
        assert np.isnan([test.statistic, test.p, test.effect]).all()
        assert test.method == "undefined"


def test_groups_without_rows_are_left_out():
    """A declared group without rows neither changes the degrees of freedom nor makes expected counts small."""
    table = np.array([[20, 30], [30, 20]])
    assert independence(np.vstack([table, [[0, 0]]]), rng()) == independence(table)


@pytest.mark.parametrize("table", [[[30, 0], [5, 0]], [[0, 30], [0, 5], [0, 6]]])
def test_one_outcome_for_everybody_is_no_difference(table):
    """When nobody, or everybody, has the event the groups are equal: p = 1, with an undefined effect size."""
    test = independence(np.array(table), rng(), draws=99)
    assert (test.statistic, test.p) == (0, 1)
    assert np.isnan(test.effect)


@given(table=strategies.outcomes(largest=50), seed=strategies.SEEDS)
def test_effect_size_is_a_share_of_the_largest_possible(table, seed):
    """Cramér's V lies in [0, 1], and is 1 exactly when the group tells the outcome."""
    effect = independence(table, rng(seed), draws=9).effect
    assert np.isnan(effect) or 0 <= effect <= 1 + 1e-12
    told = (table.min(1) == 0).all() and (table.sum(0) > 0).all()
    assert (effect == pytest.approx(1)) == bool(told) or np.isnan(effect)


# Permutation


@pytest.mark.parametrize(
    "table", [[[3, 1], [1, 3]], [[4, 1], [2, 3], [0, 4]], [[6, 1], [5, 2], [1, 3], [2, 2]], [[7, 2], [8, 1]]]
)
def test_permutation_agrees_with_all_permutations(table):
    """The estimated p is that of going through every way to give the events to the groups, within three standard
    errors.
    """
    table, draws = np.array(table), 40_000
    exact = reference.any_difference_p(table)
    test = permutation(table, draws, rng(3))
    assert test.p == pytest.approx(exact, abs=3 * np.sqrt(exact * (1 - exact) / draws) + 2 / draws)
    assert test.statistic == pytest.approx(reference.pearson(table))


def test_permutation_agrees_with_chi_square_on_large_tables():
    """Where the approximation is good, both ways give the same p."""
    table = np.array([[2000, 520], [1500, 330], [1200, 310]])
    assert permutation(table, 20_000, rng(1)).p == pytest.approx(independence(table, rng()).p, abs=0.01)


def test_permutation_finds_a_clear_difference():
    """The labels really are permuted: groups that differ beyond doubt give the smallest p there is, and never 0."""
    assert permutation(np.array([[50, 0], [0, 50], [25, 25]]), 999, rng()).p == 1 / 1000


def test_permutation_of_equal_groups():
    """Groups with exactly the same rates give a statistic of 0 that every permutation reaches: p = 1."""
    test = permutation(np.array([[4, 2], [8, 4], [2, 1]]), 999, rng())
    assert (test.statistic, test.p) == (pytest.approx(0, abs=1e-12), 1)


def test_permutation_in_count_space_is_that_of_rows():
    """Shuffling the rows' labels with numpy and tabulating gives the same p, up to the noise of both."""
    table, draws, generator = np.array([[9, 3], [5, 8], [6, 6]]), 4_000, rng(5)
    groups, events = np.repeat([0, 1, 2], table.sum(1)), np.concatenate([np.repeat([0, 1], line) for line in table])
    seen, extreme = reference.pearson(table), 0
    for _ in range(draws):
        shuffled = generator.permutation(groups)
        tabulated = np.stack([np.bincount(events[shuffled == g], minlength=2) for g in range(3)])
        extreme += reference.pearson(tabulated) >= seen - 1e-9
    assert permutation(table, 20_000, rng(6)).p == pytest.approx((1 + extreme) / (1 + draws), abs=0.025)


def test_permutation_keeps_its_size():
    """With five equal groups of 8 to 60 rows, p ≤ .05 in at most 5 % of 600 data sets, up to two standard errors."""
    generator, sizes = rng(11), np.array([8, 15, 25, 40, 60])
    events = generator.binomial(sizes, 0.15, (600, 5))
    p = [permutation(np.stack([sizes - e, e], 1), 299, generator).p for e in events if e.sum()]
    assert 0.02 < np.mean(np.array(p) <= 0.05) < 0.05 + 2 * np.sqrt(0.05 * 0.95 / 600)


# Equalized odds


def test_equalized_odds_adds_up_the_strata():
    """COMPAS: the statistic is the sum of scipy's chi-squares within y = 0 and y = 1, with 2 degrees of freedom."""
    u, p = reference.COMPAS["African-American"], reference.COMPAS["Caucasian"]
    parts = [stats.chi2_contingency([u[y], p[y]], correction=False).statistic for y in (0, 1)]
    test = equalized_odds(u, p)
    assert test.statistic == pytest.approx(sum(parts))
    assert test.p == pytest.approx(stats.chi2.sf(sum(parts), 2))
    assert test.effect == pytest.approx(np.sqrt(sum(parts) / (u.sum() + p.sum())))
    assert test.method == "chi-square"


@settings(max_examples=30, deadline=None)
@given(pair=strategies.pairs(largest=3))
def test_equalized_odds_of_small_tables_is_exact(pair):
    """With few rows, p is the share of all relabellings, enumerated one by one, whose sum is at least as large."""
    test = equalized_odds(*pair)
    if (np.stack(pair).sum(-1) == 0).any():
        assert test.method == "undefined"
        assert np.isnan(test.p)
    else:
        assert test.method == "exact"
        assert test.p == pytest.approx(reference.equalized_odds_p(*pair))


def test_equalized_odds_one_small_stratum_makes_it_exact():
    """Thousands of negatives do not excuse four positives; and large strata cost no time to enumerate."""
    u, p = np.array([[40_000, 9_000], [3, 1]]), np.array([[50_000, 12_000], [900, 800]])
    assert equalized_odds(u, p).method == "exact"
    negatives = stats.chi2_contingency([u[0], p[0]], correction=False).pvalue
    assert equalized_odds(u, p).p < 10 * negatives


def test_equalized_odds_sees_what_average_odds_cancels():
    """Opposite errors have an average odds difference of 0, and are still a difference beyond doubt."""
    assert equalized_odds(np.array([[25, 75], [75, 25]]), np.array([[75, 25], [25, 75]])).p < 1e-10


@pytest.mark.parametrize(("rows", "size"), [((400, 300, 500, 200), "chi-square"), ((30, 8, 25, 6), "exact")])
def test_equalized_odds_keeps_its_size(rows, size):
    """With equal odds in both groups, p ≤ .05 in about 5 % of data sets, less where p is exact."""
    generator, number = rng(7), 1_000
    n0, n1, m0, m1 = rows
    fp, tp = generator.binomial([n0, m0], 0.2, (number, 2)), generator.binomial([n1, m1], 0.7, (number, 2))
    tests = [
        equalized_odds(
            np.array([[n0 - f[0], f[0]], [n1 - t[0], t[0]]]), np.array([[m0 - f[1], f[1]], [m1 - t[1], t[1]]])
        )
        for f, t in zip(fp, tp, strict=True)
    ]
    assert {test.method for test in tests} <= {size, "exact"}
    share = np.mean([test.p <= 0.05 for test in tests])
    assert (0.036 if size == "chi-square" else 0.01) < share < 0.064


@pytest.mark.parametrize("lacking", [[[0, 0], [5, 9]], [[5, 9], [0, 0]]])
def test_equalized_odds_without_a_label_is_undefined(lacking):
    """A group without positives, or without negatives, cannot be compared on both odds."""
    whole = np.array([[9, 9], [9, 9]])
    assert equalized_odds(np.array(lacking), whole).method == "undefined"
    assert equalized_odds(whole, np.array(lacking)).method == "undefined"


# Families


def test_holm_by_hand():
    """.01, .04, .03, .005 in order are .005·4, .01·3, .03·2, .04·1 → .02, .03, .06, and .06 again: never below an
    earlier.
    """
    np.testing.assert_allclose(holm(np.array([0.01, 0.04, 0.03, 0.005])), [0.03, 0.06, 0.06, 0.02])


@given(p=P_VALUES)
def test_holm_agrees_with_the_closure_principle(p):
    """Holm's shortcut gives what testing every subset of the family by Bonferroni gives."""
    np.testing.assert_allclose(holm(np.array(p)), reference.holm(p))


def test_benjamini_hochberg_by_hand():
    """.01, .04, .03, .005: .005·4/1, .01·4/2, .03·4/3, .04·4/4 → .02, .02, .04, .04."""
    np.testing.assert_allclose(benjamini_hochberg(np.array([0.01, 0.04, 0.03, 0.005])), [0.02, 0.04, 0.04, 0.02])


@pytest.mark.parametrize(("adjust", "method"), [(holm, "holm"), (benjamini_hochberg, "fdr_bh")])
@given(p=P_VALUES)
def test_adjusted_values_agree_with_statsmodels(adjust, method, p):
    """Both adjustments are those of statsmodels, an implementation that the library does not use."""
    with mock.patch("gc.collect"):  # statsmodels calls it each time, which takes as long as all else that is loaded
        theirs = multipletests(p, method=method)[1]
    np.testing.assert_allclose(adjust(np.array(p)), theirs, rtol=1e-12)


@pytest.mark.parametrize("adjust", [holm, benjamini_hochberg])
@given(p=P_VALUES, data=st.data())
def test_adjustment_of_a_family(adjust, p, data):
    """Adjusted values are at most 1, never below the raw ones, at most Bonferroni's, and do not
    depend on the order.
    """
    p = np.array(p)
    adjusted = adjust(p)
    assert (adjusted >= p - 1e-15).all()
    assert (adjusted <= np.minimum(1, p * len(p)) + 1e-15).all()
    order = np.array(data.draw(st.permutations(range(len(p)))))
    np.testing.assert_allclose(adjust(p[order]), adjusted[order])


@pytest.mark.parametrize("adjust", [holm, benjamini_hochberg])
@given(p=P_VALUES, data=st.data())
def test_tests_that_could_not_be_made_do_not_count(adjust, p, data):
    """NaN stays NaN and the others are adjusted as if it were not there."""
    where = data.draw(st.integers(0, len(p)))
    adjusted = adjust(np.insert(p, where, np.nan))
    assert np.isnan(adjusted[where])
    np.testing.assert_array_equal(np.delete(adjusted, where), adjust(np.array(p)))


@pytest.mark.parametrize("adjust", [holm, benjamini_hochberg])
def test_adjustment_without_tests(adjust):
    """A family of no tests, or of none that could be made, comes back as it is; the argument is never changed."""
    assert adjust(np.array([])).shape == (0,)
    assert np.isnan(adjust(np.array([np.nan, np.nan]))).all()
    given_p = np.array([0.5, 0.01])
    adjust(given_p)
    np.testing.assert_array_equal(given_p, [0.5, 0.01])


def test_holm_keeps_the_family_wise_error():
    """With 12 true hypotheses, some adjusted p is ≤ .05 in about 5 % of 4,000 families; unadjusted, in nearly half."""
    families = rng(2).random((4_000, 12))
    assert np.mean(families.min(1) <= 0.05) > 0.4
    assert np.mean([holm(p).min() <= 0.05 for p in families]) == pytest.approx(0.05, abs=0.01)
