"""Measures within strata: by hand, statsmodels, Clarify's definition, brute force, and by simulation."""

import numpy as np
import pytest

from responsible.analyses.similar_groups import (
    CDD,
    NOBODY,
    conditional_demographic_disparity,
    pooled,
    pooled_ratio,
    similar_groups,
)
from responsible.fairness.measures import MEASURES
from responsible.statistics.intervals import Inference
from responsible.statistics.jackknife import GROUPS

INFERENCE = Inference(confidence=0.95, replicates=500, minimum_denominator=2)
SPD, RATIO, EQUALIZED = "statistical_parity_difference", "false_positive_rate_ratio", "equalized_odds_difference"


def found(table, names=(SPD,), by_group=None, seed=1, **changes):
    """The pooled rows by measure, and all rows."""
    strata = [f"s{i}" for i in range(len(table))]
    inference = INFERENCE.model_copy(update=changes)
    rows = similar_groups(table, names, strata, inference, np.random.default_rng(seed), by_group=by_group)
    return rows[rows["stratum"] == ""].set_index("measure"), rows


def selected(*sides):
    """``[stratum, side, y, ŷ]`` of (selected, rows) of both sides in each stratum; everybody has label 1."""
    table = np.zeros((len(sides), 2, 2, 2), dtype=int)
    for i, pair in enumerate(sides):
        for side, (k, n) in enumerate(pair):
            table[i, side, 1] = [n - k, k]
    return table


def random_table(rng, strata=6, most=30):
    return rng.integers(0, most, (strata, 2, 2, 2))


def test_a_gap_of_23_points_is_three_within_departments():
    """Rates of .7 and .3, 3 points less for u in both, who are mostly in the strict one: 23 points less in all."""
    table = selected(((67, 100), (210, 300)), ((81, 300), (30, 100)))
    row = found(table)[0].loc[SPD]
    assert row["plain"] == pytest.approx(148 / 400 - 240 / 400)
    assert row["value"] == pytest.approx(-0.03)
    assert row["low"] < -0.03 < row["high"]
    assert (row["strata"], row["rows_compared"], row["support_unprivileged"]) == (2, 1, 400)


def test_the_strata_are_listed():
    """Each stratum has its own difference with an interval, from its own table."""
    rows = found(selected(((67, 100), (210, 300)), ((81, 300), (30, 100))))[1]
    own = rows[(rows["measure"] == SPD) & (rows["stratum"] != "")]
    assert own["value"].tolist() == pytest.approx([-0.03, -0.03])
    assert own["support_unprivileged"].tolist() == [100, 300]
    assert (own["low"] < -0.03).all()


@pytest.mark.parametrize("seed", range(1, 11))  # of seed 0 the events differ by less than the correction
def test_pooled_ratio_and_test_are_statsmodels(seed):
    """The ratio is StratifiedTable's pooled risk ratio, the p that of the corrected Mantel-Haenszel test."""
    tables = pytest.importorskip("statsmodels.stats.contingency_tables")
    table = 1 + random_table(np.random.default_rng(seed))
    # columns of statsmodels' tables: events, others; of people with label 0: selected or not
    theirs = tables.StratifiedTable([stratum[:, 0, ::-1].astype(float) for stratum in table])
    assert pooled_ratio(table, "false_positive_rate") == pytest.approx(theirs.riskratio_pooled)
    row = found(table, [RATIO])[0].loc[RATIO]
    assert row["p"] == pytest.approx(theirs.test_null_odds(correction=True).pvalue, rel=1e-6)


@pytest.mark.parametrize("name", sorted(MEASURES))
@pytest.mark.parametrize("seed", range(4))
def test_pooled_value_is_brute_force(name, seed):
    """Every measure, stratum by stratum with weights n_u n_p / N, is what the pooled figure is made of."""
    table, measure = random_table(np.random.default_rng(seed), most=9), MEASURES[name]
    gaps = []
    for rate in measure.rates:
        over = under = weight = excess = 0.0
        for u, p in table:
            (ku, nu), (kp, np_) = ([float(x) for x in parts_of(side, rate)] for side in (u, p))
            if nu and np_:
                w = nu * np_ / (nu + np_)
                weight, excess = weight + w, excess + w * (ku / nu - kp / np_)
                over, under = over + w * ku / nu, under + w * kp / np_
        gaps.append(over / under if measure.ratio else excess / weight)
    if measure.gaps:
        gaps = [max(map(abs, gaps)) if measure.largest else np.mean(np.abs(gaps))]
    assert pooled(measure, table) == pytest.approx(np.mean(gaps))


