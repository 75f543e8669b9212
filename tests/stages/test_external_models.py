"""Models that were made elsewhere: read by columns or by a file, judged like any other, refused with a remedy."""

import json

import numpy as np
import pandas as pd
import pytest
from ruamel.yaml import YAML
from sklearn import metrics

from responsible.validation import InputError
from stages import evaluate_fairness, model_analyses, prepare, reweigh, train_baseline
from tests.support.predictions import audited, parameters, people
from tests.support.tables import tree

BOTH = {"old": {"score": "p", "decision": "yhat"}, "new": {"score": "p"}}
FILE = {"file": "new.csv", "key": "id", "score": "p"}


def figures(folder, name):
    return pd.read_csv(folder / f"plots/{name}.csv", keep_default_na=False, na_values=[""])


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """Two models by columns of one table: recorded decisions, and a score with its own threshold."""
    folder = tmp_path_factory.mktemp("both")
    return audited(folder, parameters(tree(), BOTH), people())


def test_figures_are_those_of_the_rows(both):
    """Selection, error rates and performance are those that scikit-learn has of the rows, scores but for rounding."""
    table, found = people(), figures(both, "performance").set_index(["model", "figure"])["value"]
    said = {"old": table["yhat"], "new": (table["p"] >= 0.5).astype(int)}
    bounds = json.loads((both / "metrics/prepare.json").read_text())["prepare"]["rounding"]
    rates = figures(both, "group_rates").set_index(["model", "level", "rate"]).sort_index()
    for model, yes in said.items():
        assert found[model, "accuracy"] == pytest.approx(metrics.accuracy_score(table["y"], yes), abs=1e-6)
        assert found[model, "f1"] == pytest.approx(metrics.f1_score(table["y"], yes), abs=1e-6)
        exact = metrics.roc_auc_score(table["y"], table["p"])
        assert abs(found[model, "roc_auc"] - exact) <= bounds[model]["roc_auc"] + 1e-6
        assert 0 < bounds[model]["roc_auc"] < 1e-3
        for level, own in table.assign(yes=yes).groupby("sex"):
            cells = rates.loc[(model, level)]
            assert tuple(cells.loc["selection_rate", ["count", "of"]]) == (own["yes"].sum(), len(own))
            right = own[own["y"] == 1]["yes"]
            assert tuple(cells.loc["true_positive_rate", ["count", "of"]]) == (right.sum(), len(right))


def test_changes_are_paired_with_the_reference(both):
    """Of two models the change is new minus old on the same rows, and narrower than their own intervals together."""
    rows = figures(both, "fairness").query("measure == 'statistical_parity_difference'").set_index("model")
    change = rows.loc["change"].iloc[0] if rows.loc[["change"]].shape[0] > 1 else rows.loc["change"]
    ends = {model: rows.loc[[model]].iloc[0] for model in ("old", "new")}
    assert change["value"] == pytest.approx(ends["new"]["value"] - ends["old"]["value"], abs=1e-5)
    alone = np.hypot(*(own["high"] - own["low"] for own in ends.values()))
    assert change["high"] - change["low"] < alone


def test_all_rows_are_judged_where_nothing_is_trained(both):
    """Without a split column every row is a test row; with one only the test rows are."""
    rows = json.loads((both / "metrics/prepare.json").read_text())["prepare"]["rows"]
    assert rows == {"kept": 600, "read": 600, "test": 600}


def test_a_split_column_says_which_rows_are_judged(tmp_path):
    """Rows that a column calls train are counted and not judged."""
    table = people().assign(part=np.tile(["train", "test", "test"], 200))
    audited(tmp_path, parameters(tree(), {"old": {"decision": "yhat"}}, split_column="part"), table)
    assert figures(tmp_path, "confusion")[["tp", "fp", "fn", "tn"]].sum().sum() == 400


def test_a_file_joined_by_key_is_as_good_as_columns(both, tmp_path):
    """The same predictions from a file in another order give the same cells, scores and figures."""
    table = people()
    (tmp_path / "data/predictions").mkdir(parents=True)
    shuffled = table[["id", "p"]].sample(frac=1, random_state=1)
    shuffled.to_csv(tmp_path / "data/predictions/new.csv", index=False)
    audited(tmp_path, parameters(tree(), BOTH | {"new": FILE}), table)
    for name in ("fairness", "group_rates", "performance", "performance_change", "score_quality"):
        pd.testing.assert_frame_equal(figures(tmp_path, name), figures(both, name))


