"""Segments over time: hand-counted shares, exact tests, false alarms of quiet months, and the printed power."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from responsible.later_people.placed import placed
from responsible.later_people.segments import judged, shares
from responsible.monitoring import drift
from responsible.monitoring.alarms import BEYOND, DISTANCE, LEVELS, OF_PEOPLE, SEGMENTS, WITHIN
from responsible.monitoring.sides import EVERYBODY
from responsible.monitoring.spending import POWER, Spending
from responsible.tabular.levels import Disclosure

OPEN = Disclosure(minimum_cell=0)
SPENDING = Spending(0.05, 24, 8)


@pytest.fixture(autouse=True)
def no_draws(monkeypatch):
    """No alarm rests on the no-drift levels, which would take most of the time; test_distances holds them."""
    monkeypatch.setattr(drift, "no_drift", lambda *_: {})


def months(number):
    """The names of the first months."""
    return [f"2025-{at:02d}" for at in range(1, number + 1)]


def people(rng, periods, size, *, sizes=(0.5, 0.5), far=0.0, reference=2_000):
    """Two segments and two levels: sizes of segments and the share of far people are those of later periods."""
    out = []
    for period, n in (("", reference), *((month, size) for month in months(periods))):
        first = 0.5 if not period else sizes[0]
        distance = np.abs(rng.standard_normal(n)) + 10 * (rng.random(n) < (far if period else 0))
        own = {"segment": np.where(rng.random(n) < first, 1, 2), "level": np.where(rng.random(n) < 0.3, "A", "B")}
        out.append(pd.DataFrame({"period": period, **own, "distance": distance}))
    return pd.concat(out, ignore_index=True)


def by_hand():
    """Ten segmented people, the reach at 1.8, one beyond; four later ones, two beyond."""
    known = pd.DataFrame(
        {"period": "", "segment": [1] * 6 + [2] * 4, "level": list("AAABBBABBB"), "distance": np.arange(1, 11) / 5}
    )
    later = pd.DataFrame(
        {"period": "2025-01", "segment": [1, 2, 2, 2], "level": list("ABBA"), "distance": [0.1, 0.2, 1.9, 5.0]}
    )
    return placed(pd.concat([known, later]), 2, 0.1, ["2025-01"])


def test_shares_are_those_of_a_hand_counted_table():
    """Segment 2 goes from 4 of 10 to 3 of 4, A from 4 of 10 to 2 of 4, and A within segment 2 from 1 of 4 to 1 of 3."""
    table = shares(by_hand(), SPENDING, 0.05, 0.95, OPEN).set_index(["question", "name", "level"])
    assert len(table) == 2 + 2 + 2 * 2
    for key, (k0, n0, k1, n1) in {
        (SEGMENTS, EVERYBODY, "2"): (4, 10, 3, 4),
        (LEVELS, EVERYBODY, "A"): (4, 10, 2, 4),
        (WITHIN, "2", "A"): (1, 4, 1, 3),
    }.items():
        row = table.loc[key]
        assert (row["count"], row["rows"]) == (k1, n1)
        assert (row["reference"], row["share"]) == pytest.approx((k0 / n0, k1 / n1))
        inside = stats.binomtest(k1, n1).proportion_ci(method="wilson")
        assert (row["low"], row["high"]) == pytest.approx((inside.low, inside.high))
        law = stats.hypergeom(n0 + n1, k0 + k1, n1)
        assert row["p"] == pytest.approx(min(1, 2 * 2 * min(law.cdf(k1), law.sf(k1 - 1))))


def test_questions_are_as_many_as_are_counted_and_name_what_moved():
    """Two sizes, levels, two segments, distance, everybody and two levels beyond: eight, each once a period."""
    found = by_hand()
    rows = judged(found, SPENDING, 0.05, 1, OPEN)
    assert len(rows) == found.questions == 8
    assert set(rows["question"]) == set(OF_PEOPLE)
    size = rows.set_index("question").loc[SEGMENTS]
    assert (size["moved"], size["before"], size["now"], size["effect"]) == pytest.approx(("1", 0.6, 0.25, 0.35))
    far = rows[rows["question"] == BEYOND].set_index("name")
    assert far["before"].tolist() == pytest.approx([0.1, 0.0, 1 / 6])
    assert far["now"].tolist() == pytest.approx([0.5, 0.5, 0.5])
    law = stats.hypergeom(14, 3, 4)
    assert far.loc[EVERYBODY, "p"] == pytest.approx(2 * law.sf(1))


def test_the_gap_of_distances_is_that_of_scipy():
    """Of 300 segmented and 100 later people, Kolmogorov-Smirnov's statistic and asymptotic p."""
    table = people(np.random.default_rng(5), 1, 100, far=0.2, reference=300)
    row = judged(placed(table, 2, 0.01, months(1)), SPENDING, 0.05, 1, OPEN).set_index("question").loc[DISTANCE]
    sides = [table.loc[table["period"] == period, "distance"] for period in ("", "2025-01")]
    exact = stats.ks_2samp(*sides, method="asymp")
    assert row["effect"] == pytest.approx(exact.statistic)
    assert row["p"] == pytest.approx(stats.kstwobign.sf(exact.statistic * np.sqrt(300 * 100 / 400)))


