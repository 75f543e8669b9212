"""Models of somebody else over time: judged by what batches carry, with no model file, values as counted by hand."""

import json
from pathlib import Path

import pandas as pd
import pytest
from ruamel.yaml import YAML
from sklearn import metrics

from pipeline.sections.monitor import _modelled
from responsible.models import Models
from responsible.monitoring.parameters import Monitor
from responsible.tabular.schema import Budget
from stages import monitor, monitor_budget, prepare
from tests.support.contract import ROOT
from tests.support.predictions import parameters, people
from tests.support.tables import tree

MODELS = {
    "decisions": {"old": {"decision": "yhat"}},
    "texts": {"old": {"decision": "said", "positive": ["approve"]}},
    "scores": {"old": {"score": "p", "decision_threshold": 0.4}},
    "both": {"old": {"score": "p", "decision": "yhat"}},
}


def run(folder, models, batches, *, target=True, **section):
    """Prepare the table of the model and follow it over ``batches`` by name; the folder of results."""
    given = parameters(tree(), models, **({} if target else {"target": None}))
    given["monitor"] = given["monitor"] | {"source": str(folder / "batches"), "time": "Date"} | section
    for line in ("healthcare", "segments"):
        del given["monitor"][line]
    given["budget"]["source"] = str(folder / "people.csv")
    (folder / "batches").mkdir()
    people(3_000).to_csv(folder / "people.csv", index=False)
    for name, table in batches.items():
        table.to_csv(folder / f"batches/{name}.csv", index=False)
    with (folder / "params.yaml").open("w", encoding="utf-8") as file:
        YAML().dump(given, file)
    lacking = {"trained": "no/such.json", "model": "no/such.skops", "scores": "no/such.parquet"}
    template = {"template": str(ROOT / "docs/templates/monitoring.md.j2")}
    prepared = {"metrics": str(folder / "prepare.json")}
    for stage, own in ((prepare, prepared), (monitor_budget, lacking), (monitor, template)):
        paths = {key: str(folder / Path(value).name) for key, value in stage.main.__kwdefaults__.items()}
        stage.main(**paths | own)
    return folder


def month(number, seed=8, rows=1_000):
    """A batch of a month."""
    return people(rows, seed).assign(Date=f"2025-{number:02d}-03")


@pytest.mark.slow
@pytest.mark.parametrize("kind", MODELS)
def test_figures_are_those_of_what_batches_carry(tmp_path, kind):
    """Selection, accuracy and the difference by sex are those of the rows; a model with both is judged by decisions."""
    batch = month(2)
    found = pd.read_csv(run(tmp_path, MODELS[kind], {"2025-02": batch}) / "figures.csv")
    yes = (batch["p"].round(4) >= 0.4).astype(int) if kind == "scores" else batch["yhat"]
    values = found.set_index(["attribute", "figure"])["value"]
    assert values["everybody", "selection_rate"] == pytest.approx(yes.mean(), abs=1e-6)
    assert values["everybody", "accuracy"] == pytest.approx(metrics.accuracy_score(batch["y"], yes), abs=1e-6)
    rates = yes.groupby(batch["sex"]).mean()
    assert values["sex", "statistical_parity_difference"] == pytest.approx(rates["f"] - rates["m"], abs=1e-6)
    expected = pd.read_csv(tmp_path / "expected.csv")
    assert (len(expected) > 0) == (kind in ("scores", "both"))
    reference = found.set_index(["attribute", "figure"])["reference"]["everybody", "selection_rate"]
    whole = people(3_000)
    said = (whole["p"].round(4) >= 0.4) if kind == "scores" else whole["yhat"]
    assert reference == pytest.approx(said.mean(), abs=1e-6)


@pytest.mark.slow
def test_decisions_and_scores_say_what_to_expect_before_labels_are_in(tmp_path):
    """Without labels a month waits, and the estimate is the accuracy that labels have later; so it is of a file that
    lacks the score, of which nothing is expected but decisions are judged.
    """
    late = month(2).drop(columns="y")
    folder = run(tmp_path, MODELS["both"], {"2025-02": late, "2025-03": month(3, seed=9).drop(columns="p")})
    expected = pd.read_csv(folder / "expected.csv").set_index(["attribute", "group", "figure", "period"])
    own = expected.loc[("everybody", "all", "accuracy", "2025-02")]
    truth = metrics.accuracy_score(month(2)["y"], month(2)["yhat"])
    assert own["low"] < truth < own["high"]
    assert own["status"] == "waiting"
    assert expected.loc[("everybody", "all", "accuracy", "2025-03"), "rows"] == 0
    figures = pd.read_csv(folder / "figures.csv").set_index(["attribute", "figure", "period"])
    assert figures.loc[("everybody", "accuracy", "2025-02"), "status"] == "waiting"
    assert figures.loc[("everybody", "accuracy", "2025-03"), "value"] == pytest.approx(
        metrics.accuracy_score(month(3, seed=9)["y"], month(3, seed=9)["yhat"]), abs=1e-6
    )


