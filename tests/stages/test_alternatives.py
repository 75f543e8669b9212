"""The search on a drawn table, from prepare to the page: of which model it speaks, adoption, and an earlier model."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.results.figures import collect
from pipeline.results.searched import searched
from pipeline.storage import files
from pipeline.storage.models import read_model
from pipeline.storage.parameters import keys
from responsible.alternatives.candidates import Workshop, adoption
from responsible.alternatives.material import Material
from responsible.alternatives.recipes import Candidate
from responsible.datasets.budget import draw
from responsible.governance.policy import Policy, judge
from responsible.tabular.cells import labels
from responsible.validation import InputError
from stages import alternatives, prepare, reweigh
from tests.support.contract import ROOT
from tests.support.tables import tree, write

TEMPLATE = str(ROOT / "docs/templates/alternatives.md.j2")
STAGES = (prepare, reweigh, alternatives)
WITHOUT, BOUND = "without Education_Level", "trained for equal true positive rates within 0.4 without randomisation"
FEW = {"strengths": [0.5], "tolerances": [0.0, 0.4], "constraints": ["equal_opportunity"], "estimators": ["logistic"]}


def trained(strength, adopted=None):
    """The reweighed model of this strength, or the adopted one, and the parameters it was trained with."""
    given = tree(
        models__adopted=adopted,
        budget__source="t.csv",
        reweigh__strength=strength,
        inference__replicates=300,
        alternatives=tree()["alternatives"] | FEW,
    )
    write(Path("params.yaml"), given, [key for stage in STAGES for key in keys(stage.Parameters)])
    prepare.main()
    reweigh.main()


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A folder in which reweighing at strength ½ was adopted, and searched for alternatives to."""
    folder = tmp_path_factory.mktemp("alternatives")
    raw = pd.concat([pd.DataFrame(chunk) for chunk in draw(6_000, 5)], ignore_index=True)
    raw.to_csv(folder / "t.csv", index=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        trained(0.5)
        alternatives.main(template=TEMPLATE)
    return folder


@pytest.fixture
def there(root, monkeypatch):
    monkeypatch.chdir(root)
    return root


def test_the_adopted_strength_is_the_model_in_use(there):
    """The model that the daily pipeline trained decides as the candidate of that strength, and goes by its name."""
    found = files.read_json("alternatives/metrics.json", "alternatives")
    assert found["in_use"]["instead"] == "logistic regression, reweighed by education at strength 0.5"
    given = alternatives.parameters.load("params.yaml", alternatives.Parameters)
    table, meta = files.read_cells("data/prepared/budget.parquet")
    label = labels(table, meta["cuts"], given.threshold)
    own = Material(table, label, meta["features"], given.sensitive, given.model, given.reweigh)
    candidate = Candidate("reweighing", setting=0.5, attributes=("education",))
    scores = pd.read_parquet("data/scores/reweighed.parquet")["score"].to_numpy()
    np.testing.assert_allclose(Workshop(own, "education").score(candidate), scores, atol=1e-6)


def test_the_measures_of_a_candidate_are_those_of_its_decisions(there):
    """Of the model in use each one is counted again from its scores on the test rows, side by side."""
    table, meta = files.read_cells("data/prepared/budget.parquet")
    scored = pd.read_parquet("data/scores/reweighed.parquet")
    scored = scored.assign(label=labels(table, meta["cuts"], tree()["threshold"])).query("split == 'test'")
    rates = []
    for own in (scored[scored["a.gender"] != "Male"], scored[scored["a.gender"] == "Male"]):
        yes, right, n = own["score"] >= 0.5, own["label"] == 1, own["n"]
        both = n[yes & right].sum()
        fpr = n[yes & ~right].sum() / n[~right].sum()
        rates.append([n[yes].sum() / n.sum(), both / n[right].sum(), fpr, both / n[yes].sum()])
    u, p = np.array(rates)
    selected, tpr, fpr, precision = u - p
    found = files.read_csv("alternatives/measures.csv").query("attribute == 'gender'").set_index("measure")
    own = found[found["candidate"] == "logistic regression, reweighed by education at strength 0.5"]["value"]
    assert own.to_dict() == pytest.approx(
        {
            "statistical_parity_difference": selected,
            "disparate_impact": u[0] / p[0],
            "equal_opportunity_difference": tpr,
            "average_odds_difference": (tpr + fpr) / 2,
            "average_absolute_odds_difference": (abs(tpr) + abs(fpr)) / 2,
            "predictive_parity_difference": precision,
        },
        rel=1e-5,  # a table has six digits
    )


def test_the_page_says_what_the_figures_say(there):
    """Answer first, every candidate once, thresholds by group apart, and how to adopt what."""
    found = files.read_json("alternatives/metrics.json", "alternatives")
    page = (there / "docs/alternatives.md").read_text(encoding="utf-8")
    plain = page.replace("\\", "")
    assert (
        plain.index(found["answers"]["in_use"]) < plain.index(found["answers"]["best"]) < plain.index("## The frontier")
    )
    assert "The model in use is *logistic regression, reweighed by education at strength 0.5*." in plain
    assert "set `models.adopted` to its name" in plain
    table = files.read_csv("alternatives/candidates.csv")
    own = table[table["attribute"] == "education"]
    listed = plain.split("## The frontier")[1]
    for name in own["candidate"]:
        assert len(re.findall(rf"^\| {re.escape(name)}( \(randomised\))? \|", listed, re.MULTILINE)) == 1
    assert found["searched"] + found["bounds"] == len(own)
    by_group = plain.split("## Thresholds by group")[1]
    assert by_group.count("a threshold for each group") == found["bounds"]


def kept(names):
    """The bytes of files, to be put back."""
    return {Path(name): Path(name).read_bytes() for name in names}


DAILY = ("params.yaml", "metrics/reweigh.json", "data/scores/reweighed.parquet", "data/models/reweighed.skops")


@pytest.mark.parametrize("name", [WITHOUT, BOUND])
def test_an_adopted_candidate_decides_as_in_the_search(there, name):
    """Each row gets the search's decision; the figures go by the candidate's own name, and only by that."""
    before = kept(DAILY)
    try:
        trained(0.5, f"logistic regression, {name}")
        given = alternatives.parameters.load("params.yaml", alternatives.Parameters)
        table, meta = files.read_cells("data/prepared/budget.parquet")
        label = labels(table, meta["cuts"], given.threshold)
        own = Material(table, label, meta["features"], given.sensitive, given.model, given.reweigh)
        adopted = adoption(given.models.adopted, own, given.alternatives)
        scores = pd.read_parquet("data/scores/reweighed.parquet")["score"].to_numpy()
        np.testing.assert_allclose(adopted.workshop.score(adopted.candidate), scores, atol=1e-6)
        test, yes = own.rows("test"), scores >= 0.5
        found = files.read_json("metrics/reweigh.json")
        (key,) = found["performance"]
        assert (list(found), key) == (["performance"], re.sub(r"[ .]", "_", name))
        assert given.models.names == ("baseline", key)
        assert found["performance"][key]["accuracy"] == pytest.approx(test @ (yes == label) / test.sum(), abs=1e-6)
        fitted = read_model("data/models/reweighed.skops")
        inputs = {step[0].removeprefix("x.") for step in fitted[0].transformers_}
        assert set(meta["features"]) - inputs == ({"Education_Level"} if name == WITHOUT else set())
    finally:
        for path, content in before.items():
            path.write_bytes(content)


def test_a_rule_asks_for_a_search_and_for_what_came_of_it(there):
    """Nothing found passes, a find fails unless it is declined in writing, and an earlier model decides nothing."""
    place = there / "metrics/alternatives.json"
    rule = {"metric": "alternatives.available", "maximum": 0, "judged_on": "point", "severity": "block"}
    excuse = {"until": date(2027, 1, 1), "justification": "the gain is in one branch only"}

    def verdict(**more):
        policy = Policy(insufficient_evidence="block", rules={"search": rule | more}, tolerances={})
        (found,) = judge(policy, collect(there), date(2026, 1, 1))
        return found.verdict, found.blocks

    held = json.loads((there / "alternatives/metrics.json").read_text(encoding="utf-8"))
    before = (there / "metrics/reweigh.json").read_bytes()
    try:
        for available, said in ((0, ("pass", False)), (1, ("fail", True))):
            held["alternatives"]["available"] = available
            place.write_text(json.dumps(held), encoding="utf-8")
            assert verdict() == said
        assert verdict(exception=excuse) == ("excepted", False)
        (there / "metrics/reweigh.json").write_bytes(before + b"\n")
        assert verdict() == ("insufficient_evidence", True)
    finally:
        (there / "metrics/reweigh.json").write_bytes(before)
        place.unlink()


def test_an_answer_of_an_earlier_model_says_so(there):
    """After another strength is trained, every quote says that the search was of an earlier model."""
    (there / "metrics/alternatives.json").write_bytes((there / "alternatives/metrics.json").read_bytes())
    now = searched()
    assert now.current
    assert now.says == now.answer
    before = (there / "metrics/reweigh.json").read_bytes()
    try:
        trained(1.0)
        old = searched()
        assert (old.current, old.heading, old.verdict) == (
            False,
            "Not searched for this model",
            "insufficient_evidence",
        )
        assert old.says == f"Of an earlier model: {now.answer} Run `make alternatives` for this one."
    finally:
        (there / "metrics/reweigh.json").write_bytes(before)


@pytest.mark.parametrize(
    ("spoilt", "remedy"), [({"outcome": "maybe"}, "outcome 'maybe' is not known"), ({}, "is another file")]
)
def test_a_spoilt_file_is_refused(tmp_path, spoilt, remedy):
    """A file with an unknown outcome, or without an answer, is refused with the command that writes it."""
    (tmp_path / "metrics").mkdir()
    held = {"alternatives": {"answer": "No."} | spoilt}
    (tmp_path / "metrics/alternatives.json").write_text(json.dumps(held))
    with pytest.raises(InputError, match=rf"{remedy}; run `make alternatives`"):
        searched(tmp_path)
