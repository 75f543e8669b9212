"""A measure is added by one entry of the registry: this adds one, and nothing else, and looks for it everywhere."""

from __future__ import annotations

import csv
import math
from datetime import date

import numpy as np
import pandas as pd
import pytest

from pipeline.documents import build_summary, comparison, healthcare_words
from pipeline.plots import fairness as pictures
from pipeline.plots.group_rates import group_rates
from pipeline.reporting import engine
from pipeline.results import figures
from pipeline.review import changes
from pipeline.storage import files, parameters
from pipeline.storage.line_contents import line_of
from responsible.fairness.evaluation import Evaluation, ScoredCells, evaluate, summary
from responsible.fairness.groups import groups
from responsible.fairness.measures import MEASURES, Measure, difference, equal, standard
from responsible.fairness.verdicts import Fairness
from responsible.governance.policy import Policy, judge
from responsible.governance.risk_register import from_policy
from responsible.governance.version_change import better, paired
from responsible.healthcare.approval_rates import OVERRIDE_RATE
from responsible.limits import Limits
from responsible.mitigation.threshold_figures import Sweep
from responsible.names import MODELS
from responsible.statistics.intervals import Inference
from responsible.statistics.rates import RATES
from tests.support.contract import ROOT

NAME = "true_negative_rate_difference"
ENTRY = Measure(
    compute=difference("true_negative_rate"),
    rates=("true_negative_rate",),
    formula="TNR u − TNR p",
    unit="difference of true negative rates",
    hypothesis="equal true negative rates",
    test=equal("true_negative_rate"),
    limits=Limits(minimum=-0.1, maximum=0.1),
)
DECLARED = parameters.read_yaml(ROOT / "params.yaml")["fairness"]
INFERENCE = Inference(confidence=0.95, replicates=500, minimum_denominator=5)
WHO = groups("sex", ["m", "w"], ["m"])
PATH = f"evaluate_fairness.sex.reweighed.{NAME}"
# Counted by hand. Of 400 women with label 0 the baseline selects 240 and the reweighed model 100; of 400 men 80 and 90.
#   TNR u − TNR p: baseline 160/400 − 320/400 = −0.4; reweighed 300/400 − 310/400 = −0.025; change 0.375.
# Of 200 with label 1 in each group both models select 150.
SELECTED = {"w": {"baseline": 240, "reweighed": 100}, "m": {"baseline": 80, "reweighed": 90}}
VALUES = {"baseline": -0.4, "reweighed": -0.025, "change": 0.375}


def people():
    """The table above as scored cells of one row each, and their labels."""
    rows = []
    for level, selects in SELECTED.items():
        for i in range(400):
            scores = {model: 0.9 if i < number else 0.1 for model, number in selects.items()}
            rows.append({"a.sex": level, "label": 0, **scores})
        rows += [{"a.sex": level, "label": 1, "baseline": s, "reweighed": s} for s in [0.9] * 150 + [0.1] * 50]
    table = pd.DataFrame(rows).assign(n=1)
    return table.drop(columns="label"), table["label"].to_numpy()


@pytest.fixture
def declared(monkeypatch):
    """The registry with one more entry, and the limits of params.yaml as they are shipped."""
    monkeypatch.setitem(MEASURES, NAME, ENTRY)
    return Fairness(**DECLARED)


@pytest.fixture
def found(declared) -> Evaluation:
    """The evaluation of the table with the new entry."""
    rng = np.random.default_rng(1)
    test, label = people()
    scores = {model: test[model].to_numpy() for model in MODELS}
    said, scored = {m: own >= 0.5 for m, own in scores.items()}, [ScoredCells(test, label, scores)]
    return evaluate(test, label, [WHO], said, scored, fairness=declared, inference=INFERENCE, rng=rng)


@pytest.fixture
def results(found, tmp_path):
    """A folder with what the stage writes of it."""
    files.write_json(tmp_path / "metrics/evaluate_fairness.json", {"evaluate_fairness": summary(found.fairness)})
    files.write_csv(tmp_path / "plots/fairness.csv", found.fairness)
    return tmp_path


def shown(found):
    """The rows of the new measure in the pooled comparison, by model."""
    own = found.fairness[(found.fairness["measure"] == NAME)].drop_duplicates("model")
    return own.set_index("model")


def test_evaluate_computes_tests_and_judges_it(found):
    """Values are the hand-counted ones; the test is that of its own hypothesis; the verdicts are by its own limits."""
    own = shown(found)
    assert own["value"].to_dict() == pytest.approx(VALUES)
    assert (own.loc["baseline", "verdict"], own.loc["reweighed", "verdict"]) == ("fail", "pass")
    assert (own.loc["baseline", "minimum"], own.loc["baseline", "maximum"]) == (-0.1, 0.1)
    assert own.loc["baseline", "best_accuracy"] == 1  # a classifier without errors refuses all with label 0
    assert (own.loc["baseline", "support_unprivileged"], own.loc["baseline", "method"]) == (400, "chi-square")
    # Pearson by hand: pooled rate 320/800 = .4, chi² = z² = .4² / (.4 · .6 · (1/400 + 1/400)), p = erfc(z / √2)
    assert own.loc["baseline", "p"] == pytest.approx(math.erfc(math.sqrt(0.4**2 / 0.0012 / 2)), rel=1e-6)
    assert own.loc["baseline", "p_adjusted"] >= own.loc["baseline", "p"]