@pytest.mark.slow
@pytest.mark.parametrize("reference", ["training", ["2025-01"]])
def test_a_model_without_any_label_is_followed_for_what_needs_none(tmp_path, reference):
    """A table without a target: features, scores and selection are judged, a month that selects all is an alarm, and
    nothing is said of labels that would come.
    """
    changed = month(3, seed=9).assign(p=0.9)
    batches = {"a": month(1, seed=11), "b": month(2), "c": changed}
    batches = {name: own.drop(columns="y") for name, own in batches.items()}
    folder = run(tmp_path, MODELS["scores"], batches, target=None, reference=reference)
    figures = pd.read_csv(folder / "figures.csv")
    assert {"selection_rate", "statistical_parity_difference", "disparate_impact"} == {*figures["figure"]}
    yes = (month(2)["p"].round(4) >= 0.4).mean()
    value = figures.set_index(["attribute", "figure", "period"])["value"]["everybody", "selection_rate", "2025-02"]
    assert value == pytest.approx(yes, abs=1e-6)
    said = json.loads((folder / "metrics.json").read_text())["monitor"]
    assert {own["since"] for own in said["standing"]} == {"2025-03"}
    assert "selection rate" in {own["question"] for own in said["standing"]}
    page = (folder / "monitoring.md").read_text(encoding="utf-8")
    assert "The table has no labels." in page
    assert "waited for" not in page
    assert "target" not in set(pd.read_csv(folder / "drift.csv")["question"])


@pytest.mark.slow
def test_earlier_periods_without_labels_are_a_reference_for_what_needs_none(tmp_path):
    """Estimates come from the labelled table, figures of decisions from the named month."""
    batches = {"a": month(1, seed=11).drop(columns="y"), "b": month(2, seed=9).drop(columns="y")}
    folder = run(tmp_path, MODELS["scores"], batches, reference=["2025-01"])
    figures = pd.read_csv(folder / "figures.csv")
    assert "accuracy" not in set(figures["figure"])
    yes = (month(1, seed=11)["p"].round(4) >= 0.4).mean()
    assert figures.loc[figures["figure"] == "selection_rate", "reference"].tolist() == [pytest.approx(yes, abs=1e-6)]
    expected = pd.read_csv(folder / "expected.csv").set_index(["attribute", "figure"])
    truth = metrics.accuracy_score(month(2, seed=9)["y"], month(2, seed=9)["p"] >= 0.4)
    own = expected.loc[("everybody", "accuracy")]
    assert own["low"] < own["value"] < own["high"]
    assert own["value"] == pytest.approx(truth, abs=0.04)


@pytest.mark.slow
def test_a_model_that_says_yes_more_often_raises_an_alarm(tmp_path):
    """Half of the refused women are accepted from March on: found in March, not before; the page and figures say so."""
    changed = month(3, seed=9)
    turned = (changed["sex"] == "f") & (changed["yhat"] == 0) & (changed.index % 2 == 0)
    changed.loc[turned, "yhat"] = 1
    folder = run(tmp_path, MODELS["decisions"], {"a": month(2), "b": changed})
    said = json.loads((folder / "metrics.json").read_text())["monitor"]
    assert {"selection rate"} <= {own["question"] for own in said["standing"] if own["since"] == "2025-03"}
    assert said["of"]["budget"].keys() == {"trained", "reference", "batches"}
    assert "# Monitoring" in (folder / "monitoring.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_batch_without_the_decision_is_left_out_and_an_alarm(tmp_path):
    """Nobody can make the decision of somebody else's model; the others are judged."""
    folder = run(tmp_path, MODELS["decisions"], {"a": month(2), "b": month(3).drop(columns="yhat")})
    assert "The file b.csv could not be read and was left out: column 'yhat' is missing" in (
        folder / "monitoring.md"
    ).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("models", "section", "message"),
    [
        ({"new": {"file": "n.csv", "key": "id", "score": "p"}}, {}, "models.new has a file, and batches have none"),
        (MODELS["scores"], {"decision": "yhat"}, "models.old has scores only"),
        (MODELS["both"], {"score": "p"}, "models.old is judged by its decisions"),
        (MODELS["both"], {"cluster": "person"}, "one row of each person is drawn in every period"),
        (MODELS["both"], {"cluster": "person", "reference": ["2025-W01"], "period": "week"}, "of days or months"),
    ],
)
def test_columns_that_cannot_be_compared_are_refused(models, section, message):
    """By the check of the parameters, with the key and the remedy."""
    given = parameters(tree(), models)
    own = {key: value for key, value in given["monitor"].items() if key not in ("healthcare", "segments")}
    budget = Budget(**given["budget"] | ({"cluster": section["cluster"]} if "cluster" in section else {}))
    own |= {key: value for key, value in section.items() if key != "cluster"}
    faults = [*_modelled(Monitor(**own), budget, Models(**models))]
    assert [fault for fault in faults if message in fault]
