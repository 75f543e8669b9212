"""Reasons by group: exact means of contributions, by hand, and in sum the difference in mean log odds."""

import numpy as np
import pandas as pd
import pytest

from responsible.analyses.group_reasons import ALL, of_models, reasons_by_group
from responsible.fairness.groups import groups
from responsible.modelling.logistic_regression import train
from tests.support.planted import PLAIN

SEX = groups("sex", ["f", "m"], ["m"])


def test_a_table_counted_by_hand():
    """Two women at −1 and −4, three men at 2 each, of one feature; the other does nothing."""
    cells = pd.DataFrame({"a.sex": ["f", "f", "m"], "n": [1, 1, 3]})
    moved = pd.DataFrame({"idle": [0.0, 0, 0], "age": [-1.0, -4, 2]})
    found = reasons_by_group(cells, moved, np.array([True, False, True]), [SEX])
    value = found.set_index(["figure", "comparison", "feature"])["value"]
    assert value["drives", "", "age"] == pytest.approx((1 + 4 + 6) / 5)
    assert value["carries", "f", "age"] == value["carries", "f", ALL] == -2.5 - 2
    assert value["separates", "f", "age"] == -1 + 4
    assert found.loc[found["comparison"] == "m", "reason"].unique().tolist() == ["no_predicted_negatives"]
    assert found.loc[found["figure"] == "drives", "feature"].tolist() == ["age", "idle"]


def test_features_carry_the_whole_difference_in_mean_log_odds():
    """The parts sum to the difference between the groups' mean log odds on the test rows, to 1e-12."""
    rng = np.random.default_rng(1)
    cells = pd.DataFrame(
        {"a.sex": rng.choice(["f", "m"], 200), "x.b": rng.normal(size=200), "n": rng.integers(1, 5, 200)}
    )
    cells = cells.assign(**{"x.c": rng.choice(list("pqr"), 200)}, split=rng.choice(["train", "test"], 200))
    label = (cells["x.b"] + (cells["a.sex"] == "m") + rng.normal(size=200) > 0).astype(int)
    model = train(cells, {"x.b": "numeric", "x.c": "categorical"}, label, PLAIN).pipeline
    found = of_models(cells, [SEX], {"baseline": model}, 0.5).query("figure == 'carries'")
    test = cells[cells["split"] == "test"]
    odds, sides = model.decision_function(test[["x.b", "x.c"]]), [(test["a.sex"] == level).to_numpy() for level in "fm"]
    u, p = (np.average(odds[side], weights=test["n"][side]) for side in sides)
    assert found.loc[found["feature"] == ALL, "value"].item() == pytest.approx(u - p, abs=1e-12)
    assert found.loc[found["feature"] != ALL, "value"].sum() == pytest.approx(u - p, abs=1e-12)
