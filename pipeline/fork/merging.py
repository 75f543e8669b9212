"""A fork and its upstream in git: what to merge, whether that can begin, and a merge that keeps what is the fork's."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from pipeline.repository import RepositoryError, dvc, git
from pipeline.storage import lines
from pipeline.storage.line_contents import present
from pipeline.storage.parameters import read_yaml
from responsible.validation import InputError

ALWAYS = ("params.yaml", "answers.yaml", "data")  # the fork's, whatever upstream did to them
ON_CONFLICT = (".dvc/config", ".github/CODEOWNERS")  # the fork's where both changed them, as are texts for people
TEXT = ".md"


class Merged(NamedTuple):
    """What both sides changed: files ``kept`` as the fork has them, and ``conflicts`` that people have to resolve."""

    kept: list[str]
    conflicts: list[str]


def fetched(root: Path, origin: str) -> str:
    """The newest commit of a remote's default branch, or the commit that a name stands for here; "" for neither."""
    if origin in git.lines(root, "remote"):
        git.output(root, "fetch", "--quiet", "--tags", origin, "HEAD")
        origin = "FETCH_HEAD"
    return _commit(root, f"{origin}^{{commit}}")


def known(root: Path) -> list[str]:
    """The remotes, their branches, and the tags that are known here."""
    refs = git.lines(root, "for-each-ref", "--format=%(refname:short)", "refs/tags", "refs/remotes")
    return [*git.lines(root, "remote"), *refs]


def holds(root: Path, commit: str, at: str = "HEAD") -> bool:
    """Whether the history of ``at`` has the commit."""
    return git.found(root, "merge-base", commit, at) == commit


def before(root: Path, commit: str) -> str:
    """The fork's last commit before its history had ``commit``; ``commit`` itself when there is none."""
    own = git.lines(root, "rev-list", "--first-parent", "HEAD", f"^{commit}")
    return next((each for each in own if not holds(root, commit, each)), commit)


def refuse(root: Path, origin: str, commit: str) -> None:
    """Raise :class:`RepositoryError` unless a merge can begin, and be undone without loss."""
    if git.prefix(root):
        raise RepositoryError(f"{root} is a folder of a larger repository, and git would merge into that repository")
    if _commit(root, "MERGE_HEAD"):
        raise RepositoryError("a merge is under way: finish it with `git commit`, or undo it with `git merge --abort`")
    if changed := git.lines(root, "status", "--porcelain"):
        some = ", ".join(line[3:] for line in changed[:3]) + (" and others" if len(changed) > 3 else "")
        raise RepositoryError(f"uncommitted changes: {some}; commit them, or stash them with `git stash -u`")
    if git.found(root, "merge-base", "HEAD", commit):
        return
    if git.found(root, "rev-parse", "--is-shallow-repository") == "true":
        raise RepositoryError("this shallow clone lacks the commit where the fork began; run `git fetch --unshallow`")
    raise RepositoryError(
        f"{origin} and this repository have no common history, as after copying the files. Name the release that they "
        "were copied from: `git merge -s ours --allow-unrelated-histories TAG` records it and changes no file"
    )


def merge(root: Path, origin: str, commit: str) -> Merged:
    """Merge the commit and keep what is the fork's: its own files, its results, and folders that it removed.

    Without conflicts the merge is committed; with some it is left for git to finish or to undo. When git fails
    everything is as before, and :class:`RepositoryError` says why.
    """
    base = git.found(root, "merge-base", "HEAD", commit)
    try:
        git.output(root, "merge", "--quiet", "--no-ff", "--no-commit", commit)
    except RepositoryError:  # of a conflict as well
        if not _commit(root, "MERGE_HEAD"):
            raise
    try:
        kept = _settle(root, base, commit)
        if not (conflicts := _unmerged(root)):
            git.output(root, "commit", "--quiet", "--no-verify", "--message", f"Merge {origin} ({commit[:9]})")
    except RepositoryError:
        git.output(root, "merge", "--abort")
        raise
    return Merged(kept, conflicts)


def _settle(root: Path, base: str, commit: str) -> list[str]:
    """Take what is the fork's from its last commit; those of it, results left out, that both sides changed."""
    tracked = {at: _names(root, "ls-tree", "-r", "--name-only", at) for at in (base, "HEAD")}
    removed = _folders(tracked[base]) - _folders(tracked["HEAD"])
    was, here, there = (_outputs(root, at) for at in (base, "HEAD", commit))
    no_more = was - there  # of the results; git removes them unless the fork's differ
    results = ({dvc.LOCK} | here | there) - no_more
    conflicts = _unmerged(root)
    if dvc.PIPELINE in conflicts and _pipeline(root, base, commit):
        conflicts.remove(dvc.PIPELINE)

    def is_own(name: str) -> bool:
        places = {name, *_folders([name])}
        if name in results or places & removed:
            return True
        if name in conflicts:
            return name.endswith(TEXT) or bool(places.intersection((*ALWAYS, *ON_CONFLICT)))
        return name in tracked["HEAD"] and bool(places.intersection(ALWAYS))

    touched = _names(root, "diff", "--cached", "--name-only", "--no-renames", "HEAD")
    own = [name for name in touched if is_own(name)]
    back = [name for name in own if name in tracked["HEAD"]]
    away = [name for name in own if name not in back] + [name for name in conflicts if name in no_more]
    for command, names in (("checkout --quiet HEAD", back), ("rm --quiet --force", away)):
        if names:
            git.output(root, *command.split(), "--", *(f":(literal){name}" for name in names))
    return [name for name in conflicts if name in own and name not in results]


def _pipeline(root: Path, base: str, commit: str) -> bool:
    """Merge ``dvc.yaml`` after lines of work that the fork took out are out of the other two versions; whether that
    leaves no conflict.
    """
    with tempfile.TemporaryDirectory() as folder:
        versions = [Path(folder, str(number), dvc.PIPELINE) for number in range(3)]
        try:
            for file, at in zip(versions, ("HEAD", base, commit), strict=True):
                file.parent.mkdir()
                file.write_bytes(git.output(root, "show", f"{at}:{dvc.PIPELINE}"))
                params = file.with_name(lines.PARAMETERS)
                params.write_bytes(git.output(root, "show", f"HEAD:{lines.PARAMETERS}"))
                lines.keep(present(read_yaml(params)), file.parent)
            text = git.output(root, "merge-file", "-p", "--quiet", *map(str, versions))
        except (InputError, RepositoryError):  # no line of work is known, or conflicts are left
            return False
    (root / dvc.PIPELINE).write_bytes(text)
    git.output(root, "add", dvc.PIPELINE)
    return True


def _commit(root: Path, name: str) -> str:
    return git.found(root, "rev-parse", "--quiet", "--verify", name)


def _unmerged(root: Path) -> list[str]:
    return _names(root, "diff", "--name-only", "--diff-filter=U")


def _names(root: Path, *command: str) -> list[str]:
    return [name for name in git.output(root, command[0], "-z", *command[1:]).decode().split("\0") if name]


def _folders(files: Iterable[str]) -> set[str]:
    return {str(folder) for file in files for folder in PurePosixPath(file).parents}


def _outputs(root: Path, commit: str) -> set[str]:
    """What ``dvc.yaml`` of the commit declares as outputs."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, dvc.PIPELINE).write_bytes(git.output(root, "show", f"{commit}:{dvc.PIPELINE}"))
        return dvc.declared_outputs(Path(folder))
