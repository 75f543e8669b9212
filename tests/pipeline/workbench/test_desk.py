"""A desk keeps one person's table in a folder that goes with it, and its results can become a branch."""

from __future__ import annotations

import gc

import pytest

from pipeline.drafting.request import Request
from pipeline.repository import git
from pipeline.repository.digests import sha256
from pipeline.workbench import bounds, copies, desk, folders
from pipeline.workbench.bounds import MIB, Bounds
from pipeline.workbench.desk import Desk
from pipeline.workbench.uploads import Upload, accept
from responsible.validation import InputError
from tests.support.small import DVC, ran


def test_a_folder_goes_with_its_desk(toy):
    """When it is closed, when nobody holds it, and when the server stops."""
    first, second, third = (Desk(toy, Bounds()) for _ in range(3))
    places = [each.folder for each in (first, second, third)]
    assert all(place.is_dir() for place in places)
    first.close()
    del second
    gc.collect()
    assert [place.is_dir() for place in places] == [False, False, True]
    desk.close_all()
    assert not third.folder.exists()


def test_steps_are_taken_in_order(toy):
    """Each one that is too early says what comes first."""
    mine = Desk(toy, Bounds())
    for step, said in (
        (lambda: mine.draft(Request("")), "no table was uploaded; upload one first"),
        (mine.run, "the roles have not been checked; check them, then run"),
        (mine.archive, "no run has ended well; run all stages first"),
        (mine.branch, "no run has ended well; run all stages first"),
    ):
        with pytest.raises(InputError, match=said):
            step()
    assert (mine.progress, mine.results) == (None, None)
    mine.cancel()
    mine.close()


@pytest.mark.parametrize("step", ["take", "take_path", "draft", "run", "branch"])
def test_a_read_only_dashboard_takes_no_step(toy, monkeypatch, step):
    """Not even on a desk that was there before, and no new desk is made."""
    mine = Desk(toy, Bounds())
    monkeypatch.setenv(bounds.READ_ONLY, "1")
    arguments = {"take": (b"a,b\n1,2\n", "x.csv"), "take_path": ("x.csv",), "draft": (Request(""),)}
    with pytest.raises(InputError, match=r"this dashboard is read-only \(DASHBOARD_READ_ONLY\)"):
        getattr(mine, step)(*arguments.get(step, ()))
    with pytest.raises(InputError, match="read-only"):
        Desk(toy, Bounds())
    mine.close()


def test_bounds_are_set_by_variables(monkeypatch):
    """A variable that is no number above 0 is refused by its name."""
    assert bounds.from_environment() == Bounds()
    monkeypatch.setenv("DASHBOARD_UPLOAD_MIB", "3")
    monkeypatch.setenv("DASHBOARD_RUN_SECONDS", "60")
    assert bounds.from_environment() == Bounds(upload=3 * MIB, seconds=60)
    monkeypatch.setenv("DASHBOARD_MEMORY_MIB", "much")
    with pytest.raises(InputError, match="DASHBOARD_MEMORY_MIB must be a whole number above 0, got 'much'"):
        bounds.from_environment()


def state(root):
    """The commit that is checked out, what differs from it, and git's index."""
    return git.commit(root), git.lines(root, "status", "--porcelain"), sha256((root / ".git/index").read_bytes())


@pytest.mark.pipeline
@pytest.mark.slow
def test_results_become_a_branch_with_the_rows_in_the_cache_alone(toy):
    """The work tree, its branch and its index stay; checking out the branch brings the rows back from DVC's cache."""
    folder = folders.private()
    upload = accept(b"a,b\n1,2\n", "people.csv", folder, Bounds())
    copy, table = copies.made(toy, folder / "copy", upload)
    assert (copy / table).read_bytes() == b"a,b\n1,2\n"
    assert git.lines(copy, "remote") == []
    (copy / "source.json").write_text('{"number": 5}')
    ran(copy, *DVC, "repro", "--quiet")
    before = state(toy)
    name = copies.branch(toy, copy, upload)
    assert (
        git.commit(toy),
        git.lines(toy, "status", "--porcelain"),
        sha256((toy / ".git/index").read_bytes()),
    ) == before
    folders.remove(folder)
    ran(toy, "git", "switch", "--quiet", name)
    ran(toy, *DVC, "checkout", "--quiet")
    assert (toy / table).read_bytes() == b"a,b\n1,2\n"
    assert (toy / "cached/half.csv").read_text() == "name,value\nhalf,2.5\n"
    assert table not in git.lines(toy, "ls-files")
    assert git.lines(toy, "log", "-1", "--format=%s") == ["Results on people.csv"]


@pytest.mark.pipeline
@pytest.mark.slow
def test_a_table_of_the_last_commit_keeps_its_path(toy):
    """The copy has it already, and nothing is added."""
    folder = folders.private()
    upload = Upload(toy / "source.json", "source.json", 1, "", inside="source.json")
    copy, table = copies.made(toy, folder / "copy", upload)
    assert table == "source.json"
    assert git.lines(copy, "status", "--porcelain") == []
    folders.remove(folder)


def test_what_is_no_repository_cannot_be_copied(tmp_path):
    """The message is that of git."""
    with pytest.raises(InputError, match="the repository cannot be copied: git clone failed"):
        copies.made(tmp_path, tmp_path / "copy", Upload(tmp_path, "x", 1, ""))
