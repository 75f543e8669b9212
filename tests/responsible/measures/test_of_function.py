import numpy as np
import pandas as pd
import pytest

from responsible.audit import audit
from responsible.fairness.disparity import Fairness, disparities
from responsible.fairness.groups import groups
from responsible.fairness.measures import MEASURES
from responsible.limits import Limits
from responsible.measures.of_function import measure_of
from responsible.names import Judged
from responsible.statistics.intervals import Inference
from responsible.validation import InputError
from tests.support import reference

INFERENCE = Inference(confidence=0.95, replicates=2_000, minimum_denominator=5)
SIX = groups("race", reference.COMPAS, ["Caucasian"])
# The registered measures, each written as its user would: a function of the numbers of one group.
SAME = {
    "statistical_parity_difference": lambda tp, fp, fn, tn: (tp + fp) / (tp + fp + fn + tn),
    "disparate_impact": lambda tp, fp, fn, tn: (tp + fp) / (tp + fp + fn + tn),
    "equal_opportunity_difference": lambda tp, fp, fn, tn: tp / (tp + fn),
    "predictive_parity_difference": lambda tp, fp, fn, tn: tp / (tp + fp),
    "false_positive_rate_difference": lambda tp, fp, fn, tn: fp / (fp + tn),
    "false_negative_rate_ratio": lambda tp, fp, fn, tn: fn / (fn + tp),
    "false_omission_rate_difference": lambda tp, fp, fn, tn: fn / (fn + tn),
    "balanced_accuracy_difference": lambda tp, fp, fn, tn: (tp / (tp + fn) + tn / (tn + fp)) / 2,
}


def cost(tp, fp, fn, tn):
    """A wrong yes costs 1, a wrong no 5, per person."""
    return (fp + 5 * fn) / (tp + fp + fn + tn)


def judged(tables, who, own, names=(), inference=INFERENCE):
    fairness = Fairness(accuracy_floor=0.0, limits={}, measures=list(names))
    rng = np.random.default_rng(3)
    return disparities(np.stack(tables), who, fairness, inference, rng, models=Judged(("mine",), "mine"), own=own)


def test_a_table_counted_by_hand():
    """Cost per person of two groups of 100: 20 + 5 · 15 against 10 + 5 · 5 is .95 against .35, and limits judge it."""
    tables = [reference.confusion(tp=35, fp=10, tn=50, fn=5), reference.confusion(tp=25, fp=20, tn=40, fn=15)]
    own = {"cost": measure_of(cost, limits=Limits(maximum=0.1)), "unjudged": cost}
    found = judged(tables, groups("g", "ab", "a"), own).set_index(["comparison", "measure"]).loc["b"]
    assert found.loc["cost", "value"] == pytest.approx(0.6, abs=1e-12)
    assert found.loc["cost", ["minimum", "maximum", "verdict"]].tolist()[1:] == [0.1, "fail"]
    # The variance of a mean cost per person is Σ p c² − (Σ p c)², over n: 3.0475 and 1.2275, each over 100.
    half = 1.96 * np.sqrt((0.2 * 1 + 0.15 * 25 - 0.95**2) / 100 + (0.1 * 1 + 0.05 * 25 - 0.35**2) / 100)
    assert found.loc["cost", ["low", "high"]].tolist() == pytest.approx([0.6 - half, 0.6 + half], abs=0.03)
    assert found.loc["unjudged", "verdict"] == ""
    assert found.loc["cost", ["support_unprivileged", "support_privileged"]].tolist() == [100, 100]
    assert np.isnan(found.loc["cost", "best_accuracy"])


