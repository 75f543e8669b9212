import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from responsible.fairness.comparisons import adjust
from responsible.fairness.disparity import disparities
from responsible.fairness.evaluation import summary
from responsible.fairness.groups import groups
from responsible.fairness.measures import standard
from responsible.fairness.verdicts import Fairness
from responsible.limits import Limits
from responsible.names import MODELS, POOLED
from responsible.statistics.intervals import Inference
from tests.support import reference

TENTH = Limits(minimum=-0.1, maximum=0.1)
FAIRNESS = Fairness(
    accuracy_floor=0.8,
    limits=dict.fromkeys(standard(), TENTH) | {"disparate_impact": Limits(minimum=0.8, maximum=1.25)},
)
INFERENCE = Inference(confidence=0.95, replicates=2000, minimum_denominator=5)
SIX = groups("race", reference.COMPAS, ["Caucasian"])


def joint_of(tables):
    """Joint counts of two models that predict alike: ``[group, y, ŷ, ŷ]``."""
    joint = np.zeros((len(tables), 2, 2, 2), dtype=int)
    for h in (0, 1):
        joint[:, :, h, h] = np.stack(tables)[:, :, h]
    return joint


def audited(joint, who, seed=0, **changes):
    found = disparities(joint, who, FAIRNESS, INFERENCE.model_copy(update=changes), np.random.default_rng(seed))
    return found.set_index(["comparison", "model", "measure"]).sort_index()


COMPAS = joint_of([reference.COMPAS[level] for level in SIX.levels])


def test_compas_by_level():
    """African-American against Caucasian has the published values of all five measures."""
    found = audited(COMPAS, SIX).loc[("African-American", "baseline"), "value"]
    expected = {
        "statistical_parity_difference": 0.2402002032,
        "disparate_impact": 1.6902240032,
        "equal_opportunity_difference": 0.1973729638,
        "average_odds_difference": 0.2056489598,
        "predictive_parity_difference": 0.0383799168,
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected, abs=1e-10)


def test_pool_is_the_sum_of_its_levels():
    """All unprivileged pooled equals counting the rows of the five levels together."""
    found = audited(COMPAS, SIX)
    others = sum(table for level, table in reference.COMPAS.items() if level != "Caucasian")
    for name in standard():
        expected = reference.MEASURES[name](reference.rows(others), reference.rows(reference.COMPAS["Caucasian"]))
        assert found.loc[(POOLED, "reweighed", name), "value"] == pytest.approx(expected, abs=1e-12)


def test_small_group_is_insufficient_evidence_not_a_pass():
    """A comparison that rests on fewer rows than the minimum has no value and no verdict, never a pass."""
    found = audited(COMPAS, SIX, minimum_denominator=10).loc[("Native American", "baseline")]
    row = found.loc["average_odds_difference"]  # 8 rows with label 0
    assert (row["reason"], row["verdict"], row["support_unprivileged"]) == (
        "n_below_minimum",
        "insufficient_evidence",
        8,
    )
    assert np.isnan([row["value"], row["low"], row["high"]]).all()
    assert found.loc["statistical_parity_difference", "support_unprivileged"] == 18


def test_models_that_predict_alike_do_not_change():
    """Two models that predict the same change nothing, but might on the next row: 0 within a narrow paired interval."""
    change = audited(COMPAS, SIX).xs("change", level="model")
    defined = change["value"].notna()
    assert defined.sum() > 30
    known = change[defined]
    assert (known["value"] == 0).all()
    assert ((known["low"] < 0) & (known["high"] > 0)).all()
    assert (known.loc["African-American", "high"].drop("disparate_impact") < 0.01).all()


def test_paired_change_is_narrower_than_independent_models():
    """The interval of a change on the same rows is much narrower than two independent intervals would give."""
    rng = np.random.default_rng(2)
    joint = np.zeros((2, 2, 2, 2), dtype=int)
    for g in (0, 1):
        y = rng.random(3000) < 0.4
        a = rng.random(3000) < np.where(y, 0.7, 0.3)
        b = np.where(rng.random(3000) < 0.05, ~a, a)  # the second model differs on one row in twenty
        np.add.at(joint[g], (y.astype(int), a.astype(int), b.astype(int)), 1)
    found = (
        audited(joint, groups("g", ["p", "u"], ["p"])).loc[POOLED].xs("statistical_parity_difference", level="measure")
    )
    width = found["high"] - found["low"]
    assert width["change"] < 0.5 * np.hypot(width["baseline"], width["reweighed"])