def test_no_cell_is_a_row(both):
    """A continuous score makes no cell of every row: cells are counted by group, label and decisions alone."""
    cells, scores = (pd.read_parquet(both / f"data/prepared/{name}.parquet") for name in ("budget", "budget_scores"))
    assert len(cells) <= 2 * 2 * 4
    assert not {"p", "s.old", "s.new"} & set(cells)
    assert scores.groupby("model")["n"].sum().to_dict() == {"new": 600, "old": 600}


def test_decisions_without_scores_switch_scores_off_by_name(tmp_path):
    """Figures of scores are undefined with the reason, the table of score quality says that it is off."""
    audited(tmp_path, parameters(tree(), {"clerk": {"decision": "said", "positive": ["approve"]}}), people())
    off = figures(tmp_path, "performance").set_index("figure").loc[["roc_auc", "log_loss", "brier"]]
    assert off["reason"].tolist() == ["no_scores"] * 3
    assert off["value"].isna().all()
    assert (tmp_path / "plots/score_quality.csv").read_text() == "switched_off\n"
    assert (tmp_path / "plots/performance_change.csv").read_text() == "switched_off\n"
    text = (tmp_path / "docs/comparison.md").read_text()
    assert "Decisions without scores: clerk." in text
    assert "baseline" not in text
    assert "eweigh" not in text


def test_without_labels_only_selection_is_judged(tmp_path):
    """Selection rates, their difference and ratio, tests; nothing that asks who was right."""
    table = people().drop(columns="y")
    audited(tmp_path, parameters(tree(), {"clerk": {"decision": "yhat"}}, target=None), table)
    fairness, rates = figures(tmp_path, "fairness"), figures(tmp_path, "group_rates")
    assert set(fairness["measure"]) == {"statistical_parity_difference", "disparate_impact"}
    assert set(rates["rate"]) == {"selection_rate"}
    share = table.groupby("sex")["yhat"].mean()
    assert fairness["value"].iloc[0] == pytest.approx(share["f"] - share["m"], abs=1e-6)
    assert figures(tmp_path, "group_tests")["rate"].tolist() == ["selection_rate"]
    for name in ("confusion", "performance", "score_quality"):
        assert (tmp_path / f"plots/{name}.csv").read_text() == "switched_off\n"
    assert "Rows have no labels" in (tmp_path / "docs/comparison.md").read_text()


def test_models_trained_here_stand_beside_others_on_the_same_test_rows(tmp_path):
    """Baseline, reweighed and a vendor's model are counted on one set of rows, changes against the named reference."""
    given = parameters(
        tree(), {"reference": "vendor", "vendor": {"decision": "yhat"}, "baseline": None, "reweighed": None}
    )
    given["budget"] |= {"features": {"p": {"kind": "numeric"}}, "source": str(tmp_path / "people.csv")}
    given |= {"reweigh": {"attributes": ["sex"], "groups": "levels", "empty_cells": "merge"}}
    people(3000).to_csv(tmp_path / "people.csv", index=False)
    with (tmp_path / "params.yaml").open("w", encoding="utf-8") as file:
        YAML().dump(given, file)
    (tmp_path / "data/predictions").mkdir(parents=True)
    for stage in (prepare, train_baseline, reweigh, model_analyses, evaluate_fairness):
        paths = {key: value for key, value in stage.main.__kwdefaults__.items() if "templates" not in value}
        stage.main(**{key: str(tmp_path / value) for key, value in paths.items()})
    counts = figures(tmp_path, "confusion").groupby("model")[["tp", "fp", "fn", "tn"]].sum()
    assert counts.sum(axis=1).nunique() == 1
    assert counts.eval("tp + fn").nunique() == 1
    assert set(figures(tmp_path, "fairness")["model"]) >= {"vendor", "change_baseline", "change_reweighed"}
    accuracy = counts.eval("(tp + tn) / (tp + fp + fn + tn)")
    change = figures(tmp_path, "performance_change").set_index("figure")["value"]["reweighed.accuracy"]
    assert change == pytest.approx(accuracy["reweighed"] - accuracy["vendor"], abs=1e-5)


