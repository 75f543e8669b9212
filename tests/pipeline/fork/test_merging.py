"""pipeline.fork.merging on small repositories: what a merge keeps, what it leaves to people, and what it refuses."""

import re

import pytest

from pipeline.fork import merging
from pipeline.repository import RepositoryError, git
from pipeline.storage.lines import keep
from tests.support.contract import ROOT
from tests.support.small import ran

PIPELINE = "stages:\n  judge:\n    cmd: judge\n    metrics:\n    - metrics/judge.json:\n        cache: false\n{more}"
OLD_OUTPUT = "    - plots/old.csv:\n        cache: false\n"
NEW_OUTPUT = "    - plots/new.csv:\n        cache: false\n"
RELEASE = {
    "dvc.yaml": PIPELINE.format(more=OLD_OUTPUT),
    "dvc.lock": "one\n",
    "metrics/judge.json": "1\n",
    "plots/old.csv": "old\n",
    "params.yaml": "a: 1\n",
    "answers.yaml": "who: nobody\n",
    "data/raw/sample.csv": "sample\n",
    "data/raw/people.csv": "people\n",
    "README.md": "Upstream.\n",
    "code/judge.py": "one = 1\n",
    "code/other.py": "other = 1\n",
    "line/absent.py": "absent = 1\n",
}
# What upstream changes: everything, and a file of each kind comes or goes.
NEXT = {
    **{name: f"{text}# upstream\n" for name, text in RELEASE.items() if name != "plots/old.csv"},
    "dvc.yaml": PIPELINE.format(more=NEW_OUTPUT),
    "plots/old.csv": None,
    "plots/new.csv": "new\n",
    "data/raw/new.csv": "new\n",
    "line/more.py": "more = 1\n",
}
# What a fork changes: its own files, and its results with them; it does without the line of work in `line/`.
OWN = {
    "dvc.lock": "two\n",
    "metrics/judge.json": "2\n",
    "plots/old.csv": "2\n",
    "params.yaml": "a: 2\n",
    "answers.yaml": "who: somebody\n",
    "data/raw/sample.csv": None,
    "README.md": "Fork.\n",
    "line/absent.py": None,
    "code/own.py": "own = 1\n",
}


def commit(root, files, message="A change"):
    """Write the files, delete those that are None, and commit."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        if text is None:
            (root / name).unlink()
        else:
            (root / name).write_text(text)
    ran(root, "git", "add", "--all")
    ran(root, "git", "commit", "--quiet", "--message", message)


@pytest.fixture
def upstream(tmp_path, environment):
    """A repository with one release, tagged v1."""
    root = tmp_path / "upstream"
    root.mkdir()
    ran(root, "git", "init", "--quiet", "--initial-branch=main")
    commit(root, RELEASE)
    ran(root, "git", "tag", "v1")
    return root


@pytest.fixture
def here(upstream, tmp_path):
    """A fork of v1, whose remote ``upstream`` has gone on."""
    ran(tmp_path, "git", "clone", "--quiet", "--origin", "upstream", str(upstream), "fork")
    commit(upstream, NEXT)
    return tmp_path / "fork"


def content(root):
    return {name: (root / name).read_text() for name in git.lines(root, "ls-files")}


def test_a_fork_keeps_its_own_and_takes_the_code(here):
    """Parameters, answers, tables, README and results stay; code comes, and so do tables that are new; what the fork
    removed stays away, and results that no stage has any more go, though the fork's differ.
    """
    commit(here, OWN)
    before = git.commit(here)
    new = merging.fetched(here, "upstream")
    kept, conflicts = merging.merge(here, "upstream", new)
    own = {name: text for name, text in OWN.items() if text is not None}
    expected = {name: text for name, text in NEXT.items() if text is not None} | own
    expected["data/raw/people.csv"] = RELEASE["data/raw/people.csv"]
    for name in ("plots/new.csv", "plots/old.csv", "data/raw/sample.csv", "line/absent.py", "line/more.py"):
        expected.pop(name, None)
    assert content(here) == expected
    assert (kept, conflicts) == (
        ["README.md", "answers.yaml", "data/raw/sample.csv", "line/absent.py", "params.yaml"],
        [],
    )
    assert git.lines(here, "status", "--porcelain") == []
    assert git.lines(here, "log", "-1", "--format=%s %P") == [f"Merge upstream ({new[:9]}) {before} {new}"]
    assert merging.holds(here, new)
    assert merging.before(here, new) == before


def test_a_fork_that_changed_nothing_takes_code_and_texts(here):
    """Its results stay until they are rebuilt, its parameters and tables as they are; the README is upstream's."""
    merging.merge(here, "upstream", merging.fetched(here, "upstream"))
    found = content(here)
    assert {name for name in RELEASE if name in found and found[name] == RELEASE[name]} == {
        *("dvc.lock", "metrics/judge.json", "params.yaml", "answers.yaml"),
        *("data/raw/sample.csv", "data/raw/people.csv"),
    }
    assert found["README.md"] == NEXT["README.md"]
    assert "plots/new.csv" not in found
    assert found["line/more.py"] == "more = 1\n"


