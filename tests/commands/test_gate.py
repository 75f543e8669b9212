"""commands.gate and what it reads: figures by path, stale results refused, a table and an exit code."""

import csv
import hashlib
import json
import math
import os
import subprocess
import sys
from collections import Counter
from datetime import date
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from ruamel.yaml import YAML

from commands import gate
from pipeline.reporting import judgements
from pipeline.reporting.formatting import figure
from pipeline.results import figures
from pipeline.results.catalogue import Tables
from pipeline.results.freshness import locked as locked_stages
from pipeline.results.policy_verdicts import verdicts
from pipeline.storage.line_contents import LINES
from responsible.names import SWITCHED_OFF
from responsible.validation import InputError

ROOT = Path(__file__).parents[2]
TODAY = date(2026, 5, 1)
FAIRNESS = """attribute,comparison,measure,model,value,low,high,reason,minimum,maximum,verdict
sex,all unprivileged,disparate_impact,reweighed,0.04,0.03,0.05,,0.8,1.25,infeasible
sex,Female,disparate_impact,reweighed,0.9,0.85,0.95,,0.8,1.25,pass
sex,all unprivileged,disparate_impact,change,0.01,-0.01,0.03,,,,
sex,all unprivileged,equal_opportunity_difference,reweighed,,,,no_positives,-0.1,0.1,insufficient_evidence
"""
RULE = """    {name}:
      metric: {metric}
      minimum: {minimum}
      judged_on: {on}
      severity: {severity}
      reason: because
      owner: board
"""


def rule(name, metric, minimum=0.8, on="interval", severity="block"):
    return RULE.format(name=name, metric=metric, minimum=minimum, on=on, severity=severity)


def policy(*rules):
    return "".join(
        ["version: 2\nthreshold: 300\npolicy:\n  insufficient_evidence: block\n  tolerances: {}\n  rules:\n", *rules]
    )


PASSING = rule("accuracy", "reweigh.accuracy")
IMPACT = "evaluate_fairness.sex.reweighed.disparate_impact"
FAILING = rule("impact", IMPACT)


@pytest.fixture
def results(tmp_path):
    """Two metrics files and two tables, as the stages write them."""
    write(tmp_path, "metrics/reweigh.json", {"reweigh": {"accuracy": 0.95, "rows": {"test": 7}, "f1": None}})
    summary = {"sex": {"reweighed": {"disparate_impact": 0.04, "undefined": {"x": "no_positives"}, "x": None}}}
    write(tmp_path, "metrics/evaluate_fairness.json", {"evaluate_fairness": summary})
    write(tmp_path, "plots/fairness.csv", FAIRNESS)
    write(tmp_path, "plots/performance_reweighed.csv", "figure,value,low,high,method\naccuracy,0.95,0.94,0.96,x\n")
    write(tmp_path, "params.yaml", policy(PASSING))
    return tmp_path


def write(root, name, content):
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")


def test_figures_have_their_path_level_and_interval(results):
    """Numbers of JSON are found by their keys, those of tables by their columns, and the table brings the interval."""
    found = figures.collect(results)
    accuracy = found["reweigh.accuracy"][""]
    assert (accuracy.value, accuracy.low, accuracy.high, accuracy.inferred) == (0.95, 0.94, 0.96, True)
    impact = found["evaluate_fairness.sex.reweighed.disparate_impact"]
    assert {level: e.value for level, e in impact.items()} == {"": 0.04, "Female": 0.9}
    assert found["evaluate_fairness.sex.change.disparate_impact"][""].low == -0.01
    rows = found["reweigh.rows.test"][""]
    assert (rows.value, rows.inferred) == (7.0, False)


APPROVALS = """attribute,comparison,scope,primary,measure,value,low,high,reason,verdict
requester,GP,all,False,statistical_parity_difference,-0.08,-0.1,-0.06,,pass
requester,GP,urgent merit,True,equal_opportunity_difference,-0.09,-0.2,-0.02,,pass
"""


