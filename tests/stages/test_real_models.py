"""Models of scikit-learn and fairlearn on real tables, audited as somebody else's: figures of fairlearn and AIF360."""

import json
import logging
import re
import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import precision_score, roc_auc_score

from pipeline.storage import files
from tests.support.predictions import audited
from tests.support.real import SHARED, TABLES, WHY, parameters
from tests.support.small import DVC, ran

pytestmark = pytest.mark.skipif(not SHARED.exists(), reason=WHY)
SPD, DI, EOD = "statistical_parity_difference", "disparate_impact", "equal_opportunity_difference"
AOD, AAOD, PPV = "average_odds_difference", "average_absolute_odds_difference", "predictive_parity_difference"


@pytest.fixture(scope="module")
def peers():
    """The peers' modules, without the advice about extras that AIF360 logs."""
    logging.disable(logging.WARNING)
    try:
        import aif360.sklearn.metrics
        import fairlearn.metrics
        import fairlearn.postprocessing
    finally:
        logging.disable(logging.NOTSET)
    return SimpleNamespace(
        aif360=aif360.sklearn.metrics, metrics=fairlearn.metrics, mitigated=fairlearn.postprocessing.ThresholdOptimizer
    )


def predicted(name, attribute, peers):
    """The table with what three models say: scores of a regression and of boosted trees, mitigated decisions."""
    table = pd.read_csv(SHARED / f"{name}.csv")
    numeric, categorical, sensitive = TABLES[name]
    x = pd.get_dummies(table[numeric + categorical], columns=categorical).astype(float)
    x, train = (x - x.mean()) / x.std().replace(0, 1), (table["split"] == "train").to_numpy()
    regression = LogisticRegression(max_iter=1000).fit(x[train], table["outcome"][train])
    trees = HistGradientBoostingClassifier(random_state=0, max_iter=50).fit(x[train], table["outcome"][train])
    group = table[sensitive[attribute][0]]
    fair = peers.mitigated(
        estimator=regression, constraints="demographic_parity", prefit=True, predict_method="predict_proba"
    ).fit(x[train], table["outcome"][train], sensitive_features=group[train])
    said = fair.predict(x, sensitive_features=group, random_state=0)
    scores = {"p": regression.predict_proba(x)[:, 1], "q": trees.predict_proba(x)[:, 1]}
    return table.assign(**scores, fair=np.where(said == 1, "yes", "no"))


MODELS = {
    "reference": "regression",
    "regression": {"score": "p"},
    "trees": {"score": "q"},
    "mitigated": {"decision": "fair", "positive": ["yes"]},
}


@pytest.mark.slow
@pytest.mark.peers
@pytest.mark.parametrize(("name", "attribute"), [("adult", "sex"), ("compas", "race")])
def test_figures_are_those_of_fairlearn_and_aif360(name, attribute, peers, tmp_path, monkeypatch):
    """Measures equal AIF360's and rates fairlearn's to 1e-9 on the table's test rows; AUC is scikit-learn's within the
    stated bound.
    """
    table = predicted(name, attribute, peers)
    given = parameters(name, attribute)
    del given["reweigh"], given["threshold_sweep"]
    given["budget"] |= {"source": "people.csv", "features": None}
    given["inference"]["replicates"] = 200
    kept, write = {}, files.write_csv
    monkeypatch.setattr(files, "write_csv", lambda path, frame: kept.update({str(path): frame}) or write(path, frame))
    audited(tmp_path, given | {"models": MODELS}, table)

    column, privileged = TABLES[name][2][attribute]
    test = table[table["split"] == "test"]
    tables = {path.rpartition("/")[2]: frame for path, frame in kept.items()}
    fairness = tables["fairness.csv"].query("attribute == @attribute and comparison == 'all unprivileged'")
    decisions = {"regression": test["p"] >= 0.5, "trees": test["q"] >= 0.5, "mitigated": test["fair"] == "yes"}
    for model, yes in decisions.items():
        own = fairness[fairness["model"] == model].set_index("measure")["value"]
        assert own.to_dict() == pytest.approx(theirs(peers, test, column, privileged, yes.astype(int)), abs=1e-9)
        rates = tables["group_rates.csv"].query("attribute == @attribute and model == @model")
        compare_rates(peers, rates, test, column, yes.astype(int))
    performance = tables["performance.csv"].set_index(["model", "figure"])["value"]
    bounds = files.read_json(tmp_path / "metrics/prepare.json", "prepare.rounding")
    for model, score in (("regression", "p"), ("trees", "q")):
        exact = roc_auc_score(test["outcome"], test[score])
        assert abs(performance[model, "roc_auc"] - exact) <= bounds[model]["roc_auc"] < 1e-3


