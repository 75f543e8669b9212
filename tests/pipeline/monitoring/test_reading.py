"""Batches on disk: what they may lack, what is found about them, and the cells that they become."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from pipeline.ingest.duckdb_reader import DuckDB
from pipeline.monitoring import reading
from pipeline.storage import parameters
from responsible.measures import exact_tests
from responsible.monitoring.batches import BatchPlan, calendar
from responsible.monitoring.parameters import Monitor
from responsible.monitoring.sides import Reference, referred, shares_labelled
from responsible.monitoring.spending import Spending
from responsible.tabular.schema import Budget, Sensitive
from responsible.tabular.sources import Prepare
from responsible.validation import InputError
from tests.support.contract import ROOT

HEADER = "Date,Budget (in dollars),Age,Gender,Education_Level,With children?,Recommended_Activity"
ROW = "{date},{budget},30,Male,Other,1,Stay in: Color"
NOTHING = pd.DataFrame({"x.Gender": ["Male"]})


def section(name, kind):
    return parameters.section(ROOT / "params.yaml", name, kind)


def plan(source, **changes):
    monitor = section("monitor", Monitor).model_copy(update={"source": str(source), **changes})
    sensitive = section("sensitive", dict[str, Sensitive])
    budget = section("budget", Budget)
    return reading.plan_of(BatchPlan(section("prepare", Prepare), budget, sensitive, 300, None, 12, monitor=monitor))


def write(folder, name, *rows, header=HEADER):
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("\n".join([header, *rows, ""]), encoding="utf-8")


def read(source, **changes):
    return reading.read(plan(source, **changes), NOTHING)


def kinds(found):
    return [(f.kind, f.period, f.name) for f in found.findings]


@pytest.fixture
def batches(tmp_path):
    """Two months of two rows each."""
    for month in ("01", "02"):
        rows = [ROW.format(date=f"2025-{month}-0{day}", budget=budget) for day, budget in ((1, 100), (9, 900))]
        write(tmp_path / "b", f"{month}.csv", *rows)
    return tmp_path / "b"


def test_rows_become_cells_by_period_and_label(batches):
    """The label is the bin that the target falls into; nothing is found about good rows."""
    found = read(batches)
    assert found.periods == ("2025-01", "2025-02")
    assert found.findings == ()
    counted = found.cells[["period", "bin", "n"]].sort_values(["period", "bin"])
    assert counted.values.tolist() == [
        ["2025-01", 0, 1], ["2025-01", 1, 1], ["2025-02", 0, 1], ["2025-02", 1, 1],
    ]  # fmt: skip
    assert found.cells["x.Age"].eq(30).all()
    assert found.digest == read(batches).digest


@pytest.mark.parametrize("changes", [{}, {"period": "week"}, {"score": "S", "decision": "D"}])
def test_cells_have_one_order_whatever_the_engine_answers(tmp_path, monkeypatch, changes):
    """Its answer reversed and shuffled, and a bad row for which files are read one by one, give the same cells, each
    once.
    """
    rows = [
        ROW.format(date=f"2025-0{1 + at % 2}-0{1 + at % 3}", budget=100 * at) + f",0.{at % 4},{at % 2}"
        for at in range(12)
    ]
    for name, part in (("a.csv", rows), ("b.csv", rows[:6])):
        write(tmp_path / "b", name, *part, header=f"{HEADER},S,D")
    first = read(tmp_path / "b", **changes).cells
    assert first["n"].sum() == 18
    names = [name for name in first if name != "n"]
    assert not first.duplicated(names).any()
    pd.testing.assert_frame_equal(first, first.sort_values(names, ignore_index=True))
    compute = DuckDB.compute
    for seed in range(3):
        monkeypatch.setattr(DuckDB, "compute", lambda *a, s=seed, **k: compute(*a, **k).sample(frac=1, random_state=s))
        pd.testing.assert_frame_equal(read(tmp_path / "b", **changes).cells, first)
    write(tmp_path / "b", "b.csv", *rows[:6], rows[0].replace(",30,", ",200,"), header=f"{HEADER},S,D")
    pd.testing.assert_frame_equal(read(tmp_path / "b", **changes).cells, first)


def test_a_label_may_be_missing_in_a_row_or_as_a_column(batches):
    """Such rows are kept without a label, and the share of labels says how many there are."""
    write(batches, "03.csv", ROW.format(date="2025-03-01", budget="NA"), ROW.format(date="2025-03-01", budget=500))
    short = HEADER.replace("Budget (in dollars),", "")
    write(batches, "04.csv", "2025-04-01,30,Male,Other,1,Stay in: Color", header=short)
    found = read(batches)
    assert shares_labelled(found.cells, found.periods) == [1, 1, 0.5, 0]
    assert found.findings == ()


def test_a_missing_column_is_a_finding_and_its_values_are_missing(batches):
    """The nearest name is told; scores can still be computed."""
    write(batches, "03.csv", ROW.format(date="2025-03-01", budget=1), header=HEADER.replace("Gender", "gender_"))
    found = read(batches)
    assert kinds(found) == [("missing_column", "2025-03", "Gender")]
    assert "gender_" in found.findings[0].detail
    march = found.cells[found.cells["period"] == "2025-03"]
    assert march[["x.Gender", "a.gender"]].values.tolist() == [["Missing", "Missing"]]


def test_a_month_without_rows_is_a_gap(batches):
    """Every period from the first to the last is there."""
    write(batches, "05.csv", ROW.format(date="2025-05-01", budget=1))
    found = read(batches)
    assert kinds(found) == [("gap", "2025-03", "2025-03"), ("gap", "2025-04", "2025-04")]
    assert found.periods[2:] == ("2025-03", "2025-04", "2025-05")


def test_the_same_file_again_is_left_out(batches):
    """By content, whatever it is called; other rows of the same month are added."""
    (batches / "copy.csv").write_bytes((batches / "01.csv").read_bytes())
    write(batches, "more.csv", ROW.format(date="2025-01-20", budget=5))
    found = read(batches)
    assert kinds(found) == [("repeated", "", "copy.csv")]
    assert found.cells.loc[found.cells["period"] == "2025-01", "n"].sum() == 3


def test_a_file_that_cannot_be_read_costs_only_itself(batches):
    """No header, no date column: each is named with its cause, and the others are read."""
    (batches / "empty.csv").write_text("")
    write(batches, "undated.csv", "1,30,Male,Other,1,x", header=HEADER.removeprefix("Date,"))
    found = read(batches)
    assert kinds(found) == [("unreadable", "", "empty.csv"), ("unreadable", "", "undated.csv")]
    assert "column 'Date' is missing" in found.findings[1].detail
    assert len(found.periods) == 2


def test_bad_rows_are_left_out_and_counted(batches):
    """An age of 200 and a date that is none are no rows of any period."""
    good, old = (ROW.format(date="2025-03-01", budget=budget) for budget in (1, 2))
    write(batches, "03.csv", good, old.replace(",30,", ",200,"), ROW.format(date="soon", budget=1))
    found = read(batches)
    assert [(f.kind, f.detail, f.rows) for f in found.findings] == [
        ("bad_rows", "Age: above 120", 1), ("bad_rows", "Date: not an ISO date (YYYY-MM-DD)", 1),
    ]  # fmt: skip
    assert found.cells["n"].sum() == 5


def test_nothing_readable_is_refused(tmp_path):
    """With the cause of the first file; a folder without files as everywhere."""
    write(tmp_path / "b", "a.csv", "x", header="Date,Other")
    with pytest.raises(InputError, match="no batch has a good row"):
        read(tmp_path / "b")
    with pytest.raises(InputError, match="no such file or folder"):
        read(tmp_path / "c")


def test_days_and_weeks(batches):
    """The same rows by day and by ISO week; a month alone has no day."""
    assert read(batches, period="day").periods[:2] == ("2025-01-01", "2025-01-02")
    found = read(batches, period="week")
    assert (found.periods[0], found.periods[-1], len(found.periods)) == ("2025-W01", "2025-W06", 6)
    write(batches, "03.csv", ROW.format(date="2025-03", budget=1))
    assert [(f.kind, f.detail) for f in read(batches, period="day").findings if f.kind == "bad_rows"] == [
        ("bad_rows", "Date: has no day")
    ]


def test_a_date_far_away_is_refused():
    """A thousand periods are more than anybody watches: the date is wrong."""
    assert calendar(["2024-W52", "2025-W02"], "week") == ["2024-W52", "2025-W01", "2025-W02"]
    with pytest.raises(InputError, match="dates reach from 1900-01 to 2025-01"):
        calendar(["1900-01", "2025-01"], "month")


def test_scores_and_decisions_of_the_batches_are_read(batches):
    """By their columns; a score beyond 0 to 1 is a bad row."""
    for name, score in (("01.csv", "0.25"), ("02.csv", "1.5")):
        text = (batches / name).read_text().splitlines()
        write(batches, name, *(f"{row},{score},1" for row in text[1:]), header=f"{HEADER},S,D")
    found = read(batches, score="S", decision="D")
    assert found.cells[["score", "decision"]].drop_duplicates().values.tolist() == [[0.25, 1]]
    assert [(f.detail, f.rows) for f in found.findings] == [("S: above 1", 2)]


def test_earlier_periods_may_be_the_reference(batches):
    """They are not compared with themselves; unknown ones, those with some of their labels, and all are refused."""
    found = read(batches)
    own = Reference(NOTHING, NOTHING, NOTHING)
    monitor = plan(batches, reference=["2025-01"]).monitor
    reference, rows, periods = referred(monitor, own, found.cells, found.periods)
    assert periods == ("2025-02",)
    assert (set(reference.rows["period"]), set(rows["period"])) == ({"2025-01"}, {"2025-02"})
    for names, fault in (
        (["2025-07"], "no period '2025-07'"), (["2025-01", "2025-02"], "names every period"),
    ):  # fmt: skip
        with pytest.raises(InputError, match=fault):
            referred(monitor.model_copy(update={"reference": names}), own, found.cells, found.periods)
    none = referred(monitor, own, found.cells.assign(bin=-1), found.periods)[0]
    assert set(none.rows["bin"]) == {-1}
    part = found.cells.assign(bin=[-1, *found.cells["bin"][1:]])
    with pytest.raises(InputError, match=r"must have 95% of its labels .* or no period any"):
        referred(monitor, own, part, found.periods)


def test_the_committed_batches_are_what_the_command_draws(tmp_path):
    """Twelve files, byte for byte; a longer month begins with the shorter one."""
    from commands import sample

    sample.main("batches", out=str(tmp_path / "batches"))
    for file in sorted((ROOT / "data/raw/batches").glob("*.csv")):
        assert (tmp_path / "batches" / file.name).read_bytes() == file.read_bytes(), file.name
    sample.main("batches", rows=20, out=str(tmp_path / "short"))
    whole = (tmp_path / "batches/2025-06.csv").read_text(encoding="utf-8").splitlines()
    assert (tmp_path / "short/2025-06.csv").read_text(encoding="utf-8").splitlines() == whole[:21]


def test_missing_numbers_are_missing(batches):
    """An absent numeric feature is NaN in every cell, which the model imputes."""
    write(batches, "03.csv", "2025-03-01,1,Male,Other,1,x", header=HEADER.replace("Age,", ""))
    found = read(batches)
    assert np.isnan(found.cells.loc[found.cells["period"] == "2025-03", "x.Age"]).all()


@pytest.fixture
def people(tmp_path):
    """Two months in which 400 people have one to four rows each, all alike but for the budget of the first."""
    rng = np.random.default_rng(4)
    for month in ("01", "02"):
        rows = [
            ROW.format(date=f"2025-{month}-0{1 + at}", budget=900 if at == 0 else 100) + f",p{person}"
            for person in range(400)
            for at in range(rng.integers(1, 5))
        ]
        write(tmp_path / "b", f"{month}.csv", *rows, header=f"{HEADER},Person")
    return tmp_path / "b"


def of_people(folder, **changes):
    own = plan(folder, **changes)
    budget = own.budget.model_copy(update={"cluster": "Person"})
    return reading.read(replace(own, budget=budget), NOTHING)


def test_one_row_of_each_person_is_drawn_in_each_period(people):
    """400 rows a month, whatever number a person has; each row of a person is as likely, and a second run draws the
    same.
    """
    found = of_people(people)
    counted = found.cells.groupby(["period", "bin"])["n"].sum()
    assert counted.groupby("period").sum().tolist() == [400, 400]
    first = [sum(1 / n for n in rows_of(people / f"{month}.csv")) for month in ("01", "02")]
    for month, expected in zip(("2025-01", "2025-02"), first, strict=True):
        assert counted[month, 1] == pytest.approx(expected, abs=4 * np.sqrt(400 * 0.25))
    again = of_people(people).cells.groupby(["period", "bin"])["n"].sum()
    assert again.equals(counted)


def test_a_bad_row_is_never_the_one_that_is_drawn(people):
    """Each person's first row is of an impossible age: it is counted as bad, and all with another row are there."""
    for month in ("01", "02"):
        table = pd.read_csv(people / f"{month}.csv")
        table.loc[~table["Person"].duplicated(), "Age"] = 999
        table.to_csv(people / f"{month}.csv", index=False)
    found = of_people(people)
    counts = [rows_of(people / f"{month}.csv") for month in ("01", "02")]
    assert found.cells.groupby("period")["n"].sum().tolist() == [sum(n > 1 for n in own) for own in counts]
    assert [(f.kind, f.rows) for f in found.findings] == [("bad_rows", 400), ("bad_rows", 400)]


