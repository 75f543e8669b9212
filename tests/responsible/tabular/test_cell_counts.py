"""Rows into cells: against a pandas group-by, on every engine, and the properties of split and sample."""

import numpy as np
import pandas as pd
import pytest

from responsible.tabular.cell_counts import collected, count, key_repeats, reasons
from responsible.tabular.columns import KEY
from responsible.tabular.hashing import PRIME
from responsible.validation import InputError
from tests.responsible.tabular.test_hashing import by_powers
from tests.support import tables
from tests.support.engines import ENGINES, collect, lazy


def cells_of(frame, plan, engine="duckdb", keys=None):
    columns = {name: frame[name].tolist() for name in frame}
    return collected(collect(count(lazy(engine, columns, keys), plan)), plan)


def by_pandas(frame, plan, keys=None):
    """Row by row in Python and pandas: lots by unbounded integers, bins by bisection, counts by group-by."""
    keys = keys or range(1, len(frame) + 1)
    lots = np.array([by_powers(k, plan.seed, "split") for k in keys])
    bounds = [int(plan.prepare.split.train * PRIME), int((plan.prepare.split.train + plan.prepare.split.valid) * PRIME)]
    out = pd.DataFrame({"split": np.array(["train", "valid", "test"])[np.searchsorted(bounds, lots, side="right")]})
    target = frame["Budget (in dollars)"].astype(float)
    out["bin"] = np.searchsorted(plan.cuts, target, side="right").astype("int32")
    known = frame.replace("NA", None)
    for name, feature in plan.budget.features.items():
        numeric = feature.kind == "numeric"
        out[f"x.{name}"] = known[name].astype(float) if numeric else known[name].fillna("Missing").astype("str")
    for name, attribute in plan.sensitive.items():
        out[f"a.{name}"] = known[attribute.column].fillna("Missing").astype("str")
    counts = out.groupby(list(out), dropna=False).size().reset_index(name="n")
    return counts.sort_values(list(out), ignore_index=True)


@pytest.mark.parametrize("engine", ENGINES)
def test_cells_are_a_group_by_of_the_rows(engine):
    """Every engine gives the cells that pandas counts from the rows, cell by cell and type by type."""
    plan, frame = tables.plan(), tables.sample(3_000)
    pd.testing.assert_frame_equal(cells_of(frame, plan, engine), by_pandas(frame, plan))


def test_cells_hold_every_row_once():
    """Counts are whole numbers that sum to the rows, no combination occurs twice, and all columns order them."""
    plan = tables.plan()
    cells = cells_of(tables.sample(5_000), plan)
    assert cells["n"].sum() == 5_000
    assert cells["n"].min() >= 1
    assert not cells.duplicated(plan.names()).any()
    assert cells.columns.tolist() == [*plan.names(), "n"]
    assert cells.equals(cells.sort_values(plan.names(), ignore_index=True))
    assert {c: str(cells[c].dtype) for c in ("bin", "n", "x.Age", "x.Gender")} == {
        "bin": "int32", "n": "int64", "x.Age": "float64", "x.Gender": "str",
    }  # fmt: skip


def test_row_order_does_not_matter_where_rows_have_keys():
    """The same rows under the same keys in any order give the same cells."""
    plan, frame, keys = tables.plan(), tables.sample(2_000), np.arange(10, 2_010) * 7
    order = np.random.default_rng(1).permutation(2_000)
    shuffled = cells_of(frame.iloc[order], plan, keys=keys[order].tolist())
    assert shuffled.equals(cells_of(frame, plan, keys=keys.tolist()))


def test_the_split_has_its_shares_and_does_not_depend_on_the_threshold():
    """Shares are met as a binomial draw would; another threshold or sweep moves nobody to another split."""
    frame = tables.sample(20_000)
    cells = cells_of(frame, tables.plan())
    rows = cells.groupby("split")["n"].sum()
    for name, share in {"train": 0.6, "valid": 0.2, "test": 0.2}.items():
        assert abs(rows[name] - share * 20_000) < 4 * np.sqrt(20_000 * share * (1 - share))
    other = cells_of(frame, tables.plan(threshold=451.5, threshold_sweep__grid={"minimum": 1, "maximum": 9, "step": 4}))
    by = [name for name in tables.plan().names() if name != "bin"]
    assert other.groupby(by, dropna=False)["n"].sum().equals(cells.groupby(by, dropna=False)["n"].sum())