def test_the_only_level_that_is_compared_is_the_whole_as_well(results):
    """Two groups have no pooled row, so a rule may leave the level out; spaces of a scope are underscores."""
    write(results, "plots/healthcare_approvals.csv", APPROVALS)
    found = figures.collect(results)
    levels = found["healthcare_approvals.requester.urgent_merit.equal_opportunity_difference"]
    assert {level: (e.value, e.low) for level, e in levels.items()} == {"GP": (-0.09, -0.2), "": (-0.09, -0.2)}
    assert "healthcare_audit.primary_difference.requester" not in found


@pytest.mark.parametrize(("headline", "low"), [(-0.0900001, -0.2), (-0.5, math.nan)])
def test_a_headline_gets_the_interval_of_its_own_row_only(results, headline, low):
    """metrics/healthcare_audit.json and the table name a figure differently; equal values tell that it is one."""
    write(results, "plots/healthcare_approvals.csv", APPROVALS)
    audit = {"healthcare_audit": {"primary_difference": {"requester": headline}}}
    write(results, "metrics/healthcare_audit.json", audit)
    found = figures.collect(results)["healthcare_audit.primary_difference.requester"][""]
    assert found.low == pytest.approx(low, nan_ok=True)
    assert found.inferred is not math.isnan(low)


def test_a_table_without_intervals_gives_points(results):
    """A criterion of the scorecard has a value and points, and rules on it must judge the point."""
    write(results, "plots/segments_scorecard.csv", "configuration,name,value,limit,points\nchosen,drop,0.25,0.15,0\n")
    write(results, "plots/segments_privacy.csv", "mechanism,epsilon,measure,level,value,low,high\ncentral,1,ari,,,,\n")
    found = figures.collect(results)
    drop, points = found["segments_scorecard.chosen.drop"][""], found["segments_scorecard.chosen.drop.points"][""]
    assert (drop.value, drop.inferred, points.value) == (0.25, False, 0.0)
    assert figure(found["segments_privacy.central.1.ari"][""]) == "undefined (not measured)"
    assert figure(points) == "0"


def test_figures_of_the_other_lines_are_the_ones_of_their_tables():
    """Paths of the sample's healthcare and segments tables, with the values that stand in the files."""
    found = figures.collect(ROOT)
    with (ROOT / "plots/healthcare_intersections.csv").open(encoding="utf-8") as file:
        group = next(row for row in csv.DictReader(file) if row["group"] == "requester=GP & rural=1")
    own = found["healthcare_intersections.difference"]["requester=GP & rural=1"]
    assert (own.value, own.low, own.high) == tuple(float(group[key]) for key in ("difference", "low", "high"))
    assert found["healthcare_odds.requester.adjusted"]["GP"].value == pytest.approx(0.600826)
    assert found["segments_shares.1"]["A"].value == 1.0
    assert found["healthcare_audit.mean_wait_difference.premium"][""].inferred


def test_a_rule_on_a_table_that_is_not_there_says_what_to_do(results):
    """A fork without healthcare data is told to build the figures or to drop the rule."""
    path = "healthcare_approvals.requester.all.equal_opportunity_difference"
    write(results, "params.yaml", policy(PASSING, rule("gp", path)))
    expected = "nor any of healthcare_approvals; known: .*; build it with `dvc repro`, or drop the rule"
    with pytest.raises(InputError, match=expected):
        gate.main(str(results), TODAY)


def test_the_gate_fits_a_terminal(capsys):
    """No line of the sample's output is wider than 120 characters."""
    gate.main(str(ROOT), TODAY)
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 120


def test_what_the_base_rates_forbid_comes_with_its_limits(results):
    """Only a row with the verdict infeasible carries limits out of reach, and they are its own."""
    impact = figures.collect(results)["evaluate_fairness.sex.reweighed.disparate_impact"]
    assert (impact[""].forbidden.minimum, impact[""].forbidden.maximum) == (0.8, 1.25)
    assert impact["Female"].forbidden is None


def test_an_undefined_figure_keeps_its_reason(results):
    """Empty fields and nulls are NaN with the reason that stands beside them."""
    found = figures.collect(results)
    undefined = found["evaluate_fairness.sex.reweighed.equal_opportunity_difference"][""]
    assert math.isnan(undefined.value)
    assert figure(undefined) == "undefined (no positives)"
    assert found["evaluate_fairness.sex.reweighed.x"][""].reason == "no_positives"
    assert found["reweigh.f1"][""].reason == "undefined"


