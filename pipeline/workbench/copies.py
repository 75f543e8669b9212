"""A copy of the repository in which a table replaces the sample, and the branch that its results can become."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from pipeline.repository import RepositoryError, dvc, git
from pipeline.repository.clones import cloned, fetch_sources
from pipeline.workbench.uploads import Upload
from responsible.validation import InputError

PLACE = "data/raw/uploaded"  # and the suffix, in the copy


def made(repository: Path, folder: Path, upload: Upload) -> tuple[Path, str]:
    """Clone HEAD of the repository into ``folder``, with the table in it; the copy, and the table's path there.

    Raises:
        InputError: git or DVC cannot make the copy.
    """
    try:
        copy = cloned(repository, folder)
        fetch_sources(repository, copy)
        git.output(copy, "remote", "remove", "origin")  # nothing in the copy knows the way back
    except RepositoryError as error:
        raise InputError(f"the repository cannot be copied: {error}") from None
    if upload.inside:
        return copy, upload.inside
    table = f"{PLACE}{upload.file.suffix}"
    (copy / table).parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(upload.file, copy / table)
    return copy, table


def branch(repository: Path, copy: Path, upload: Upload) -> str:
    """Commit the results in the copy and make them a branch of the repository; its name, which follows from them.

    The rows of an upload stay out of git: DVC keeps them, with the other contents, in the repository's cache.

    Raises:
        InputError: git or DVC refuses.
    """
    try:
        if not upload.inside:
            dvc.run(copy, "add", "--quiet", f"{PLACE}{upload.file.suffix}")
        git.output(copy, "add", "--all")
        who = _who(repository)
        settings = [part for name, value in who.items() for part in ("-c", f"{name}={value}")]
        git.output(copy, *settings, "commit", "--quiet", "--no-verify", "--message", f"Results on {upload.name}")
        name = f"your-data-{git.commit(copy)[:12]}"
        dvc.run(copy, "remote", "add", "--local", "repository", str(dvc.cache_folder(repository)), "--quiet")
        dvc.run(copy, "push", "-r", "repository", "--quiet")
        top = git.found(copy, "rev-parse", "--show-toplevel")
        git.output(repository, "fetch", "--quiet", "--no-write-fetch-head", top, f"HEAD:refs/heads/{name}")
    except RepositoryError as error:
        raise InputError(f"the branch cannot be made: {error}") from None
    return name


def _who(repository: Path) -> Mapping[str, str]:
    """Who commits: whoever git knows in the repository, else the dashboard."""
    known = {name: git.found(repository, "config", name) for name in ("user.name", "user.email")}
    return {"user.name": known["user.name"] or "Dashboard", "user.email": known["user.email"] or "dashboard@localhost"}