@pytest.mark.parametrize("name", SAME)
def test_a_function_is_judged_as_the_registered_measure_is(name):
    """Written as a function, a measure of the registry has the same values, ends, reasons and rows that it rests on."""
    ratio = MEASURES[name].ratio
    own = {"mine": measure_of(SAME[name], ratio=ratio)}
    sparse = [np.array(t) // 8 for t in reference.COMPAS.values()]
    for tables in ([reference.COMPAS[level] for level in SIX.levels], sparse):
        found = judged(tables, SIX, own, [name]).set_index("measure")
        columns = ["comparison", "value", "low", "high", "undefined_share", "reason"]
        columns += ["support_unprivileged", "support_privileged"]
        mine, theirs = (found.loc[m, columns].reset_index(drop=True) for m in ("mine", name))
        if ratio:  # the registry knows which rate is zero
            mine, theirs = (
                t.replace({"reason": {"divides_by_zero": "no_predicted_positives"}}) for t in (mine, theirs)
            )
        pd.testing.assert_frame_equal(mine, theirs, rtol=1e-12)


@pytest.mark.parametrize(
    ("function", "sets"),
    [
        (lambda tp, fp, fn, tn: tp / (tp + fp + fn), {("tp", "fp", "fn")}),
        (lambda tp, fp, fn, tn: tp / (tp + fn) - fp / (fp + tn), {("tp", "fn"), ("fp", "tn")}),
        (lambda tp, fp, fn, tn: fp / fn, {("fn",)}),
        (cost, {("tp", "fp", "fn", "tn")}),
        (lambda tp, fp, fn, tn: tp, {("tp", "fp", "fn", "tn")}),
    ],
)
def test_the_rows_a_function_rests_on_are_found(function, sets):
    """They are the smallest sets of cells without which it has no value; all rows where it always has one."""
    place = {"tn": (0, 0), "fp": (0, 1), "fn": (1, 0), "tp": (1, 1)}
    found = {frozenset(map(tuple, np.argwhere(rate.denominator).tolist())) for rate in measure_of(function).rests_on}
    assert found == {frozenset(place[name] for name in names) for names in sets}


def test_no_certainty_from_few_rows():
    """A function that is 0 in both groups, of 12 rows each, leaves as much doubt as Wilson's interval does."""
    tables = [reference.confusion(tp=12, fp=0, tn=40, fn=0)] * 2
    found = judged(tables, groups("g", "ab", "a"), {"mine": lambda tp, fp, fn, tn: fn / (tp + fn)}).iloc[0]
    assert found["value"] == 0
    assert [found["low"], found["high"]] == pytest.approx([-0.2425, 0.2425], abs=0.001)  # z² / (12 + z²)


def test_it_covers_the_truth(seed):
    """A 95 % interval of the cost of two groups of 150 holds the true difference in about 95 % of samples."""
    rng = np.random.default_rng(seed)
    shares = np.array([[0.45, 0.15, 0.1, 0.3], [0.6, 0.05, 0.02, 0.33]])  # TN, FP, FN, TP
    costs = np.array([0, 1, 5, 0])
    truth = float((shares[0] - shares[1]) @ costs)
    who, inference = groups("g", "ab", "a"), INFERENCE.model_copy(update={"replicates": 500})
    held = 0
    for _ in range(200):
        tables = [rng.multinomial(150, shares[side]).reshape(2, 2) for side in (1, 0)]
        found = judged(tables, who, {"cost": cost}, inference=inference).iloc[0]
        held += found["low"] <= truth <= found["high"]
    assert 180 <= held <= 199


def test_an_audit_takes_it_beside_the_standard_ones():
    """Given to an audit by name, it is in the same table, with the limits given; those of labels need labels."""
    y, decision, level = [1, 0, 1, 0] * 50, [1, 0, 0, 0] * 50, ["a", "a", "b", "b"] * 50
    options = {"privileged": "a", "inference": INFERENCE}
    found = audit(y, decision, level, measures={"cost": cost}, limits={"cost": (None, 0.2)}, **options)
    own = found.headline.set_index("measure")
    assert len(own) == 7
    assert own.loc["cost", ["value", "verdict"]].tolist() == [2.5, "fail"]
    assert "p_adjusted" in found.disparities
    shares = {"cost": cost, "share": lambda tp, fp, fn, tn: (tp + fp) / (tp + fp + fn + tn)}
    alone = audit(None, decision, level, measures=shares, **options)
    assert alone.headline["measure"].tolist() == ["statistical_parity_difference", "disparate_impact", "share"]


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda tp, fp, fn, tn: max(0, tp), "fails on arrays .*; write it with numpy, such as np.where in place"),
        (
            lambda tp, fp, fn, tn: float(np.sum(tp)),
            r"must return the shape it is given, \(2,\), got \(\); compute with",
        ),
        (lambda tp, fp: tp, "fails on arrays .*takes 2 positional arguments"),
    ],
)
def test_a_function_that_does_not_work_on_arrays_is_refused(function, message):
    """It says what went wrong and how such a function is written."""
    with pytest.raises(InputError, match=message):
        measure_of(function)
