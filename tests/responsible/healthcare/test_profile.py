"""The profile of a table of cases, counted by hand."""

import numpy as np
import pandas as pd
import pytest

from responsible.healthcare.profile import PROFILE, profile
from responsible.healthcare.schema import Event, Healthcare, cases
from responsible.tabular.schema import Feature, Sensitive
from tests.support.tables import tree

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
