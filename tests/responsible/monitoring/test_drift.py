"""Drift of a column: distributions by hand, what moved, what has never been seen, and the planted months."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from responsible.datasets import budget, budget_batches
from responsible.monitoring import drift
from responsible.monitoring.drift import UNSEEN, distribution, of_bins
from responsible.monitoring.joint import joint_drift
from responsible.monitoring.spending import POWER, Spending
from tests.support.planted import PLAIN

SPENDING = Spending(0.05, 24, 35)
COLOURS = pd.DataFrame({"x": ["red", "blue", "Missing"], "n": [600, 300, 100]})


def batches(**periods):
    rows = [{"period": p, "x": level, "n": n} for p, own in periods.items() for level, n in own.items()]
    return pd.DataFrame(rows)


def by(rows, question):
    return {row["period"]: row for row in rows if row["question"] == question}


def test_a_distribution_counts_reference_and_periods():
    """Levels are sorted, missing values apart, levels of one side zero on the other; an absent period is empty."""
    found = distribution("x", COLOURS, batches(a={"red": 5, "green": 2, "Missing": 1}), ["a", "b"])
    assert found.levels == ("blue", "green", "red")
    assert found.reference.tolist() == [300, 0, 600]
    assert found.periods.tolist() == [[0, 2, 5], [0, 0, 0]]
    assert (found.missing, found.missing_periods.tolist()) == (100, [1, 0])
    assert found.unseen(0) == ["green"]
    assert found.tested(0)[0] == ["blue", "red", UNSEEN]
    assert [counts.tolist() for counts in found.tested(0)[1:]] == [[300, 600, 0], [0, 5, 2]]


def test_numbers_of_many_values_are_cut_at_the_deciles():
    """Up to twenty values are levels of their own; beyond, ten parts of the reference with names of their ends."""
    values = pd.DataFrame({"x": np.arange(100.0), "n": 10})
    found = distribution("x", values, values.assign(period="a"), ["a"])
    names, then, now = found.binned(0)
    assert found.by_order
    assert then.tolist() == now.tolist() == [100] * 10
    assert (names[0], names[1], names[-1]) == ("at most 9", "above 9, at most 19", "above 89")
    assert not distribution("x", values[:20], values[:20].assign(period="a"), ["a"]).by_order


def test_what_moved_is_told_in_shares_of_all_rows():
    """From 60 % to 40 % of all rows, missing ones included; the distance is of the rows with a value."""
    rows = drift.drift(
        distribution("x", COLOURS, batches(a={"red": 400, "blue": 500, "Missing": 100}), ["a"], name="colour"),
        ["a"], SPENDING, 0.05, 1,
    )  # fmt: skip
    values, missing = by(rows, "values")["a"], by(rows, "missing")["a"]
    assert (values["moved"], values["before"], values["now"]) == ("blue", 0.3, 0.5)
    assert values["effect"] == values["total_variation"] == pytest.approx(2 / 9)
    assert values["alarm"]
    assert (missing["effect"], missing["p"], missing["alarm"]) == (0.0, 1.0, False)
    assert values["name"] == "colour"


def test_a_level_nobody_has_seen_is_an_alarm_by_its_share():
    """One in ten rows of a new level is one, a single row is not; both are told as unseen."""
    column = distribution(
        "x",
        COLOURS,
        batches(a={"red": 540, "blue": 270, "green": 90}, b={"red": 599, "blue": 300, "green": 1}),
        ["a", "b"],
    )
    found = by(drift.drift(column, ["a", "b"], SPENDING, 0.05, 1), "values")
    assert [found[p]["alarm"] for p in "ab"] == [True, False]
    assert found["a"]["moved"] == "green"
    assert [column.unseen(i) for i in (0, 1)] == [["green"], ["green"]]


def test_a_period_without_rows_is_not_judged():
    """Neither distance nor alarm, and nothing is detectable."""
    for row in drift.drift(distribution("x", COLOURS, batches(a={"red": 5}), ["b"]), ["b"], SPENDING, 0.05, 1):
        assert np.isnan([row["effect"], row["p"], row["detectable"]]).all()
        assert not row["alarm"]


def test_a_period_does_not_depend_on_those_that_come_later():
    """A row is the same whether one period or two are compared: draws are by name of the period."""
    two = batches(a={"red": 55, "blue": 45}, b={"red": 10, "blue": 90})
    alone, both = (
        by(drift.drift(distribution("x", COLOURS, two, names), names, SPENDING, 0.05, 1), "values")["a"]
        for names in (["a"], ["a", "b"])
    )
    assert alone == both


def test_the_bins_of_a_target_are_levels():
    """Counted bins have an order and no missing values."""
    column = of_bins("t", ["low", "high"], [70, 30], [[30, 70]])
    row = by(drift.drift(column, ["a"], SPENDING, 0.05, 1), "values")["a"]
    assert row["kolmogorov_smirnov"] == pytest.approx(0.4)
    assert row["alarm"]


def frame(n, rng, mix=0.0):
    """Two features, each with the same distribution whatever ``mix`` is, which makes them agree."""
    a = rng.integers(0, 2, n)
    b = np.where(rng.random(n) < mix, a, rng.integers(0, 2, n))
    c = rng.integers(0, 3, n)
    cells = pd.DataFrame({"x.a": a, "x.b": b, "x.c": c}).astype(str)
    cells["x.ab"] = cells["x.a"] + cells["x.b"]
    return cells.groupby([*cells]).size().rename("n").reset_index()


KINDS = dict.fromkeys(("x.a", "x.b", "x.c", "x.ab"), "categorical")


def joint(reference, period, name):
    return joint_drift((reference, period), KINDS, PLAIN, SPENDING, 0.05, confidence=0.95, seed=4, name=name)


def test_a_classifier_tells_what_no_single_feature_does():
    """Two features that begin to agree are told by all features together, and quiet rows are not."""
    rng = np.random.default_rng(1)
    reference = frame(6_000, rng)
    moved, quiet = joint(reference, frame(1_500, rng, mix=0.5), "m"), joint(reference, frame(1_500, rng), "q")
    assert moved["alarm"]
    assert moved["low"] > 0.55
    assert not quiet["alarm"]
    assert quiet["low"] < 0.5 < quiet["high"]
    assert 0.55 <= quiet["detectable"] < 0.6
    assert np.isnan(joint(reference, frame(20, rng), "few")["value"])


@pytest.mark.slow
def test_the_classifier_of_quiet_rows_is_a_coin(seed):
    """Over 150 quiet samples p below .05 comes about as often as it should, and below .005 hardly ever."""
    rng = np.random.default_rng(seed)
    p = np.array([joint(frame(2_000, rng), frame(400, rng), f"{seed}/{i}")["p"] for i in range(150)])
    assert (p < 0.05).mean() < 0.12
    assert (p < 0.005).mean() < 0.04


def planted(seed, rows=budget_batches.BATCH):
    """(question, feature) → months with an alarm, of the sample's twelve months drawn anew."""
    base = pd.concat([pd.DataFrame(c, dtype=object) for c in budget.draw(20_000, seed + 1_000)])
    months = [
        pd.concat([pd.DataFrame(c, dtype=object) for c in budget_batches.draw(rows, seed, month)]).assign(period=month)
        for month in budget_batches.MONTHS
    ]
    out = {}
    for name in (*budget.COLUMNS,):
        if name == budget_batches.TARGET:
            edges = [0, *range(100, 850, 50), 10**6]
            bins = [np.histogram(m[name].dropna().astype(float), edges)[0] for m in (base, *months)]
            column = of_bins(name, [str(e) for e in edges[:-1]], bins[0], bins[1:])
        else:
            numeric = budget.COLUMNS[name] is int
            then, now = (
                t.assign(x=t[name].astype(float) if numeric else t[name].fillna("Missing"), n=1)
                for t in (base, pd.concat(months))
            )
            column = distribution("x", then[["x", "n"]], now[["x", "n", "period"]], budget_batches.MONTHS, name=name)
        for row in drift.drift(column, budget_batches.MONTHS, SPENDING, 0.05, seed):
            if row["alarm"]:
                out.setdefault((row["question"], name), []).append(int(row["period"][-2:]))
    return out


