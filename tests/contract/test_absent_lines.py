"""Lines of work that are absent: every command works on what is left, nothing needs their code or speaks of them."""

import sys

import pytest

from pipeline.storage.line_contents import LINES
from tests.support import contract
from tests.support.contract import ROOT
from tests.support.small import logged_names, ran
from tests.support.without_lines import assert_whole, code, delete, inside

SCRIPTS = [*(ROOT / "stages").glob("*.py"), *(ROOT / "commands").glob("*.py")]


@pytest.mark.parametrize("line", LINES)
def test_no_script_imports_the_code_of_an_absent_line(line):
    """But for the line's own module of ``pipeline.sections``, which is imported where the line is there."""
    gone = {ROOT / name for name in code([line])}
    own = ROOT / f"pipeline/sections/{line}.py"
    waiting = [script for script in SCRIPTS if script not in gone]
    found = set(waiting)
    while waiting:
        files = {ROOT / name for name in contract.imports(waiting.pop())} - found - {own}
        found |= files
        waiting += files
    assert [file for file in found if gone & {file, *file.parents}] == []


@pytest.mark.parametrize("name", ["/", "..", ".", "a/../..", ""])
def test_nothing_outside_of_a_fork_can_be_deleted(tmp_path, name):
    """A path that leads out of it, or to itself, is refused before the first deletion."""
    (tmp_path / "fork" / "a").mkdir(parents=True)
    assert inside(tmp_path / "fork", ["a"]) == [tmp_path / "fork" / "a"]
    with pytest.raises(AssertionError):
        inside(tmp_path / "fork", ["a", name])


@pytest.mark.heavy
@pytest.mark.pipeline
@pytest.mark.slow
def test_what_is_left_builds_and_has_no_word_of_the_others(built, tmp_path, monkeypatch):
    """Without their code too it is built, judged, reviewed and recorded, and documents speak of what is there alone.

    Here of two lines that are left; each line by itself is in test_other_tables.
    """
    monkeypatch.setenv("AUDIT_TRAIL", "on")
    root, lines, gone = built.copy(tmp_path / "fork"), ("budget", "segments"), ["healthcare"]
    run = (sys.executable, "-m")
    ran(root, *run, "commands.keep", *lines)
    delete(root, gone)
    ran(root, "git", "add", "--all")
    ran(root, "git", "commit", "--quiet", "--allow-empty", "--message", "Without the others")
    said = ran(root, *run, "commands.rebuild") + ran(root, *run, "commands.monitor")
    assert "monitor: The " in " ".join(said.split())
    assert len(logged_names(root)) == 2  # of the build, and of what the monitor found besides
    assert_whole(root, lines, said, ran(root, *run, "commands.review", "HEAD~1"))
