"""The delete-a-group jackknife: against brute force on rows, cluster-robust errors, independent rows and simulation."""

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

from responsible.fairness.measures import MEASURES
from responsible.statistics import jackknife
from responsible.statistics.count_figures import change, estimate, performance_figure
from responsible.statistics.count_tables import Draws, drawn
from responsible.statistics.intervals import Inference, Interval, wilson
from responsible.statistics.rates import PERFORMANCE, RATES

INFERENCE = Inference(confidence=0.95, replicates=1_000, minimum_denominator=5)


def rows(rng, clusters, size, rates, icc, *, sides=2):
    """Rows of clusters, each wholly on a side, whose share selected is beta-binomial with this intra-class correlation.

    Returns arrays by row: cluster, group of clusters, side, label and the predictions of two models.
    """
    sizes = 1 + rng.poisson(size - 1, clusters) if size > 1 else np.ones(clusters, dtype=int)
    side, group = rng.integers(0, sides, clusters), rng.integers(0, jackknife.GROUPS, clusters)
    share = np.asarray(rates)[side].astype(float)
    if icc:
        share = rng.beta(share * (1 - icc) / icc, (1 - share) * (1 - icc) / icc)
    cluster = np.repeat(np.arange(clusters), sizes)
    label = rng.integers(0, 2, len(cluster))
    first, second = (rng.random(len(cluster)) < share[cluster] for _ in range(2))
    return cluster, group[cluster], side[cluster], label, first.astype(int), second.astype(int)


def tabulated(group, *axes):
    """Counts by group of clusters and binary axes."""
    out = np.zeros((jackknife.GROUPS, *(2 for _ in axes)), dtype=np.int64)
    np.add.at(out, (group, *axes), 1)
    return out


def judged(parts):
    """The parity difference of counts by group of clusters."""
    table, rng = parts.sum(axis=0), np.random.default_rng(1)
    figure = MEASURES["statistical_parity_difference"].figure
    return estimate(figure, table, drawn(table, INFERENCE, rng, parts=parts), INFERENCE)


@pytest.mark.parametrize("name", MEASURES)
def test_errors_are_those_of_brute_force_on_rows(name):
    """For every measure: rows without a group of people are tabulated again, and Kott's formula is summed by hand."""
    _, group, side, label, chosen, _ = rows(np.random.default_rng(1), 300, 4, (0.3, 0.5), 0.3)
    figure = MEASURES[name].figure.compute
    parts = tabulated(group, side, label, chosen)
    whole, squares = figure(parts.sum(axis=0)), 0.0
    for g in range(100):
        stay = group != g
        without = np.zeros((2, 2, 2))
        for cell in zip(side[stay], label[stay], chosen[stay], strict=True):
            without[cell] += 1
        squares += (figure(without) - whole) ** 2
    found = jackknife.errors(figure(jackknife.deleted(parts)), whole)
    assert found == pytest.approx(np.sqrt(99 / 100 * squares), rel=1e-9)


def test_errors_are_near_cluster_robust_ones():
    """The error of a difference of selection rates agrees with statsmodels' regression on the side, robust to clusters
    of the same groups, and with that robust to each person, which the groups only coarsen.
    """
    cluster, group, side, label, chosen, _ = rows(np.random.default_rng(2), 3_000, 5, (0.2, 0.4), 0.4)
    compute = MEASURES["statistical_parity_difference"].figure.compute
    parts = tabulated(group, side, label, chosen)
    found = jackknife.errors(compute(jackknife.deleted(parts)), compute(parts.sum(axis=0)))
    design = sm.add_constant((side == 0).astype(float))
    for by, near in ((group, 0.03), (cluster, 0.2)):
        fit = sm.OLS(chosen.astype(float), design).fit(cov_type="cluster", cov_kwds={"groups": by})
        assert found == pytest.approx(fit.bse[1], rel=near)
    naive = sm.OLS(chosen.astype(float), design).fit().bse[1]
    assert found > 1.4 * naive


