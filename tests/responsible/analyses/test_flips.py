"""Flip rates: by hand, by brute force on rows, for any model that can be asked again."""

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from responsible.analyses.flips import ANY_OTHER, ELSEWHERE, flip_rates, level_values, of_models, summary
from responsible.fairness.groups import groups
from responsible.statistics.intervals import wilson

SEX = groups("sex", ["f", "m", "x"], ["m"])


def cells():
    """Sex decides between 10 and 20: 6 women and 4 men are there, 5 of another sex above, 5 women below."""
    table = pd.DataFrame({"x.sex": ["f", "m", "x", "f"], "x.age": [15.0, 15, 30, 5], "n": [6, 4, 5, 5]})
    return table.assign(**{"a.sex": table["x.sex"]}, split="test")


def decide(x):
    """Yes above 20; between 10 and 20 for men only."""
    return ((x["x.age"] > 20) | ((x["x.age"] > 10) & (x["x.sex"] == "m"))).to_numpy()


def test_a_table_counted_by_hand():
    """Six women would get a yes as men and four men a no as women: 10 of 20; nobody else changes."""
    found = flip_rates(
        cells(), SEX, "sex", level_values(cells(), SEX, "sex"), answer=decide, confidence=0.95
    ).set_index(["level", "to"])
    whole = found.loc[("", ANY_OTHER)]
    assert (whole["count"], whole["of"], whole["to_yes"], whole["to_no"]) == (10, 20, 6, 4)
    ends = wilson(10, 20, 0.95)
    assert (whole["value"], whole["low"], whole["high"]) == (0.5, pytest.approx(ends.low), pytest.approx(ends.high))
    assert found.loc[("f", "m"), "value"] == 6 / 11
    assert found.loc[("f", "x"), "value"] == 0
    assert found.loc[("m", "x"), "value"] == found.loc[("m", ANY_OTHER), "value"] == 1
    assert ("m", "m") not in found.index


def test_a_model_that_does_not_see_the_attribute_never_flips():
    """Its rate is 0 for certain; one that sees it and happens not to flip has an interval above 0."""
    seen = flip_rates(cells(), SEX, "sex", {"m": "m", "f": "f"}, answer=lambda x: np.ones(len(x), bool), confidence=0.9)
    blind = flip_rates(cells().drop(columns="x.sex"), SEX, "sex", {}, answer=lambda x: x["x.age"] > 9, confidence=0.9)
    assert (seen["value"] == 0).all()
    assert (seen["high"] > 0).all()
    assert (blind[["value", "low", "high"]] == 0).all().all()


def test_cells_count_as_rows_do_for_boosted_trees():
    """The rate of each level, and of everybody, is that of asking the trees again row by row."""
    rng = np.random.default_rng(2)
    rows = pd.DataFrame({"x.sex": rng.choice(["f", "m", "x"], 400), "x.age": rng.integers(0, 6, 400).astype(float)})
    label = rng.random(400) < 0.2 + 0.3 * (rows["x.sex"] == "m") + 0.1 * (rows["x.age"] > 2)
    encode = make_column_transformer((OneHotEncoder(sparse_output=False), ["x.sex"]), remainder="passthrough")
    model = make_pipeline(encode, HistGradientBoostingClassifier(max_iter=5, min_samples_leaf=5)).fit(rows, label)
    table = rows.groupby(["x.sex", "x.age"]).size().reset_index(name="n")
    table = table.assign(**{"a.sex": table["x.sex"]}, split="test")
    models = {"trees": model, "vendor": None}
    found = of_models(table, [SEX], {"sex": "sex"}, models, cut=0.5, confidence=0.95)
    own = model.predict_proba(rows)[:, 1] >= 0.5
    flips = {to: (model.predict_proba(rows.assign(**{"x.sex": to}))[:, 1] >= 0.5) != own for to in SEX.levels}
    anywhere = np.any(list(flips.values()), axis=0)
    trees = found[found["model"] == "trees"].set_index(["level", "to"])
    assert 0 < trees.loc[("", ANY_OTHER), "value"] == pytest.approx(anywhere.mean())
    for level in SEX.levels:
        who = (rows["x.sex"] == level).to_numpy()
        assert trees.loc[(level, ANY_OTHER), "count"] == anywhere[who].sum()
        for to in set(SEX.levels) - {level}:
            assert trees.loc[(level, to), "count"] == flips[to][who].sum()
    assert summary(found)["vendor"]["flip_rate"]["undefined"] == {"sex": ELSEWHERE}


def test_numbers_become_the_median_of_the_other_level():
    """Of an attribute cut from numbers, people get the median of the level's people, counted by rows."""
    table = pd.DataFrame({"x.age": [20.0, 30, 60, 80], "a.age": ["young", "young", "old", "old"], "n": [1, 3, 5, 2]})
    assert level_values(table, groups("age", ["young", "old"], ["young"]), "age") == {"young": 30.0, "old": 60.0}


def test_clustered_rows_have_wider_intervals():
    """Where whole groups of people flip together, the interval is wider than that of as many independent rows."""
    table = pd.concat([cells().assign(cluster_group=group) for group in range(5)], ignore_index=True)
    values = {"m": "m", "f": "f"}
    plain = flip_rates(
        table.drop(columns="cluster_group"), SEX, "sex", values, answer=decide, confidence=0.95
    ).set_index(["level", "to"])
    wide = flip_rates(table, SEX, "sex", values, answer=decide, confidence=0.95).set_index(["level", "to"])
    place = ("m", ANY_OTHER)
    assert wide.loc[place, "value"] == plain.loc[place, "value"] == 1
    assert wide.loc[place, "low"] < plain.loc[place, "low"]