def test_the_chance_to_be_beyond_is_exact_though_the_reach_comes_from_the_same_people():
    """All 210 ways in which six of ten are those who were segmented: k of four lie beyond as often as Fisher says."""
    order, counted = np.arange(10.0), []
    for known in combinations(range(10), 6):
        period = np.where(np.isin(order, known), "", "2025-01")
        found = placed(
            pd.DataFrame({"period": period, "segment": 1, "level": "A", "distance": order}), 1, 1.5 / 6, ["2025-01"]
        )
        counted.append(int(found.beyond[period != ""].sum()))
    for k in range(1, 5):
        exact = stats.hypergeom(10, 1 + k, 4).sf(k - 1)
        assert np.mean(np.array(counted) >= k) == pytest.approx(exact)


def quiet(runs):
    """How many of ``runs`` of 24 months without a change have any alarm, however small its effect."""
    rng, alarmed = np.random.default_rng(7), 0
    for _ in range(runs):
        found = placed(people(rng, 24, 400), 2, 0.01, months(24))
        alarmed += judged(found, Spending(0.05, 24, found.questions), 1e-9, 1, OPEN)["alarm"].any()
    return int(alarmed)


@pytest.mark.slow
def test_quiet_months_raise_hardly_any_alarm():
    """Of 20 runs of 24 months without a change, no more have an alarm than the budget of one in twenty allows."""
    assert stats.binomtest(quiet(20), 20, 0.05, alternative="greater").pvalue > 0.001


@pytest.mark.slow
@pytest.mark.heavy
def test_quiet_months_keep_the_budget():
    """Of 150 such runs the upper 95 % confidence bound of those with any alarm is under 5 %."""
    assert stats.binomtest(quiet(150), 150).proportion_ci(0.9).high < 0.05


@pytest.mark.slow
@pytest.mark.parametrize("kind", [SEGMENTS, BEYOND])
def test_a_planted_change_is_found_as_often_as_the_power_says(kind):
    """A change of the size that is printed as detectable raises an alarm in about 80 % of 120 pairs of samples."""
    rng = np.random.default_rng(3)

    def asked(**planted):
        rows = judged(placed(people(rng, 1, 400, **planted), 2, 0.01, months(1)), SPENDING, 0.05, 1, OPEN)
        return rows[(rows["question"] == kind) & (rows["name"] == EVERYBODY)].iloc[0]

    size = float(asked()["detectable"])
    planted = {"sizes": (0.5 + size, 0)} if kind == SEGMENTS else {"far": size}
    found = sum(bool(asked(**planted)["alarm"]) for _ in range(120))
    assert stats.binomtest(found, 120, POWER, alternative="less").pvalue > 0.01


def test_few_people_are_not_published():
    """A question with a count of one to four people is not judged, and its shares are blank."""
    few = Disclosure(minimum_cell=5)
    assert judged(by_hand(), SPENDING, 0.05, 1, few).query("question == 'segments'")["effect"].isna().all()
    assert shares(by_hand(), SPENDING, 0.05, 0.95, few)["share"].isna().all()
