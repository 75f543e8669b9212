"""Later decisions as files: what is a finding, the period of a date, the reference, and what is said of alarms."""

import shutil

import pytest

from pipeline.monitoring import decisions_said
from pipeline.monitoring.handover import handed_on
from pipeline.storage import files
from responsible.monitoring.alarms import BAD, GAP, REPEATED, UNREADABLE, Finding, answered, of_figures
from responsible.monitoring.parameters import Decisions, Monitor
from responsible.monitoring.sides import earlier
from responsible.tabular.sources import Prepare
from responsible.validation import InputError
from responsible.words import Words
from stages import monitor_healthcare
from tests.support.contract import ROOT
from tests.support.later import LATER, REFERENCE, ROLES, TREE, cases, judged

PREPARE = Prepare(**TREE["prepare"])
WORDS = Words(**TREE["words"])
MONITOR = Monitor(**TREE["monitor"])
BATCHES = ROOT / "data/raw/healthcare_batches"


@pytest.fixture
def folder(tmp_path):
    """Two of the sample's months, with one between them missing."""
    for month in ("2026-01", "2026-03"):
        shutil.copy(BATCHES / f"{month}.csv", tmp_path)
    return tmp_path


def read(folder, period="month", **changes):
    own = Decisions(**({"source": str(folder), "reference": "audited", "wait": 1.0} | changes))
    return monitor_healthcare.read(PREPARE, ROLES, own, period, TREE["seed"])


def test_cases_have_their_period_and_a_month_without_any_is_a_gap(folder):
    """900 rows of each file, in columns by role; February is an alarm."""
    found = read(folder)
    assert found.periods == ("2026-01", "2026-02", "2026-03")
    assert found.cells.groupby("period").size().to_dict() == {"2026-01": 900, "2026-03": 900}
    assert {"outcome", "merit", "urgency", "duration", "a.requester", "f.scope"} <= set(found.cells)
    assert [(f.kind, f.period) for f in found.findings] == [(GAP, "2026-02")]


def test_weeks_are_read_from_the_days(folder):
    """The first of January 2026 is a Thursday of the first week."""
    found = read(folder, "week", pattern="2026-01.csv")
    assert found.periods[0] == "2026-W01"
    assert set(found.cells["period"]) == {f"2026-W{week:02d}" for week in range(1, 6)}


def test_faults_of_a_file_cost_that_file_alone(folder):
    """A repeated file, one without a column, one that is no table and bad rows are findings, the rest is read."""
    text = (folder / "2026-03.csv").read_text(encoding="utf-8")
    (folder / "2026-02.csv").write_text(text.replace("emergency", "urgent", 1), encoding="utf-8")
    (folder / "again.csv").write_bytes((folder / "2026-01.csv").read_bytes())
    (folder / "2026-03.csv").write_text(text.replace(",1\n", ",perhaps\n", 1), encoding="utf-8")
    found = read(folder)
    assert {(f.kind, f.name) for f in found.findings} == {
        (UNREADABLE, "2026-02.csv"), (REPEATED, "again.csv"), (BAD, "2026-03.csv"), (GAP, "2026-02"),
    }  # fmt: skip
    assert next(f for f in found.findings if f.kind == UNREADABLE).detail.startswith("column 'emergency' is missing")
    assert len(found.cells) == 1_799


def test_no_good_row_at_all_is_an_error_with_its_cause(folder):
    """Every file lacks a column: the first fault is named."""
    for file in folder.glob("*.csv"):
        file.write_text(file.read_text(encoding="utf-8").replace("emergency", "urgent", 1), encoding="utf-8")
    with pytest.raises(InputError, match=r"no batch has a good row: column 'emergency' is missing"):
        read(folder)


def test_earlier_periods_are_a_reference(folder):
    """Named periods are compared with by all others; one that is not there, or all of them, is refused."""
    batches = read(folder)
    reference, later, periods = earlier(["2026-01"], "key", batches.cells, batches.periods)
    assert (len(reference), set(later["period"]), periods) == (900, {"2026-03"}, ("2026-02", "2026-03"))
    for names, rule in (
        (["2026-02"], "key: there is no period '2026-02' with rows"),
        (["2025-01"], "no period '2025-01'"),
    ):
        with pytest.raises(InputError, match=rule):
            earlier(names, "key", batches.cells, batches.periods)
    with pytest.raises(InputError, match="key: names every period"):
        earlier(["2026-01", "2026-03"], "key", batches.cells, ("2026-01", "2026-03"))


def test_what_is_written_is_read_again_and_said_in_sentences(tmp_path):
    """Shares, points and minutes with what they were; the same alarms as before the files."""
    later = cases(LATER, waits=(20.0, 22.0), period="2026-01")
    found = judged(cases(REFERENCE), later, ["2026-01"], similar=False)
    files.write_csv(tmp_path / "f.csv", found.figures)
    files.write_json(tmp_path / "f.json", handed_on(found, {"batches": "abc"}, cases=found.cases, unit="minutes"))
    told = decisions_said.read(str(tmp_path / "f.csv"), str(tmp_path / "f.json"), MONITOR)
    assert (told.spending.questions, told.cases, told.of["batches"]) == (found.spending.questions, 3_000, "abc")
    assert told.spending == found.spending
    assert list(told.asked["state"]) == list(found.asked["state"])
    said = {s.question: s.said for s in decisions_said.statements(told, WORDS)}
    assert said["requester: GP, share approved of necessary requests"] == (
        "Requester: GP, share approved of necessary requests: 40.0 points lower, against 10.0 points lower in the "
        "reference."
    )
    assert said["all requests, mean wait"].endswith("21.0 minutes, against 11.0 minutes in the reference.")
    assert [*told.figures["comparison"].unique()] == ["", "GP", "Limited", "1"]
    files.write_csv(tmp_path / "f.csv", found.figures[found.figures["attribute"] == "rural"])
    told = decisions_said.read(str(tmp_path / "f.csv"), str(tmp_path / "f.json"), MONITOR)
    assert {*told.figures["comparison"]} == {"1"}
    assert all(s.line == "healthcare" and s.stands for s in decisions_said.statements(told, WORDS))


def test_a_gap_in_the_delivery_says_whose():
    """The rows that are not there are requests."""
    found = judged(cases(REFERENCE), cases(LATER, period="2026-02"), ["2026-02"], similar=False)
    gap = Finding(GAP, "2026-01", "2026-01")
    told = decisions_said.Told(
        "healthcare", ("2026-01", "2026-02"),
        answered(of_figures(found.figures), [gap]), (gap,),
        found.spending, found.figures, 1, "minutes", "",
    )  # fmt: skip
    said = [s for s in decisions_said.statements(told, WORDS) if s.key[1] == GAP]
    assert [(s.said, s.question) for s in said] == [
        ("Requests: There are no rows of 2026-01.", "requests, delivery: gap")
    ]
