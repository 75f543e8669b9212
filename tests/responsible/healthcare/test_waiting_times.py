import numpy as np
import pandas as pd
import pytest

from responsible.fairness.groups import groups
from responsible.healthcare import waiting_times
from responsible.statistics.intervals import Inference
from tests.support.planted import INFERENCE, LIMITS, planted, who

LOW = Inference(confidence=0.95, replicates=200, minimum_denominator=1)


def test_differences_by_hand():
    """GP waits 8, 10, 30 and Surgeon 7, 9: means 16 and 8, medians 10 and 8; GP waits longer in 5 of 6 pairs; an
    unknown duration is left out.
    """
    cases = pd.DataFrame(
        {"outcome": 1, "duration": [8, 10, 30, 7, 9, np.nan], "a.requester": ["GP"] * 3 + ["Surgeon"] * 3}
    )
    found = waiting_times.waiting_times(cases, who("requester"), LIMITS, LOW, np.random.default_rng(0)).set_index(
        "measure"
    )
    mean, median = found.loc["mean_wait_difference"], found.loc["median_wait_difference"]
    assert mean[["unprivileged", "privileged", "value"]].tolist() == [16, 8, 8]
    assert median[["unprivileged", "privileged", "value"]].tolist() == [10, 8, 2]
    assert mean[["support_unprivileged", "support_privileged"]].tolist() == [3, 2]
    assert mean["superiority"] == pytest.approx(5 / 6)
    assert (mean["verdict"], median["verdict"]) == ("insufficient_evidence", "")


def test_ranks_against_all_pairs():
    """Superiority is the share of pairs in which the first waits longer, ties as half; equal waits have p = 1."""
    rng = np.random.default_rng(4)
    u, p = rng.integers(0, 9, 70).astype(float), rng.integers(0, 8, 50).astype(float)
    pairs = np.sign(u[:, None] - p).mean() / 2 + 0.5
    assert waiting_times.ranks(u, p)["superiority"] == pytest.approx(pairs)
    assert waiting_times.ranks(np.full(9, 3.0), np.full(4, 3.0))["p"] == 1
    assert waiting_times.ranks(u, u[:0])["method"] == "undefined"


def test_too_few_and_absent_groups_say_so():
    """A group below the minimum has no difference; one without cases is absent; neither passes."""
    cases = planted(60, np.random.default_rng(0))
    surgeons = cases.index[cases["a.requester"] == "Surgeon"]
    few = cases.drop(index=surgeons[5:])
    none = cases[cases["a.requester"] == "GP"]
    for part, reason in ((few, "n_below_minimum"), (none, "group_absent")):
        found = waiting_times.waiting_times(part, who("requester"), LIMITS, INFERENCE, np.random.default_rng(0))
        overall = found[(found["scope"] == "all") & (found["measure"] == "mean_wait_difference")].iloc[0]
        assert (overall["reason"], overall["verdict"]) == (reason, "insufficient_evidence")
        assert overall[["value", "low", "high"]].isna().all()


def test_no_durations_no_rows():
    """A table without durations has no waits to compare; one without need compares all cases only."""
    cases = planted(60, np.random.default_rng(0))
    arguments = (who("premium"), LIMITS, INFERENCE, np.random.default_rng(0))
    assert waiting_times.waiting_times(cases.drop(columns="duration"), *arguments).empty
    assert set(waiting_times.waiting_times(cases, *arguments)["scope"]) == {"all", "merit", "urgent merit"}
    assert set(waiting_times.waiting_times(cases.drop(columns="merit"), *arguments)["scope"]) == {"all"}


def test_the_planted_wait_is_covered_at_the_nominal_rate():
    """In 150 tables the interval of the planted five minutes' mean holds it about 95 times in 100, the median's at
    least so often (medians of rounded minutes are discrete), and the rank test of an attribute that does not matter is
    below .05 in about 5 of 100.
    """
    rng, held, alarms = np.random.default_rng(12), [], []
    few = Inference(confidence=0.95, replicates=400, minimum_denominator=10)
    for _ in range(150):
        cases = planted(800, rng)[["outcome", "duration", "a.premium", "a.place"]]
        found = waiting_times.waiting_times(cases, who("premium"), {}, few, rng)
        held.append(((found["low"] <= 5) & (found["high"] >= 5)).to_numpy())
        alarms.append(waiting_times.ranks(*waiting_times.sides(cases, who("place"), "all")["Rural"])["p"] < 0.05)
    mean, median = np.mean(held, axis=0)
    error = np.sqrt(0.95 * 0.05 / 150)
    assert abs(mean - 0.95) < 3 * error
    assert median > 0.95 - 3 * error
    assert 0 < np.mean(alarms) < 0.05 + 3 * error


