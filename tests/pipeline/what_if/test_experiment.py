"""A question as an experiment: DVC runs it in a copy with the parameters that differ, and nothing else is touched."""

from __future__ import annotations

import hashlib
import os
import tempfile
import time

import psutil
import pytest

from pipeline.what_if import experiment
from pipeline.workbench import folders, runs
from responsible.validation import InputError
from tests.support.small import DVC, ran

STAGE = """
import subprocess, sys, time
seconds = float(open('params.yaml').read().split()[-1])
subprocess.Popen([sys.executable, '-c', f'import time; time.sleep({seconds})']) if seconds > 9 else None
time.sleep(seconds)
open('half.txt', 'w').write(open('params.yaml').read() + open('word.txt').read())
"""
YAML = """
stages:
  halve:
    cmd: python halve.py
    deps: [halve.py, word.txt]
    params: [number]
    outs: [{half.txt: {cache: false}}]
"""


@pytest.fixture
def repository(toy, tmp_path, monkeypatch):
    """A stage that sleeps as many seconds as its parameter says; a tracked file has a change that no commit has."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    for name, text in {"params.yaml": "number: 0\n", "halve.py": STAGE, "dvc.yaml": YAML, "word.txt": "old"}.items():
        (toy / name).write_text(text)
    ran(toy, *DVC, "repro", "--quiet")
    ran(toy, "git", "add", "--all")
    ran(toy, "git", "commit", "--quiet", "--message", "With a parameter")
    (toy / "word.txt").write_text("new")
    ran(toy, *DVC, "repro", "--quiet")
    return toy


def digests(root):
    """Every file of work tree, git and DVC, less what DVC keeps by its content and what git packs."""
    files = (path for path in sorted(root.rglob("*")) if path.is_file() and "cache" not in path.relative_to(root).parts)
    return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def until(going, reached):
    """The progress once it fulfils a condition."""
    for _ in range(600):
        if reached(now := going.progress):
            return now
        time.sleep(0.1)
    raise AssertionError(now)


@pytest.mark.pipeline
@pytest.mark.slow
def test_it_runs_beside_the_work_tree(repository):
    """The experiment has the value that was asked for and the work tree's own changes; the work tree stays as it is."""
    before = digests(repository)
    going = experiment.Experiment({"number": 0.5}, str(repository))
    now = until(going, lambda now: now.ended)
    assert (now.succeeded, now.refusals) == (True, ())
    after = digests(repository)
    assert {name for name in after if after[name] != before.get(name) and not name.startswith(".git/")} == set()
    assert "0.5" in ran(repository, *DVC, "exp", "show", "--csv")
    made = ran(repository, "git", "for-each-ref", "--format=%(refname)", f"refs/exps/??/*/{going.names[0]}").strip()
    assert ran(repository, "git", "show", f"{made}:half.txt") == "number: 0.5\nnew"
    assert not list(folders.Path(tempfile.gettempdir()).glob(f"{folders.PREFIX}*/"))


@pytest.mark.pipeline
@pytest.mark.slow
@pytest.mark.parametrize("how", ["cancelled", "too long"])
def test_however_it_ends_no_process_is_left_and_nothing_differs(repository, monkeypatch, how):
    """A cancelled one and one that takes too long: its whole process group is gone, and no byte of git differs."""
    if how == "too long":
        monkeypatch.setenv("DASHBOARD_RUN_SECONDS", "8")
    before = digests(repository)
    going = experiment.Experiment({"number": 60}, str(repository))
    until(going, lambda now: [stage.state for stage in now.stages] == [runs.RUNNING] or now.ended)
    group = going._run._process.pid
    with pytest.raises(InputError, match="another run has been going since"):
        experiment.Experiment({"number": 1}, str(repository))
    if how == "cancelled":
        going.cancel()
    now = until(going, lambda now: now.ended)
    assert (now.succeeded, now.cancelled) == (False, how == "cancelled")
    assert how == "cancelled" or now.refusals == ("the run takes more than 8 seconds; use fewer rows or columns",)
    assert [pid for pid in psutil.pids() if _group(pid) == group] == []
    assert digests(repository) == before
    assert not list(folders.Path(tempfile.gettempdir()).glob(f"{folders.PREFIX}*/"))


def _group(pid):
    try:
        return os.getpgid(pid) if psutil.Process(pid).status() != psutil.STATUS_ZOMBIE else 0
    except (OSError, psutil.Error):
        return 0


@pytest.mark.pipeline
@pytest.mark.slow
def test_what_dvc_refuses_is_shown(repository):
    """A parameter that no stage has is named."""
    now = until(experiment.Experiment({"absent.key": 1}, str(repository)), lambda now: now.ended)
    assert not now.succeeded
    assert "absent" in now.refusals[0]


def test_a_read_only_dashboard_starts_none(monkeypatch, tmp_path):
    """Not even where a page would ask for one."""
    monkeypatch.setenv("DASHBOARD_READ_ONLY", "1")
    with pytest.raises(InputError, match="read-only"):
        experiment.Experiment({"a": 1}, str(tmp_path))


def test_names_are_quoted_for_the_shell():
    """A model's name that a shell would read otherwise stays one word of the line."""
    line = experiment.line({"models.a b.decision_threshold": 0.5})
    assert line == "dvc exp run --temp -S 'models.a b.decision_threshold=0.5'"
