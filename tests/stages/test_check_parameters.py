"""Parameters are checked before any stage: all faults at once, and a refused value costs no result."""

import re
import shutil
import subprocess
import sys

import pytest
from ruamel.yaml import YAML

from pipeline import sections
from pipeline.results import figures, rule_names
from pipeline.storage import parameters
from responsible.governance.policy import Policy, Rule
from responsible.validation import InputError
from stages import check_parameters
from tests.support import tables
from tests.support.contract import ROOT
from tests.support.small import DVC, surroundings

HEAVY = ("sklearn", "matplotlib", "mlflow")


def checked(folder, **changes):
    """The lines that a changed parameter file is refused with, without the file's name; none when it is valid."""
    path = folder / "params.yaml"
    with path.open("w", encoding="utf-8") as file:
        YAML().dump(tables.tree(**changes), file)
    try:
        check_parameters.main(params=str(path), valid=str(folder / "parameters.ok"))
    except InputError as error:
        lines = str(error).splitlines()
        assert all(line.startswith(f"{path}: ") for line in lines)
        return [line.removeprefix(f"{path}: ") for line in lines]
    return []


def test_valid_parameters_give_the_same_bytes_whatever_they_are(tmp_path):
    """The output says that the file is valid and in which environment, so that no stage runs again for its sake."""
    assert checked(tmp_path) == []
    first = (tmp_path / "parameters.ok").read_bytes()
    assert checked(tmp_path, threshold=250, fairness__accuracy_floor=0.7) == []
    assert (tmp_path / "parameters.ok").read_bytes() == first
    for name in ("settings", "packages"):
        (tmp_path / name).write_text("other\n")
        check_parameters.main(valid=str(tmp_path / "parameters.ok"), **{name: str(tmp_path / name)})
        assert (tmp_path / "parameters.ok").read_bytes() != first


def test_code_that_all_stages_import_changes_what_they_wait_for(tmp_path, monkeypatch):
    """No stage lists it: another byte in one of its modules, or another module, gives another output."""
    for name in check_parameters.SHARED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        (tmp_path / name).parent.mkdir(exist_ok=True)
        copy(ROOT / name, tmp_path / name)
    assert checked(tmp_path) == []
    seen = [(tmp_path / "parameters.ok").read_bytes()]
    monkeypatch.setattr(check_parameters, "ROOT", tmp_path)
    assert checked(tmp_path) == []
    assert (tmp_path / "parameters.ok").read_bytes() == seen[0]
    for name in ("responsible/names.py", "responsible/statistics/rates.py", "responsible/tabular/new.py"):
        with (tmp_path / name).open("a", encoding="utf-8") as file:
            file.write("# other\n")
        assert checked(tmp_path) == []
        seen.append((tmp_path / "parameters.ok").read_bytes())
    assert len(set(seen)) == 4


def test_words_are_about_attributes_that_are_there(tmp_path):
    """A misspelt attribute would never be shown by the name that it was given."""
    found = checked(tmp_path, words__levels={"gendr": {"Male": "men"}})
    assert found == ["words.levels: 'gendr' is not an attribute; did you mean 'gender'?"]


