"""The stages that type the rows of the healthcare and the segments table, one row kept for each."""

import json
from pathlib import Path

import pandas as pd
import pytest

from pipeline.storage import files
from pipeline.storage.parameters import keys
from responsible.tabular import sources
from responsible.validation import InputError
from stages import prepare, prepare_healthcare, prepare_segments
from tests.support import tables
from tests.support.contract import ROOT

STAGES = {"healthcare": prepare_healthcare, "segments": prepare_segments}
OUTPUTS = {"prepared": "rows.parquet", "profile": "profile.csv", "metrics": "metrics.json"}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder to work in, so that messages show short paths."""
    monkeypatch.chdir(tmp_path)


def raw(line):
    """The committed table, all fields as text."""
    return pd.read_csv(ROOT / f"data/raw/{line}.csv", dtype=str)


def run(line, frame, **changes):
    """Run the stage of a line on a table with changed parameters; what its metrics say."""
    frame.to_csv(f"{line}.csv", index=False)
    stage = STAGES[line]
    tree = tables.tree(**{f"{line}__source": f"{line}.csv"} | changes)
    tables.write(Path("params.yaml"), tree, keys(stage.Parameters))
    stage.main(**OUTPUTS)
    return json.loads(Path("metrics.json").read_text(encoding="utf-8"))[f"prepare_{line}"]


def refusal(line, frame, **changes):
    """The message of a refused run; every output stays as it was, byte for byte."""
    for path in OUTPUTS.values():
        Path(path).write_text("earlier")
    with pytest.raises(InputError) as caught:
        run(line, frame, **changes)
    assert {path: Path(path).read_text() for path in OUTPUTS.values()} == dict.fromkeys(OUTPUTS.values(), "earlier")
    return str(caught.value)


@pytest.mark.parametrize("line", STAGES)
def test_rows_profile_and_metrics_of_the_sample(line):
    """Every row is kept, in its order; the metrics are three, under the stage's name."""
    frame = raw(line)
    assert run(line, frame) == {"kept": len(frame), "dropped": 0, "digest": run(line, frame)["digest"]}
    rows, meta = files.read_parquet("rows.parquet")
    assert len(rows) == meta["rows"] == len(frame)
    assert Path("profile.csv").stat().st_size > 0


def test_a_protected_attribute_with_hundreds_of_levels():
    """A group for every value is refused with the remedy."""
    numbered = raw("healthcare")
    numbered["request_number"] = [str(i) for i in range(len(numbered))]
    many = {"healthcare__protected": {"who": {"column": "request_number", "privileged": ["1"]}}}
    assert "with healthcare.protected.who.bins, or" in refusal("healthcare", numbered, **many)
    people = raw("segments")
    people["town"] = [str(i) for i in range(len(people))]
    assert refusal("segments", people, segments__protected="town").endswith("; merge levels in the table")


def test_a_drop_that_falls_on_some_requests_is_refused():
    """The tables of rows are held to the same rule as cells, by their own attributes and their own reason."""
    frame = raw("healthcare")
    bad = (frame["requester_type"] == "GP") & (frame.index % 3 == 0)
    frame["approved"] = frame["approved"].mask(bad, "maybe")
    message = refusal("healthcare", frame, prepare__on_bad_rows="drop")
    assert message.startswith("healthcare.csv: dropping bad rows affects 'requester' unequally: 3")
    assert message.endswith("healthcare.allow_unequal_drop")
    reason = {"healthcare__allow_unequal_drop": "known fault of one clinic"}
    metrics = run("healthcare", frame, prepare__on_bad_rows="drop", **reason)
    assert metrics["dropped"] == metrics["dropped_levels"]["requester"]["GP"]


@pytest.mark.parametrize("line", STAGES)
def test_a_table_with_too_many_rows_is_sampled_by_itself(line, monkeypatch):
    """Above the bound the 40 rows of least hash are used, the same bytes as if parameters asked for them; figures and
    table say of how many. A larger number uses more, and a table at the bound is used whole.
    """
    frame = raw(line).head(100)
    small = {"prepare__minimum_rows": 10, f"{line}__source": f"{line}.csv"}
    whole = run(line, frame, **small)
    assert (whole["kept"], "sampled_from" in whole) == (100, False)
    asked = run(line, frame, **small, prepare__sample_rows=40)
    expected = {path: Path(path).read_bytes() for path in OUTPUTS.values()}
    monkeypatch.setattr(sources, "MOST_ROWS", 40)
    assert run(line, frame, **small) == asked
    assert {path: Path(path).read_bytes() for path in OUTPUTS.values()} == expected
    assert (asked["kept"], asked["sampled_from"]) == (40, 100)
    rows, meta = files.read_parquet("rows.parquet")
    assert (len(rows), meta["rows"], meta["sampled_from"]) == (40, 40, 100)
    assert run(line, frame, **small, prepare__sample_rows=60)["kept"] == 60
    monkeypatch.setattr(sources, "MOST_ROWS", 100)
    assert run(line, frame, **small) == whole


def test_a_level_that_the_sample_lacks(monkeypatch):
    """Where a declared level is in the table and in none of the rows that are used, the message says of how many."""
    monkeypatch.setattr(sources, "MOST_ROWS", 40)
    frame = raw("healthcare").head(100).assign(requester_type=["Surgeon"] + ["GP"] * 99)
    with pytest.raises(
        InputError, match=r"level 'Surgeon' does not occur .*; of its 100 rows 40 are used; raise prepare.s"
    ):
        run("healthcare", frame, prepare__minimum_rows=10, healthcare__source="healthcare.csv")


def test_the_table_of_cells_is_not_sampled_by_itself(monkeypatch):
    """Cells do not grow with rows, so only the tables whose rows are kept have a bound."""
    monkeypatch.setattr(sources, "MOST_ROWS", 40)
    tree = tables.tree(budget__source=str(ROOT / "data/raw/budget.csv"))
    tables.write(Path("params.yaml"), tree, keys(prepare.Parameters))
    prepare.main()
    assert json.loads(Path("metrics/prepare.json").read_text(encoding="utf-8"))["prepare"]["rows"]["kept"] == 20_000


@pytest.mark.parametrize("name", ["docs/scale.md", "params.yaml"])
def test_the_bound_is_written_where_people_look(name):
    """The documentation and the comment of the parameter name the number of rows that the code uses at most."""
    assert f"{sources.MOST_ROWS:,}" in (ROOT / name).read_text(encoding="utf-8")
