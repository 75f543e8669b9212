"""Rows needed: the growth that decides a verdict with the stated power, and rows to detect a difference."""

import numpy as np
import pytest
from statsmodels.stats.proportion import power_proportions_2indep, samplesize_proportions_2indep_onetail

from responsible.fairness.measures import MEASURES
from responsible.statistics.count_figures import interval
from responsible.statistics.count_tables import drawn
from responsible.statistics.intervals import Inference
from responsible.statistics.sample_size import detectable, growth, shown

ENDS = (-0.1, 0.1)


def test_growth_by_hand():
    """.05 ± .07 with the limit .05 away: (2.8016/1.96 · .07/.05)² = 4.005 times as many rows, at 80 % power."""
    assert growth(0.05, -0.02, 0.12, ENDS, confidence=0.95, power=0.8) == pytest.approx(4.005, abs=0.002)
    assert growth(0.15, 0.08, 0.22, ENDS, confidence=0.95, power=0.8) == pytest.approx(
        4.005, abs=0.002
    )  # to fail instead


def test_growth_between_two_limits_counts_both():
    """Midway between the limits either can be crossed, so each may only be in 10 %: 1.2816 in place of .8416."""
    assert growth(0, -0.12, 0.12, ENDS, confidence=0.95, power=0.8) == pytest.approx(
        (3.2415 / 1.96 * 0.12 / 0.1) ** 2, rel=1e-3
    )


def test_growth_with_one_limit_ignores_the_other_side():
    """A ratio of 1.1 [.7, 1.8] judged from above only: the upper half width counts, on the way to 1.25."""
    expected = (2.8016 / 1.96 * 0.7 / 0.15) ** 2
    assert growth(1.1, 0.7, 1.8, (-np.inf, 1.25), confidence=0.95, power=0.8) == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("value", [0.1, -0.1])
def test_at_the_limit_no_number_of_rows_decides(value):
    """An estimate that lies at a limit stays there however many rows come."""
    assert growth(value, value - 0.05, value + 0.05, ENDS, confidence=0.95, power=0.8) == np.inf


def test_an_undefined_estimate_has_no_growth():
    """Without a value nothing can be said."""
    assert np.isnan(growth(np.nan, np.nan, np.nan, ENDS, confidence=0.95, power=0.8))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("equal_opportunity_difference", [[[60, 20], [12, 28]], [[200, 80], [60, 180]]]),
        ("equal_opportunity_difference", [[[60, 20], [18, 22]], [[200, 80], [60, 180]]]),
        ("statistical_parity_difference", [[[40, 22], [25, 33]], [[45, 20], [25, 36]]]),
        ("predictive_parity_difference", [[[60, 8], [12, 32]], [[200, 40], [60, 180]]]),
    ],
)
def test_as_many_rows_decide_in_four_of_five_samples(name, table, seed):
    """At the printed number of rows, with the estimate taken for true, 74 to 87 % of samples are decided."""
    table, figure, rng = np.array(table), MEASURES[name].figure, np.random.default_rng(seed)
    rules = Inference(confidence=0.95, replicates=1_500, minimum_denominator=1)
    now = interval(figure, table, drawn(table, rules.model_copy(update={"replicates": 20_000}), rng), 0.95)
    more = growth(float(figure.compute(table)), now.low, now.high, ENDS, confidence=0.95, power=0.8)
    assert 1 < more < 100
    samples = rng.multinomial(round(table.sum() * more), table.ravel() / table.sum(), 300).reshape(300, *table.shape)
    found = interval(figure, samples, drawn(samples, rules, rng), 0.95)
    inside = (ENDS[0] <= found.low) & (found.high <= ENDS[1])
    outside = (found.high < ENDS[0]) | (found.low > ENDS[1])
    assert 0.74 <= np.mean(inside | outside) <= 0.87


@pytest.mark.parametrize("base", [0.02, 0.1, 0.3, 0.5, 0.89])
@pytest.mark.parametrize("difference", [-0.015, 0.05, 0.1])
def test_rows_to_detect_are_statsmodels(base, difference):
    """Rows per group equal statsmodels' sample size for two proportions, whose power function gives the power back."""
    rows = detectable(difference, base, 0.95, 0.8)
    theirs = samplesize_proportions_2indep_onetail(difference, base, 0.8, alpha=0.05, alternative="two-sided")
    assert rows == pytest.approx(theirs, rel=1e-9)
    power = power_proportions_2indep(difference, base, rows, return_results=False)
    assert power == pytest.approx(0.8, abs=1e-3)


@pytest.mark.parametrize(("difference", "base"), [(0.0, 0.3), (0.2, 0.9), (-0.2, 0.1), (0.1, 1.2)])
def test_rates_outside_their_range_are_refused(difference, base):
    """No difference, or one that leads out of [0, 1], has no sample size."""
    with pytest.raises(ValueError, match="between 0 and 1"):
        detectable(difference, base, 0.95, 0.8)


@pytest.mark.parametrize("base", [0.02, 0.3, 0.5, 0.89])
@pytest.mark.parametrize(("n", "others"), [(200, 200), (150, 3_000), (3_000, 150)])
def test_the_difference_that_rows_show_is_statsmodels(base, n, others):
    """At that difference statsmodels asks for just these rows; with groups of one size, so does the plan."""
    difference = shown(n, others, base, 0.95, 0.8)
    signed = difference if base <= 0.5 else -difference
    theirs = samplesize_proportions_2indep_onetail(
        signed, base, 0.8, ratio=others / n, alpha=0.05, alternative="two-sided"
    )
    assert theirs == pytest.approx(n, rel=1e-6)
    if n == others:
        assert detectable(signed, base, 0.95, 0.8) == pytest.approx(n, rel=1e-6)


def test_few_rows_and_certain_rates_show_nothing():
    """Two rows, none, or a rate of 0 or 1 to compare with: there is no such difference."""
    for rows in ((2, 2, 0.5), (0, 100, 0.5), (100, 0, 0.5), (100, 100, 0.0), (100, 100, 1.0)):
        assert np.isnan(shown(*rows, 0.95, 0.8))


@pytest.mark.parametrize(("n", "others", "base"), [(400, 400, 0.3), (120, 1_500, 0.7)])
def test_a_pooled_test_finds_the_shown_difference_in_four_of_five_samples(n, others, base, seed):
    """20,000 pairs of samples with that difference: the two-sided z test rejects in 80 % of them, give or take 2."""
    rng = np.random.default_rng(seed)
    difference = shown(n, others, base, 0.95, 0.8) * (1 if base <= 0.5 else -1)
    a, b = rng.binomial(n, base + difference, 20_000), rng.binomial(others, base, 20_000)
    pooled = (a + b) / (n + others)
    z = (a / n - b / others) / np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / others))
    assert np.mean(np.abs(z) > 1.959964) == pytest.approx(0.8, abs=0.02)
