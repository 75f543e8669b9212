"""Real tables by parameters alone, held to figures that scikit-learn, AIF360 and fairlearn gave on the same splits."""

import json

import pandas as pd
import pytest

from pipeline.storage.parameters import keys
from stages import evaluate_fairness, model_analyses, prepare, reweigh, threshold_sweep, train_baseline
from tests.support.real import SHARED, TABLES, WHY, header, parameters
from tests.support.tables import write

pytestmark = pytest.mark.skipif(not SHARED.exists(), reason=WHY)
MEASURES = ["statistical_parity_difference", "equal_opportunity_difference", "average_odds_difference"]


STAGES = (prepare, train_baseline, reweigh, model_analyses, evaluate_fairness, threshold_sweep)
OF_ATTRIBUTE = (reweigh, evaluate_fairness)  # those whose figures are another attribute's; the others share the rest


def run(stages, name, attribute, folder):
    """Run stages of the budget line on a table, all files in one folder, as `dvc repro` does."""
    params, given = folder / "params.yaml", parameters(name, attribute)
    given["inference"]["replicates"] = 200  # no end of an interval is compared
    write(params, given, [key for stage in STAGES for key in keys(stage.Parameters)])
    for stage in stages:
        defaults = {key: value for key, value in stage.main.__kwdefaults__.items() if "templates" not in value}
        stage.main(**{key: str(folder / value) for key, value in defaults.items()})


def reference(name):
    return json.loads((SHARED / "reference.json").read_text(encoding="utf-8"))["datasets"][name]


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.heavy) if name == "adult" else name for name in TABLES]
)
def test_table_end_to_end_by_parameters_alone(name, tmp_path):
    """Rows, performance, weights and measures on the table's own split are those of the reference within 0.005, for
    each of its attributes: they share cells and baseline.
    """
    for place, attribute in enumerate(TABLES[name][2]):
        run(OF_ATTRIBUTE if place else STAGES, name, attribute, tmp_path)
        compare(tmp_path, attribute, reference(name))


def compare(folder, attribute, expected):
    """Hold what the stages wrote to the reference."""
    own = expected["attributes"][attribute]
    rows = json.loads((folder / "metrics/prepare.json").read_text())["prepare"]["rows"]
    assert (rows["train"], rows["test"]) == (expected["n_train"], expected["n_test"])

    for stage, target in (("train_baseline", expected["baseline"]), ("reweigh", own["reweighed"]["performance"])):
        found = json.loads((folder / f"metrics/{stage}.json").read_text())[stage]
        for figure in ("accuracy", "balanced_accuracy", "precision", "recall", "f1", "roc_auc"):
            assert found[figure] == pytest.approx(target[figure], abs=0.005), (stage, figure)

    weights = pd.read_csv(folder / "plots/reweighing_weights.csv").set_index(["group", "label"])["weight"]
    for pool in ("privileged", "unprivileged"):
        for label, word in ((1, "favourable"), (0, "unfavourable")):
            target = own["reweighing_weights"][f"w_{pool}_{word}"]
            assert weights[f"{pool} {attribute}", label] == pytest.approx(target, rel=1e-5)

    values = json.loads((folder / "metrics/evaluate_fairness.json").read_text())["evaluate_fairness"][attribute]
    for model in ("baseline", "reweighed"):
        target = own[model]["metrics"]
        assert {m: values[model][m] for m in MEASURES} == pytest.approx({m: target[m] for m in MEASURES}, abs=0.005)
        ppv = values[model]["predictive_parity_difference"]
        assert ppv == pytest.approx(target["ppv_difference"], abs=0.005)
        assert values[model]["disparate_impact"] == pytest.approx(target["disparate_impact"], abs=0.02)


@pytest.mark.parametrize("name", sorted(TABLES))
def test_every_column_has_a_role(name):
    """The parameters use every column of the table but the flags that only repeat a level."""
    numeric, categorical, _ = TABLES[name]
    left = set(header(name)) - {*numeric, *categorical, "outcome", "split"}
    assert all(column.endswith("_privileged") for column in left)