def test_every_table_of_the_pipeline_gives_figures():
    """The tables with intervals that this repository holds are all read, with a level where they have levels."""
    found = figures.collect(ROOT)
    sources = {e.source for levels in found.values() for e in levels.values()}
    off = {name for name in figures.TABLES if SWITCHED_OFF in (ROOT / name).read_text(encoding="utf-8")}
    assert off == {Tables.PERFORMANCE, Tables.FAILING_GROUPS, Tables.SIMILAR_GROUPS}
    assert set(figures.TABLES) - off <= sources
    assert found["reweigh.accuracy"][""].low < found["reweigh.accuracy"][""].value
    assert "" not in found["group_rates.gender.baseline.selection_rate"]
    assert "threshold_intervals.300.reweighed.f1" in found


def test_metric_paths_are_those_of_the_metrics_files():
    """Every number of metrics/*.json is found under its keys, and its table says the same value."""
    for path, levels in figures.collect(ROOT).items():
        name, *keys = path.split(".")
        file = ROOT / f"metrics/{name}.json"
        node = json.loads(file.read_text()) if file.is_file() else {}
        for key in (name, *keys):
            node = node.get(key, {}) if isinstance(node, dict) else {}
        if isinstance(node, (int, float)):
            assert levels[""].value == pytest.approx(float(node), rel=1e-5, abs=1e-6), path


@pytest.mark.parametrize("file", sorted((ROOT / "metrics").glob("*.json")), ids=lambda file: file.name)
def test_metrics_files_are_headlines(file):
    """`dvc metrics diff` prints every number: at most thirty a line of work, under the stage's name, none in a list."""
    tree = json.loads(file.read_text(encoding="utf-8"))
    assert list(tree) == [file.stem]
    own = Counter(name.split(".")[1] in LINES and name.split(".")[1] for name, _ in figures._leaves(tree, file.name))
    assert 0 < max(own.values()) <= 30


def test_a_met_policy_passes_with_code_0(results, capsys):
    """One line a rule, one line for the whole, exit code 0."""
    assert gate.main(str(results), TODAY) == 0
    said = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert said == [
        "rule verdict severity value limits differs exceeds",
        "Accuracy pass block 95.0 [94.0, 96.0] at least 80 % no",
        "Unanswered questions pass block 0 at most 0 questions no",
        "",
        f"differs: {judgements.SHOWN}; exceeds: it exceeds the limits (unclear: it may)",
        "",
        "policy: Meets the policy. Every blocking rule is met.",
    ]


def test_an_unmet_blocking_rule_fails_with_code_1(results, capsys):
    """The rule is marked, its reason and owner follow, and the other rules are judged all the same."""
    write(results, "params.yaml", policy(FAILING, PASSING))
    assert gate.main(str(results), TODAY) == 1
    said = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert said[1].startswith("Impact fail BLOCKS 0.040 [0.030, 0.050] at least 0.8 times yes yes")
    at = said.index("Impact (impact): because")
    assert said[at + 1 : at + 3] == ["limits: at least 0.8 times (set in params.yaml); owner: board", IMPACT]
    assert said[-1] == "policy: Does not meet the policy. One blocking rule is not met: Impact."


def test_a_warning_is_said_and_passes(results, capsys):
    """Severity warn leaves the exit code at 0 and the rule in the last line."""
    write(results, "params.yaml", policy(PASSING, rule("rows", "reweigh.rows.test", 100, "point", "warn")))
    assert gate.main(str(results), TODAY) == 0
    assert (
        capsys.readouterr().out.splitlines()[-1]
        == "policy: Meets the policy. Every blocking rule is met. One needs attention: Rows."
    )