def test_every_interval_holds_its_estimate():
    """No interval misses the value it is for, even where a rate is 12 of 12 in one model and 0 of 12 in the other."""
    joint = np.zeros((2, 2, 2, 2), dtype=int)
    joint[0, 0, 1, 0], joint[0, 1, 1, 1], joint[0, 1, 1, 0] = 12, 1532, 153  # privileged
    joint[1, 0, 0, 0], joint[1, 0, 0, 1], joint[1, 1, 0, 1] = 2236, 70, 19  # unprivileged
    found = audited(joint, groups("g", ["p", "u"], ["p"])).dropna(subset=["value"])
    assert len(found) > 20
    assert (found["low"] <= found["value"]).all()
    assert (found["value"] <= found["high"]).all()


def test_limit_that_base_rates_forbid_is_infeasible():
    """With base rates of .99 and .01 a disparate impact of 0.8 is infeasible, and an equal TPR is not."""
    joint = joint_of([reference.BUDGET["reweighed"][1], reference.BUDGET["reweighed"][0]])
    found = audited(joint, groups("education", ["p", "u"], ["p"])).loc[(POOLED, "baseline")]
    assert found.loc["disparate_impact", "verdict"] == "infeasible"
    assert found.loc["disparate_impact", "best_accuracy"] == pytest.approx(0.59, abs=0.01)
    assert found.loc["equal_opportunity_difference", "verdict"] != "infeasible"


def test_same_seed_same_table():
    """The same counts and the same generator state give the same table to the last bit."""
    pd.testing.assert_frame_equal(audited(COMPAS, SIX, seed=4), audited(COMPAS, SIX, seed=4))


def test_holm_spans_comparisons_and_counts_a_hypothesis_once():
    """The adjusted p of the whole family equals Holm by hand over its distinct hypotheses, shared by their measures."""
    found = adjust([audited(COMPAS, SIX).reset_index().assign(attribute="race")], "model")[0]
    family = found.dropna(subset=["p"]).drop_duplicates(["comparison", "model", "hypothesis"])
    assert len(family) == 6 * 2 * 4
    ordered = family.sort_values("p")
    stepped = [p * (len(ordered) - rank) for rank, p in enumerate(ordered["p"])]
    expected = [min(1.0, max(stepped[: rank + 1])) for rank in range(len(stepped))]
    np.testing.assert_allclose(ordered["p_adjusted"], expected)
    shared = found[found["hypothesis"] == "equal selection rates"].groupby(["comparison", "model"])["p_adjusted"]
    assert (shared.nunique() == 1).all()


def test_summary_gives_each_undefined_value_its_reason():
    """The headline maps attribute, model and measure to the pooled value, and undefined ones to a reason code."""
    tiny = joint_of([reference.confusion(4, 1, 3, 2), reference.confusion(0, 0, 9, 0)])
    frame = audited(tiny, groups("g", ["p", "u"], ["p"]), minimum_denominator=1).reset_index().assign(attribute="g")
    found = summary(frame)["g"]["baseline"]
    assert found["undefined"]["equal_opportunity_difference"] == "no_positives"
    assert found["undefined"]["predictive_parity_difference"] == "no_predicted_positives"
    assert found["statistical_parity_difference"] == -0.5
    assert set(MODELS) == set(summary(frame)["g"])


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"disparat_impact": TENTH}, "limits.disparat_impact is not a measure; did you mean 'disparate_impact'"),
        ({"disparate_impact": TENTH}, "limits for statistical_parity_difference, .* are missing"),
    ],
)
def test_limits_must_be_those_of_the_measures(limits, message):
    """A misspelt measure and a measure without limits are refused by name, never passed in silence."""
    with pytest.raises(ValidationError, match=message):
        Fairness(accuracy_floor=0.8, limits=limits)
