"""Later people on disk: what is a finding, the period of a date, and what is said of alarms after the files."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from pipeline.ingest import row_tables
from pipeline.monitoring import segments_said, statements
from pipeline.storage import files
from responsible.later_people.placed import placed
from responsible.later_people.segments import later_people
from responsible.monitoring.alarms import BAD, GAP, REPEATED, SAMPLED, UNREADABLE, Finding
from responsible.monitoring.parameters import Monitor, Newcomers
from responsible.segmentation.schema import Segments
from responsible.tabular import sources
from responsible.tabular.levels import Disclosure
from responsible.tabular.sources import Prepare
from responsible.validation import InputError
from responsible.words import Words
from stages import monitor_segments
from tests.support.tables import tree

TREE = tree()
FEATURES = {name: {"minimum": -10, "maximum": 10} for name in ("f", "g")}
ROLES = Segments(source="people.csv", delimiter=",", protected="group", missing="refuse", features=FEATURES)


def write(folder, name, *rows, header="day,f,g,group"):
    (folder / name).write_text("\n".join([header, *rows, ""]), encoding="utf-8")


def read(folder, period="month", seed=12, **changes):
    given = Newcomers(source=str(folder), time="day", beyond=0.01)
    return monitor_segments.read(Prepare(**TREE["prepare"] | changes), ROLES, given, period, seed)


@pytest.fixture
def folder(tmp_path):
    """Two months with one between them missing."""
    write(tmp_path, "a.csv", "2025-01-31,1,2,A", "2025-01-02,0,1,B")
    write(tmp_path, "b.csv", "2025-03-01,3,4,A")
    return tmp_path


def test_rows_are_typed_and_have_their_period(folder):
    """Features are numbers, the group a text; a month without people is a gap."""
    found = read(folder)
    assert found.cells[["x.f", "x.g", "a.group", "period"]].values.tolist() == [
        [1.0, 2.0, "A", "2025-01"], [0.0, 1.0, "B", "2025-01"], [3.0, 4.0, "A", "2025-03"],
    ]  # fmt: skip
    assert found.periods == ("2025-01", "2025-02", "2025-03")
    assert [(f.kind, f.period) for f in found.findings] == [(GAP, "2025-02")]
    assert read(folder, "week").cells["period"].tolist() == ["2025-W05", "2025-W01", "2025-W09"]


def test_files_with_too_many_rows_together_are_sampled(folder, monkeypatch):
    """Of 30 and 10 rows with a bound of 12 there are 9 and 3, of least hash; a bound of 40 uses all, and so does a
    larger number in the parameters. The page says it.
    """
    for name, month, rows in (("a.csv", "01", 30), ("b.csv", "02", 10)):
        write(folder, name, *(f"2025-{month}-01,{at / 10},1,A" for at in range(rows)))
    whole = read(folder)
    monkeypatch.setattr(sources, "MOST_ROWS", 40)
    assert read(folder).cells.equals(whole.cells)
    monkeypatch.setattr(sources, "MOST_ROWS", 12)
    found = read(folder)
    assert found.cells.groupby("period").size().to_dict() == {"2025-01": 9, "2025-02": 3}
    assert found.findings == (Finding(SAMPLED, "", "", "12", 40),)
    assert not found.findings[0].alarm
    told = SimpleNamespace(findings=found.findings)
    assert statements.sampled(told, "people").startswith("12 of 40 people were used, chosen by a hash.")
    assert read(folder, seed=13).cells["x.f"].tolist() != found.cells["x.f"].tolist()
    monkeypatch.setattr(sources, "MOST_ROWS", 8)
    fewer = read(folder).cells
    assert set(fewer["x.f"]) < set(found.cells["x.f"])
    assert (len(fewer), len(read(folder, sample_rows=40).cells), len(read(folder, sample_rows=6).cells)) == (8, 40, 8)


def test_rows_are_counted_only_where_lines_leave_it_open(folder, monkeypatch):
    """Files with no more line ends than the bound allows rows are read once; no row is counted before."""
    expected = read(folder).cells
    monkeypatch.setattr(row_tables, "size", lambda reader: pytest.fail("a second scan"))
    monkeypatch.setattr(sources, "MOST_ROWS", 5)
    assert read(folder).cells.equals(expected)


def test_faults_of_a_file_cost_nothing_but_itself(folder):
    """A missing column, a repeated file and bad rows are findings that name them; the other rows are there."""
    write(folder, "c.csv", "2025-03-01,3,A", header="day,f,group")
    (folder / "d.csv").write_bytes((folder / "b.csv").read_bytes())
    write(folder, "e.csv", "2025-02-01,30,4,A", "2025-02-01,,4,A", "2025-02-01,1,1,A")
    found = read(folder)
    assert len(found.cells) == 4
    told = {(f.kind, f.name, f.detail, f.rows) for f in found.findings}
    assert (UNREADABLE, "c.csv", "column 'g' is missing; known: 'day', 'f', 'group'", 0) in told
    assert (REPEATED, "d.csv", "b.csv", 0) in told
    assert sorted(rows for kind, name, _, rows in told if (kind, name) == (BAD, "e.csv")) == [1, 1]


def test_without_a_good_row_there_is_nothing_to_place(tmp_path):
    """The message has the first fault and the remedy."""
    write(tmp_path, "a.csv", "2025-01-31,1,A", header="day,f,group")
    with pytest.raises(
        InputError, match=r"no batch has a good row: column 'g' is missing; known: .*; correct the files"
    ):
        read(tmp_path)


def test_what_is_written_is_read_again_and_said_in_sentences(tmp_path):
    """Each kind of alarm as a sentence with its shares; the same alarms as before the files; the newest figures."""
    rng = np.random.default_rng(2)
    known = pd.DataFrame({"period": "", "segment": rng.integers(1, 3, 2_000), "distance": rng.random(2_000)})
    later = pd.DataFrame({"period": "2025-01", "segment": np.repeat([1, 2], [700, 300])})
    later["distance"] = np.concatenate([rng.random(600), rng.random(400) + 2])
    both = pd.concat([known.assign(level="A"), later.assign(level="B")], ignore_index=True)
    both.loc[both.index % 2 == 0, "level"] = "A"
    monitor = Monitor(**TREE["monitor"])
    table = placed(both, 2, 0.01, ["2025-01"])
    found = later_people(table, (), monitor, 0.95, disclosure=Disclosure(minimum_cell=0), seed=1)
    files.write_csv(tmp_path / "s.csv", found.shares)
    files.write_json(tmp_path / "s.json", monitor_segments.written(found, 0.01, {"batches": "abc"}))
    told = segments_said.read(str(tmp_path / "s.csv"), str(tmp_path / "s.json"), monitor)
    assert list(told.asked["state"]) == list(found.asked["state"])
    assert (told.segmented, told.people, told.of["batches"]) == (2_000, 1_000, "abc")
    said = {s.question: s.said for s in segments_said.statements(told, Words())}
    before = (known["segment"] == 1).mean()
    assert said["sizes of segments"] == f"Segment 1 rose from {100 * before:.0f} % to 70 % of people."
    assert said["groups in all segments"] == "A fell from 100 % to 50 % of people in segments."
    assert said["groups in segment 1"].startswith("In segment 1, A fell from 100 % to ")
    assert said["people out of reach of segments"] == "Segments do not reach 40 % of people, 1.0 % before."
    assert said["distance from segments"].startswith("People above 0.")
    own = segments_said.headline(told)
    assert own["shares"] == {"1": pytest.approx(0.7), "2": pytest.approx(0.3)}
    assert own["levels"] == {"A": pytest.approx(0.5), "B": pytest.approx(0.5)}
    assert own["out_of_reach"]["everybody"] == pytest.approx(0.4, abs=0.01)
    assert set(own["within"]) == {"1", "2"}