@pytest.mark.parametrize("name", ["statistical_parity_difference", "disparate_impact", "average_odds_difference"])
def test_the_interval_has_the_width_of_the_jackknife(name):
    """With many rows it is θ ∓ t s, with Student's t of 99 degrees of freedom; a ratio's on the logarithm."""
    _, group, side, label, chosen, _ = rows(np.random.default_rng(3), 4_000, 5, (0.3, 0.5), 0.4)
    figure, parts = MEASURES[name].figure, tabulated(group, side, label, chosen)
    table = parts.sum(axis=0)
    found = estimate(figure, table, drawn(table, INFERENCE, np.random.default_rng(1), parts=parts), INFERENCE)
    scale = np.log if name == "disparate_impact" else np.asarray
    error = jackknife.errors(scale(figure.compute(jackknife.deleted(parts))), scale(found.value))
    assert (scale(found.high) - scale(found.low)) / 2 == pytest.approx(1.98422 * error, rel=1e-4)
    assert (scale(found.high) + scale(found.low)) / 2 == pytest.approx(scale(found.value), abs=0.2 * error)


@pytest.mark.parametrize("name", [*MEASURES, *PERFORMANCE])
def test_people_with_one_row_each_have_nearly_the_intervals_of_independent_rows(name):
    """The mean width over tables is at most a fifth more, a tenth but for the absolute odds, and never less."""
    widths, rng = [], np.random.default_rng(4)
    figure = MEASURES[name].figure if name in MEASURES else performance_figure(name)
    for _ in range(20):
        _, group, side, label, chosen, _ = rows(rng, 2_000, 1, (0.3, 0.4), 0)
        parts = tabulated(group, side, label, chosen)
        parts = parts if name in MEASURES else parts.sum(axis=1, keepdims=True)
        table = parts.sum(axis=0)
        draws = drawn(table, INFERENCE, rng, parts=parts)
        wide, narrow = (estimate(figure, table, d, INFERENCE) for d in (draws, Draws(draws.tables)))
        widths.append((wide.high - wide.low) / (narrow.high - narrow.low))
    assert min(widths) >= 1 - 1e-12
    assert np.mean(widths) < (1.25 if name == "average_absolute_odds_difference" else 1.1)


def test_a_change_between_models_is_that_of_brute_force():
    """The paired change keeps both predictions of a row together when a group is left out."""
    cluster, group, side, label, first, _ = rows(np.random.default_rng(5), 2_000, 4, (0.3, 0.5), 0.4)
    second = np.where(cluster % 3 == 0, 1, first)
    figure, parts = MEASURES["statistical_parity_difference"].figure, tabulated(group, side, label, first, second)
    joint = parts.sum(axis=0)
    found = change(figure, joint, drawn(joint, INFERENCE, np.random.default_rng(1), models=2, parts=parts), INFERENCE)

    def gap(stay):
        rates = [[chosen[stay & (side == s)].mean() for s in (0, 1)] for chosen in (first, second)]
        return (rates[1][0] - rates[1][1]) - (rates[0][0] - rates[0][1])

    whole = gap(group >= 0)
    error = np.sqrt(0.99 * sum((gap(group != g) - whole) ** 2 for g in range(100)))
    assert found.value == pytest.approx(whole)
    assert found.high - found.low == pytest.approx(2 * 1.98422 * error, rel=1e-4)


def test_design_effects():
    """By hand: two groups with all and two with none of their rows selected; rates of 0 count a group as one row; rows
    that spread evenly count as many as they are.
    """
    k, n = np.zeros((100, 3)), np.zeros((100, 3))
    n[:4] = 10
    k[:4, 0] = [10, 10, 0, 0]
    k[:4, 2] = 5
    share = np.array([10, 10, 20, 20]) / 30
    variance = 0.99 * ((share - 0.5) ** 2).sum()
    t = 3.182446 / 1.959964
    found = jackknife.design_effects(k, n, 0.95)
    assert found == pytest.approx([variance * 40 / 0.25 * t**2, 10, 1], rel=1e-5)


def test_a_figure_on_few_groups_is_undefined():
    """People of fewer groups than minimum_denominator bear no interval, however many rows they have."""
    parts = np.zeros((100, 2, 2, 2), dtype=np.int64)
    parts[:, 1] = 5
    parts[:4, 0] = 50
    found = judged(parts)
    assert found.reason == "clusters_below_minimum"
    assert np.isnan([found.value, found.low, found.high]).all()
    parts[4, 0, 0, 0] = 1
    assert judged(parts).reason == ""


