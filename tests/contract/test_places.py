"""The repository works wherever git has it: in a monorepo's subfolder, a worktree, a submodule, under any name."""

import shutil
import sys
from pathlib import Path

import pytest

from commands import plots_page, review, verify
from pipeline.repository import dvc, git
from pipeline.review import base_version

NAME = "Mes données (été)"


def files(folder):
    """A repository's folder with a parameter file, a plot, a document and a lock."""
    for name in ("params.yaml", "plots/a b.csv", "docs/été.md", "dvc.lock"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("one\n")


@pytest.fixture(params=["top", "subfolder", "worktree", "submodule"])
def placed(request, tmp_path, sh):
    """The folder of a committed repository in one of the places that git has for it."""
    own = tmp_path / NAME
    folder = own / "re po" if request.param == "subfolder" else own
    files(folder)
    (own / "neighbour.txt").write_text("one\n")
    sh("git", "init", "--quiet", "--initial-branch=main", cwd=own)
    sh("git", "add", "--all", cwd=own)
    sh("git", "commit", "--quiet", "--message", "One", cwd=own)
    if request.param == "worktree":
        folder = tmp_path / "wörk tree"
        sh("git", "worktree", "add", "--quiet", "-b", "other", str(folder), cwd=own)
    if request.param == "submodule":
        outer = tmp_path / "outer"
        sh("git", "init", "--quiet", str(outer))
        sh("git", "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(own), "im mer", cwd=outer)
        folder = outer / "im mer"
    return folder


def test_paths_are_those_of_the_repository(placed):
    """What changed is named from the repository's own folder, in every place, and what lies beside it is left out."""
    for name in ("params.yaml", "plots/a b.csv", "plots/neu “x”.csv"):
        (placed / name).write_text("two\n")
    (placed.parent / "neighbour.txt").write_text("two\n")
    assert git.changes(placed) == ["params.yaml"]
    assert base_version.changed_files(placed, git.commit(placed), ("plots",)) == [
        ("changed", "plots/a b.csv"),
        ("new", "plots/neu “x”.csv"),
    ]


def test_a_commit_is_taken_out_and_cloned_from_its_folder(placed, tmp_path):
    """A review extracts, and a verification clones, the repository's own folder and not the whole that it lies in."""
    base_version.extract(placed, git.commit(placed), tmp_path / "extracted")
    for folder in (tmp_path / "extracted", verify.cloned(placed, tmp_path / "clone")):
        assert (folder / "docs/été.md").read_text() == "one\n"
        assert (folder / "params.yaml").is_file()


@pytest.mark.heavy
@pytest.mark.pipeline
@pytest.mark.slow
def test_it_builds_in_a_subfolder_of_any_name(built, tmp_path, sh, capsys, monkeypatch):
    """In `Mes données (été)/re po`, part of a bigger repository, everything is built, drawn, reviewed and verified."""
    top = tmp_path / NAME
    here = built.copy(top / "re po")
    shutil.rmtree(here / ".git")
    sh("git", "init", "--quiet", "--initial-branch=main", cwd=top)
    sh("git", "add", "--all", cwd=top)
    sh("git", "commit", "--quiet", "--message", "A bigger repository", cwd=top)

    script = '"$@" 2>&1'
    command = (sys.executable, "-m", "commands.rebuild", "--force", "prepare", "train_baseline")
    said = sh("sh", "-c", script, "sh", *command, cwd=here)
    assert "dvc cache dir --local" in said
    assert sh("git", "status", "--porcelain", cwd=here) == ""

    monkeypatch.setattr(verify, "_repro", lambda there: copied(here, there))
    assert verify.main(str(here)) == 0

    table = here / "plots/fairness.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("-0.", "-0.1"), encoding="utf-8")
    (here / "docs/bruit (été).md").write_text("new\n")
    capsys.readouterr()
    plots_page.main("main", root=str(here))
    assert "1 plots differ from main" in capsys.readouterr().out
    assert (here / plots_page.REPORT).is_file()
    review.main("main", root=str(here), links="https://example.org/")
    assert "(https://example.org/re%20po/docs/bruit%20%28%C3%A9t%C3%A9%29.md)" in capsys.readouterr().out


def copied(here: Path, there: Path) -> int:
    """Stand in for a forced run: every output with the lock of the work tree."""
    for output in dvc.outputs(here):
        (there / output.path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(here / output.path, there / output.path)
    return 0
