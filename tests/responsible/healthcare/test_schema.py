"""The table of decisions: its roles, what prepare writes of it and refuses, and other people's tables by parameters."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.ingest import row_tables
from pipeline.storage import files
from pipeline.storage.parameters import keys
from responsible.datasets.healthcare import draw
from responsible.healthcare import schema as h
from responsible.healthcare import similar_cases
from responsible.tabular.sources import Prepare
from responsible.validation import InputError
from tests.support.contract import ROOT
from tests.support.tables import tree, write

SHARED = Path(__file__).parents[4] / "shared" / "data"
REAL = {
    "randhie": {
        "outcome": {"column": "outcome", "positive": ["1"], "negative": ["0"]},
        "merit": {"column": "disea", "at_least": 10.0},
        "urgency": {"column": "hlthp", "positive": ["1"], "negative": ["0"]},
        "protected": {
            "black": {"column": "black", "privileged": ["0.0"]},
            "female": {"column": "female", "privileged": ["0"]},
        },
        "features": {"xage": {"kind": "numeric"}, "income": {"kind": "numeric"}, "site": {"kind": "categorical"}},
    },
    "adult": {
        "outcome": {"column": "outcome", "positive": ["1"], "negative": ["0"]},
        "protected": {
            "sex": {"column": "sex", "privileged": ["Male"]},
            "race": {"column": "race", "privileged": ["White"]},
        },
        "features": {
            "age": {"kind": "numeric", "minimum": 0, "maximum": 120, "bins": [30.0, 50.0]},
            "workclass": {"kind": "categorical"},
        },
    },
}


def roles(**changes):
    """The declared roles of the sample with ``changes``."""
    return h.Healthcare.model_validate(tree(**{f"healthcare__{k}": v for k, v in changes.items()})["healthcare"])


def sample(rows=200):
    """The first rows of the sample, as text."""
    return pd.DataFrame(next(iter(draw(rows, 1)))).astype(str)


def read(frame, folder, **changes):
    """The cases that prepare makes of a frame."""
    frame.to_csv(folder / "t.csv", index=False)
    wanted = roles(source=str(folder / "t.csv"), **changes)
    rows = row_tables.read(Prepare.model_validate(tree()["prepare"]), "healthcare", wanted, 1)
    return h.cases(rows.good, wanted)


def refusal(frame, folder, **changes):
    """The message of a refused table."""
    with pytest.raises(InputError) as caught:
        read(frame, folder, **changes)
    return str(caught.value)


def test_cases_of_the_sample(tmp_path):
    """Decisions, need and urgency are 0 and 1, months, minutes, groups and features are the fields of each row."""
    frame = sample()
    cases = read(frame, tmp_path)
    assert cases["id"].tolist() == sorted(frame["request_id"])
    for role, column in {"outcome": "approved", "merit": "clinical_necessity", "urgency": "emergency"}.items():
        assert cases[role].tolist() == frame[column].astype(int).tolist()
    assert cases["month"].tolist() == frame["requested_on"].str[:7].tolist()
    assert cases["duration"].tolist() == frame["processing_minutes"].astype(float).tolist()
    assert cases["a.rural"].tolist() == frame["location_rural"].tolist()
    assert cases["f.scope"].tolist() == frame["scope"].astype(float).tolist()
    expected = np.where(frame["scope"].astype(int) < 3, "[1, 3)", "[3, 5]")
    assert cases["b.scope"].tolist() == expected.tolist()


def test_absent_roles_leave_no_column(tmp_path):
    """A role that is null has no column, and cases without an id are named by their row's number."""
    absent = dict.fromkeys(("id", "time", "merit", "urgency", "duration"))
    cases = read(sample(), tmp_path, **absent)
    assert {"merit", "urgency", "duration", "month"} & set(cases) == set()
    assert cases["id"].tolist() == [f"{i:03d}" for i in range(1, 201)]


def test_missing_features_and_durations_stay_missing(tmp_path):
    """A feature or duration may be missing; its bin is the level Missing and its number undefined, never 0."""
    frame = sample()
    frame.loc[0, ["scope", "processing_minutes"]] = "NA"
    cases = read(frame, tmp_path)
    assert np.isnan(cases["f.scope"][0])
    assert np.isnan(cases["duration"][0])
    assert cases["b.scope"][0] == "Missing"


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("approved", "maybe", "approved: not one of 1, 0 in 1 row: row 3 (line 4) 'maybe'"),
        ("approved", "", "approved: missing in 1 row: row 3 (line 4)"),
        ("clinical_necessity", "NA", "clinical_necessity: missing in 1 row"),
        ("requested_on", "13/01/2025", "requested_on: not an ISO date (YYYY-MM-DD) in 1 row: row 3"),
        ("processing_minutes", "-1", "processing_minutes: below 0 in 1 row: row 3"),
        ("symptom_severity", "11", "symptom_severity: above 10 in 1 row: row 3"),
        ("scope", "three", "scope: not a number in 1 row: row 3 (line 4) 'three'"),
    ],
)
def test_bad_rows_are_refused_with_their_place(tmp_path, column, value, message):
    """A bad field ends the run with rule, row, line and value, as in the budget table."""
    frame = sample()
    frame.loc[2, column] = value
    assert message in refusal(frame, tmp_path)


