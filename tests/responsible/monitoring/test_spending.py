"""The level of an alarm, what is detectable, and the false alarms of quiet months."""

from functools import partial

import numpy as np
import pytest
from scipy import stats

from responsible.measures import exact_tests
from responsible.monitoring import drift
from responsible.monitoring.distances import kolmogorov_smirnov, total_variation
from responsible.monitoring.drift import of_bins
from responsible.monitoring.spending import Spending

LEAST, MONTHS, REFERENCE, ROWS = 0.05, 24, 5_000, 600
RATES = {"selection": ((0, 1), (1, 1)), "tpr": ((1, 1),), "fpr": ((0, 1),)}  # (y, ŷ) of the events


def test_the_level_divides_the_error():
    """Five per cent over 24 periods of 35 questions; an alarm needs effect and p, and p counts every level."""
    spending = Spending(0.05, 24, 35)
    assert spending.level == pytest.approx(0.05 / 840)
    assert spending.alarm(0.05, spending.level, 0.05)
    assert not spending.alarm(0.049, 0.0, 0.05)
    assert not spending.alarm(0.5, spending.level, 0.05, levels=2)
    assert spending.z() == pytest.approx(stats.norm.isf(0.05 / 840 / 2))


@pytest.mark.parametrize(("share", "n"), [(0.5, 400), (0.2, 400), (0.2, 5_000), (0.05, 1_500)])
def test_a_change_of_the_printed_size_is_found_as_often_as_printed(share, n, seed):
    """Shares planted at the detectable distance raise an alarm in about 80 % of samples."""
    spending, n0, runs = Spending(0.05, 24, 35), 20_000, 600
    moved = share + spending.share_detected(share, n0, n, LEAST)
    rng = np.random.default_rng(seed)
    k0, k1 = rng.binomial(n0, share, runs), rng.binomial(n, moved, runs)
    found = sum(
        spending.alarm(abs(b / n - a / n0), exact_tests.two_sided(int(a), n0, int(b), n), LEAST)
        for a, b in zip(k0, k1, strict=True)
    )
    assert 0.72 <= found / runs <= 0.92


def test_the_same_of_a_gap_and_of_a_feature_with_levels(seed):
    """A shift of the printed Kolmogorov-Smirnov gap is found at least as often, and so is a move between two levels."""
    spending, n0, n, runs = Spending(0.05, 24, 35), 20_000, 1_500, 300
    rng, gap = np.random.default_rng(seed), spending.gap_detected(20_000, 1_500, LEAST)
    values = np.full(40, 1 / 40)
    shifted = values + gap / 20 * np.repeat([-1, 1], 20)
    base, now = rng.multinomial(n0, values, runs), rng.multinomial(n, shifted, runs)
    gaps = kolmogorov_smirnov(base, now)
    assert np.mean([spending.alarm(g, exact_tests.of_gap(g, n0, n), LEAST) for g in gaps]) >= 0.72
    shares = np.array([0.4, 0.3, 0.2, 0.1])
    moved = spending.share_detected(0.4, n0, n, LEAST, levels=5)
    drawn = zip(
        rng.multinomial(n0, shares, runs),
        rng.multinomial(n, shares + np.array([moved, -moved / 2, -moved / 2, 0]), runs),
        strict=True,
    )
    found = [
        spending.alarm(float(total_variation(a, b)), float(np.min(exact_tests.of_levels(a, b))), LEAST, levels=5)
        for a, b in drawn
    ]
    assert 0.72 <= np.mean(found) <= 0.95


def quiet(runs, rng):
    """How many of ``runs`` of quiet months had any alarm: two features, one missing share, six rates, of ten questions.

    Every month of a run is compared with one reference, and all questions are asked of the same rows.
    """
    school, age = rng.dirichlet([3, 2, 2, 1, 0.5]), rng.dirichlet(np.full(30, 2.0))
    pairs = np.array([[0.5, 0.08], [0.07, 0.35]])
    cells = (school[:, None, None] * age[None, :, None] * pairs.ravel()[None, None, :]).ravel()
    shape = (len(school), len(age), 2, 2)
    spending = Spending(0.05, MONTHS, 10)
    alarms = 0
    for _ in range(runs):
        reference = rng.multinomial(REFERENCE, cells).reshape(shape)
        months = rng.multinomial(ROWS, cells, MONTHS).reshape(MONTHS, *shape)
        alarms += any(_alarm(reference, month, spending) for month in months)
    return alarms


def _alarm(reference, month, spending):
    """Whether any question raises an alarm. P is worked out where the effect is large enough for one."""
    then, now = (t.sum(axis=(1, 2, 3)) for t in (reference, month))
    column = of_bins("school", [*"abcd"], then[:4], [now[:4]])  # the fifth level is what is missing
    p, levels, _ = drift._by_level(column, 0, spending, LEAST)
    effect = float(total_variation(then[:4], now[:4]))
    tests = [(effect, lambda: p, levels)]
    shares = [(int(then[4]), int(then.sum()), int(now[4]), int(now.sum()))]
    gap = float(kolmogorov_smirnov(*(t.sum(axis=(0, 2, 3)) for t in (reference, month))))
    tests.append((gap, lambda: exact_tests.of_gap(gap, REFERENCE, ROWS), 1))
    for side in (slice(0, 2), slice(2, 5)):
        both = [t[side].sum(axis=(0, 1)) for t in (reference, month)]
        for name, events in RATES.items():
            pair = [
                (int(sum(t[e] for e in events)), int(t.sum() if name == "selection" else t[events[0][0]].sum()))
                for t in both
            ]
            shares.append((*pair[0], *pair[1]))
    for k0, n0, k1, n1 in shares:
        tests.append((abs(k1 / n1 - k0 / n0), partial(exact_tests.two_sided, k0, n0, k1, n1), 1))
    return any(spending.alarm(e, p(), LEAST, levels=k) for e, p, k in tests if e >= LEAST)


@pytest.mark.slow
def test_quiet_months_raise_hardly_any_alarm(seed):
    """Of 60 runs of 24 months without any drift, no more have an alarm than the budget of one in twenty allows."""
    assert stats.binomtest(quiet(60, np.random.default_rng(seed)), 60, 0.05, alternative="greater").pvalue > 0.001


@pytest.mark.slow
@pytest.mark.heavy
def test_the_chance_of_a_false_alarm_stays_below_the_budget(seed):
    """Over 1,000 runs of 24 quiet months the upper 95 % confidence bound of the chance of any alarm is below 5 %."""
    alarms = quiet(1_000, np.random.default_rng(seed))
    assert stats.binomtest(alarms, 1_000).proportion_ci(0.90, method="exact").high < 0.05
