import numpy as np
import pandas as pd
import pytest

from responsible.healthcare import cases as table_of_cases
from responsible.healthcare.cases import PROFILE, profile
from responsible.healthcare.schema import Event, Healthcare, cases
from responsible.tabular.schema import Sensitive
from responsible.tabular.sources import Feature
from responsible.validation import InputError
from tests.support.planted import planted
from tests.support.tables import tree


def test_a_full_table_switches_nothing_off():
    """With every role present, nothing is switched off; with the outcome alone, everything is, by name."""
    full = planted(50, np.random.default_rng(0))
    assert table_of_cases.switched_off(full).empty
    assert table_of_cases.switched_off(full[["outcome"]])["name"].tolist() == list(table_of_cases.NEEDS)


def test_an_absent_role_switches_off_what_needs_it():
    """Without durations the waits are off and nothing else, and the role is named."""
    off = table_of_cases.switched_off(planted(50, np.random.default_rng(0)).drop(columns="duration"))
    assert off["role"].unique().tolist() == ["duration"]
    assert off["name"].str.startswith("processing time").all()
    assert len(off) == 3


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("outcome", 2, "outcome must be 0 or 1, got 2"),
        ("merit", 0.5, "merit must be 0 or 1, got 0.5"),
        ("priority", np.nan, "priority must have no missing value"),
        ("month", None, "month must have no missing value"),
    ],
)
def test_bad_roles_are_refused(column, value, message):
    """A role with a value it cannot have is refused, with its name and the value."""
    table = planted(5, np.random.default_rng(0)).astype({column: object})
    table.loc[3, column] = value
    with pytest.raises(InputError, match=message):
        table_of_cases.check(table)


def test_no_outcome_is_refused_and_unknown_durations_are_not():
    """Only the outcome is a role no table can lack; a duration may be unknown."""
    table = planted(5, np.random.default_rng(0))
    table.loc[2, "duration"] = np.nan
    assert table_of_cases.check(table) is table
    for lacking in (table.drop(columns="outcome"), table.iloc[:0]):
        with pytest.raises(InputError, match="outcome must be declared and at least one case"):
            table_of_cases.check(lacking)


def test_scopes_by_hand():
    """Each scope holds the cases whose roles are 1, and only scopes whose roles exist are offered."""
    table = pd.DataFrame({"outcome": [0, 0, 1, 1], "merit": [0, 1, 1, 0], "urgency": [1, 1, 0, 0]})
    picked = {scope: table_of_cases.selected(table, scope).tolist() for scope in table_of_cases.scopes(table)}
    assert picked == {
        "all": [True] * 4,
        "merit": [False, True, True, False],
        "urgent": [True, True, False, False],
        "urgent merit": [False, True, False, False],
    }
    assert table_of_cases.scopes(table[["outcome", "merit"]]) == ["all", "merit"]
    assert table_of_cases.binary(table[["outcome"]], "merit").tolist() == [0, 0, 0, 0]


def test_bins_by_hand():
    """Two quantile bins of eight numbers are named by their ends; few values keep their own names; missing stays
    missing.
    """
    numbers = pd.Series([1.0, 2, 3, 4, 5, 6, 7, np.nan])
    assert table_of_cases.binned(numbers, 2).tolist() == ["[1, 4]"] * 4 + ["[5, 7]"] * 3 + ["Missing"]
    zeros = pd.Series([0.0] * 80 + [*range(1, 21)])
    assert table_of_cases.binned(zeros, 4).value_counts().to_dict() == {"0": 80, "[1, 20]": 20}
    assert table_of_cases.binned(pd.Series([0.5, 1, 1, np.nan]), 4).tolist() == ["0.5", "1", "1", "Missing"]


def test_factors_are_recorded_columns_only():
    """Factors are need, urgency, priority and features, as text, by declared bins where there are any; neither outcome
    nor a protected attribute is one.
    """
    table = planted(400, np.random.default_rng(0))
    found = table_of_cases.factors(table, 4)
    assert found.columns.tolist() == ["merit", "urgency", "priority", "scope", "clinic"]
    assert found["merit"].unique().tolist() in (["0", "1"], ["1", "0"])
    assert found["priority"].nunique() == 4
    assert found["scope"].nunique() == 4
    assert set(found["clinic"]) == {"North", "South", "West"}
    declared = table.assign(**{"b.scope": np.where(table["f.scope"] < 3, "[1, 3)", "[3, 5]")})
    assert set(table_of_cases.factors(declared, 4)["scope"]) == {"[1, 3)", "[3, 5]"}


