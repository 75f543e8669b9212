"""`make start`: what it asks, what it writes, and what it leaves alone."""

import re
import shutil
import subprocess
import sys

import pytest
import yaml

from commands import start
from responsible.validation import InputError
from tests.support import real
from tests.support.contract import ROOT
from tests.support.small import ran, surroundings

RANDHIE = ["--table", "examples/randhie.csv", "--target", "outcome", "--protected", "black,female"]
NAMED = ["--privileged", "black=0.0,female=0"]


@pytest.fixture
def repository(tmp_path, sh, monkeypatch):
    """A committed repository with the shipped parameters and the public table; the current folder."""
    root = tmp_path / "fork"
    for name in ("params.yaml", "dvc.yaml", "dvc.lock", "docs/README.md", "examples/randhie.csv"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, root / name)
    sh("git", "init", "--quiet", cwd=root)
    sh("git", "add", "--all", cwd=root)
    sh("git", "commit", "--quiet", "--message", "One", cwd=root)
    monkeypatch.chdir(root)
    return root


def started(*arguments, ask=None):
    """Run the command with these options; ``ask`` answers where somebody is there."""
    given = start.parsed(list(arguments))
    start.main(start.request(given, ask), ask, force=given.force)


def test_a_draft_replaces_the_sample_and_says_what_the_rows_show(repository, capsys):
    """The sections of the line are those of the table; the report ends with the next command."""
    started(*RANDHIE, *NAMED)
    params = yaml.safe_load((repository / "params.yaml").read_text())
    assert params["budget"]["source"] == "examples/randhie.csv"
    assert params["budget"]["split_column"] == "split"
    assert set(params["sensitive"]) == {"black", "female"}
    said = capsys.readouterr().out
    assert "black, each level against the privileged levels" in said
    assert said.splitlines()[-1].startswith("next: dvc repro prepare, ")


@pytest.mark.parametrize("target", [["--target", "outcome"], []])
def test_a_model_of_somebody_else_is_audited_and_nothing_trained(repository, target, capsys):
    """The draft lists the model, rules name it, and the training stages are gone; without a target so are labels."""
    started("--table", "examples/randhie.csv", *target, "--protected", "black", "--decision", "child")
    params = yaml.safe_load((repository / "params.yaml").read_text())
    stages = yaml.safe_load((repository / "dvc.yaml").read_text())["stages"]
    assert params["models"] == {"model_1": {"decision": "child"}}
    assert (params["budget"]["target"] is None) == (not target)
    assert not {"reweigh", "threshold_sweep"} & set(params)
    assert not {"train_baseline", "reweigh", "threshold_sweep"} & set(stages)
    measures = {rule["metric"] for rule in params["policy"]["rules"].values()}
    told = {"disparate_impact", *(["equal_opportunity_difference"] if target else [])}
    assert measures == {f"evaluate_fairness.black.model_1.{name}" for name in told}


def test_lines_that_have_no_table_are_taken_out(repository, sh, capsys):
    """What is left are the stages of one line, the documents and the trail, and at most 160 lines of parameters."""
    started(*RANDHIE[:5], "black")
    text = (repository / "params.yaml").read_text()
    assert not {"healthcare", "healthcare_audit", "playbook", "segments", "cluster_privacy"} & set(yaml.safe_load(text))
    assert {rule["metric"].split(".")[0] for rule in yaml.safe_load(text)["policy"]["rules"].values()} == {
        "evaluate_fairness"
    }
    assert len(text.splitlines()) <= 160
    stages = yaml.safe_load((repository / "dvc.yaml").read_text())["stages"]
    # a target of two values has no sweep
    learn = ["prepare", "train_baseline", "reweigh", "model_analyses", "evaluate_fairness"]
    assert list(stages) == ["check_parameters", *learn, "risk_register", "model_card", "track"]
    assert "removed, because they have no table: healthcare and segments" in capsys.readouterr().out
    sh("git", "restore", ".", cwd=repository)
    params = yaml.safe_load((repository / "params.yaml").read_text())
    params["healthcare"]["source"] = "examples/randhie.csv"
    (repository / "params.yaml").write_text(yaml.dump(params, sort_keys=False))
    sh("git", "commit", "--quiet", "--all", "--message", "Two", cwd=repository)
    started(*RANDHIE[:5], "black")
    left = yaml.safe_load((repository / "params.yaml").read_text())
    assert "healthcare" in left
    assert "segments" not in left


@pytest.mark.parametrize("committed", [True, False])
def test_an_edited_repository_is_left_alone_and_the_difference_shown(repository, sh, capsys, committed):
    """After a draft, committed or not, another one changes no byte without --force; with it, it does."""
    started(*RANDHIE, *NAMED)
    if committed:
        sh("git", "commit", "--quiet", "--all", "--message", "Two", cwd=repository)
    before = (repository / "params.yaml").read_bytes()
    capsys.readouterr()
    again = ["--table", "examples/randhie.csv", "--target", "num", "--protected", "black"]
    with pytest.raises(InputError, match=r"repeat with --force"):
        started(*again)
    assert (repository / "params.yaml").read_bytes() == before
    said = capsys.readouterr().out
    assert "\n-    column: outcome " in said
    assert "\n+    column: num " in said
    started(*again, "--force")
    assert yaml.safe_load((repository / "params.yaml").read_text())["budget"]["target"]["column"] == "num"