def test_another_seed_draws_another_split():
    """The seed moves rows between splits; with a share of 0 nobody is in valid."""
    frame = tables.sample(1_000)
    assert not cells_of(frame, tables.plan(seed=13)).equals(cells_of(frame, tables.plan()))
    without = cells_of(frame, tables.plan(prepare__split={"train": 0.8, "valid": 0.0, "test": 0.2}))
    assert set(without["split"]) == {"train", "test"}


def _ids(frame, plan, engine="duckdb", keys=None):
    """Which rows a plan keeps: their numbers are a feature."""
    cells = cells_of(frame, plan, engine, keys)
    return dict(zip(cells["x.id"].astype(int), cells["split"], strict=True))


def _with_ids(sample_rows, **changes):
    features = {"id": {"kind": "numeric"}}
    return tables.plan(prepare__sample_rows=sample_rows, budget__features=features, sensitive={}, **changes)


@pytest.mark.parametrize("engine", ENGINES)
def test_samples_are_exact_nested_and_those_of_least_lot(engine):
    """N rows are the N of least sample hash, so a smaller sample is part of a larger one, and their split stays."""
    frame = tables.sample(2_000).assign(id=[str(i) for i in range(1, 2_001)])
    everyone, larger, smaller = (_ids(frame, _with_ids(n), engine) for n in (0, 500, 100))
    assert (len(everyone), len(larger), len(smaller)) == (2_000, 500, 100)
    assert smaller.items() < larger.items() < everyone.items()
    assert set(smaller) == set(sorted(everyone, key=lambda k: by_powers(k, 12, "sample"))[:100])


def test_a_sample_larger_than_the_table_is_the_table():
    """Nothing is repeated to reach a number."""
    frame = tables.sample(150)
    assert cells_of(frame, tables.plan(prepare__sample_rows=10_000)).equals(cells_of(frame, tables.plan()))


def test_the_sample_is_independent_of_the_split():
    """A sample keeps the shares of the split: sample and split draw from unrelated lots."""
    frame = tables.sample(20_000)
    rows = cells_of(frame, tables.plan(prepare__sample_rows=5_000)).groupby("split")["n"].sum()
    assert rows.sum() == 5_000
    assert abs(rows["train"] - 3_000) < 4 * np.sqrt(5_000 * 0.6 * 0.4)


def test_ties_in_a_sample_are_broken_by_content():
    """Where many rows share a key, the sample is still exact and does not depend on their order."""
    frame, keys = tables.sample(400).assign(id=["a"] * 200 + ["b"] * 200), [7] * 200 + [8] * 200
    order = np.random.default_rng(2).permutation(400)
    plan = tables.plan(prepare__sample_rows=250, budget__key="id")
    cells = cells_of(frame, plan, keys=keys)
    assert cells["n"].sum() == 250
    assert cells.equals(cells_of(frame.iloc[order], plan, keys=np.array(keys)[order].tolist()))


def test_a_predefined_split_is_taken_as_it_is():
    """With a split column no lot is drawn; anything but its three words is a bad row."""
    where = ["train"] * 60 + ["test"] * 38 + ["", "Test"]
    frame = tables.sample(100).assign(where=where)
    plan = tables.plan(budget__split_column="where")
    answer = collect(count(lazy("duckdb", {c: frame[c].tolist() for c in frame}), plan))
    assert collected(answer, plan).groupby("split")["n"].sum().to_dict() == {"train": 60, "test": 38}
    assert reasons(answer) == {"where: missing": 1, "where: not one of train, valid, test": 1}


def test_time_adds_the_month():
    """With a time column every cell carries the month of its rows."""
    frame = tables.sample(90).assign(day=["2024-01-05", "2024-01-31", "2024-02-01"] * 30)
    cells = cells_of(frame, tables.plan(budget__time="day"))
    assert cells.columns[2] == "month"
    assert cells.groupby("month")["n"].sum().to_dict() == {"2024-01": 60, "2024-02": 30}


@pytest.mark.parametrize("engine", ENGINES)
def test_binned_features_count_by_interval(engine):
    """Bins make a categorical feature of a number, and a sensitive attribute on that column has the same levels."""
    age = {"kind": "numeric", "minimum": 0, "maximum": 120, "bins": [24, 66]}
    sensitive = {"age": {"column": "Age", "privileged": ["[24, 66)"]}}
    plan, frame = tables.plan(budget__features__Age=age, sensitive=sensitive), tables.sample(1_000)
    cells = cells_of(frame, plan, engine)
    years = frame["Age"].astype(int)
    expected = {"[0, 24)": (years < 24).sum(), "[24, 66)": years.between(24, 65).sum(), "[66, 120]": (years > 65).sum()}
    assert cells.groupby("x.Age")["n"].sum().to_dict() == expected
    assert (cells["a.age"] == cells["x.Age"]).all()
    assert plan.kinds()["Age"] == "categorical"