def test_code_that_both_changed_is_left_to_people_and_nothing_else_is(here):
    """One file has git's marks; undone, the fork is as it was; resolved and committed, the merge is one like others."""
    commit(here, OWN | {"code/judge.py": "one = 2\n"})
    before, files = git.commit(here), content(here)
    new = merging.fetched(here, "upstream")
    assert merging.merge(here, "upstream", new).conflicts == ["code/judge.py"]
    assert "<<<<<<<" in (here / "code/judge.py").read_text()
    assert (here / "params.yaml").read_text() == OWN["params.yaml"]
    with pytest.raises(RepositoryError, match=r"a merge is under way: finish it with `git commit`"):
        merging.refuse(here, "upstream", new)
    ran(here, "git", "merge", "--abort")
    assert (content(here), git.lines(here, "status", "--porcelain")) == (files, [])
    merging.merge(here, "upstream", new)
    commit(here, {"code/judge.py": "one = 3\n"})
    commit(here, {"code/own.py": "own = 2\n"})
    assert merging.holds(here, new)
    assert merging.before(here, new) == before


def test_the_name_may_be_of_a_remote_a_tag_or_nothing(here, upstream):
    """A remote is fetched with its tags, a tag is known afterwards, and another name is none."""
    assert git.found(here, "rev-parse", "--quiet", "--verify", "v2") == ""
    ran(upstream, "git", "tag", "v2")
    assert merging.fetched(here, "v2") == ""
    assert merging.fetched(here, "upstream") == merging.fetched(here, "v2") == git.commit(upstream)
    assert merging.fetched(here, "v1") == git.commit(here)
    assert {"upstream", "v1", "v2"} <= set(merging.known(here))


def test_a_merge_that_cannot_be_undone_does_not_begin(here, tmp_path):
    """An edited or a new file, a history of its own and a folder of a bigger repository are refused with a remedy."""
    new = merging.fetched(here, "upstream")
    (here / "code/judge.py").write_text("one = 2\n")
    (here / "notes.txt").write_text("mine\n")
    with pytest.raises(RepositoryError, match=r"uncommitted changes: code/judge.py, notes.txt; .*stash"):
        merging.refuse(here, "upstream", new)
    ran(here, "git", "add", "--all")
    ran(here, "git", "stash", "--quiet")
    merging.refuse(here, "upstream", new)
    with pytest.raises(RepositoryError, match=r"is a folder of a larger repository"):
        merging.refuse(here / "code", "upstream", new)
    copied = tmp_path / "copied"
    copied.mkdir()
    ran(copied, "git", "init", "--quiet")
    commit(copied, RELEASE, "Files copied from somewhere")
    ran(copied, "git", "remote", "add", "upstream", str(tmp_path / "upstream"))
    new = merging.fetched(copied, "upstream")
    with pytest.raises(RepositoryError, match=r"no common history.*`git merge -s ours --allow-unrelated-.* TAG`"):
        merging.refuse(copied, "upstream", new)
    ran(copied, "git", "merge", "--quiet", "-s", "ours", "--allow-unrelated-histories", "-m", "Copied from v1", "v1")
    merging.refuse(copied, "upstream", new)
    merging.merge(copied, "upstream", new)
    assert content(copied)["code/judge.py"] == NEXT["code/judge.py"]


def test_when_git_fails_everything_is_as_before(here):
    """The merge cannot be signed as this repository wants it, so it cannot be committed, and it is undone."""
    commit(here, OWN)
    files, new = content(here), merging.fetched(here, "upstream")
    ran(here, "git", "config", "commit.gpgsign", "true")
    ran(here, "git", "config", "gpg.program", "false")
    with pytest.raises(RepositoryError, match="git commit failed"):
        merging.merge(here, "upstream", new)
    assert (content(here), git.lines(here, "status", "--porcelain")) == (files, [])


def test_a_line_of_work_that_the_fork_took_out_stays_out(upstream, tmp_path):
    """Upstream changes a stage of that line and a stage of another one: no conflict, and only the latter comes."""
    shipped = {name: (ROOT / name).read_text(encoding="utf-8") for name in ("dvc.yaml", "params.yaml")}
    commit(upstream, shipped | {"plots/healthcare_odds.csv": "1\n", "responsible/healthcare/odds.py": "odds = 1\n"})
    ran(tmp_path, "git", "clone", "--quiet", "--origin", "upstream", str(upstream), "fork")
    here = tmp_path / "fork"
    keep(("budget",), here)
    ran(here, "git", "rm", "-r", "--quiet", "responsible/healthcare")
    commit(here, {})
    changed = re.sub(r"(cmd: .*\.(?:healthcare_audit|reweigh))\n", r"\1 --other\n", shipped["dvc.yaml"])
    commit(
        upstream,
        {"dvc.yaml": changed, "plots/healthcare_odds.csv": "2\n", "responsible/healthcare/odds.py": "odds = 2\n"},
    )
    kept = (here / "dvc.yaml").read_text(encoding="utf-8").replace("stages.reweigh\n", "stages.reweigh --other\n")
    assert merging.merge(here, "upstream", merging.fetched(here, "upstream")).conflicts == []
    assert (here / "dvc.yaml").read_text(encoding="utf-8") == kept.replace(
        "stages.reweigh\n", "stages.reweigh --other\n"
    )
    assert not [name for name in content(here) if "healthcare" in name]
