"""What may be deleted with a line of work, and the words that nothing which is left may say."""

from __future__ import annotations

import shutil
from collections.abc import Collection
from pathlib import Path

from pipeline.storage.line_contents import LINES, only_of, with_parts

FILES = {
    "budget": (
        *(
            "pipeline/sections/budget.py",
            "pipeline/documents/comparison.py",
            "pipeline/documents/recommended_threshold.py",
        ),
        *("pipeline/plots/fairness.py", "pipeline/plots/group_rates.py", "pipeline/plots/thresholds.py"),
        *(
            f"docs/templates/{name}.md.j2"
            for name in ("comparison", "recommended_threshold", "model_card", "monitoring")
        ),
    ),
    "healthcare": (
        *("pipeline/sections/healthcare.py", "pipeline/documents/healthcare_audit.py", "pipeline/plots/healthcare.py"),
        *("pipeline/documents/healthcare_figures.py", "pipeline/documents/playbook.py", "docs/templates/healthcare"),
        *("pipeline/documents/healthcare_disclosure.py", "pipeline/monitoring/decisions.py"),
    ),
    "segments": (
        "pipeline/monitoring/people.py",
        *("pipeline/sections/segments.py", "pipeline/documents/segments.py", "commands/release_segments.py"),
        "pipeline/plots/segments.py",
        *("docs/templates/segments.md.j2", "docs/templates/segments_data_sheet.md.j2"),
    ),
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


assert FILES.keys() == LINES.keys()
assert all(len(name) > 1 for own in FILES.values() for name in own), "a text in place of a tuple of paths"