@pytest.mark.parametrize("engine", ENGINES)
def test_text_targets(engine):
    """Favourable levels count as 1, every other level as 0, and a missing target is a bad row, never a 0."""
    frame = tables.sample(300).assign(decision=["yes", "approved", "no", "maybe", "NA"] * 60)
    target = {"column": "decision", "favourable": ["yes", "approved"]}
    plan = tables.plan(
        budget__target=target, threshold=1, threshold_sweep__grid={"minimum": 1, "maximum": 1, "step": 1}
    )
    answer = collect(count(lazy(engine, {c: frame[c].tolist() for c in frame}), plan))
    assert collected(answer, plan).groupby("bin")["n"].sum().to_dict() == {0: 120, 1: 120}
    assert reasons(answer) == {"decision: missing": 60}


def test_a_favourable_level_that_does_not_occur():
    """A misspelt favourable level would turn acceptances into refusals; the near one is named."""
    frame = tables.sample(30).assign(decision=["yes", "no", "no"] * 10)
    plan = tables.plan(budget__target={"column": "decision", "favourable": ["Yes"]}, threshold=1)
    with pytest.raises(
        InputError, match=r"budget.target.favourable: level 'Yes' does not occur in column decision of "
    ):
        cells_of(frame, plan)


@pytest.mark.parametrize("engine", ENGINES)
def test_bad_rows_are_counted_by_their_first_reason(engine):
    """Bad rows leave the cells and are counted, those of the target and those of other columns alike."""
    frame = tables.sample(100).copy()
    frame.loc[:2, "Budget (in dollars)"] = ["NA", "-5", "cheap"]
    frame.loc[2:4, "Age"] = ["x", "130", "y"]
    answer = collect(count(lazy(engine, {c: frame[c].tolist() for c in frame}), tables.plan()))
    assert reasons(answer) == {
        "Age: above 120": 1, "Age: not a number": 1, "Budget (in dollars): below 0": 1,
        "Budget (in dollars): missing": 1, "Budget (in dollars): not a number": 1,
    }  # fmt: skip
    assert collected(answer, tables.plan())["n"].sum() == 95


@pytest.mark.parametrize("cut_points", [(1, 1, 1), (100, 800, 50), (0, 1000, 1)])
def test_bins_by_bisection_are_the_number_of_cuts_passed(cut_points):
    """From one cut point to a thousand, at, beside and between them."""
    grid = dict(zip(("minimum", "maximum", "step"), cut_points, strict=True))
    targets = np.concatenate([np.arange(0, 1002, 0.5), [5_000]])
    frame = pd.DataFrame({"t": [str(t) for t in targets], "id": [str(i) for i in range(len(targets))]})
    plan = _with_ids(0, budget__target={"column": "t"}, threshold=300, threshold_sweep__grid=grid)
    cells = cells_of(frame, plan).sort_values("x.id")
    assert cells["bin"].tolist() == np.searchsorted(plan.cuts, targets, side="right").tolist()


@pytest.mark.parametrize("engine", ENGINES)
def test_repeated_keys_are_counted(engine):
    """Rows beyond the first of their key; a missing key is none."""
    frame = lazy(engine, {"id": ["a", "b", "b", "c", "c", "c", "NA", "NA", ""]}, [1, 2, 2, 3, 3, 3, 4, 4, 5])
    assert collect(key_repeats(frame, tables.plan(budget__key="id")))["repeats"].tolist() == [3]


def test_column_names_of_any_kind():
    """Dots, quotes and blanks in names, and columns called like our own, do not matter."""
    names = {"Age": "a.g\"e's", "Gender": KEY, "Education_Level": "split", "With children?": "n"}
    features = {names.get(k, k): v for k, v in tables.tree()["budget"]["features"].items()}
    sensitive = {"x.y": {"column": "split", "privileged": ["Other"]}}
    frame = tables.sample(200)
    cells = cells_of(frame.rename(columns=names), tables.plan(budget__features=features, sensitive=sensitive))
    plain = cells_of(frame, tables.plan(sensitive={"x.y": {"column": "Education_Level", "privileged": ["Other"]}}))
    pd.testing.assert_frame_equal(cells.set_axis(plain.columns, axis=1), plain)
