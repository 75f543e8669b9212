"""What readers choose of the search: points and bounds in the units of the chart, rows and strengths in words."""

import math

import pandas as pd
import pytest

from pipeline.alternatives.explorer import Explorer
from pipeline.alternatives.sentences import Speaker
from responsible.measures.costs import Costs
from responsible.mitigation.reweighing import Reweigh
from responsible.words import Words
from tests.support.populations import SEARCHED

DIFFERENCE, RATIO, ABSOLUTE = "statistical_parity_difference", "disparate_impact", "average_absolute_odds_difference"
HALF, FULL, OTHER = (
    f"logistic regression, {name}"
    for name in ("reweighed by group at strength 0.5", "reweighed by group at strength 1", "unmitigated")
)


def explorer(costs=None):
    """Three candidates by one attribute; the last loses most, and has no ratio."""
    own = {"attribute": "group", "recipe": "reweighing", "estimator": "logistic", "eligible": True, "reason": ""}
    rows = [(FULL, 0.90, 0.89, 0.91), (HALF, 0.93, 0.92, 0.94), (OTHER, 0.5, 0.4, 0.6)]
    ends = ("candidate", "performance", "performance_low", "performance_high")
    candidates = pd.DataFrame([own | dict(zip(ends, row, strict=True)) | {"dominated_by": math.nan} for row in rows])
    found = [(FULL, -0.1, -0.2, 0.0), (HALF, -0.3, -0.4, -0.2), (OTHER, -0.6, -0.7, -0.5)]
    found = [(DIFFERENCE, *row, "") for row in found] + [(RATIO, FULL, 0.8, 0.7, 0.9, "")]
    found += [(RATIO, OTHER, math.nan, math.nan, math.nan, "no_positives")]
    measures = pd.DataFrame(found, columns=["measure", "candidate", "value", "low", "high", "reason"])
    limits = [(name, t, 1 - t) for name in (DIFFERENCE, RATIO, ABSOLUTE) for t in (0.0, 0.5, 1.0)]
    bounds = pd.DataFrame(limits, columns=["measure", "tolerance", "bound"]).assign(attribute="group", scorer="score")
    speaker = Speaker(SEARCHED.model_copy(update={"attribute": "group"}), Words(), costs, 0.95, 0)
    reweigh = Reweigh(attributes=["group"], groups="levels", empty_cells="refuse", strength=1.0)
    named = {FULL: "in use"}
    return Explorer(candidates, measures.assign(attribute="group"), bounds, named, speaker, reweigh)


def test_points_are_in_the_units_of_the_axes():
    """Differences are in points, ratios in times, accuracy in percent; what loses much is left out until it is asked
    for, and what has no value always.
    """
    near = explorer().points("group", DIFFERENCE, everything=False).set_index("Candidate")
    assert set(near.index) == {FULL, HALF}
    assert near.loc[FULL, ["x", "x_low", "x_high"]].tolist() == pytest.approx([-10, -20, 0])
    assert near.loc[HALF, ["y", "y_low", "y_high"]].tolist() == pytest.approx([93, 92, 94])
    assert near["Part"].to_dict() == {FULL: "in use", HALF: ""}
    assert len(explorer().points("group", DIFFERENCE, everything=True)) == 3
    times = explorer().points("group", RATIO, everything=True)
    assert times[["Candidate", "x"]].to_numpy().tolist() == [[FULL, 0.8]]
    assert explorer().axes("group", RATIO) == ("Disparate impact by group, times", "Accuracy, %")
    assert explorer().parity(RATIO) == "Parity is 1."


def test_the_bound_lies_on_either_side_of_parity():
    """At a tolerance t limits are ±t of a difference, 1 − t and its reciprocal of a ratio, t of an absolute value."""
    drawn = {
        name: explorer().bound("group", name) for name in (DIFFERENCE, RATIO, ABSOLUTE, "equal_opportunity_difference")
    }
    assert drawn[DIFFERENCE]["x"].tolist() == [-100, -50, 0, 0, 50, 100]
    assert drawn[DIFFERENCE]["y"].tolist() == [0, 50, 100, 100, 50, 0]
    assert drawn[RATIO]["x"].tolist() == [0, 0.5, 1, 1, 2]
    assert drawn[ABSOLUTE][["x", "y"]].to_numpy().tolist() == [[0, 100], [50, 50], [100, 0]]
    assert drawn["equal_opportunity_difference"].empty


def test_rows_are_words_with_the_best_first():
    """Each candidate has its figures with intervals, or why it has none."""
    rows = explorer().rows("group", RATIO)
    assert [row["Candidate"] for row in rows] == [FULL, OTHER]
    assert rows[0]["Disparate impact"] == "0.800 times [0.700, 0.900]"
    assert rows[0]["Accuracy"] == "90.0 % [89.0, 91.0]"
    assert rows[1]["Disparate impact"] == "undefined (no positives)"
    assert {row["Dominated by"] for row in rows} == {""}


def test_declared_costs_take_the_place_of_accuracy():
    """Mean cost is shown as it is, and less of it comes first."""
    own = explorer(Costs(false_positive=1.0, false_negative=2.0))
    assert own.rows("group", DIFFERENCE)[0]["Mean cost"] == "0.500 [0.400, 0.600]"
    assert own.points("group", DIFFERENCE, everything=True)["y"].tolist() == [0.90, 0.93, 0.5]
    assert own.axes("group", DIFFERENCE)[1] == "Mean cost"


def test_strengths_are_those_that_were_searched():
    """A strength without a candidate is not offered; the figures of two stand side by side."""
    own = explorer()
    assert own.strengths() == [0.5, 1.0]
    rows = {row["Figure"]: row for row in own.at_strength(0.5, "group")}
    assert rows["accuracy"] == {
        "Figure": "accuracy",
        "Strength 1": "90.0 % [89.0, 91.0]",
        "Strength 0.5": "93.0 % [92.0, 94.0]",
    }
    assert rows["statistical parity difference"]["Strength 0.5"] == "−30.0 points [−40.0, −20.0]"
