"""The sample generator: its bytes, its structure against the shares it states, and the command that writes it."""

import hashlib
import importlib.util
import subprocess
import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy import stats

from commands import sample
from responsible.datasets import budget
from responsible.validation import InputError
from tests.support.contract import ROOT

SHARED = ROOT.parent / "shared"
COMMITTED = ROOT / "data/raw/budget.csv"


@pytest.fixture(scope="module")
def rows():
    """100,000 rows as a frame, None where missing."""
    return pd.concat([pd.DataFrame(c, dtype=object) for c in budget.draw(100_000, 3)], ignore_index=True)


def test_the_committed_table_is_what_the_command_draws(tmp_path):
    """20,000 rows with seed 12 give data/raw/budget.csv, byte for byte."""
    sample.main(rows=20_000, seed=12, out=str(tmp_path / "t.csv"))
    assert (tmp_path / "t.csv").read_bytes() == COMMITTED.read_bytes()
    digest = hashlib.sha256(COMMITTED.read_bytes()).hexdigest()
    assert digest == "2083006d68d4e9c95d58b17dea494fed1944bf133fd9b122da707834803874bf"


def test_a_longer_table_begins_with_the_shorter():
    """Chunks are drawn from streams of their own, so length changes nothing that came before."""
    short, long = (
        pd.concat([pd.DataFrame(c) for c in budget.draw(n, 5)], ignore_index=True)
        for n in (budget.CHUNK + 10, 2 * budget.CHUNK + 1)
    )
    assert (len(short), len(long)) == (budget.CHUNK + 10, 2 * budget.CHUNK + 1)
    pd.testing.assert_frame_equal(long[: len(short)], short)


def test_seeds_and_chunks_differ():
    """No two chunks and no two seeds repeat each other."""
    first, second = (c["Budget (in dollars)"] for c in budget.draw(2 * budget.CHUNK, 5))
    other = next(budget.draw(budget.CHUNK, 6))["Budget (in dollars)"]
    assert (first == second).mean() < 0.01
    assert (first == other).mean() < 0.01


def test_values_and_spellings(rows):
    """Only the stated levels occur, with typographic apostrophes; numbers stay in their ranges and gaps."""
    assert set(rows["Education_Level"].dropna()) == {
        "Bachelor\u2019s Degree", "Master\u2019s Degree", "High School Grad", "Did Not Graduate HS", "Other",
    }  # fmt: skip
    assert set(rows["Gender"].dropna()) == {"Male", "Female", "Non-binary", "Transgender", "Other"}
    assert set(rows["Recommended_Activity"]) == set(budget.ACTIVITIES)
    assert set(rows["With children?"].dropna()) == {0, 1}
    assert set(rows["Age"]) == {*range(18, 24), *range(25, 44), *range(45, 66), *range(66, 92)}
    assert (rows["Budget (in dollars)"].min(), rows["Budget (in dollars)"].max()) == (1, 4999)


def near(found, share, n):
    return abs(found - share) < 4.5 * np.sqrt(share * (1 - share) / n) + 1e-12


def test_shares_are_those_stated(rows):
    """Education, blocks of age and budget, children and gender have their stated probabilities."""
    degree = rows["Education_Level"].isin(budget.DEGREES)
    young, high = rows["Age"] < 24, rows["Budget (in dollars)"] >= 300
    assert near(degree.mean(), 0.421, len(rows))
    for has, shares in ((degree, (0.00723, 0.00022, 0.99255)), (~degree, (0.9589, 0.0326, 0.0085))):
        found = ((young & ~high)[has].mean(), (~young & ~high)[has].mean(), (~young & high)[has].mean())
        assert all(near(f, s, has.sum()) for f, s in zip(found, shares, strict=True))
    assert not (young & high).any()
    assert near(rows["Education_Level"].isna()[~degree].mean(), 0.25, (~degree).sum())
    assert all(near(share, 1 / 6, len(rows)) for share in rows["Gender"].value_counts(normalize=True, dropna=False))
    women = rows["Gender"] == "Female"
    assert near((rows["With children?"] == 1)[women].mean(), 0.98, women.sum())
    assert near(rows["With children?"].isna()[~women].mean(), 1 / 3, (~women).sum())
    assert near((rows["Age"] < 44)[~young].mean(), 0.6576, (~young).sum())


def test_activities_follow_age_and_school(rows):
    """The young see two activities, older people without a degree or other schooling three, the rest all nine."""
    young = rows["Age"] < 24
    school = rows["Education_Level"].isin(["High School Grad", "Did Not Graduate HS"])
    shown = rows["Recommended_Activity"]
    assert set(shown[young]) == set(budget.ACTIVITIES[:2])
    assert set(shown[~young & school]) == set(budget.ACTIVITIES[2:5])
    rest = shown[~young & ~school]
    assert all(near(share, 1 / 9, len(rest)) for share in rest.value_counts(normalize=True))


