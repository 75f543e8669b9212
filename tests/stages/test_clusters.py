"""Several rows of one person, from a table to the documents: one split, wider intervals, and it is said."""

from inspect import signature
from pathlib import Path

import pandas as pd
import pytest

from pipeline.storage import files
from responsible.validation import InputError
from stages import evaluate_fairness, model_analyses, prepare, reweigh, threshold_sweep, train_baseline
from tests.support import tables
from tests.support.contract import ROOT

PREPARED = {"cells": "c.parquet", "metrics": "m.json", "base_rates": "b.csv", "missing": "x.csv", "scores": "e.parquet"}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def people(rows=1_200, each=4):
    """The sample, each row ``each`` times and all of these of one person, in any order."""
    frame = tables.sample(rows // each)
    frame = frame.assign(person=[f"p{i}" for i in range(len(frame))], who=[f"w{i % 90}" for i in range(len(frame))])
    return pd.concat([frame] * each).sample(frac=1, random_state=1)


def prepared(frame, **changes):
    """Cells, meta and metrics of the frame."""
    frame.to_csv("t.csv", index=False)
    tree = tables.tree(budget__source="t.csv", inference__replicates=200, **changes)
    tree["threshold_sweep"]["grid"] |= {"minimum": 250, "maximum": 350}
    tables.write(Path("params.yaml"), tree, tree)
    prepare.main(params="params.yaml", **PREPARED)
    return *files.read_parquet("c.parquet"), files.read_json("m.json")["prepare"]


@pytest.mark.usefixtures("folder")
def test_a_persons_rows_stay_together():
    """All fall into one split and one group of people, in any order of the rows; without the key nothing is added."""
    frame = people()
    feature = {"who": {"kind": "categorical"}}
    frame = frame.assign(who=frame["person"])
    found, meta, metrics = prepared(frame, budget__cluster="person", budget__features=feature)
    assert meta["cluster"] == "person"
    assert metrics["clusters"] == {"groups": 100, "number": 300, "in_several_splits": 0}
    assert (found.groupby("x.who")[["split", "cluster_group"]].nunique() == 1).all(axis=None)
    assert found["cluster_group"].between(0, 99).all()
    assert found["cluster_group"].nunique() > 80
    assert found["n"].sum() == 1_200
    again, _, _ = prepared(frame.iloc[::-1], budget__cluster="person", budget__features=feature)
    pd.testing.assert_frame_equal(again, found)
    plain, meta, metrics = prepared(frame, budget__features=feature)
    assert "cluster_group" not in plain
    assert "cluster" not in meta
    assert "clusters" not in metrics


@pytest.mark.usefixtures("folder")
def test_a_split_column_that_divides_people_is_counted():
    """The table's own split decides; how many people have rows in several is said."""
    frame = people().assign(part=["train", "test", "valid", "train"] * 300).sort_values("person")
    frame.loc[frame["person"] < "p2", "part"] = "train"
    several = int((frame.groupby("person")["part"].nunique() > 1).sum())
    _, _, metrics = prepared(frame, budget__cluster="person", budget__split_column="part")
    assert metrics["clusters"]["in_several_splits"] == several > 0


@pytest.mark.usefixtures("folder")
def test_a_row_of_nobody_is_a_bad_row():
    """Somebody has to be named in every row."""
    frame = people()
    frame.iloc[5, frame.columns.get_loc("person")] = "NA"
    with pytest.raises(InputError, match="person: missing in 1 row"):
        prepared(frame, budget__cluster="person")


PLACE = {"attribute", "comparison", "level", "measure", "model", "rate", "figure", "threshold"}
TABLES = ("f.csv", "group_rates_csv", "pb.csv", "ti.csv", "change_csv")


@pytest.mark.heavy
@pytest.mark.usefixtures("folder")
def test_every_interval_allows_for_people_and_says_so():
    """The same rows four times over have intervals as wide as once, because they are the same people; documents name
    the method and the column, and what assumes independent rows is not computed.
    """
    found = {each: intervals(people(600 * each, each)) for each in (1, 4)}
    for one, four in zip(found[1], found[4], strict=True):
        both = one.merge(four, on=sorted(PLACE & set(one)))
        width, wide = (both[f"high_{end}"] - both[f"low_{end}"] for end in "xy")
        assert 0.8 < (wide / width)[width.between(0.001, 1)].median() < 1.25, list(one)
    assert files.read_csv("group_tests_csv", ["p"])["p"].isna().all()
    assert set(files.read_csv("f.csv", ["method"])["method"].dropna()) == {"jackknife"}
    assert set(files.read_csv("pb.csv", ["method"])["method"]) == {"jackknife"}
    for document in ("comparison.md", "threshold.md"):
        said = Path(document).read_text(encoding="utf-8")
        assert "delete-a-group jackknife over 100 groups of `person`" in said
        assert "Wilson intervals" not in said
        assert "permutation test of any difference" not in said


def intervals(frame):
    """The tables with intervals that the stages write."""
    prepared(frame, budget__cluster="person")
    common, templates = {"params": "params.yaml", "cells": "c.parquet"}, ROOT / "docs/templates"
    for stage, name in ((train_baseline, "b"), (reweigh, "r")):
        paths = {"model": f"{name}.skops", "scores": f"s{name}.parquet", "metrics": f"m{name}.json"}
        own = {"weights": "w.csv", "levels": "l.csv"} if name == "r" else {}
        stage.main(**common, **paths, **own, figures=f"p{name}.csv", terms=f"t{name}.csv")
    said = {"baseline": "sb.parquet", "reweighed": "sr.parquet", "reweighing": "mr.json", "fairness_csv": "f.csv"}
    said |= {"performance_baseline": "pb.csv", "performance_reweighed": "pr.csv", "comparison": "comparison.md"}
    said |= {"metrics": "me.json", "template": str(templates / "comparison.md.j2")}
    analysed = {"metrics": "analyses", "similar_csv": "similar", "ratios_csv": "impact", "failing_csv": "failing"}
    complete(
        model_analyses.main,
        **common,
        scores=PREPARED["scores"],
        baseline="sb.parquet",
        reweighed="sr.parquet",
        baseline_model="b.skops",
        reweighed_model="r.skops",
        **analysed,
    )
    complete(evaluate_fairness.main, **common, scores=PREPARED["scores"], **said)
    swept = {"intervals_csv": "ti.csv", "metrics": "mt.json", "document": "threshold.md"}
    swept |= {"template": str(templates / "recommended_threshold.md.j2")}
    complete(threshold_sweep.main, **common, **swept)
    return [pd.read_csv(path, keep_default_na=False, na_values=[""]) for path in TABLES]


def complete(stage, **given):
    """Run a stage, with every path that is not ``given`` named after its parameter."""
    stage(**{name: name for name in signature(stage).parameters} | given)
