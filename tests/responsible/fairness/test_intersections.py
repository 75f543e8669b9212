import numpy as np
import pandas as pd
import pytest

from responsible.fairness.groups import GROUP_RATES, groups
from responsible.fairness.intersections import COLUMNS, crossed, intersection_rates
from responsible.statistics.intervals import Inference, wilson

INFERENCE = Inference(confidence=0.95, replicates=100, minimum_denominator=5)
DEGREE, SEX = groups("degree", ["yes", "no"], ["yes"]), groups("sex", ["m", "f"], ["m"])


def cells():
    """Degree, sex, label, baseline, reweighed, n: 10 men with a degree, 8 women without, 3 women with one."""
    rows = [
        ("yes", "m", 1, 1, 1, 6),
        ("yes", "m", 0, 1, 0, 4),
        ("no", "f", 1, 0, 1, 2),
        ("no", "f", 0, 0, 0, 5),
        ("no", "f", 0, 0, 1, 1),
        ("yes", "f", 1, 1, 1, 3),
    ]
    frame = pd.DataFrame(rows, columns=["a.degree", "a.sex", "y", "b", "r", "n"])
    return frame, [frame["y"], frame["b"], frame["r"]]


def rate(table, group, model, name):
    return table[(table["group"] == group) & (table["model"] == model) & (table["rate"] == name)].iloc[0]


def test_rates_of_pairs_counted_by_hand():
    """Ten men with a degree: all selected by the baseline, six by the reweighed model, of whom all have label 1."""
    frame, bits = cells()
    found = intersection_rates(frame, [DEGREE, SEX], bits, INFERENCE)
    assert tuple(found.columns) == COLUMNS
    assert set(found["attributes"]) == {"degree & sex"}
    expected = {
        ("yes & m", "baseline", "selection_rate"): (10, 10),
        ("yes & m", "reweighed", "selection_rate"): (6, 10),
        ("yes & m", "baseline", "positive_predictive_value"): (6, 10),
        ("yes & m", "reweighed", "positive_predictive_value"): (6, 6),
        ("yes & m", "baseline", "base_rate"): (6, 10),
        ("no & f", "baseline", "selection_rate"): (0, 8),
        ("no & f", "reweighed", "false_positive_rate"): (1, 6),
    }
    for key, (count, of) in expected.items():
        row = rate(found, *key)
        assert (row["count"], row["of"], row["reason"]) == (count, of, "")
        assert row["value"] == count / of
        interval = wilson(np.array(count), np.array(of), 0.95)
        assert (row["low"], row["high"]) == pytest.approx((float(interval.low), float(interval.high)))


def test_small_and_empty_cells_say_so():
    """Fewer rows than the minimum: counts, but no value; none at all: the reason, as everywhere."""
    frame, bits = cells()
    found = intersection_rates(frame, [DEGREE, SEX], bits, INFERENCE)
    few = rate(found, "yes & f", "baseline", "selection_rate")
    assert (few["count"], few["of"], few["reason"]) == (3, 3, "n_below_minimum")
    assert np.isnan([few["value"], few["low"], few["high"]]).all()
    assert rate(found, "no & m", "reweighed", "base_rate")["reason"] == "group_absent"
    assert rate(found, "no & f", "baseline", "positive_predictive_value")["reason"] == "no_predicted_positives"
    assert rate(found, "yes & f", "baseline", "false_positive_rate")["reason"] == "no_negatives"


def test_pairs_agree_with_a_group_by():
    """Second witness: selection and base rates of random cells are those of pandas' own sums."""
    rng = np.random.default_rng(4)
    levels = {"a.degree": ["yes", "no"], "a.sex": ["m", "f", "x"]}
    frame = pd.DataFrame({name: rng.choice(values, 200) for name, values in levels.items()})
    frame = frame.assign(**{bit: rng.integers(0, 2, 200) for bit in "ybr"}, n=rng.integers(1, 9, 200))
    who = [DEGREE, groups("sex", levels["a.sex"], ["m"])]
    found = intersection_rates(frame, who, [frame[bit] for bit in "ybr"], INFERENCE)
    for (degree, sex), own in frame.groupby(["a.degree", "a.sex"]):
        for bit, model, name in (("b", "baseline", "selection_rate"), ("r", "reweighed", "selection_rate")):
            row = rate(found, f"{degree} & {sex}", model, name)
            assert row["value"] == pytest.approx((own[bit] * own["n"]).sum() / own["n"].sum())
        assert rate(found, f"{degree} & {sex}", "baseline", "base_rate")["count"] == (own["y"] * own["n"]).sum()


def test_pairs_sum_to_their_levels():
    """The counts of a level's pairs are the level's own, however many levels the other attribute has."""
    frame, bits = cells()
    found = intersection_rates(frame, [DEGREE, SEX], bits, INFERENCE)
    base = found[(found["model"] == "baseline") & (found["rate"] == "base_rate")]
    assert base.groupby(base["group"].str.split(" & ").str[0])["of"].sum().to_dict() == {"yes": 13, "no": 8}


def test_excluded_levels_are_in_no_pair():
    """A level that an attribute's audit leaves out is neither a group nor counted in one."""
    frame, bits = cells()
    some = groups("degree", ["yes", "no", "none"], ["yes"], exclude=["none"])
    frame.loc[frame["a.sex"] == "f", "a.degree"] = "none"
    found = intersection_rates(frame, [some, SEX], bits, INFERENCE)
    assert found[found["rate"] == "base_rate"]["of"].sum() == 2 * 10


def test_one_attribute_has_no_pairs_and_three_have_three():
    """One attribute gives the columns without rows; of three attributes every pair is crossed once."""
    frame, bits = cells()
    none = intersection_rates(frame, [DEGREE], bits, INFERENCE)
    assert (len(none), tuple(none.columns)) == (0, COLUMNS)
    frame["a.age"] = "old"
    age = groups("age", ["old", "young"], ["young"])
    found = intersection_rates(frame, [DEGREE, SEX, age], bits, INFERENCE)
    assert list(found["attributes"].unique()) == ["degree & sex", "degree & age", "sex & age"]
    assert len(found) == 3 * 4 * 2 * len(GROUP_RATES)


def test_privileged_pairs_are_privileged_twice():
    """A pair is privileged where both of its levels are; the order is that of the attributes."""
    who = crossed(DEGREE, SEX)
    assert dict(zip(who.levels, who.privileged.tolist(), strict=True)) == {
        "yes & m": True,
        "yes & f": False,
        "no & m": False,
        "no & f": False,
    }