@pytest.mark.skipif(not (SHARED / "data/budget_generator.py").exists(), reason="the calibrated generator is not here")
@pytest.mark.parametrize("by", ["Age", "Gender", "Recommended_Activity", "With children?", "Budget (in dollars)"])
def test_it_draws_from_the_distribution_of_the_calibrated_generator(rows, by):
    """Education crossed with each other column, in bands, is as another generator draws it (chi-square)."""
    spec = importlib.util.spec_from_file_location("calibrated", SHARED / "data/budget_generator.py")
    other = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(other)
    theirs = pd.DataFrame(other.generate(100_000, 7), dtype=object)
    cross = [_bands(t, by).value_counts() for t in (rows, theirs)]
    table = pd.concat(cross, axis=1).fillna(0)
    assert stats.chi2_contingency(table[table.sum(axis=1) > 20]).pvalue > 1e-4


def _bands(table, by):
    """Education with the column's value, or its band where it has hundreds."""
    values = table[by].astype(float) // 250 if by == "Budget (in dollars)" else table[by].map(str).str.replace(".0", "")
    values = values.astype(str).replace("nan", "None")
    return table["Education_Level"].map(str) + "|" + values


def test_csv_and_parquet_hold_the_same(tmp_path):
    """Whole numbers are written as such and missing values as NA in CSV; Parquet has integers and nulls."""
    sample.main(rows=500, out=str(tmp_path / "t.csv"))
    sample.main(rows=500, out=str(tmp_path / "t.parquet"))
    text = (tmp_path / "t.csv").read_text(encoding="utf-8").splitlines()
    assert text[:2] == [",".join(budget.COLUMNS), "152,20,Other,High School Grad,0,Play: Go shopping"]
    table = pq.read_table(tmp_path / "t.parquet")
    assert table.schema.field("With children?").type == pa.int64()
    as_text = [["NA" if v is None else str(v) for v in row.values()] for row in table.to_pylist()]
    assert [line.split(",") for line in text[1:]] == as_text


@pytest.mark.parametrize("out", ["t.csv", "t.parquet"])
def test_a_single_row(tmp_path, out):
    """A column that happens to be missing throughout keeps its type."""
    for seed in range(6):
        sample.main(rows=1, seed=seed, out=str(tmp_path / out))
    assert [p.name for p in tmp_path.iterdir()] == [out]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"table": "budgets"}, "table 'budgets' is not known; did you mean 'budget'?"),
        ({"rows": 0}, "--rows must be >= 1 and --seed >= 0, got 0 and 12"),
        ({"seed": -1}, "got 20000 and -1"),
        ({"out": "t.xlsx"}, "--out must end in .csv or .parquet, got"),
    ],
)
def test_arguments_that_are_refused(tmp_path, arguments, message):
    """A wrong argument writes nothing."""
    arguments = arguments | {"out": str(tmp_path / arguments.get("out", "t.csv"))}
    with pytest.raises(InputError) as caught:
        sample.main(**arguments)
    assert message in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_an_interrupted_run_leaves_the_old_file(tmp_path, monkeypatch):
    """The table appears whole or not at all, and no part of it stays."""
    (tmp_path / "t.csv").write_text("old")
    broken = sample.Sample(budget.COLUMNS, lambda rows, seed: (seed / 0 for _ in range(rows)), 5)
    monkeypatch.setitem(sample.TABLES, "budget", broken)
    with pytest.raises(ZeroDivisionError):
        sample.main(rows=5, out=str(tmp_path / "t.csv"))
    assert {p.name: p.read_text() for p in tmp_path.iterdir()} == {"t.csv": "old"}


def test_the_command(tmp_path):
    """The documented command writes the table and stays silent when nobody watches."""
    command = [sys.executable, "-W", "error", "-m", "commands.sample", "budget", "--rows", "7", "--seed", "1"]
    done = subprocess.run([*command, "--out", str(tmp_path / "t.csv")], cwd=ROOT, capture_output=True, check=True)
    assert (done.stdout, done.stderr) == (b"", b"")
    assert len((tmp_path / "t.csv").read_text(encoding="utf-8").splitlines()) == 8


@pytest.mark.slow
def test_memory_does_not_grow_with_rows(tmp_path):
    """Ten times the rows need no more memory than one chunk does, give or take 60 MB."""
    code = (
        "import resource, sys; from commands import sample; sample.main(rows=int(sys.argv[1]), out=sys.argv[2]);"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    peak = [
        int(
            subprocess.run(
                [sys.executable, "-c", code, str(n), str(tmp_path / "t.csv")], cwd=ROOT, capture_output=True, check=True
            ).stdout
        )
        for n in (100_000, 1_000_000)
    ]
    assert peak[1] - peak[0] < 60_000
