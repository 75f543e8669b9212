import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from responsible.fairness.groups import (
    any_difference,
    confusion,
    declared_groups,
    group_rates,
    groups,
    weighing_groups,
)
from responsible.statistics.count_tables import marginals, tabulate
from responsible.tabular.schema import Sensitive
from responsible.validation import InputError
from tests.support.reference import share

RACE = groups("race", ["Blue", "Red", "Grey", "Missing"], ["Red", "Gold"], ["Grey"])
CELLS = pd.DataFrame(
    {
        "a.race": ["Red", "Blue", "Grey", "Missing", "Blue"],
        "a.sex": ["M", "F", "M", "F", "M"],
        "n": [5, 3, 9, 2, 4],
    }
)
SENSITIVE = {
    "race": Sensitive(column="race", privileged=["Red"], exclude=["Grey"]),
    "sex": Sensitive(column="sex", privileged=["M"]),
}


def test_privileged_levels_stand_first_even_when_absent():
    """A declared privileged level is listed though no row has it; others follow alphabetically, but excluded ones."""
    assert RACE.levels == ("Red", "Gold", "Blue", "Missing")
    assert RACE.privileged.tolist() == [True, True, False, False]


def test_code_marks_excluded_levels():
    """Each value gets its level's index and an excluded one -1, which no index into the levels can be mistaken for."""
    assert RACE.code(["Missing", "Grey", "Red", "Blue"]).tolist() == [3, -1, 0, 2]


def test_no_unprivileged_level_is_refused():
    """An attribute with nobody to compare the privileged with is refused by name."""
    with pytest.raises(InputError, match=r"sensitive\.race: no level is left"):
        groups("race", ["Red", "Grey"], ["Red"], ["Grey"])


def test_undeclared_attribute_is_refused_with_a_near_match():
    """An attribute that params do not declare is refused, with the nearest declared name."""
    with pytest.raises(InputError, match="attribute 'rice' is not declared under sensitive; did you mean 'race'"):
        declared_groups(CELLS, SENSITIVE, ["rice"])


@given(st.lists(st.tuples(st.integers(-1, 2), st.integers(0, 1), st.integers(0, 1), st.integers(0, 9)), max_size=25))
def test_tabulate_counts_row_by_row(cells):
    """Summed counts equal walking through the cells one by one, those of excluded levels left out."""
    expected = np.zeros((3, 2, 2), dtype=int)
    for level, label, predicted, n in cells:
        if level >= 0:
            expected[level, label, predicted] += n
    code, label, predicted, n = (
        (np.array(column, dtype=int) for column in zip(*cells, strict=True))
        if cells
        else (np.zeros(0, dtype=int) for _ in range(4))
    )
    np.testing.assert_array_equal(tabulate(code, 3, [label, predicted], n), expected)


def test_marginals_forget_the_other_model():
    """Each model's counts are the joint counts summed over the other model's predictions."""
    joint = np.arange(16).reshape(2, 2, 2, 2)
    for model, table in marginals(joint).items():
        for g, y, h in np.ndindex(2, 2, 2):
            both = joint[g, y, h, :] if model == "baseline" else joint[g, y, :, h]
            assert table[g, y, h] == both.sum()


JOINT = np.zeros((4, 2, 2, 2), dtype=int)
JOINT[0] = [[[6, 1], [0, 3]], [[2, 0], [1, 7]]]  # Red
JOINT[2] = [[[9, 0], [1, 0]], [[4, 2], [0, 4]]]  # Blue


def test_group_rates_by_hand():
    """The rates of Red are those counted by hand, with Wilson intervals; absent levels are undefined with a reason."""
    found = group_rates(JOINT, RACE, 0.95).set_index(["model", "level", "rate"]).sort_index()
    red = found.loc["baseline", "Red"]
    assert (red.loc["selection_rate", "count"], red.loc["selection_rate", "of"]) == (0 + 3 + 1 + 7, 20)
    assert (red.loc["true_positive_rate", "count"], red.loc["true_positive_rate", "of"]) == (8, 10)
    assert (found.loc[("reweighed", "Red", "false_positive_rate"), "count"]) == 4
    # Wilson for 8 of 10 at 95 %, from Newcombe 1998's formula worked out by hand
    assert red.loc["true_positive_rate", ["low", "high"]].tolist() == pytest.approx([0.490162, 0.943318], abs=1e-6)
    gold = found.loc["baseline", "Gold"]
    assert gold["reason"].tolist() == ["group_absent"] * 5
    assert gold["value"].isna().all()


def test_rate_without_denominator_says_why():
    """Blue, of whom the reweighed model selects nobody, has an undefined PPV with its reason, not a PPV of 0 or 1."""
    joint = JOINT.copy()
    joint[2] = [[[9, 0], [1, 0]], [[4, 0], [4, 0]]]
    row = group_rates(joint, RACE, 0.95).set_index(["model", "level", "rate"]).sort_index().loc["reweighed", "Blue"]
    assert row.loc["positive_predictive_value", "reason"] == "no_predicted_positives"
    assert np.isnan(row.loc["positive_predictive_value", "value"])
    assert row.loc["selection_rate", "value"] == 0.0


def test_confusion_by_hand():
    """The confusion counts of Blue under both models are those counted by hand."""
    found = confusion(JOINT, RACE).set_index(["model", "level"]).sort_index()[["tp", "fp", "fn", "tn"]]
    assert found.loc[("baseline", "Blue")].tolist() == [4, 1, 6, 9]
    assert found.loc[("reweighed", "Blue")].tolist() == [6, 0, 4, 10]


def test_any_difference_finds_a_planted_one_and_not_a_chance_one():
    """Equal levels give an unremarkable p and unequal ones a small p; the range is max minus min of the rates."""
    rng = np.random.default_rng(1)
    equal = np.tile(np.array([[[40, 0], [0, 10]], [[25, 0], [0, 25]]]), (4, 1, 1, 1))
    found = any_difference(equal, RACE, 999, rng)
    assert (found["p"] == 1.0).all()
    assert (found["range"] == 0).all()
    unequal = equal.copy()
    unequal[3] = [[[10, 0], [0, 40]], [[5, 0], [0, 45]]]
    found = any_difference(unequal, RACE, 999, rng).set_index(["model", "rate"]).sort_index()
    assert (found["p"] == 0.001).all()
    selected = [share([True] * k + [False] * (100 - k)) for k in (35, 85)]
    assert found.loc[("baseline", "selection_rate"), "range"] == pytest.approx(selected[1] - selected[0])


def test_weighing_groups_cross_attributes():
    """Two attributes are crossed, names and codes agree, and a row excluded from either has no group."""
    code, names = weighing_groups(CELLS, declared_groups(CELLS, SENSITIVE), "privileged")
    assert [names[c] if c >= 0 else None for c in code] == [
        "privileged race and privileged sex",
        "unprivileged race and unprivileged sex",
        None,
        "unprivileged race and unprivileged sex",
        "unprivileged race and privileged sex",
    ]


def test_weighing_groups_by_level():
    """By level every level is a group of its own."""
    code, names = weighing_groups(CELLS, declared_groups(CELLS, SENSITIVE, ["race"]), "levels")
    assert [names[c] if c >= 0 else None for c in code] == ["Red", "Blue", None, "Missing", "Blue"]