def test_tables_that_cannot_be_audited_are_refused(tmp_path):
    """A repeated id, a level that does not occur, one decision for everybody, a missing column, too few rows."""
    frame = sample()
    twice = frame.assign(request_id=["R1", *frame["request_id"][1:-1], "R1"])
    assert "request_id must name each case once, got 'R1' again (1 repeats)" in refusal(twice, tmp_path)
    assert "level 'Surgeon' does not occur" in refusal(frame.assign(requester_type="GP"), tmp_path)
    only = refusal(frame.assign(requester_type="Surgeon"), tmp_path)
    assert "must leave a level that is neither privileged nor excluded, got ['Surgeon']" in only
    assert "healthcare.outcome: must leave cases on both sides" in refusal(frame.assign(approved="1"), tmp_path)
    assert "column 'scope' is missing; did you mean" in refusal(frame.rename(columns={"scope": "scopes"}), tmp_path)
    assert "must have at least 100 good rows (prepare.minimum_rows), got 20" in refusal(frame.head(20), tmp_path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"outcome": {"column": "approved"}}, "needs either positive and negative levels or at_least"),
        ({"outcome": {"column": "approved", "positive": ["1"]}}, "needs either positive and negative"),
        ({"outcome": {"column": "approved", "positive": ["1"], "negative": ["1"]}}, "must not repeat a value"),
        ({"id": "approved"}, "outcome and id must be different columns"),
        ({"features": {"requester_type": {"kind": "categorical"}}}, "must not hold 'requester_type'"),
        ({"protected": {}}, "at least 1 item"),
    ],
)
def test_contradictory_roles_are_refused(changes, message):
    """A column cannot be two things, a protected attribute is no feature, and a decision needs both its sides."""
    with pytest.raises(ValueError, match=message.replace("(", r"\(")):
        roles(**changes)


def test_priority_by_hand():
    """Two features of weight 0.75 and 0.25: the published score of raw values, and the one of values scaled to 0..1."""
    features = {
        "a": {"kind": "numeric", "minimum": 1.0, "maximum": 5.0},
        "b": {"kind": "numeric"},
    }
    table = pd.DataFrame({"f.a": [1.0, 5.0, 3.0], "f.b": [0.0, 10.0, np.nan]})
    found = similar_cases.priority(table, roles(features=features), {"a": 0.75, "b": 0.25})
    np.testing.assert_allclose(found["priority"], [0.75, 6.25, np.nan])
    np.testing.assert_allclose(found["priority_scaled"], [0.0, 1.0, np.nan])
    with pytest.raises(InputError, match=r"healthcare_audit\.priority\.weights\.c is not a numeric feature"):
        similar_cases.priority(table, roles(features=features), {"c": 1.0})


def test_features_are_scaled_over_all_cases():
    """Scaling within one case would make its own largest feature 1; over the cases each feature has its own range."""
    table = pd.DataFrame({"f.a": [0.0, 50.0, 100.0], "f.b": [1.0, 1.0, 1.0]})
    found = similar_cases.scaled(table, ["a", "b"], {"a": (0.0, 100.0), "b": (1.0, 1.0)})
    assert found["a"].tolist() == [0.0, 0.5, 1.0]
    assert found["b"].tolist() == [0.0, 0.0, 0.0]


@pytest.mark.slow
@pytest.mark.skipif(not SHARED.exists(), reason="the real tables are not part of the repository")
@pytest.mark.parametrize("name", ["randhie", pytest.param("adult", marks=pytest.mark.heavy)])
def test_real_tables_run_by_parameters_alone(name, tmp_path, monkeypatch):
    """Other people's tables go through prepare's reader and the whole audit; what their roles lack is switched off."""
    from stages import healthcare_audit

    empty = {"source": str(SHARED / f"{name}.csv"), "delimiter": ",", "pattern": None}
    parameters = tree(healthcare=empty | REAL[name], inference__replicates=200)
    audit = parameters["healthcare_audit"]
    numeric = [f for f, d in REAL[name]["features"].items() if d["kind"] == "numeric"]
    audit |= {"priority": None, "similarity": audit["similarity"] | {"weights": {n: 1 / len(numeric) for n in numeric}}}
    monkeypatch.chdir(tmp_path)
    write(Path("params.yaml"), parameters, keys(healthcare_audit.Parameters))
    wanted = h.Healthcare.model_validate(parameters["healthcare"])
    rows = row_tables.read(Prepare.model_validate(parameters["prepare"]), "healthcare", wanted, 1)
    files.write_parquet("data/prepared/healthcare.parquet", h.cases(rows.good, wanted))
    healthcare_audit.main(templates=str(ROOT / "docs/templates/healthcare"))
    found = files.read_json("metrics/healthcare_audit.json")["healthcare_audit"]
    frame = pd.read_csv(SHARED / f"{name}.csv")
    assert found["cases"] == len(frame)
    attribute, column, privileged = {"adult": ("sex", "sex", "Male"), "randhie": ("female", "female", 0)}[name]
    rate = frame["outcome"].groupby(frame[column] == privileged).mean()
    assert found["statistical_parity_difference"][attribute] == pytest.approx(rate[False] - rate[True], abs=1e-6)
    assert "replay under justification first" in Path("docs/healthcare_audit.md").read_text(encoding="utf-8")
