import numpy as np
import pandas as pd
import pytest

from responsible.healthcare import decomposition
from responsible.healthcare.cases import factors
from responsible.statistics.intervals import Inference
from tests.support.planted import INFERENCE, planted, who


def test_kitagawa_by_hand():
    """U has 2 and 8 rows with means .5 and .2, p has 6 and 4 with .9 and .4: shares .2/.8 against .6/.4; explained
    −.4·.7 + .4·.3 = −.16, remains −.4·.4 + −.2·.6 = −.28, together .26 − .70.
    """
    explained, remains = decomposition.kitagawa([[2, 8], [6, 4]], [[0.5, 0.2], [0.9, 0.4]])
    assert explained == pytest.approx(-0.16)
    assert remains == pytest.approx(-0.28)
    assert explained + remains == pytest.approx(0.26 - 0.70)


def test_the_parts_add_up_whatever_the_levels():
    """The parts sum to the difference of means exactly, with levels that a side lacks too; those can only explain."""
    rng = np.random.default_rng(0)
    n = rng.integers(0, 4, (500, 2, 5))
    n[:, :, 0] += 1
    mean = np.where(n > 0, rng.random(n.shape), np.nan)
    explained, remains = decomposition.kitagawa(n, mean)
    means = np.nansum(n * mean, axis=-1) / n.sum(axis=-1)
    np.testing.assert_allclose(explained + remains, means[:, 0] - means[:, 1])
    apart = decomposition.kitagawa([[5, 0], [0, 5]], [[0.9, np.nan], [np.nan, 0.3]])
    assert apart == (pytest.approx(0.6), 0)
    assert np.isnan(decomposition.kitagawa([[0, 0], [2, 3]], [[np.nan, np.nan], [0.1, 0.2]])).all()


def test_oaxaca_blinder_agrees_on_a_binary_factor():
    """With one binary factor it is the Oaxaca-Blinder decomposition with coefficients averaged over the sides."""
    cases = planted(2000, np.random.default_rng(1))
    row = decomposition.hints(
        cases, who("requester"), factors(cases, 4)[["merit"]], INFERENCE, np.random.default_rng(0)
    ).iloc[0]
    by = dict(list(cases.groupby("a.requester")))
    fit = {g: np.polyfit(by[g]["merit"], by[g]["outcome"], 1) for g in by}  # slope, intercept
    share = {g: by[g]["merit"].mean() for g in by}
    explained = (share["GP"] - share["Surgeon"]) * (fit["GP"][0] + fit["Surgeon"][0]) / 2
    assert row["explained"] == pytest.approx(explained)
    assert row["remains"] == pytest.approx(by["GP"]["outcome"].mean() - by["Surgeon"]["outcome"].mean() - explained)


def through_a_factor(n, rng, direct=0.0):
    """GPs bring high complexity more often, which is approved .3 less often; ``direct`` is taken off besides."""
    surgeon = rng.random(n) < 0.4
    complex_ = rng.random(n) < np.where(surgeon, 0.2, 0.7)
    outcome = rng.random(n) < 0.8 - 0.3 * complex_ - direct * ~surgeon
    return pd.DataFrame(
        {
            "outcome": outcome.astype(int),
            "a.requester": np.where(surgeon, "Surgeon", "GP"),
            "f.complexity": np.where(complex_, "high", "low"),
            "f.noise": np.where(rng.random(n) < 0.5, "a", "b"),
            "duration": rng.normal(10 + 4 * complex_, 1),
        }
    )


def test_the_factor_a_disparity_goes_through_leaves_nothing():
    """Where the whole difference of approvals and waits goes through one factor, it comes first and leaves less than a
    fifth; another factor leaves all of it.
    """
    cases = through_a_factor(4000, np.random.default_rng(3))
    found = decomposition.hints(cases, who("requester"), factors(cases, 4), INFERENCE, np.random.default_rng(0))
    for kind, planted_difference in (("approval", -0.15), ("wait", 2.0)):
        rows = found[found["outcome"] == kind].set_index("factor")
        assert rows.index.tolist() == ["complexity", "noise"]
        assert rows["difference"].iloc[0] == pytest.approx(planted_difference, abs=0.2 * abs(planted_difference))
        assert abs(rows.loc["complexity", "remains_share"]) < 0.2
        assert rows.loc["noise", "remains_share"] == pytest.approx(1, abs=0.05)


def test_what_remains_is_covered_at_the_nominal_rate():
    """A direct difference of −.10 beside the factor is inside the remainder's interval about 95 times in 100."""
    rng, held = np.random.default_rng(3), []
    quick = Inference(confidence=0.95, replicates=400, minimum_denominator=10)
    for _ in range(150):
        cases = through_a_factor(1000, rng, direct=0.1).drop(columns="duration")
        row = decomposition.hints(cases, who("requester"), factors(cases, 4)[["complexity"]], quick, rng).iloc[0]
        held.append(row["remains_low"] <= -0.1 <= row["remains_high"])
    assert np.mean(held) == pytest.approx(0.95, abs=3 * np.sqrt(0.05 * 0.95 / 150))


def test_need_urgency_and_priority_are_also_one_factor():
    """Where two of them are recorded they are conditioned on together as well; nothing to explain has no share."""
    cases = planted(1500, np.random.default_rng(4), bias=0)
    found = decomposition.hints(cases, who("place"), factors(cases, 3), INFERENCE, np.random.default_rng(0))
    approval = found[found["outcome"] == "approval"]
    assert set(approval["factor"]) == {"merit", "urgency", "priority", "scope", "clinic", "merit & urgency & priority"}
    assert approval["remains_share"].isna().all()
    np.testing.assert_allclose(approval["explained"] + approval["remains"], approval["difference"])
    np.testing.assert_allclose(approval["overlap"], 1)


def test_one_group_alone_has_no_hints():
    """Without anyone to compare with there is nothing to explain."""
    cases = planted(100, np.random.default_rng(5)).assign(**{"a.requester": "GP"})
    assert decomposition.hints(cases, who("requester"), factors(cases, 3), INFERENCE, np.random.default_rng(0)).empty
