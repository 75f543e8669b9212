"""commands.upgrade: a fork of an earlier release gets the code, keeps what is its own, and shows what changed."""

import re
import subprocess
import sys

import pytest

from commands import upgrade
from pipeline.repository import git
from pipeline.storage.lines import keep
from responsible.validation import InputError
from tests.support.contract import ROOT
from tests.support.small import DVC, ran, surroundings


@pytest.fixture
def here(toy, sh, tmp_path):
    """A fork of the toy, both of which have gone on and changed the script."""
    sh("git", "clone", "--quiet", "--origin", "upstream", str(toy), "fork")
    for root, number in ((toy, "2.0"), (tmp_path / "fork", "4")):
        script = root / "halve.py"
        script.write_text(script.read_text().replace("number / 2", f"number / {number}"))
        sh("git", "commit", "--quiet", "--all", "--message", f"By {number}", cwd=root)
    return tmp_path / "fork"


def test_a_name_that_nothing_has_is_refused_with_those_that_are_near(here):
    """The remedy is a name that is known, or the command that makes one known."""
    with pytest.raises(InputError, match=r"FROM: 'upstraem' is not a remote, tag.*mean 'upstream'.*; `git remote add"):
        upgrade.main("upstraem", root=str(here))


def test_code_that_both_sides_changed_is_listed(here, capsys):
    """What to do next is said; until it is done the command refuses, and afterwards it goes on after the merge."""
    with pytest.raises(InputError, match=r"resolve these files, `git add` them, `git commit`, and run the same again"):
        upgrade.main("upstream", root=str(here), only_merge=True)
    assert capsys.readouterr().err == "halve.py: changed here and in upstream\n"
    with pytest.raises(InputError, match="a merge is under way"):
        upgrade.main("upstream", root=str(here), only_merge=True)
    ran(here, "git", "checkout", "--quiet", "--ours", "halve.py")
    ran(here, "git", "commit", "--quiet", "--all", "--message", "Ours")
    assert upgrade.main("upstream", root=str(here), only_merge=True) == 0
    assert git.lines(here, "status", "--porcelain") == []


def test_packages_that_changed_are_installed_before_the_build(here, toy, capsys, sh):
    """Without make the command ends after the merge and says what to run."""
    (toy / "requirements.txt").write_text("numpy==2.4.6\n")
    sh("git", "checkout", "--quiet", "HEAD^", "--", "halve.py", cwd=toy)
    sh("git", "add", "--all", cwd=toy)
    sh("git", "commit", "--quiet", "--message", "Packages, and the script as it was", cwd=toy)
    assert upgrade.main("upstream", root=str(here)) == 1
    assert "requirements.txt changed: `pip install --require-hashes -r requirements.txt`" in capsys.readouterr().err
    assert "number / 4" in (here / "halve.py").read_text()