def theirs(peers, test, column, privileged, yes):
    """AIF360's figures of one model, one group privileged."""
    group = (test[column] == privileged).astype(int)
    label = pd.Series(test["outcome"].to_numpy(), index=pd.Index(group, name="group"))
    about = {"prot_attr": "group", "priv_group": 1}
    given = (label, yes.to_numpy())
    return {
        SPD: peers.aif360.statistical_parity_difference(*given, **about),
        DI: peers.aif360.disparate_impact_ratio(*given, **about),
        EOD: peers.aif360.equal_opportunity_difference(*given, **about),
        AOD: peers.aif360.average_odds_difference(*given, **about),
        AAOD: peers.aif360.average_odds_error(*given, **about),
        PPV: peers.aif360.difference(precision_score, *given, **about),
    }


def compare_rates(peers, rates, test, column, yes):
    """Rates by level against fairlearn's frame of metrics, where both define them."""
    names = ("selection_rate", "true_positive_rate", "false_positive_rate")
    frame = peers.metrics.MetricFrame(
        metrics={name: getattr(peers.metrics, name) for name in names},
        y_true=test["outcome"],
        y_pred=yes,
        sensitive_features=test[column],
    ).by_group
    own = rates.pivot(index="level", columns="rate", values="value")
    for level, row in frame.iterrows():
        for name in names:
            if not np.isnan(own.loc[level, name]):
                assert own.loc[level, name] == pytest.approx(row[name], abs=1e-9)


def test_an_audit_of_decisions_alone(tmp_path):
    """Of mortgages in Boston in 1990 only what was granted is known: rates are compared, nothing is trained."""
    table = pd.read_csv(SHARED / "hmda.csv")
    given = parameters("hmda", "race")
    del given["reweigh"], given["threshold_sweep"]
    given["budget"] |= {"source": "people.csv", "features": None, "target": None, "split_column": None}
    given["inference"]["replicates"] = 200
    audited(tmp_path, given | {"models": {"bank": {"decision": "outcome"}}}, table.drop(columns="split"))
    share = table.groupby("black")["outcome"].mean()
    found = pd.read_csv(tmp_path / "plots/fairness.csv").query("comparison == 'all unprivileged'").set_index("measure")
    assert found["value"][SPD] == pytest.approx(share["yes"] - share["no"], abs=1e-6)
    assert found["value"][DI] == pytest.approx(share["yes"] / share["no"], abs=1e-5)
    assert found["verdict"][SPD] == "fail"
    text = (tmp_path / "docs/comparison.md").read_text(encoding="utf-8")
    assert "baseline" not in text
    assert "eweigh" not in text


@pytest.mark.heavy
@pytest.mark.pipeline
@pytest.mark.slow
def test_recorded_mortgages_run_through_the_whole_pipeline(built, tmp_path):
    """Drafted by `make start` without labels, scores and split: figures are those of the reference, the documents name
    both groups and all rows, and the page leads with the model's name.
    """
    root = built.copy(tmp_path / "fork")
    table = pd.read_csv(SHARED / "hmda.csv").drop(columns=["split", "race_privileged"])
    table.to_csv(root / "mortgages.csv", index=False)
    given = ["--table=mortgages.csv", "--protected=black", "--privileged=black=no", "--decision=outcome", "--force"]
    ran(root, sys.executable, "-m", "commands.start", *given)
    ran(root, *DVC, "repro")
    reference = json.loads((SHARED / "reference.json").read_text())["datasets"]["hmda"]["attributes"]["race"]
    rows = pd.read_csv(root / "plots/fairness.csv").query("comparison == 'all unprivileged'").set_index("measure")
    assert rows["value"].to_dict() == pytest.approx({name: reference["data"][name] for name in (SPD, DI)}, abs=1e-6)
    assert rows["verdict"].to_dict() == {SPD: "fail", DI: "insufficient_evidence"}
    levels = pd.read_csv(root / "plots/group_rates.csv").set_index("level")
    assert levels["of"].to_dict() == {"no": reference["n_privileged"], "yes": reference["n_unprivileged"]}
    text = (root / "docs/comparison.md").read_text(encoding="utf-8")
    assert "243 of 339 people whose black is yes (72 %) were selected" in text
    assert "Nothing is trained here, so the [test rows](glossary.md#test-rows) are all rows of the table." in text
    assert "Infeasible" not in text
    assert '<h2 id="card-budget">model_1</h2>' in (root / "docs/index.html").read_text(encoding="utf-8")
    for document in ("docs/comparison.md", "docs/model_card.md", "docs/data_sheet.md", "docs/README.md"):
        assert re.search("baseline|reweighed", (root / document).read_text(encoding="utf-8")) is None, document