def test_a_rate_of_zero_keeps_the_doubt_of_its_groups():
    """Nobody selected in 100 groups of 50 rows is as doubtful as nobody of 100 rows: Wilson's end of those."""
    parts = np.zeros((100, 2, 2, 2), dtype=np.int64)
    parts[:, :, :, 0] = 25
    found = judged(parts)
    one = float(wilson(0, 100, 0.95).high)
    assert found.high == pytest.approx(np.hypot(0, one), rel=0.1)
    assert found.low == pytest.approx(-found.high)


def test_stretching_keeps_shape_and_bounds():
    """The longer side stays the longer one, an end stays in its range, and no interval gets narrower."""
    values = np.full(100, 0.1)
    values[0] = 0.4
    how = {"support": np.array(100), "confidence": 0.95, "bounds": (0.0, 1.0)}
    found = jackknife.stretched(Interval(0.05, 0.25), np.array(0.1), values, **how)
    margin = 1.984217 * np.sqrt(0.99) * 0.3
    assert found.high == pytest.approx(0.1 + 0.15 * margin / 0.1, rel=1e-5)
    assert found.low == 0
    assert jackknife.stretched(Interval(0.05, 0.25), np.array(0.1), values * 0 + 0.1, **how) == Interval(0.05, 0.25)


@pytest.mark.parametrize(
    ("clusters", "size", "rate", "icc"),
    [(600, 5, 0.3, 0.0), (600, 5, 0.3, 0.1), (600, 5, 0.3, 0.5), (600, 5, 0.03, 0.3), (100, 10, 0.3, 0.3)],
)
@pytest.mark.slow
def test_coverage_of_clustered_rows(clusters, size, rate, icc, seed):
    """Intervals of rates, differences and ratios hold the truth in 95 % of samples at every correlation, for rare rates
    too, where those of independent rows fall to 70 %; tests of equal rates reject in 5 %.
    """
    rng, samples = np.random.default_rng(seed), 250
    names = ("statistical_parity_difference", "disparate_impact", "equal_opportunity_difference")
    truth = {names[0]: 0.0, names[1]: 1.0, names[2]: 0.0}
    inference = INFERENCE.model_copy(update={"replicates": 300})
    held = dict.fromkeys((*names, "rate", "naive", "rejected"), 0)
    for _ in range(samples):
        _, group, side, label, chosen, _ = rows(rng, clusters, size, (rate, rate), icc)
        parts = tabulated(group, side, label, chosen)
        table = parts.sum(axis=0)
        draws = drawn(table, inference, rng, parts=parts)
        for name in names:
            found = estimate(MEASURES[name].figure, table, draws, inference)
            held[name] += found.low <= truth[name] <= found.high
        found = estimate(MEASURES[names[0]].figure, table, Draws(draws.tables), inference)
        held["naive"] += found.low <= 0 <= found.high
        k, n = parts[:, 0, :, 1].sum(axis=-1), parts[:, 0].sum(axis=(-2, -1))
        effect = jackknife.design_effects(k, n, 0.95)
        single = wilson(k.sum() / effect, n.sum() / effect, 0.95)
        held["rate"] += single.low <= rate <= single.high
        held["rejected"] += jackknife.equal_rates([RATES["selection_rate"]], parts) < 0.05
    share = {name: hits / samples for name, hits in held.items()}
    assert min(share[name] for name in (*names, "rate")) > 0.89, share
    assert share["rejected"] < 0.1, share
    assert share["naive"] < 0.8 if icc >= 0.3 else share["naive"] > 0.8, share


def test_equal_rates():
    """By hand: the difference over the jackknife's error where that is the larger, two-sided, 99 degrees of freedom;
    two rates share the level; one group on a side tests nothing.
    """
    _, group, side, label, chosen, _ = rows(np.random.default_rng(6), 1_000, 5, (0.3, 0.33), 0.5)
    parts, rate = tabulated(group, side, label, chosen), RATES["selection_rate"]
    compute = MEASURES["statistical_parity_difference"].figure.compute
    gap = compute(parts.sum(axis=0))
    error = jackknife.errors(compute(jackknife.deleted(parts)), gap)
    p = 2 * stats.t.sf(abs(gap) / error, 99)
    assert jackknife.equal_rates([rate], parts) == pytest.approx(p)
    assert jackknife.equal_rates([rate, rate], parts) == pytest.approx(min(1, 2 * p))
    alone = np.where((np.arange(100) > 0)[:, None, None, None] & (np.arange(2) == 0)[:, None, None], 0, parts)
    assert np.isnan(jackknife.equal_rates([rate], alone))
