"""Lines of work that are absent: every command works on what is left, nothing needs their code or speaks of them."""

import re
import sys
from pathlib import Path

import pytest

from pipeline.results.catalogue import Documents
from pipeline.storage.line_contents import LINES
from tests.support import contract
from tests.support.contract import ROOT
from tests.support.small import DVC, logged_names, ran
from tests.support.without_lines import code, delete, inside

ALONE = [(line,) for line in LINES]
SCRIPTS = [*(ROOT / "stages").glob("*.py"), *(ROOT / "commands").glob("*.py")]
# Names of sections, stages and files, and the sample's own words, by line. A word that two lines share is in neither.
WORDS = {
    "budget": "budget|reweigh|train_baseline|education|gender|degree|threshold_sweep|label threshold|dollar|cdx",
    "healthcare": "healthcare|requester|surgeon|premium|rural|clinical|emergenc|patient|hospital|playbook",
    "segments": "segment|cluster|silhouette|rand index|ledger|epsilon|ε",
}


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
@pytest.mark.parametrize("lines", [*ALONE, tuple(LINES)], ids="-".join)
def test_what_is_left_builds_and_has_no_word_of_the_others(built, tmp_path, lines, monkeypatch):
    """Without their code too it is built, judged, reviewed and recorded, and documents speak of what is there alone."""
    monkeypatch.setenv("AUDIT_TRAIL", "on")
    root, gone = built.copy(tmp_path / "fork"), [line for line in LINES if line not in lines]
    run = (sys.executable, "-m")
    ran(root, *run, "commands.keep", *lines)
    delete(root, gone)
    ran(root, "git", "add", "--all")
    ran(root, "git", "commit", "--quiet", "--allow-empty", "--message", "Without the others")
    said = ran(root, *run, "commands.rebuild")
    for ending in ("policy: ", "to read: docs/index.html"):
        assert any(line.startswith(ending) for line in said.splitlines())
    assert "\npolicy: " in ran(root, sys.executable, "-c", "import commands.gate as gate; gate.main()")
    assert "**Policy: " in ran(root, *run, "commands.review", "HEAD~1")
    assert len(logged_names(root)) == 1
    ran(root, *run, "commands.spreadsheets")
    ran(root, "git", "add", "--all")
    ran(root, "git", "commit", "--quiet", "--allow-empty", "--message", "Built")
    assert "Running stage" not in ran(root, *DVC, "repro")

    assert (root / Documents.MODEL_CARD_CDX).is_file() == ("budget" in lines)
    title = (root / Documents.MODEL_CARD).read_text(encoding="utf-8")
    assert ("# Model card" in title, "# Card: " in title) == ("budget" in lines, "budget" not in lines)
    if gone:
        words = re.compile("|".join(WORDS[line] for line in gone), re.IGNORECASE)
        spoken = [(path.name, found[0]) for path in written(root) for found in words.finditer(text(path))]
        assert spoken == []


def written(root):
    """Every document, table and metrics file that the stages wrote."""
    documents = [root / name for name in Documents]
    return [path for path in (*documents, *root.glob("metrics/*"), *root.glob("plots/*.csv")) if path.is_file()]


def text(path: Path):
    """The text without pictures inside."""
    return re.sub(r'src="data:[^"]*"', "", path.read_text(encoding="utf-8"))
