"""Attributes without privileged levels through every stage and document of the built repository."""

import csv
import json
import sys
from datetime import date

import pytest
import yaml

from pipeline.documents.build_summary import summary
from pipeline.results import figures
from pipeline.review.changes import Versions, rows
from pipeline.storage import parameters
from responsible.governance.policy import Policy, judge
from tests.support.small import ran

SENTENCE = "No reference group was named"
EARLY = ("check_parameters", "prepare", "model_analyses")
STAGES = (*EARLY, "evaluate_fairness", "threshold_sweep", "healthcare_audit", "risk_register")


@pytest.fixture(scope="module")
def unpooled(built, tmp_path_factory):
    """The repository with gender, requester and premium without privileged levels, built stage by stage."""
    root = built.copy(tmp_path_factory.mktemp("unpooled") / "small")
    tree = yaml.safe_load((root / "params.yaml").read_text(encoding="utf-8"))
    tree["sensitive"]["gender"]["privileged"] = None
    tree["healthcare"]["protected"]["requester"].pop("privileged")
    tree["healthcare"]["protected"]["premium"]["privileged"] = []
    tree["threshold_sweep"]["attribute"] = "gender"
    tree["policy"]["rules"]["women_disparate_impact"]["level"] = "any"
    tree["policy"]["rules"]["gp_equal_opportunity"].pop("level")
    (root / "params.yaml").write_text(yaml.safe_dump(tree, allow_unicode=True, sort_keys=False), encoding="utf-8")
    for stage in (*STAGES, "model_card"):
        ran(root, sys.executable, "-m", f"stages.{stage}")
    return root


def table(root, name):
    with (root / "plots" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.slow
def test_every_document_says_so(unpooled):
    """Comparison, card, risk assessment, sweep and audit say that no group was named; none speaks of a pooled group."""
    for name in ("comparison", "model_card", "healthcare_audit", "recommended_threshold"):
        assert SENTENCE.lower() in (unpooled / f"docs/{name}.md").read_text(encoding="utf-8").lower(), name
    assessment = (unpooled / "docs/risk_assessment.md").read_text(encoding="utf-8")
    assert assessment.count("no reference group was named, each level is compared with everybody else") == 3
    text = (unpooled / "docs/comparison.md").read_text(encoding="utf-8")
    gender = text.lower().split("\n## by gender\n")[1].split("\n## ")[0]
    assert "everybody else" in gender
    assert "unprivileged" not in gender


@pytest.mark.slow
def test_metrics_and_tables_have_the_same_headline(unpooled):
    """The figure of metrics is that of the table's row of any level, and names the same level."""
    found = json.loads((unpooled / "metrics/evaluate_fairness.json").read_text())["evaluate_fairness"]
    assert "farthest" not in found["education"]["reweighed"]
    for row in table(unpooled, "fairness.csv"):
        if (row["attribute"], row["comparison"], row["model"]) == ("gender", "any level", "reweighed"):
            own = found["gender"]["reweighed"]
            assert own["farthest"][row["measure"]] == row["farthest"]
            assert own[row["measure"]] == pytest.approx(float(row["value"]), abs=1e-5)
    audit = json.loads((unpooled / "metrics/healthcare_audit.json").read_text())["healthcare_audit"]
    primary = [r for r in table(unpooled, "healthcare_approvals.csv") if r["primary"] == "True"]
    headline = {r["attribute"]: float(r["value"]) for r in primary if r["comparison"] in ("any level", "1")}
    assert audit["primary_difference"] == pytest.approx(headline, abs=1e-5)


@pytest.mark.slow
def test_two_levels_are_coloured_once(unpooled):
    """Of the two mirrored comparisons of a requester one has a colour, the other and "any level" have none."""
    own = [r for r in table(unpooled, "healthcare_waits.csv") if r["attribute"] == "requester" and r["verdict"]]
    for scope in {r["scope"] for r in own}:
        coloured = {r["comparison"] for r in own if r["scope"] == scope and r["finding"]}
        farthest = {r["farthest"] for r in own if r["scope"] == scope and r["farthest"]}
        assert coloured == farthest
        assert len(coloured) == 1
    differences = {r["comparison"]: (float(r["low"]), float(r["high"])) for r in own if r["scope"] == "all"}
    assert differences["GP"] == pytest.approx(tuple(-x for x in reversed(differences["Surgeon"])))


@pytest.mark.slow
def test_rules_judge_every_level(unpooled):
    """A rule without level on such an attribute, and one that says any, name the level that decides."""
    policy = parameters.section(unpooled / "params.yaml", "policy", Policy)
    collected = figures.collect(unpooled)
    judged = {j.name: j for j in judge(policy, collected, date.min)}
    levels = {r["level"] for r in table(unpooled, "group_rates.csv") if r["attribute"] == "gender"}
    assert judged["women_disparate_impact"].evidence.level in levels
    assert judged["gender_equal_opportunity"].evidence.level in levels
    assert judged["gp_equal_opportunity"].evidence.level in ("GP", "Surgeon")
    assert judged["education_disparate_impact"].evidence.level == ""
    path = "healthcare_audit.primary_difference.requester"
    assert set(collected[path]) == {"", "GP", "Surgeon"}
    assert set(collected["threshold_intervals.300.reweighed.disparate_impact"]) == {"", *levels}


@pytest.mark.slow
def test_a_review_compares_level_with_level(unpooled):
    """The same results twice: every level of such an attribute has its row, and nothing changed."""
    collected = figures.collect(unpooled)
    policy = parameters.section(unpooled / "params.yaml", "policy", Policy)
    found = rows(Versions(collected, collected, policy, [], {}))
    own = {r.level: r.word for r in found if r.path == "evaluate_fairness.gender.reweighed.disparate_impact"}
    assert "" not in own
    assert set(own.values()) == {"same"}
    assert len(own) > 2


@pytest.mark.slow
def test_other_forms_hold(unpooled):
    """The results that Hugging Face's library reads name the level, and so do the twin and the summary of a build."""
    tree = yaml.safe_load((unpooled / "docs/model_card.results.yaml").read_text(encoding="utf-8"))
    tasks = [entry.task_id for entry in pytest.importorskip("huggingface_hub").parse_eval_result_entries(tree)]
    assert any("(gender: " in task and task.endswith(" against everybody else)") for task in tasks)
    twin = json.loads((unpooled / "docs/model_card.cdx.json").read_text(encoding="utf-8"))
    slices = str(twin["components"][1]["modelCard"]["quantitativeAnalysis"])
    assert " against everybody else" in slices
    said = "\n".join(summary({}, str(unpooled)))
    assert "gender, any level" in said
