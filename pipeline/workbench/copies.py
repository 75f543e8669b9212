"""Copies of the repository to run in: with somebody's table or as the work tree is; and what comes back from them."""

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


def as_it_is(repository: Path, folder: Path) -> Path:
    """Clone HEAD of the repository into ``folder``, with the changes of tracked files that no commit has.

    The copy shares DVC's cache with the repository, so that what is known already is not computed again.

    Raises:
        InputError: git or DVC cannot make the copy.
    """
    try:
        copy = cloned(repository, folder)
        if changed := git.output(repository, "diff", "HEAD", "--binary", "--relative", "."):
            patch = folder.with_name("changes.patch")
            patch.write_bytes(changed)
            git.output(copy, "apply", "--whitespace=nowarn", str(patch))
        for name, value in _who(repository).items():
            git.output(copy, "config", name, value)
        dvc.run(copy, "cache", "dir", "--local", str(dvc.cache_folder(repository)), "--quiet")
        dvc.run(copy, "checkout", "--quiet", "--allow-missing")
    except RepositoryError as error:
        raise InputError(f"the repository cannot be copied: {error}") from None
    return copy


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
        _bring(repository, copy, f"HEAD:refs/heads/{name}")
    except RepositoryError as error:
        raise InputError(f"the branch cannot be made: {error}") from None
    return name


def experiments(repository: Path, copy: Path) -> list[str]:
    """Bring the experiments of the copy into the repository, where ``dvc exp show`` lists them; their names.

    Raises:
        InputError: git or DVC refuses.
    """
    try:
        refs = git.lines(copy, "for-each-ref", "--format=%(refname)", "refs/exps/??/*/*")
        _bring(repository, copy, *(f"{ref}:{ref}" for ref in refs))
    except RepositoryError as error:
        raise InputError(f"the experiment cannot be kept: {error}") from None
    return [ref.rpartition("/")[2] for ref in refs]


def _bring(repository: Path, copy: Path, *refs: str) -> None:
    """These refs of git."""
    top = git.found(copy, "rev-parse", "--show-toplevel")
    git.output(repository, "fetch", "--quiet", "--no-write-fetch-head", top, *refs)


def _who(repository: Path) -> Mapping[str, str]:
    """Who commits: whoever git knows in the repository, else the dashboard."""
    known = {name: git.found(repository, "config", name) for name in ("user.name", "user.email")}
    return {"user.name": known["user.name"] or "Dashboard", "user.email": known["user.email"] or "dashboard@localhost"}