REFUSED = {
    "scores in percent": ({"v": {"score": "p"}}, lambda t: t.assign(p=t["p"] * 100), {}, "p: above 1.*divide percent"),
    "percent, dropping": (
        {"v": {"score": "p"}},
        lambda t: t.assign(p=t["p"] * 100),
        {"on_bad_rows": "drop"},
        "p: above 1.*divide percentages by 100",
    ),
    "undeclared text": ({"v": {"decision": "said"}}, None, {}, r"said: not a number.*models\.v\.positive"),
    "a level that is not there": (
        {"v": {"decision": "said", "positive": ["approved"]}},
        None,
        {},
        r"models\.v\.positive: level 'approved' does not occur.*did you mean 'approve'",
    ),
    "a missing prediction": ({"v": {"score": "p"}}, lambda t: t.assign(p=t["p"].mask(t.index == 3)), {}, "p: missing"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_prediction_is_refused(case, tmp_path):
    """Each with column, rule, rows and remedy; what is wrong with a whole column is also where bad rows are dropped."""
    models, change, more, said = REFUSED[case]
    given = parameters(tree(), models)
    given["prepare"] = given["prepare"] | more
    with pytest.raises(InputError, match=f"(?s){said}"):
        audited(tmp_path, given, change(people()) if change else people())


FILES = {
    "repeated keys": (lambda t: pd.concat([t, t.head(2)]), r"column id must have each key once, got 'p0000', 'p0001'"),
    "keys that do not match": (lambda t: t.iloc[3:], r"lacks 3 \(of id: 'p0000', 'p0001', 'p0002'\); is id what id"),
    "a missing prediction": (lambda t: t.assign(p=t["p"].mask(t.index == 3)), r"new\.csv: p: missing in 1 row"),
    "scores in percent": (lambda t: t.assign(p=t["p"] * 100), r"new\.csv: p: above 1.*divide percentages"),
    "no file": (None, r"new\.csv: no such file.*set models\.new\.file"),
}


@pytest.mark.parametrize("case", FILES)
def test_a_file_that_does_not_fit_is_refused(case, tmp_path):
    """Before anything is counted, with the file and what helps."""
    change, said = FILES[case]
    (tmp_path / "data/predictions").mkdir(parents=True)
    if change:
        change(people()[["id", "p"]]).to_csv(tmp_path / "data/predictions/new.csv", index=False)
    with pytest.raises(InputError, match=f"(?s){said}"):
        audited(tmp_path, parameters(tree(), {"new": FILE}), people())


def test_a_file_needs_a_key_that_is_unique(tmp_path):
    """Without a key nothing can be joined; with a repeated one nobody knows whose prediction it is."""
    (tmp_path / "data/predictions").mkdir(parents=True)
    people()[["id", "p"]].to_csv(tmp_path / "data/predictions/new.csv", index=False)
    with pytest.raises(InputError, match=r"models\.new\.file is joined by budget\.key, which is empty"):
        audited(tmp_path, parameters(tree(), {"new": FILE}, key=None), people())
    table = people()
    table.loc[1, "id"] = "p0000"
    with pytest.raises(InputError, match=r"must have each key once, because models\.new\.file is joined by it, got 1"):
        audited(tmp_path, parameters(tree(), {"new": FILE}), table)


def test_no_figure_is_about_fewer_people_than_the_minimum(tmp_path):
    """Counts of an external model's answers by group are 0 or at least the minimum; small levels are merged."""
    table = people(900)
    table["sex"] = table["sex"].where(table.index % 60 > 0, "x").where(table.index % 90 > 0, "z")
    given = parameters(tree(), BOTH) | {"disclosure": {"minimum_cell": 11}}
    audited(tmp_path, given, table)
    counts = figures(tmp_path, "confusion")[["tp", "fp", "fn", "tn"]].to_numpy()
    known = counts[~np.isnan(counts)]
    assert len(known)
    assert ((known == 0) | (known >= 11)).all()
    rates = figures(tmp_path, "group_rates").dropna(subset=["count"])
    for each in (rates["count"], rates["of"] - rates["count"]):
        assert ((each == 0) | (each >= 11)).all()
    assert {"x", "z"}.isdisjoint(rates.loc[rates["count"] > 0, "level"])