def rows_of(path):
    """How many rows each person has."""
    return pd.read_csv(path)["Person"].value_counts().tolist()


def test_by_day_a_person_has_one_row_a_day(people):
    """Days are periods of their own, so nobody loses a row."""
    assert of_people(people, period="day").cells["n"].sum() == sum(map(sum, (rows_of(p) for p in people.glob("*.csv"))))


def test_a_file_that_does_not_name_people_is_left_out(people):
    """Its rows may be of one person."""
    write(people, "03.csv", ROW.format(date="2025-03-01", budget=100))
    assert kinds(of_people(people)) == [("unreadable", "", "03.csv")]


@pytest.mark.slow
def test_people_with_many_rows_raise_no_false_alarms():
    """24 quiet months of 150 people with eight equal rows each: of 200 runs at most one in twenty has an alarm when one
    row of each is tested, and most have one when all rows are.
    """
    rng, spending = np.random.default_rng(1), Spending(0.05, 24, 1)
    alarmed = {1: 0, 8: 0}
    for _ in range(200):
        counts = rng.binomial(150, 0.4, 25)
        for each in alarmed:
            tests = [exact_tests.two_sided(counts[0] * each, 150 * each, k * each, 150 * each) for k in counts[1:]]
            alarmed[each] += any(spending.alarm(1.0, p, 0.05) for p in tests)
    assert alarmed[1] <= 10 + 3 * np.sqrt(10)
    assert alarmed[8] > 100