def test_all_faults_are_shown_at_once_and_nothing_is_written(tmp_path):
    """A line for each fault of every section, those between valid sections included, with key, rule and value."""
    lines = checked(
        tmp_path,
        treshold=1,
        seed=-1,
        fairness__accuracy_floor=7,
        model__solver="sag",
        threshold_sweep__attribute="eduction",
    )
    assert lines == [
        "treshold is not a known key; did you mean 'threshold' or 'threshold_sweep'?",
        "seed must be >= 0, got -1",
        "model.solver must be 'auto', 'newton-cholesky' or 'lbfgs', got 'sag'",
        "fairness.accuracy_floor must be <= 1, got 7",
        "threshold_sweep.attribute: 'eduction' is not declared under sensitive; did you mean 'education'?",
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["params.yaml"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"prepare__engine": "duckdbb"}, "prepare.engine 'duckdbb' is not known; did you mean 'duckdb'?"),
        ({"fairness__within": ["Agee"]}, "fairness.within: 'Agee' is neither a feature nor an attribute; did you mean"),
        ({"reweigh__attributes": ["gendre"]}, "reweigh.attributes: 'gendre' is not declared under sensitive; did you"),
        ({"threshold": -1}, "threshold must be > 0 (budget.target.minimum), or all rows have one label, got -1"),
        ({"budget__target__maximum": 90}, "threshold must be > 0 (budget.target.minimum) and <= 90"),
        (
            {"budget__target__maximum": 90, "threshold": 50},
            "threshold_sweep.grid: a threshold must be > 0 (budget.target.minimum) and <= 90 (budget.target.maximum)",
        ),
        ({"sensitive__education__column": "Budget (in dollars)"}, "sensitive.education and budget.target must be"),
        (
            {"healthcare_audit__priority__weights": {"scope": 0.5, "hurry": 0.5}},
            "healthcare_audit.priority.weights.hurry is not a numeric feature of healthcare",
        ),
        (
            {"healthcare_audit__similarity__weights": {"scoop": 1.0}},
            "healthcare_audit.similarity.weights.scoop is not a numeric feature of healthcare; did you mean 'scope'?",
        ),
        (
            {"healthcare__override": {"column": "overruled", "positive": ["1"], "negative": ["0"]}},
            "healthcare.override needs healthcare_audit.limits.override_rate_difference; add its minimum and maximum",
        ),
        (
            {"healthcare_audit__limits": {"override_rate_difference": {"maximum": 0.1}}},
            "healthcare_audit.limits.override_rate_difference needs healthcare.override; name its column, or remove",
        ),
        ({"cluster_privacy__privacy__chosen__epsilon": 0.7}, "cluster_privacy.privacy: chosen.epsilon must be one of"),
        (
            {"policy__rules__unanswered_questions": tables.tree()["policy"]["rules"]["accuracy"]},
            "policy.rules.unanswered_questions: this is how the rule on policy.unanswered is called; choose another",
        ),
        (
            {"cluster_privacy__data_sheet": {"uses": "Messages."}},
            "cluster_privacy: data_sheet was removed; move its answers to answers.yaml, under segments_data_sheet",
        ),
        ({"policy__rules__accuracy__metric": "reweigh.acuracy"}, "policy.rules.accuracy.metric: there is no figure"),
    ],
)
def test_keys_that_name_each_other(tmp_path, changes, message):
    """Attributes, features, thresholds and figures that another section does not have are refused by name and value."""
    lines = checked(tmp_path, **changes)
    assert any(line.startswith(message) for line in lines), lines


def rule(metric, level=None):
    """A policy of one rule on this figure."""
    of = Rule(metric=metric, level=level, judged_on="point", severity="warn", reason="r", owner="o", minimum=0)
    return Policy(insufficient_evidence="warn", rules={"x": of}, tolerances={})


@pytest.fixture(scope="module")
def attributes():
    """The declared attributes of the two lines of work."""
    own = [sections.of(line).Sections for line in ("budget", "healthcare")]
    given = parameters.examined("params.yaml", *own)[0]
    return given["sensitive"], given["healthcare"].protected


def test_every_figure_that_the_stages_wrote_may_be_named(attributes):
    """What is refused before a run is never a figure that the run writes, whatever its level."""
    written = [(path, level) for path, levels in figures.collect(ROOT).items() for level in levels]
    assert len(written) > 1000
    assert [f for path, level in written for f in rule_names.faults(rule(path, level or None), *attributes)] == []