def test_cases_become_counted_rows():
    """Every case is a row, a random half of them to learn from, the same half for the same seed; features by name."""
    table = pd.DataFrame({"id": list("abcde"), "outcome": 1, "a.sex": list("MFMFM"), "f.age": np.arange(5.0)})
    rows = table_of_cases.counted(table, np.random.default_rng(3))
    assert rows.columns.tolist() == ["x.age", "a.sex", "split", "n"]
    assert rows["x.age"].tolist() == [0, 1, 2, 3, 4]
    assert sorted(rows["split"]) == ["test", "test", "train", "train", "train"]
    assert rows["n"].sum() == 5
    pd.testing.assert_frame_equal(rows, table_of_cases.counted(table, np.random.default_rng(3)))


ROLES = Healthcare(
    source="t.csv",
    delimiter=",",
    time="asked",
    outcome=Event(column="approved", positive=["yes"], negative=["no"]),
    protected={"who": Sensitive(column="asked_by", privileged=["A"])},
    features={"age": Feature(kind="numeric"), "city": Feature(kind="categorical")},
)
ROWS = pd.DataFrame(
    {
        "row": [1, 2, 3, 4],
        "outcome": ["yes", "no", "yes", "yes"],
        "month": ["2025-01", "2025-01", "2025-02", "2025-01"],
        "a.who": ["A", "B", "Missing", "B"],
        "f.age": [10.0, np.nan, 20.0, 30.0],
        "f.city": ["Oslo", "Missing", "Oslo", "Oslo"],
    }
)


def test_profile_counted_by_hand():
    """An event's mean is its share, a number has its gaps, a level its rows; what the table lacks is not described."""
    table = profile(cases(ROWS, ROLES), ROLES)
    assert table.columns.tolist() == list(PROFILE)
    texts = table[["column", "role", "kind", "level", "n", "missing", "share"]].to_numpy().tolist()
    assert texts == [
        ["approved", "outcome", "event", "", 4, 0, 1.0],
        ["asked", "month", "month", "2025-01", 3, 0, 0.75],
        ["asked", "month", "month", "2025-02", 1, 0, 0.25],
        ["asked_by", "protected", "level", "A", 1, 0, 0.25],
        ["asked_by", "protected", "level", "B", 2, 0, 0.5],
        ["asked_by", "protected", "level", "Missing", 1, 1, 0.25],
        ["age", "feature", "number", "", 3, 1, 0.75],
        ["city", "feature", "level", "Missing", 1, 1, 0.25],
        ["city", "feature", "level", "Oslo", 3, 0, 0.75],
    ]
    numbers = table.dropna(subset="mean").set_index("column")
    assert numbers.loc["approved", ["mean", "sd"]].tolist() == pytest.approx([0.75, np.sqrt(3) / 4])
    assert numbers.loc["age", ["mean", "sd"]].tolist() == pytest.approx([20, np.sqrt(200 / 3)])


def test_a_number_without_values_has_no_mean():
    """A feature nobody has a value of is described as that, not as 0."""
    row = profile(cases(ROWS.assign(**{"f.age": np.nan}), ROLES), ROLES).set_index("column").loc["age"]
    assert row[["n", "missing", "share"]].tolist() == [0, 4, 0.0]
    assert np.isnan(row["mean"])


def test_every_declared_column_is_described():
    """Every column of the sample with a role, but for the name of the case, has its rows, which are all cases."""
    roles = Healthcare.model_validate(tree()["healthcare"])
    declared = {d.column for d in roles.declared()} - {roles.id}
    rng, n = np.random.default_rng(1), 50
    texts = {"outcome": ["0", "1"], "merit": ["0", "1"], "urgency": ["0", "1"], "month": ["2025-01", "2025-02"]}
    texts |= {"a.requester": ["GP", "Surgeon"], "a.premium": ["Full", "Limited"], "a.rural": ["0", "1"]}
    rows = pd.DataFrame(
        {"row": range(n), "id": [f"r{i:02d}" for i in range(n)]}
        | {
            d.name: rng.choice(texts[d.name], n) if d.name in texts else rng.integers(1, 5, n).astype(float)
            for d in roles.declared()
            if d.name != "id"
        }
    )
    table = profile(cases(rows, roles), roles)
    assert set(table["column"]) == declared
    assert (table.groupby("column")["n"].sum() == n).all()
    assert table.set_index("column").loc["emergency", "role"] == "urgency"