def test_too_little_evidence_is_not_a_pass(results):
    """A blocking rule on an undefined figure blocks, as the policy says."""
    eod = "evaluate_fairness.sex.reweighed.equal_opportunity_difference"
    write(results, "params.yaml", policy(rule("eod", eod, -0.1)))
    assert gate.main(str(results), TODAY) == 1
    write(results, "params.yaml", policy(rule("eod", eod, -0.1)).replace("evidence: block", "evidence: warn"))
    assert gate.main(str(results), TODAY) == 0


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (policy(rule("a", "reweigh.acuracy")), "did you mean 'reweigh.accuracy'"),
        (
            policy(PASSING + "      exception:\n        until: 2026-04-30\n        justification: x\n"),
            "expired on 2026-04-30",
        ),
        (
            policy(PASSING + '      exception:\n        until: "2026-05-01"\n        justification: ""\n'),
            "justification",
        ),
        ("version: 2\nthreshold: 300\n", "policy is missing"),
    ],
)
def test_a_policy_that_cannot_be_judged_is_an_error(results, written, text):
    """An unknown path, an expired or unjustified exception, no policy: an error that says so, never a pass."""
    write(results, "params.yaml", written)
    with pytest.raises(InputError, match=text):
        gate.main(str(results), TODAY)


def test_without_results_there_is_nothing_to_judge(tmp_path):
    """An empty folder is an error with the command that builds results."""
    write(tmp_path, "params.yaml", policy(PASSING))
    with pytest.raises(InputError, match="run `dvc repro`"):
        verdicts(tmp_path, TODAY)


def locked(root, threshold=300, stage="reweigh"):
    content = (root / "plots/performance_reweighed.csv").read_bytes()
    entry = {
        "params": {"params.yaml": {"threshold": threshold}},
        "outs": [{"path": "plots/performance_reweighed.csv", "md5": hashlib.md5(content).hexdigest()}],  # noqa: S324
    }
    for name, tree in (("dvc.lock", {"stages": {stage: entry}}), ("dvc.yaml", {"stages": {"reweigh": {}}})):
        with (root / name).open("w") as file:
            YAML(typ="safe").dump(tree, file)


def test_results_of_other_parameters_are_refused(results):
    """A threshold edited after the run leaves figures of the old one: judging them would certify what nobody built."""
    locked(results)
    assert verdicts(results, TODAY)[0].verdict == "pass"
    locked(results, threshold=250)
    with pytest.raises(InputError, match="threshold changed since reweigh ran; run `dvc repro`"):
        verdicts(results, TODAY)


def test_results_edited_by_hand_are_refused(results):
    """A figure that is not what its stage wrote is no evidence; nor is one that is gone."""
    locked(results)
    write(results, "plots/performance_reweighed.csv", "figure,value,low,high,method\naccuracy,0.99,0.98,1,x\n")
    with pytest.raises(InputError, match="is not what its stage wrote"):
        verdicts(results, TODAY)
    (results / "plots/performance_reweighed.csv").unlink()
    with pytest.raises(InputError, match="no such file"):
        verdicts(results, TODAY)


def test_a_stage_that_is_gone_does_not_make_results_stale(results):
    """DVC may keep a removed stage in its lock file; what it once depended on does not matter any more."""
    locked(results, threshold=250, stage="removed")
    assert locked_stages(results) == {}
    assert verdicts(results, TODAY)[0].verdict == "pass"


def test_the_sample_fails_honestly(capsys):
    """At threshold 300 the default policy finds disparate impact out of reach, and no exception hides it."""
    judged = {judgement.name: judgement for judgement in verdicts_of_sample()}
    assert judged["education_disparate_impact"].verdict == "infeasible"
    assert judged["education_disparate_impact"].blocks
    assert judged["accuracy"].verdict == "pass"
    assert not [judgement for judgement in judged.values() if judgement.rule.exception]


def verdicts_of_sample():
    from pipeline.storage.parameters import section
    from responsible.governance.policy import Policy, judge

    declared = section(ROOT / "params.yaml", "policy", Policy)
    return judge(declared, figures.collect(ROOT), TODAY)


def test_the_command_prints_errors_without_a_traceback(results):
    """`python -m commands.gate` in a folder without parameters ends with code 2 and one line."""
    code = f"import os, runpy; os.chdir({str(results / 'plots')!r}); "
    code += "runpy.run_module('commands.gate', run_name='__main__')"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ran = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 2
    assert ran.stderr.strip() == "error: params.yaml: no such file; run from the repository root"