@pytest.mark.parametrize(
    ("metric", "level", "hint"),
    [
        ("evaluate_fairnes.education.baseline.disparate_impact", None, "did you mean 'evaluate_fairness'"),
        ("evaluate_fairness.eduction.baseline.disparate_impact", None, "names of attribute; did you mean 'education'?"),
        ("evaluate_fairness.education.basline.disparate_impact", None, "names of model; did you mean 'baseline'?"),
        ("evaluate_fairness.education.baseline.disparate_impct", None, "names of measure; did you mean 'disparate_"),
        ("healthcare_waits.education.merit.mean_wait_difference", None, "'education' is not among the names of attrib"),
        ("evaluate_fairness.education", None, "a path is one of evaluate_fairness.{attribute}.proxy_auc, "),
        ("reweigh.confusion.tq", None, "there is no figure 'reweigh.confusion.tq'"),
        ("reweigh.accuracy", "Male", "leave the level out"),
        ("evaluate_fairness.gender.baseline.disparate_impact", "Male", "'Male' is privileged"),
    ],
)
def test_a_rule_that_no_run_could_meet(attributes, metric, level, hint):
    """The figure, attribute, measure, model or level that does not exist is named with the nearest one."""
    (line,) = rule_names.faults(rule(metric, level), *attributes)
    assert line.startswith(f"policy.rules.x.{'level' if level else 'metric'}: ")
    assert hint in line


def test_an_excluded_level_has_no_figure(attributes):
    """A level that the audit leaves out cannot be judged."""
    sensitive, protected = attributes
    left_out = {"gender": sensitive["gender"].model_copy(update={"exclude": ["Other"]})}
    (line,) = rule_names.faults(rule("group_rates.gender.baseline.selection_rate", "Other"), left_out, protected)
    assert "'Other' is excluded from the audit" in line


@pytest.mark.slow
def test_it_imports_no_model_and_no_picture():
    """The stage runs at every change of a parameter, so it does without scikit-learn, matplotlib and MLflow."""
    code = f"import sys, stages.check_parameters; print([m for m in {HEAVY} if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


@pytest.mark.heavy
@pytest.mark.pipeline
@pytest.mark.slow
def test_a_refused_parameter_leaves_every_result_and_a_valid_one_runs_only_what_reads_it(built, tmp_path):
    """`dvc repro` with bad values names them all and touches no file; a valid one runs what reads it."""
    root = built.copy(tmp_path / "fork")
    before = contents(root)
    shipped = (root / "params.yaml").read_text(encoding="utf-8")
    bad = re.sub(r"accuracy_floor: \S+", "accuracy_floor: 7", shipped).replace(
        "  attribute: education", "  attribute: eduction"
    )
    assert bad != shipped

    refused = repro(root, bad)
    assert refused.returncode != 0
    first, second, third = (line for line in refused.stderr.splitlines() if line.startswith("error: "))
    assert first == "error: params.yaml: fairness.accuracy_floor must be <= 1, got 7"
    assert second.startswith(
        "error: params.yaml: threshold_sweep.attribute: 'eduction' is not declared under sensitive"
    )
    assert third.startswith("error: params.yaml: alternatives.attribute: 'eduction' is not declared under sensitive")
    assert "Traceback" not in refused.stderr
    assert contents(root) == before

    commented = repro(root, shipped.replace("seed:", "# the same values\nseed:"))
    assert commented.returncode == 0, commented.stderr
    readers = {"check_parameters", "model_card", "track"}  # the stages that depend on the file
    assert set(re.findall(r"Running stage '(.+)':", commented.stdout)) == readers
    assert contents(root) == before


def repro(root, text):
    """What `dvc repro` did with these parameters."""
    (root / "params.yaml").write_text(text, encoding="utf-8")
    return subprocess.run([*DVC, "repro"], cwd=root, env=surroundings(), capture_output=True, text=True, check=False)


def contents(root):
    """Every result by its path."""
    folders = ("data/prepared", "data/models", "data/scores", "metrics", "plots", "docs")
    return {p.relative_to(root): p.read_bytes() for f in folders for p in (root / f).rglob("*") if p.is_file()}