def test_the_headline_metrics_have_it(found):
    """The metrics file gives both models' values."""
    headline = summary(found.fairness)["sex"]
    assert {model: values[NAME] for model, values in headline.items()} == pytest.approx(
        {"baseline": -0.4, "reweighed": -0.025}
    )


def test_policy_and_risk_register_judge_it(results):
    """A rule on its metric path is judged on its interval, and the register files it under quality of service."""
    rule = {"judged_on": "interval", "severity": "block", "reason": "r", "owner": "o", "minimum": -0.1}
    rules = {"reweighed": rule | {"metric": PATH}, "baseline": rule | {"metric": PATH.replace("reweighed", "baseline")}}
    policy = Policy(insufficient_evidence="block", rules=rules, tolerances={NAME: 0.01})
    judged = {j.name: j for j in judge(policy, figures.collect(results), date(2030, 1, 1))}
    assert {name: (j.verdict, j.blocks) for name, j in judged.items()} == {
        "reweighed": ("pass", False),
        "baseline": ("fail", True),
    }
    assert judged["baseline"].evidence.value == pytest.approx(-0.4)
    assert [risk.harm for risk in from_policy(judged.values(), line_of)] == ["quality of service"] * 2


def test_documents_and_pictures_show_it(found, results, declared):
    """The comparison, the summary of a build and the picture have its values and its verdicts."""
    table = pd.DataFrame(
        [(f, m, 0.7, 0.6, 0.8, "x") for m in ("baseline", "reweighed") for f in ("accuracy", "roc_auc")],
        columns=["figure", "model", "value", "low", "high", "method"],
    )
    table = pd.concat([table, *[table.assign(figure=f) for f in ("balanced_accuracy", "precision", "recall", "f1")]])
    weights = {"effective_rows": 10.0, "rows": 10.0, "largest": 1.0}
    context = comparison.context(found, table, weights, "income is at least 1", inference=INFERENCE, fairness=declared)
    drawn = {
        "all_rows": False,
        "limits": pictures.disparities(found.fairness, 0.95),
        "rates": group_rates(found.group_rates, 0.95),
    }
    text = engine.fill(ROOT / "docs/templates/comparison.md.j2", context | drawn)
    found_lines = [line for line in text.splitlines() if line.startswith("| true negative rate difference ")]
    now, moved = ([cell.strip() for cell in line.strip("|").split("|")] for line in found_lines)
    assert (now[1].split()[0], now[2].split()[0], *now[3:]) == ("−0.400", "−0.025", "−0.1 to 0.1", "no", "no")
    assert (moved[1].split()[0], *moved[2:]) == ("0.375", "**fail**", "pass")
    assert "closer to parity: " in text
    assert "true negative rate difference" in text.split("closer to parity: ")[1].splitlines()[0]
    (line,) = [line for line in build_summary.summary({}, str(results)) if line.startswith(NAME)]
    assert [word for word in line.split() if word in ("−0.400", "−0.025", "fail", "pass")] == [
        "−0.400", "fail", "−0.025", "pass",
    ]  # fmt: skip
    assert f"of {len(standard())} measures" in drawn["limits"].said.finding
    assert b"True negative rate difference" in drawn["limits"].wide


def test_review_shows_its_change(found, results, declared):
    """Between two versions its change is paired, its headline has a row, and nearer to parity is better."""
    table, label = people()
    versions = table.rename(columns={"baseline": "old", "reweighed": "new"})
    moved = paired(
        versions, label, [WHO], (0.5, 0.5), fairness=declared, inference=INFERENCE, rng=np.random.default_rng(2)
    )
    assert moved[f"sex.{NAME}", ""].value == pytest.approx(VALUES["change"])
    assert better(NAME, -0.4, -0.025) is True
    after = figures.collect(results)
    before = after | {PATH: after[PATH.replace("reweighed", "baseline")]}
    policy = Policy(
        insufficient_evidence="block",
        rules={
            "r": {"metric": PATH, "judged_on": "point", "severity": "warn", "reason": "r", "owner": "o", "maximum": 1}
        },
        tolerances={},
    )
    known = changes.at_paths({"reweighed": moved}, {})
    (row,) = [row for row in changes.rows(changes.Versions(before, after, policy, [], known)) if row.path == PATH]
    assert (row.word, row.trend, row.pairwise) == ("real", "better", True)
    assert (row.old.value, row.new.value) == pytest.approx((-0.4, -0.025))


def test_parameters_may_name_it(declared):
    """Limits of the audit and constraints of the threshold sweep may be put on it; what is declared wins."""
    assert declared.limits[NAME] == Limits(minimum=-0.1, maximum=0.1)
    own = DECLARED | {"limits": DECLARED["limits"] | {NAME: {"minimum": -0.3, "maximum": 0.3}}}
    assert Fairness(**own).limits[NAME] == Limits(minimum=-0.3, maximum=0.3)
    grid = {"minimum": 1, "maximum": 2, "step": 1}
    sweep = Sweep(grid=grid, attribute="sex", limits={NAME: {"maximum": 0.1}}, choose_by="f1")
    assert NAME in sweep.limits


def test_the_healthcare_audit_has_words_for_every_rate():
    """Whatever rate a measure counts first, a sentence about its shares has the event in words."""
    assert healthcare_words.EVENTS.keys() == {*RATES, OVERRIDE_RATE}


def test_the_table_that_people_read_has_it(results):
    """The long table beside the documents has a row for each model and the change."""
    with (results / "plots/fairness.csv").open(encoding="utf-8") as lines:
        rows = [row for row in csv.DictReader(lines) if row["measure"] == NAME]
    assert {row["model"] for row in rows} == set(VALUES)
