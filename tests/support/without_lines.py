"""What may be deleted with a line of work, and the words that nothing which is left may say."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Collection
from pathlib import Path

from pipeline.results.catalogue import Documents
from pipeline.storage.line_contents import LINES, only_of, with_parts
from tests.support.small import DVC, ran

FILES = {
    "budget": (
        *(
            "pipeline/sections/budget.py",
            "pipeline/documents/comparison.py",
            "pipeline/documents/recommended_threshold.py",
        ),
        *("pipeline/plots/fairness.py", "pipeline/plots/group_rates.py", "pipeline/plots/thresholds.py"),
        *(f"docs/templates/{name}.md.j2" for name in ("comparison", "recommended_threshold", "model_card")),
    ),
    "healthcare": (
        *("pipeline/sections/healthcare.py", "pipeline/documents/healthcare_audit.py", "pipeline/plots/healthcare.py"),
        *("pipeline/documents/healthcare_figures.py", "pipeline/documents/playbook.py", "docs/templates/healthcare"),
        *("pipeline/documents/healthcare_disclosure.py",),
    ),
    "segments": (
        *("pipeline/sections/segments.py", "pipeline/documents/segments.py", "commands/release_segments.py"),
        "pipeline/plots/segments.py",
        *("docs/templates/segments.md.j2", "docs/templates/segments_data_sheet.md.j2"),
    ),
}

# Names of sections, stages and files, and the sample's own words, by line. A word that two lines share is in neither.
WORDS = {
    "budget": "budget|reweigh|train_baseline|education|gender|degree|threshold_sweep|label threshold|dollar|cdx",
    "healthcare": "healthcare|requester|surgeon|premium|rural|clinical|emergenc|patient|hospital|playbook",
    "segments": "segment|cluster|silhouette|rand index|ledger|epsilon|ε",
}


def code(gone: Collection[str]) -> list[str]:
    """Folders and files that nothing needs without these lines; `responsible/modelling` is what reviews compare by."""
    parts = with_parts(gone)
    folders = only_of("code", parts) - {"responsible/modelling"}
    stages = [f"stages/{stage}.py" for stage in only_of("stages", parts)]
    files = [file for line in gone for file in FILES[line] if not any(file.startswith(f"{each}/") for each in folders)]
    return sorted([*folders, *stages, *files])


def inside(root: Path, names: Collection[str]) -> list[Path]:
    """The paths of ``names`` below ``root``, where folders are deleted with all that is in them.

    AssertionError, before anything is deleted, for one that is not there, leads out of ``root``, or is ``root`` itself.
    """
    top, paths = root.resolve(), [root / name for name in names]
    for name, path in zip(names, paths, strict=True):
        assert path.exists(), name
        assert top in path.resolve().parents, name
    return paths


def delete(root: Path, gone: Collection[str]) -> None:
    """Delete the code of lines; AssertionError for a path that does not exist or lies outside of ``root``."""
    for path in inside(root, code(gone)):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def spoken(root: Path, gone: Collection[str]) -> list[tuple[str, str]]:
    """File and word of whatever the stages wrote in words of absent lines; pictures inside a page are left out."""
    if not gone:
        return []
    words = re.compile("|".join(WORDS[line] for line in gone), re.IGNORECASE)
    files = [*(root / name for name in Documents), *root.glob("metrics/*"), *root.glob("plots/*.csv")]
    texts = ((file.name, file.read_text(encoding="utf-8")) for file in files if file.is_file())
    return [(name, found[0]) for name, text in texts for found in words.finditer(re.sub(r'src="data:[^"]*"', "", text))]


def assert_whole(root: Path, lines: Collection[str], said: str, review: str) -> None:
    """What a build of these lines alone leaves: judged, reviewed, recorded, in step, and silent about the others.

    ``said`` is what `commands.rebuild` printed, ``review`` what `commands.review` did.
    """
    gone = [line for line in LINES if line not in lines]
    for ending in ("policy: ", "to read: docs/index.html"):
        assert any(line.startswith(ending) for line in said.splitlines())
    assert "\npolicy: " in ran(root, sys.executable, "-c", "import commands.gate as gate; gate.main()")
    assert "**Policy: " in review
    ran(root, sys.executable, "-m", "commands.spreadsheets")
    ran(root, "git", "add", "--all")
    ran(root, "git", "commit", "--quiet", "--allow-empty", "--message", "Built")
    assert "Running stage" not in ran(root, *DVC, "repro")
    assert (root / Documents.MODEL_CARD_CDX).is_file() == ("budget" in lines)
    title = (root / Documents.MODEL_CARD).read_text(encoding="utf-8")
    assert ("# Model card" in title, "# Card: " in title) == ("budget" in lines, "budget" not in lines)
    assert spoken(root, gone) == []


assert FILES.keys() == LINES.keys()
assert all(len(name) > 1 for own in FILES.values() for name in own), "a text in place of a tuple of paths"
