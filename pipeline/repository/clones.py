"""A clone of HEAD to work in, which shares no file with the repository that it is of."""

from __future__ import annotations

from pathlib import Path

from pipeline.repository import dvc, git


def cloned(here: Path, folder: Path) -> Path:
    """Clone HEAD of the work tree that holds ``here`` into ``folder``; return the place of ``here`` in it.

    Git's own files are copied, not linked, so that nothing written in the clone can reach the repository.
    """
    top = git.found(here, "rev-parse", "--show-toplevel")
    git.output(here, "clone", "--quiet", "--no-hardlinks", top, str(folder))
    return folder / git.prefix(here)


def fetch_sources(here: Path, there: Path) -> None:
    """Data that ``dvc add`` tracks is no stage's output: the clone gets it from the cache of the work tree."""
    if sources := git.lines(there, "ls-files", "*.dvc"):
        dvc.run(there, "remote", "add", "--local", "verify", str(dvc.cache_folder(here)), "--quiet")
        dvc.run(there, "pull", "-r", "verify", *sources, "--quiet")
