"""`make start`: what it asks, what it writes, and what it leaves alone."""

import re
import shutil
import subprocess
import sys

import pytest
import yaml

from commands import start
from responsible.validation import InputError
from tests.support.contract import ROOT
from tests.support.small import ran, surroundings

RANDHIE = ["--table", "examples/randhie.csv", "--target", "outcome", "--protected", "black,female"]
NAMED = ["--privileged", "black=0.0,female=0"]


@pytest.fixture
def repository(tmp_path, sh, monkeypatch):
    """A committed repository with the shipped parameters and the public table; the current folder."""
    root = tmp_path / "fork"
    for name in ("params.yaml", "examples/randhie.csv", "Makefile", "determinism.env"):
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
    start.main(start.request(given, ask), force=given.force)


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
    """Table, target and protected attributes; what was told is not asked again."""
    asked = []

    def answer(question):
        asked.append(question)
        return {"table": "examples/randhie.csv", "protected": "black, female"}[
            "table" if "table" in question else "protected"
        ]

    started("--target", "outcome", ask=answer)
    assert len(asked) == 2
    assert set(yaml.safe_load((repository / "params.yaml").read_text())["sensitive"]) == {"black", "female"}


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
    assert "copy it in, and `dvc add` it" in capsys.readouterr().out
    started("--table", str(repository / "examples/randhie.csv"), *RANDHIE[2:], *NAMED, "--force")
    assert yaml.safe_load((repository / "params.yaml").read_text())["budget"]["source"] == "examples/randhie.csv"


def test_make_passes_names_with_blanks_and_signs():
    """Each variable is one option, as it is; those that are empty are not passed."""
    told = ["TABLE=my table.csv", "TARGET=Budget (in dollars)", "PROTECTED=sex,age", "PRIVILEGED=age=> 30", "ID="]
    line = ran(ROOT, "make", "-n", "start", *told).splitlines()[-1].split("commands.start", 1)[1].strip()
    options = "'--table=my table.csv' '--target=Budget (in dollars)' '--protected=sex,age' '--privileged=age=> 30'"
    assert line == options