def promised_for_budgets():
    """The power that alarms have for the budgets of October: that of the level whose share changes most, from shares of
    200,000 rows. Where that change is the one that is printed as detectable, it is 80 %.
    """
    months = [
        np.concatenate([chunk[budget_batches.TARGET].astype(float) for chunk in drawn])
        for drawn in (budget.draw(200_000, 1), budget_batches.draw(200_000, 1, "2025-10"))
    ]
    edges, n0, n1 = [0, *range(100, 850, 50), 10**6], 20_000, budget_batches.BATCH
    before, now = (np.histogram(own, edges)[0] / len(own) for own in months)
    levels = len(before) + 1  # and those that the reference does not have
    powers = [_power(p, q - p, n0, n1, levels) for p, q in zip(before, now, strict=True)]
    most = int(np.argmax(powers))
    printed = SPENDING.share_detected(before[most], n0, n1, 0.0, levels=levels)
    assert _power(before[most], printed, n0, n1, levels) == pytest.approx(POWER, abs=0.01)
    return powers[most]


def _power(share, change, n0, n1, levels):
    bound = SPENDING.share_bound(share, n0, n1, 0.0, levels=levels)
    now = share + change
    return stats.norm.cdf((abs(change) - bound) / np.sqrt(share * (1 - share) / n0 + now * (1 - now) / n1))


EXPECTED = {
    ("values", "Recommended_Activity"): [6, 7, 8, 9, 10, 11, 12],
    ("values", "Education_Level"): [8, 9, 10, 11, 12],
    ("values", "With children?"): [5],
    ("missing", "With children?"): [5],
    ("values", budget_batches.TARGET): [10],
}


@pytest.mark.slow
def test_the_sample_months_are_found(monkeypatch):
    """The four planted changes are found, each in its months, and nothing else is."""
    monkeypatch.setattr(drift, "DRAWS", 50)
    assert planted(12) == EXPECTED


@pytest.mark.slow
@pytest.mark.heavy
def test_planted_changes_are_found_as_often_as_the_printed_power_says(monkeypatch):
    """Over 20 seeds each planted change at least as often as its size promises, the lower budgets no less than changes
    of nearly certain detection, and nothing else more often than the budget of false alarms allows.
    """
    monkeypatch.setattr(drift, "DRAWS", 20)
    found = [planted(seed) for seed in range(20)]
    for key, months in EXPECTED.items():
        hits = [month in own.get(key, []) for own in found for month in months]
        power = promised_for_budgets() if key[1] == budget_batches.TARGET else 0.99
        assert stats.binomtest(sum(hits), len(hits), power, alternative="less").pvalue > 0.01, (key, power)
    others = sum(bool({m for k, own in each.items() for m in own if m not in EXPECTED.get(k, [])}) for each in found)
    assert others <= 4
