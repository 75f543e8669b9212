"""Git tags that say which commit an artifact of dvc.yaml was promoted from, in the form that GTO and DVC read.

``NAME@vMAJOR.MINOR.PATCH`` registers a version of the artifact, ``NAME#STAGE#NUMBER`` assigns a stage to it, and
``NAME#STAGE!#NUMBER`` ends that. GTO takes the highest version that has the stage, not the one that got it last, so an
assignment is ended before another commit gets one. Plain git, so that GTO is not needed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from pipeline.repository import git


def write(folder: Path, artifacts: Iterable[str], stage: str) -> list[str]:
    """Tag the commit that is checked out; the tags that are new, none when it is tagged already.

    A commit keeps its version, whoever registered it; another one gets the next major version.

    Raises:
        RepositoryError: git refuses a tag, such as for want of a name and an address of who makes it.
    """
    place = git.prefix(folder).rstrip("/").replace("/", "=")  # how GTO writes the folder of a dvc.yaml
    names = [f"{place}={name}" if place else name for name in artifacts]
    return [tag for name in names for tag in _write(folder, name, stage)]


def _write(folder: Path, name: str, stage: str) -> list[str]:
    new, version = {}, rf"{re.escape(name)}@v(\d+)\.\d+\.\d+"
    if not _highest(folder, version, "--points-at", "HEAD")[0]:
        new[f"{name}@v{_highest(folder, version)[0] + 1}.0.0"] = "HEAD"
    assigned = rf"{re.escape(name)}#{stage}!?#(\d+)"
    number, last = _highest(folder, assigned)
    held = bool(last) and "!" not in last
    if not held or last != _highest(folder, assigned, "--points-at", "HEAD")[1]:
        if held:
            number += 1
            new[f"{name}#{stage}!#{number}"] = f"{last}^{{}}"
        new[f"{name}#{stage}#{number + 1}"] = "HEAD"
    for tag, commit in new.items():
        git.output(folder, "tag", "--annotate", "--message", f"{name} {stage}", tag, commit)
    return [*new]


def _highest(folder: Path, pattern: str, *where: str) -> tuple[int, str]:
    """The highest number in the tags that match, and its tag; 0 and "" without any."""
    found = (re.fullmatch(pattern, tag) for tag in git.lines(folder, "tag", "--list", *where))
    return max(((int(matched[1]), matched[0]) for matched in found if matched), default=(0, ""))