def test_judging_imports_nothing_heavy():
    """`make` ends with the policy's verdict, so neither numpy nor pandas nor scipy is loaded for it."""
    code = "import sys, commands.gate, pipeline.storage.files; print({'numpy', 'pandas', 'scipy'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert run.stdout.strip() == "set()"


RATES = """attribute,level,privileged,model,rate,count,of,value,low,high
sex,M,True,baseline,selection_rate,800,1000,0.8,0.774,0.824
sex,M,True,reweighed,selection_rate,600,1000,0.6,0.569,0.630
sex,F,False,baseline,selection_rate,400,1000,0.4,0.370,0.431
sex,F,False,reweighed,selection_rate,390,1000,0.39,0.360,0.421
"""


def test_a_gap_closed_by_making_the_better_group_worse_is_stated(results, capsys):
    """Where reweighing changed the ratio beyond chance and only the better-off group lost, gate and JSON state it."""
    write(results, "plots/group_rates.csv", RATES)
    write(results, "params.yaml", policy(FAILING))
    gate.main(str(results), TODAY)
    assert "better-off" not in capsys.readouterr().out  # the change of the ratio includes 0
    write(results, "plots/fairness.csv", FAIRNESS.replace("0.01,-0.01,0.03", "0.15,0.1,0.2"))
    gate.main(str(results), TODAY, json=str(results / "gate.json"))
    clause = "selected by sex: M 80 → 60 %, others 40 → 39 %"
    lost = "the gap closed because the better-off group lost and the other did not gain by reweighing"
    assert f"Impact: {lost} ({clause})." in " ".join(capsys.readouterr().out.split())
    assert json.loads((results / "gate.json").read_text())["rules"]["impact"]["levelled_down"] == clause


def test_other_programs_read_the_verdicts(results, capsys):
    """Each rule is a test of the JUnit file, failed when it blocks; JSON has the same verdicts; the exit code stays."""
    warned = rule('"low \\a accuracy"', "reweigh.accuracy", minimum=0.99, severity="warn")
    write(results, "params.yaml", policy(PASSING, FAILING, warned))
    assert gate.main(results, TODAY, xml=str(results / "gate.xml"), json=str(results / "gate.json")) == 1
    suite = ET.parse(results / "gate.xml").getroot()  # noqa: S314 - written a line above
    assert [suite.get(key) for key in ("tests", "failures", "skipped")] == ["4", "1", "1"]
    cases = {case.get("name"): case for case in suite}
    assert list(cases) == ["accuracy", "impact", "low \ufffd accuracy", "unanswered_questions"]
    assert list(cases["accuracy"]) == []
    failure = cases["impact"].find("failure")
    assert failure.get("message") == "fail"
    assert failure.text == (
        f"{IMPACT}: 0.040 times [0.030, 0.050]\nlimits: at least 0.8 times (set in params.yaml)\n"
        "reason: because\nowner: board"
    )
    assert cases["low \ufffd accuracy"].find("skipped").get("message") == "fail"
    written = json.loads((results / "gate.json").read_text(encoding="utf-8"))
    assert written["approved"] is False
    assert written["headline"] in " ".join(capsys.readouterr().out.split())
    keys = ("unit", "difference_shown", "limit_exceeded", "levelled_down")
    assert [written["rules"]["impact"][key] for key in keys] == ["times", True, True, ""]
    rules = written["rules"].items()
    assert {n: (r["verdict"], r["blocks"], r["value"], r["low"], r["minimum"], r["owner"]) for n, r in rules} == {
        "accuracy": ("pass", False, 0.95, 0.94, 0.8, "board"),
        "impact": ("fail", True, 0.04, 0.03, 0.8, "board"),
        "low \a accuracy": ("fail", False, 0.95, 0.94, 0.99, "board"),
        "unanswered_questions": ("pass", False, 0.0, None, None, ""),
    }


def test_the_command_writes_both_files(results):
    """`make gate ARGS=...`: the options reach the files, and what cannot be judged writes none."""
    names = ["--junit", "gate.xml", "--json", "gate.json"]
    command = [sys.executable, "-m", "commands.gate", *names]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(command, cwd=results, env=environment, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert sorted(path.name for path in results.glob("gate.*")) == ["gate.json", "gate.xml"]