def test_make_installs_between_the_merge_and_the_build():
    """`make upgrade` takes FROM, and upstream is the remote that nobody needs to name."""
    said = subprocess.run(["make", "-n", "upgrade"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    steps = [line for line in said.splitlines() if "commands.upgrade" in line or "install" in line.split()]
    assert [step.split("-m ")[-1] for step in steps if "commands" in step] == [
        "commands.upgrade upstream --merge",
        "commands.upgrade upstream",
    ]


def test_parameters_of_a_fork_with_one_line_of_work(tmp_path, environment):
    """An old file gets its new keys, and no section, stage or rule of the lines that the fork took out."""
    for name in ("params.yaml", "dvc.yaml"):
        (tmp_path / name).write_text((ROOT / name).read_text(encoding="utf-8"))
    ran(tmp_path, "git", "init", "--quiet")
    new = commit(tmp_path, "This release")
    keep(("budget",), tmp_path)
    wanted = (tmp_path / "params.yaml").read_text()
    edited(tmp_path / "params.yaml", ("version: 2.*\n", ""), ("  choose_by: .*\n", ""), (MODELS, ""))
    ran(tmp_path, "git", "restore", "dvc.yaml")  # as if upstream had added all other stages
    assert upgrade._parameters(tmp_path, new, new) == [
        "version: is now 2",
        "models: is new, with the value of upstream: 4 keys",
        "threshold_sweep.choose_by: is new, with the value of upstream: f1",
    ]
    models = re.search(MODELS, wanted)[0]
    assert (tmp_path / "params.yaml").read_text() == f"{wanted.replace(models, '')}\n{models.rstrip()}\n"
    assert "healthcare_audit" not in (tmp_path / "dvc.yaml").read_text()


# A real fork. The release before this one is made from it: a key had another name, and another one a default.
OLD_KEY, NEW_KEY = "fewest_rows", "minimum_rows"
MODELS = r"models:.*\n(?: .*\n)*\n"
NAMED = ("params.yaml", "stages", "pipeline", "responsible")


def edited(path, *changes):
    text = path.read_text(encoding="utf-8")
    for pattern, new in changes:
        text, times = re.subn(pattern, new, text)
        assert times, (path, pattern)
    path.write_text(text, encoding="utf-8")


def commit(root, message):
    ran(root, "git", "add", "--all")
    ran(root, "git", "commit", "--quiet", "--message", message)
    return git.commit(root)


@pytest.fixture
def old_fork(built, tmp_path):
    """A fork of the release before this one, with parameters, an answer and results of its own."""
    upstream = built.copy(tmp_path / "upstream")
    moves = f'= {{2: {{"prepare.{OLD_KEY}": "prepare.{NEW_KEY}"}}'
    edited(upstream / "pipeline/fork/parameter_moves.py", (r"= \{2: \{\}", moves))
    edited(upstream / "dvc.lock", (r"size: (\d)", r"size: 1\1"))  # other results than the fork's, on the same lines
    edited(upstream / "metrics/reweigh.json", (r"0\.(\d)", r"0.0\1"))
    now = commit(upstream, "This release")
    ran(upstream, "git", "checkout", "--quiet", "--orphan", "before")
    ran(upstream, "git", "checkout", "--quiet", "main^", "--", "dvc.lock", "metrics")
    for name in git.lines(upstream, "grep", "-lw", NEW_KEY, "--", *NAMED):
        edited(upstream / name, (rf"\b{NEW_KEY}\b", OLD_KEY))
    edited(upstream / "params.yaml", ("version: 2", "version: 1"), ("  empty_cells: .*\n", ""))
    edited(upstream / "pipeline/storage/parameters.py", ("VERSION = 2", "VERSION = 1"))
    edited(upstream / "responsible/mitigation/reweighing.py", (r"(empty_cells: Literal.*)", r'\1 = "refuse"'))
    commit(upstream, "The release before")
    ran(upstream, "git", "tag", "v1")
    ran(upstream, "git", "read-tree", "--reset", "-u", now)
    commit(upstream, "This release")
    ran(upstream, "git", "branch", "--force", "main")
    ran(upstream, "git", "checkout", "--quiet", "main")

    fork = tmp_path / "fork"
    ran(tmp_path, "git", "clone", "--quiet", "--origin", "upstream", "--branch", "v1", str(upstream), "fork")
    ran(fork, "git", "switch", "--quiet", "--create", "main")
    edited(fork / "params.yaml", (rf"{OLD_KEY}: 100", f"{OLD_KEY}: 200"), ("  C: 1.0 ", "  C: 0.5 "))
    edited(fork / "answers.yaml", (r"(  intended_use: \|\n +)", r"\1Decided by our committee. "))
    ran(fork, *DVC, "repro", "--quiet", "evaluate_fairness")
    commit(fork, "Our parameters, our answer, our results")
    return fork


@pytest.mark.heavy
@pytest.mark.pipeline
@pytest.mark.slow
def test_a_fork_of_an_earlier_release_is_upgraded(old_fork):
    """Parameters and answer are the fork's in their new places, results are rebuilt, and the gate judges them."""
    before, lock = git.commit(old_fork), (old_fork / "dvc.lock").read_text()
    for name in ("dvc.lock", "metrics/reweigh.json"):  # both sides have other results
        assert all(git.found(old_fork, "diff", "v1", side, "--", name) for side in ("HEAD", "upstream/main"))
    command = (sys.executable, "-m", "commands.upgrade", "upstream", "--root", str(old_fork))
    done = subprocess.run(command, cwd=ROOT, env=surroundings(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    said = [line for line in done.stderr.splitlines() if line.startswith("params.yaml: ")]
    assert said == [
        f"params.yaml: prepare.{OLD_KEY}: is prepare.{NEW_KEY} now",
        "params.yaml: version: is now 2",
        "params.yaml: reweigh.empty_cells: is new, with the value of upstream: refuse",
    ]
    changed = ran(old_fork, "git", "diff", "--unified=0", before, "--", "params.yaml").splitlines()
    assert [line[:28].rstrip() for line in changed if re.match(r"[-+] |[-+]v", line)] == [
        *("-version: 1", "+version: 2"),
        *(f"-  {OLD_KEY}: 200", f"+  {NEW_KEY}: 200"),
        "+  empty_cells: refuse",
    ]
    assert (old_fork / "dvc.lock").read_text() != lock
    assert "up to date" in ran(old_fork, *DVC, "status", "dvc.yaml")  # monitor/ waits for `make monitor`
    assert "Decided by our committee." in (old_fork / "docs/model_card.md").read_text(encoding="utf-8")
    assert "L2, C = [0.5]" in (old_fork / "docs/model_card.md").read_text(encoding="utf-8")
    assert re.search(r"\b\d+ figures: .*\d+ same", done.stdout)
    assert f"Compared with {before}, commit {before[:9]}." in done.stdout
    assert "| reweigh.empty_cells | absent | refuse |" in done.stdout
    gate = (sys.executable, "-m", "commands.gate")
    judged = subprocess.run(gate, cwd=old_fork, env=surroundings(), capture_output=True, text=True, check=False)
    assert judged.returncode in (0, 1), judged.stderr
    assert "policy: " in judged.stdout