def test_a_wrong_column_changes_nothing(repository):
    """A refusal leaves the file as it was."""
    before = (repository / "params.yaml").read_bytes()
    with pytest.raises(InputError, match="did you mean 'outcome'"):
        started("--table", "examples/randhie.csv", "--target", "outcom", "--protected", "black")
    assert (repository / "params.yaml").read_bytes() == before


def test_somebody_at_a_terminal_is_asked_for_what_is_missing_and_nothing_else(repository):
    """Table, protected attributes, their reference groups and the favourable level; what was told is not asked."""
    answers = {"the table": "examples/randhie.csv", "protected": "black, xage", "of black": "", "of xage": "> 40"}
    asked = []

    def answer(question):
        asked.append(question)
        return next((answer for about, answer in answers.items() if about in question), "1")

    started("--target", "outcome", ask=answer)
    assert len(asked) == 5
    assert "privileged levels of black (0.0 4,543, 1.0 1,019), between commas, or none: " in asked
    assert "levels of outcome that count as 1 (0 4,171, 1 1,391), between commas: " in asked
    params = yaml.safe_load((repository / "params.yaml").read_text())
    assert params["sensitive"]["black"]["privileged"] is None
    assert params["sensitive"]["xage"] == {"privileged": ["> 40"], "column": "xage", "bins": [40]}


@pytest.mark.parametrize(
    ("told", "missing"),
    [
        ([], "table"),
        (RANDHIE[:2], "target"),
        (RANDHIE[:4], "protected"),
        (["--line", "segments", *RANDHIE[:2]], "protected"),
    ],
)
def test_without_a_terminal_it_names_the_option_that_is_missing(repository, told, missing):
    """It never waits for an answer that cannot come."""
    done = subprocess.run(
        [sys.executable, "-m", "commands.start", *told],
        cwd=repository,
        env=surroundings() | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert re.match(rf"error: --{missing} is missing: .*make start {missing.upper()}=", done.stderr)


def test_a_table_outside_of_the_repository_keeps_its_path(repository, tmp_path, capsys):
    """The draft names it as it was given, and the report says what to do about it; one inside is named from the top."""
    shutil.copy(ROOT / "examples/randhie.csv", tmp_path / "r.csv")
    started("--table", str(tmp_path / "r.csv"), *RANDHIE[2:], *NAMED)
    assert yaml.safe_load((repository / "params.yaml").read_text())["budget"]["source"] == str(tmp_path / "r.csv")
    assert "copy it in, and use `dvc add`" in capsys.readouterr().out
    started("--table", str(repository / "examples/randhie.csv"), *RANDHIE[2:], *NAMED, "--force")
    assert yaml.safe_load((repository / "params.yaml").read_text())["budget"]["source"] == "examples/randhie.csv"


def test_make_passes_names_with_blanks_and_signs():
    """Each variable is one option, as it is; those that are empty are not passed."""
    told = ["TABLE=my table.csv", "TARGET=Budget (in dollars)", "PROTECTED=sex,age", "PRIVILEGED=age=> 30", "ID="]
    line = ran(ROOT, "make", "-n", "start", *told).splitlines()[-1].split("commands.start", 1)[1].strip()
    options = "'--table=my table.csv' '--target=Budget (in dollars)' '--protected=sex,age' '--privileged=age=> 30'"
    assert line == options


@pytest.mark.heavy
@pytest.mark.slow
@pytest.mark.skipif(not real.SHARED.is_dir(), reason=real.WHY)
@pytest.mark.parametrize("name", sorted(real.TABLES))
def test_real_tables_get_the_roles_that_people_gave_them(name, repository):
    """Features, kinds and groups are those of the reference, but for codes of numbers, which only people can tell."""
    numeric, categorical, attributes = real.TABLES[name]
    columns = dict(attributes.values())
    privileged = ",".join(f"{column}={level}" for column, level in columns.items())
    table = str(real.SHARED / f"{name}.csv")
    started("--table", table, "--target", "outcome", "--protected", ",".join(columns), "--privileged", privileged)
    budget = yaml.safe_load((repository / "params.yaml").read_text())["budget"]
    kinds = {feature: given["kind"] for feature, given in budget["features"].items()}
    codes = {"ccs", "mcs", "comdominiom", "site", "coins"}
    assert set(kinds) == {*numeric, *categorical}
    assert {f for f, kind in kinds.items() if kind == "numeric"} - codes == set(numeric)
    assert (budget["split_column"], budget["target"]["favourable"]) == ("split", ["1"])