def test_equal_waits_of_a_group_bear_no_difference_of_means():
    """All of one group waiting 5 minutes is no proof that its mean is 5: undefined, with the reason, and never a pass.
    The medians keep theirs: half of the people would have to wait otherwise unseen.
    """
    minutes, groups = [5.0] * 8 + [5.0, 6.0] * 4, np.repeat(["GP", "Surgeon"], 8)
    cases = pd.DataFrame({"outcome": 1, "duration": minutes, "a.requester": groups})
    arguments = (who("requester"), LIMITS, LOW, np.random.default_rng(0))
    found = waiting_times.waiting_times(cases, *arguments).set_index("measure")
    mean, median = found.loc["mean_wait_difference"], found.loc["median_wait_difference"]
    assert (mean["reason"], mean["verdict"]) == ("no_variation", "insufficient_evidence")
    assert mean[["value", "low", "high"]].isna().all()
    assert mean[["unprivileged", "privileged"]].tolist() == [5, 5.5]
    assert (median["reason"], median["value"]) == ("", -0.5)


@pytest.mark.slow
def test_no_sample_is_certain_of_the_mean_and_medians_hold(seed):
    """Waits of whole minutes, most of them 5: means have no interval without width, and hold the truth in 95 % of
    samples; an interval of the median without width is right as often as it must be.
    """
    rng, samples, held, still = np.random.default_rng(seed), 300, {"mean": 0, "median": 0}, 0
    for _ in range(samples):
        minutes = np.where(rng.random(60) < 0.7, 5, rng.integers(1, 12, 60)).astype(float)
        groups = np.repeat(["GP", "Surgeon"], 30)
        cases = pd.DataFrame({"outcome": 1, "duration": minutes, "a.requester": groups})
        found = waiting_times.waiting_times(cases, who("requester"), LIMITS, LOW, rng).set_index("measure")
        for name in held:
            row = found.loc[f"{name}_wait_difference"]
            held[name] += row["low"] <= 0 <= row["high"]
            still += name == "mean" and row["low"] == row["high"]
    assert still == 0
    assert held["mean"] / samples > 0.9
    assert held["median"] / samples > 0.93


def test_no_wait_of_rare_long_ones_is_certain():
    """One in 50 waits 500 minutes and all others 5: four samples of ten show a group without any, and none of them says
    that its mean is 5.
    """
    rng, unseen = np.random.default_rng(1), 0
    for _ in range(100):
        minutes = np.where(rng.random(90) < 0.02, 500.0, 5.0)
        cases = pd.DataFrame({"outcome": 1, "duration": minutes, "a.requester": np.repeat(["GP", "Surgeon"], 45)})
        found = waiting_times.waiting_times(cases, who("requester"), LIMITS, LOW, rng)
        row = found.set_index("measure").loc["mean_wait_difference"]
        unseen += row["reason"] == "no_variation"
        assert row["low"] != row["high"]
    assert unseen > 40


def test_without_a_reference_group():
    """Two levels mirror each other, third levels are compared with all others, and "any level" is the farthest."""
    rng = np.random.default_rng(2)
    cases = pd.DataFrame(
        {"outcome": 1, "duration": rng.normal(10, 2, 300), "a.team": np.repeat(["a", "b", "c"], [100, 150, 50])}
    )
    cases.loc[cases["a.team"] == "c", "duration"] += 4
    three = waiting_times.waiting_times(cases, groups("team", "abc", []), LIMITS, LOW, rng)
    mean = three[(three["measure"] == "mean_wait_difference") & (three["scope"] == "all")].set_index("comparison")
    others = cases.loc[cases["a.team"] != "c", "duration"].mean()
    assert mean.loc["c", "value"] == pytest.approx(cases.loc[cases["a.team"] == "c", "duration"].mean() - others)
    assert mean.loc["any level", ["farthest", "verdict"]].tolist() == ["c", "fail"]
    assert mean.loc["c", "simultaneous_low"] < mean.loc["c", "low"]
    two = waiting_times.waiting_times(cases[cases["a.team"] != "c"], groups("team", "ab", []), LIMITS, LOW, rng)
    a, b = (two[(two["comparison"] == level) & (two["scope"] == "all")].iloc[0] for level in "ab")
    assert a[["value", "low", "high"]].tolist() == [-x for x in b[["value", "high", "low"]]]
    assert a[["unprivileged", "support_unprivileged"]].tolist() == b[["privileged", "support_privileged"]].tolist()
    assert a["superiority"] == pytest.approx(1 - b["superiority"])
