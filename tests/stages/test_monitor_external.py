"""Models of somebody else over time: judged by what batches carry, with no model file, values as counted by hand."""

import json
from pathlib import Path

import pandas as pd
import pytest
from ruamel.yaml import YAML
from sklearn import metrics

from pipeline.sections.budget import _monitored
from responsible.models import Models
from responsible.monitoring.parameters import Monitor
from responsible.tabular.schema import Budget
from stages import monitor, prepare
from tests.support.contract import ROOT
from tests.support.predictions import parameters, people
from tests.support.tables import tree

MODELS = {
    "decisions": {"old": {"decision": "yhat"}},
    "texts": {"old": {"decision": "said", "positive": ["approve"]}},
    "scores": {"old": {"score": "p", "decision_threshold": 0.4}},
    "both": {"old": {"score": "p", "decision": "yhat"}},
}


def run(folder, models, batches, **section):
    """Prepare the table of the model and follow it over ``batches`` by name; the folder of results."""
    given = parameters(tree(), models)
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
    for stage, own in ((prepare, {"metrics": str(folder / "prepare.json")}), (monitor, lacking | template)):
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
    assert (len(expected) > 0) == (kind == "scores")
    reference = found.set_index(["attribute", "figure"])["reference"]["everybody", "selection_rate"]
    whole = people(3_000)
    said = (whole["p"].round(4) >= 0.4) if kind == "scores" else whole["yhat"]
    assert reference == pytest.approx(said.mean(), abs=1e-6)


@pytest.mark.slow
def test_a_model_that_says_yes_more_often_raises_an_alarm(tmp_path):
    """Half of the refused women are accepted from March on: found in March, not before; the page and figures say so."""
    changed = month(3, seed=9)
    turned = (changed["sex"] == "f") & (changed["yhat"] == 0) & (changed.index % 2 == 0)
    changed.loc[turned, "yhat"] = 1
    folder = run(tmp_path, MODELS["decisions"], {"a": month(2), "b": changed})
    said = json.loads((folder / "metrics.json").read_text())["monitor"]
    assert {"selection rate"} <= {own["question"] for own in said["standing"] if own["since"] == "2025-03"}
    assert said["of"].keys() == {"trained", "reference", "batches"}
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
    faults = [*_monitored(budget, Models(**models), Monitor(**own))]
    assert [fault for fault in faults if message in fault]
