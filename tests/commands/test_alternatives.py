"""`make alternatives` in a fork: the side pipeline runs and hands on; an adopted candidate goes by its own name."""

import csv
import json
import re
import sys

import pytest
from ruamel.yaml import YAML

from commands import alternatives
from responsible.validation import InputError
from tests.support.small import DVC, ran

NAME, KEY = "logistic regression, without Education_Level", "without_Education_Level"
FEW = {"strengths": [0.5], "tolerances": [0.0], "constraints": ["equal_opportunity"], "estimators": ["logistic"]}
OWN = ("comparison", "recommended_threshold", "model_card", "risk_assessment", "data_sheet")
# What may say "reweigh" although nothing is reweighed: the glossary's word, places of files, the section of parameters.
PLACES = r"in place of \[?reweighing\]?|#reweighing|`reweigh`|(data|plots|metrics)/[\w/]*reweigh\w*\.\w+"


def test_a_repository_without_the_section_is_told_what_to_add(tmp_path):
    """The section is named, and the page that explains it."""
    (tmp_path / "params.yaml").write_text("version: 2\nbudget: {}\n")
    with pytest.raises(InputError, match=r"alternatives is missing; docs/policy\.md"):
        alternatives.main(str(tmp_path))


@pytest.mark.pipeline
@pytest.mark.heavy
def test_a_search_is_handed_on_and_an_adopted_candidate_flows_through(built, tmp_path):
    """One parameter adopts a candidate: rules, documents and figures follow it, and the search is of that model."""
    root = built.copy(tmp_path / "fork")
    assert "Running stage 'alternatives" not in built.said
    yaml, params = YAML(), root / "params.yaml"
    given = yaml.load(params.read_text(encoding="utf-8"))
    given["models"]["adopted"] = NAME
    given["alternatives"].update(FEW)
    given["reweigh"]["empty_cells"] = "merge"  # of so few rows
    with params.open("w", encoding="utf-8") as file:
        yaml.dump(given, file)
    said = ran(root, sys.executable, "-m", "commands.alternatives")
    assert "Running stage 'alternatives/dvc.yaml:alternatives'" in said
    found = json.loads((root / "metrics/alternatives.json").read_text(encoding="utf-8"))
    assert found == json.loads((root / "alternatives/metrics.json").read_text(encoding="utf-8"))
    assert found["alternatives"]["in_use"]["instead"] == NAME
    assert found["alternatives"]["answer"] in " ".join(said.replace("alternatives: ", "").split())
    for name in OWN:
        text = (root / f"docs/{name}.md").read_text(encoding="utf-8")
        assert not re.findall(".*reweigh.*", re.sub(PLACES, "", text), re.IGNORECASE), name
        assert name in ("data_sheet", "risk_assessment") or "without Education_Level" in text
    judged = json.loads(ran(root, sys.executable, "-c", GATE))
    assert f"evaluate_fairness.education.{KEY}.disparate_impact" in judged
    assert f"performance.{KEY}.accuracy" in judged
    assert not [path for path in judged if "reweigh" in path]
    with (root / "plots/threshold_sweep.csv").open(encoding="utf-8") as file:
        (swept,) = (row for row in csv.DictReader(file) if row["threshold"] == "300")
    daily = json.loads((root / "metrics/reweigh.json").read_text(encoding="utf-8"))["performance"][KEY]
    assert float(swept[f"{KEY}_accuracy"]) == pytest.approx(daily["accuracy"], abs=1e-6)
    register = (root / "plots/risk_register.csv").read_text(encoding="utf-8")
    assert "A less discriminatory model" in register
    assert "Data and pipelines are up to date" in ran(root, *DVC, "status", "dvc.yaml", "alternatives/dvc.yaml")


GATE = """
import json
from pipeline.results.policy_verdicts import verdicts
print(json.dumps([judged.rule.metric for judged in verdicts()]))
"""
