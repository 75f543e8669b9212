"""Git as a subprocess: what a command prints, the commit of a result, and the edits that no commit has."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from pipeline.repository import RepositoryError

WRITTEN = ("dvc.lock", "metrics", "plots", "docs")  # what a run itself changes; DVC watches the templates in docs
_LOGIN = re.compile(r"(?<=://)[^/\s]*@")


def redacted(text: str) -> str:
    """``text`` with ``***`` for user and password of every address in it."""
    return _LOGIN.sub("***@", text)


def output(folder: Path, *arguments: str) -> bytes:
    """What a git command prints; paths outside of ASCII stay readable, and a look at the state writes nothing.

    Raises:
        RepositoryError: git is not installed, or the command fails; with git's own last line.
    """
    try:
        ran = subprocess.run(
            ["git", "--no-optional-locks", "-c", "core.quotepath=off", *arguments],
            cwd=folder,
            check=False,
            capture_output=True,
        )
    except FileNotFoundError:
        raise RepositoryError("git is not installed; install it, then try again") from None
    if ran.returncode:
        said = redacted(ran.stderr.decode(errors="replace")).strip().splitlines() or [f"exit code {ran.returncode}"]
        raise RepositoryError(f"git {arguments[0]} failed in {folder}: {said[-1]}")
    return ran.stdout


def lines(folder: Path, *arguments: str) -> list[str]:
    """The lines that a git command prints."""
    return output(folder, *arguments).decode().splitlines()


def found(folder: Path, *arguments: str) -> str:
    """What a git command prints, without line breaks at its end; "" when it fails or there is no git."""
    try:
        return output(folder, *arguments).decode().rstrip("\n")
    except RepositoryError:
        return ""


def commit(folder: Path) -> str:
    """The commit that is checked out in ``folder``; "" outside of git."""
    return found(folder, "rev-parse", "--verify", "--quiet", "HEAD")


def prefix(folder: Path) -> str:
    """Where ``folder`` lies in the work tree that holds it, with a slash at the end; "" at its top."""
    return found(folder, "rev-parse", "--show-prefix")


def changes(folder: Path) -> list[str]:
    """Files in ``folder`` that differ from the commit, those that a run itself writes left out: then a rebuild of it
    would differ.
    """
    listed = found(folder, "status", "--porcelain", "-z", "--no-renames", "--untracked-files=all", "--", ".")
    names = [entry[3:].removeprefix(prefix(folder)) for entry in listed.split("\0") if entry]
    return sorted(n for n in names if n.startswith("docs/templates/") or n.split("/")[0] not in WRITTEN)
