import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.meta_analysis import combine_effects

from responsible.fairness.groups import Inference
from responsible.healthcare.robustness import CHANGE, Steadiness, folds, held_out, heterogeneity, months
from responsible.validation import InputError
from tests.support.planted import INFERENCE, LIMITS, planted, who

RULES = Steadiness(folds=5, last_months=3)
SPD = "statistical_parity_difference"


def test_folds_are_an_even_split():
    """Five folds of 1,003 cases have 200 or 201 of them, whatever the seed, and the same seed gives the same folds."""
    cases = planted(1003, np.random.default_rng(0))
    one, two = (
        folds(cases, who("requester"), list(LIMITS), RULES, inference=INFERENCE, rng=np.random.default_rng(1))
        for _ in "ab"
    )
    pd.testing.assert_frame_equal(one, two)
    sizes = one[(one["scope"] == "all") & (one["measure"] == SPD)]
    assert sizes["part"].tolist() == ["1", "2", "3", "4", "5"]
    assert sorted(sizes["n"]) == [200, 200, 201, 201, 201]


def test_months_are_in_order():
    """Each month is a part, in order, with the cases of that month; no months, no rows."""
    cases = planted(2000, np.random.default_rng(0))
    found = months(cases, who("requester"), [SPD], inference=INFERENCE, rng=np.random.default_rng(1))
    own = found[found["scope"] == "all"].set_index("part")["n"]
    assert own.to_dict() == cases["month"].value_counts().sort_index().to_dict()
    assert own.index.is_monotonic_increasing
    without = cases.drop(columns="month")
    arguments = {"inference": INFERENCE, "rng": np.random.default_rng(1)}
    assert months(without, who("requester"), [SPD], **arguments).empty
    assert held_out(without, who("requester"), [SPD], RULES, **arguments).empty


def test_a_change_in_the_last_months_is_seen():
    """Where the bias stops in the last three months, the difference to the earlier ones is about .10 and clear of 0."""
    rng = np.random.default_rng(2)
    before, after = planted(12000, rng), planted(12000, rng, bias=0)
    cases = pd.concat([before[before["month"] < "2024-10"], after[after["month"] >= "2024-10"]], ignore_index=True)
    found = held_out(cases, who("requester"), [SPD], RULES, inference=INFERENCE, rng=rng)
    change = found[(found["part"] == CHANGE) & (found["scope"] == "all")].iloc[0]
    earlier, last = (found[(found["part"] == p) & (found["scope"] == "all")].iloc[0] for p in ("earlier", "last"))
    assert change["value"] == pytest.approx(last["value"] - earlier["value"])
    assert change["error"] == pytest.approx(np.sqrt(last["error"] ** 2 + earlier["error"] ** 2))
    assert 0 < change["low"] < 0.1 < change["high"]
    assert (change["n"], earlier["n"] + last["n"]) == (len(cases), len(cases))


def test_too_few_months_are_refused():
    """Holding out all months leaves nothing to compare with, and the message says how many there are."""
    cases = planted(100, np.random.default_rng(0)).assign(month="2024-01")
    with pytest.raises(InputError, match="last_months must leave an earlier month of 1, got 3"):
        held_out(cases, who("requester"), [SPD], RULES, inference=INFERENCE, rng=np.random.default_rng(0))


def parts(values, errors):
    place = {"attribute": "a", "comparison": "u", "scope": "all", "measure": SPD}
    return pd.DataFrame({**place, "value": values, "error": errors})


def test_heterogeneity_is_statsmodels():
    """Q, its p, the weighted mean and I² are those of statsmodels' fixed-effect meta-analysis; undefined parts are left
    out.
    """
    values, errors = [0.1, 0.3, -0.05, 0.2, np.nan], [0.05, 0.1, 0.07, 0.2, np.nan]
    found = heterogeneity(parts(values, errors)).iloc[0]
    theirs = combine_effects(np.array(values[:4]), np.array(errors[:4]) ** 2)
    assert found["parts"] == 4
    assert found["q"] == pytest.approx(theirs.q)
    assert found["mean"] == pytest.approx(theirs.mean_effect_fe)
    assert found["i2"] == pytest.approx(max(theirs.i2, 0))
    assert found["p"] == pytest.approx(stats.chi2.sf(theirs.q, 3))
    assert np.isnan(heterogeneity(parts(values[:1], errors[:1])).iloc[0]["p"])
    assert heterogeneity(pd.DataFrame()).empty


def test_random_folds_are_called_different_at_the_nominal_rate():
    """Folds of the same population differ by Q at p < .05 in about 5 of 100 tables."""
    rng, alarms = np.random.default_rng(5), []
    quick = Inference(confidence=0.95, replicates=200, minimum_denominator=10)
    for _ in range(100):
        cases = planted(2000, rng)[["outcome", "merit", "a.requester"]]
        found = folds(cases, who("requester"), list(LIMITS)[:2], RULES, inference=quick, rng=rng)
        alarms.append((heterogeneity(found)["p"] < 0.05).to_numpy())
    assert (np.mean(alarms, axis=0) < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 100)).all()
    assert np.mean(alarms) > 0
