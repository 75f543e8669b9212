"""Where a result comes from: commit, edits that are in none, and addresses without what nobody else may read."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

WRITTEN = ("dvc.lock", "metrics", "plots", "docs")  # what a run itself changes; templates are looked at by DVC
_LOGIN = re.compile(r"(?<=://)[^/\s]*@")


def redacted(text: str) -> str:
    """``text`` with ``***`` for user and password of every address in it."""
    return _LOGIN.sub("***@", text)


def commit(folder: Path) -> str:
    """The commit that is checked out in ``folder``; nothing outside of git."""
    return _git(folder, "rev-parse", "--verify", "--quiet", "HEAD").strip()


def changes(folder: Path) -> list[str]:
    """Files that differ from the commit, those that a run itself writes left out: then a rebuild of it would differ."""
    listed = _git(folder, "status", "--porcelain", "-z", "--no-renames", "--untracked-files=all")
    names = (entry[3:] for entry in listed.split("\0") if entry)
    return sorted(n for n in names if n.startswith("docs/templates/") or n.split("/")[0] not in WRITTEN)


def _git(folder: Path, *arguments: str) -> str:
    try:
        ran = subprocess.run(["git", *arguments], cwd=folder, check=False, capture_output=True, text=True)
    except FileNotFoundError:
        return ""
    return ran.stdout if ran.returncode == 0 else ""