def parts_of(table, rate):
    """Events and rows of a rate, cell by cell."""
    from responsible.statistics.rates import RATES

    own = RATES[rate]
    cells = [(y, h) for y in (0, 1) for h in (0, 1)]
    return tuple(sum(table[c] for c in cells if mask[c]) for mask in (own.numerator, own.denominator))


def test_one_stratum_is_the_plain_measure():
    """With everybody in one stratum nothing is adjusted."""
    table = 1 + random_table(np.random.default_rng(3), strata=1)
    for name, row in found(table, list(MEASURES))[0].drop(index=CDD).iterrows():
        assert row["value"] == pytest.approx(row["plain"]), name
        assert row["low"] <= row["value"] <= row["high"]


def test_strata_of_one_side_add_nothing_and_are_counted():
    """A department without anybody privileged says nothing about a difference; the share of rows compared says so."""
    both, alone = selected(((5, 10), (8, 10))), selected(((30, 30), (0, 0)))
    row = found(np.concatenate([both, alone]))[0].loc[SPD]
    assert row["value"] == pytest.approx(-0.3)
    assert row["rows_compared"] == pytest.approx(20 / 50)


@pytest.mark.parametrize(
    ("table", "minimum", "reason"),
    [
        (selected(((5, 10), (0, 0)), ((0, 0), (5, 10))), 1, NOBODY),
        (selected(((1, 2), (1, 2))), 5, "n_below_minimum"),
    ],
)
def test_undefined_is_said(table, minimum, reason):
    """Without people who are alike on both sides, or with few of them, there is no pooled figure."""
    row = found(table, minimum_denominator=minimum)[0].loc[SPD]
    assert row["reason"] == reason
    assert np.isnan(row["value"])


def test_nobody_selected_anywhere_is_not_certain():
    """0 of 20 against 0 of 20 in two strata leaves Wilson's doubt: about ± .09 of 40 people a side."""
    row = found(selected(((0, 20), (0, 20)), ((0, 20), (0, 20))))[0].loc[SPD]
    assert row["value"] == 0
    assert row["low"] < -0.05
    assert row["high"] > 0.05


def test_demographic_disparity_of_clarify():
    """SageMaker's example: women are 46 % of the refused and 32 % of the accepted, a disparity of .14."""
    table = selected(((32, 32 + 46), (68, 68 + 54)))
    assert conditional_demographic_disparity(table) == pytest.approx(0.46 - 0.32)


@pytest.mark.parametrize("seed", range(5))
def test_conditional_disparity_is_brute_force(seed):
    """CDD is the mean over strata, weighted by their rows, of the share of the refused less that of the selected."""
    table = 1 + random_table(np.random.default_rng(seed))
    total = 0.0
    for stratum in table:
        refused, accepted = ([stratum[side, :, h].sum() for side in (0, 1)] for h in (0, 1))
        total += stratum.sum() * (refused[0] / sum(refused) - accepted[0] / sum(accepted))
    row = found(table)[0].loc[CDD]
    assert row["value"] == pytest.approx(total / table.sum())
    assert row[["low", "high", "p"]].isna().all()  # a description


def test_clusters_widen():
    """Groups of clusters that all decide one way leave wider intervals than as many independent rows."""
    rng = np.random.default_rng(4)
    by_group = np.zeros((GROUPS, 2, 2, 2, 2), dtype=int)
    for g in range(GROUPS):
        by_group[g, rng.integers(2), rng.integers(2), 1, rng.integers(2)] = 8
    table = by_group.sum(axis=0)
    wide, narrow = (found(table, by_group=groups)[0].loc[SPD] for groups in (by_group, None))
    assert (wide["high"] - wide["low"]) / (narrow["high"] - narrow["low"]) > 1.8


@pytest.mark.slow
@pytest.mark.parametrize("strata", [2, 20])
@pytest.mark.parametrize("rate", [0.02, 0.3, 0.98])
@pytest.mark.parametrize("name", [SPD, RATIO, EQUALIZED, "average_odds_difference"])
def test_coverage(strata, rate, name, seed):
    """Intervals hold the common difference or ratio in at least .91 of samples less simulation error."""
    rng, held, known = np.random.default_rng(seed), 0, 0
    u = 0.95 * rate if rate > 0.5 else 1.3 * rate
    truth = {RATIO: u / rate, EQUALIZED: abs(u - rate)}.get(name, u - rate)
    chance = np.array([[1 - u, u], [1 - rate, rate]])[None, :, None, :] * np.full((strata, 2, 2, 1), 0.25 / strata)
    for _ in range(300):
        table = rng.multinomial(2_000, chance.ravel() / chance.sum()).reshape(chance.shape)
        row = found(table, [name], replicates=100)[0].loc[name]
        known += row["reason"] == ""
        held += row["low"] <= truth <= row["high"]
    assert known > 270
    assert held / known > 0.91 - 0.035
