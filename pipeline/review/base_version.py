"""A commit beside the work tree: its files in a temporary folder, and its score tables from where they can be had."""

from __future__ import annotations

import re
import subprocess
import zipfile
from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from pipeline.repository import RepositoryError, dvc, git
from pipeline.repository.digests import md5
from pipeline.results import figures
from pipeline.results.catalogue import SCORES, STAGES
from pipeline.storage.line_contents import TRAINING, absent
from pipeline.storage.parameters import read_yaml
from responsible.governance.evidence import Figures
from responsible.validation import InputError, did_you_mean


def resolve(root: Path, base: str) -> str:
    """The commit where the work tree left ``base``: their merge base, or ``base`` itself where none is known here."""
    for name in (base, f"origin/{base}"):
        if commit := git.found(root, "rev-parse", "--quiet", "--verify", f"{name}^{{commit}}"):
            return git.found(root, "merge-base", commit, "HEAD") or commit
    if git.found(root, "rev-parse", "--is-shallow-repository") == "true":
        raise InputError(f"{base} is not a commit of this shallow clone; get it with: {_fetch(base)}")
    known = git.found(root, "for-each-ref", "--format=%(refname:short)").split()
    raise InputError(
        f"{base} is not a commit here{did_you_mean(base, known)}; fetch it, or name a branch, tag or commit"
    )


def _fetch(base: str) -> str:
    """The command that makes ``base`` known to a shallow clone, which tracks no branch but its own."""
    branch = base.removeprefix("origin/")
    named = branch if re.fullmatch("[0-9a-f]{7,40}", branch) else f"{branch}:refs/remotes/origin/{branch}"
    return f"git fetch --depth=1 origin {named}"


def extract(root: Path, commit: str, folder: Path) -> None:
    """Every file of the commit, into ``folder``: a copy for reading and rebuilding, without git."""
    content = git.output(root, "archive", "--format=zip", commit)
    with zipfile.ZipFile(BytesIO(content)) as archive:  # which, unlike tar, no Python extracts outside of the folder
        archive.extractall(folder)


def collected(folder: Path, params: Mapping[str, Any]) -> Figures:
    """The figures of the base; a base without any makes every figure new."""
    try:
        return figures.collect(folder, params)
    except InputError:
        return {}


def promised(folder: Path) -> dict[str, str]:
    """Path → MD5 of every output that ``dvc.lock`` there promises; empty without one."""
    if not (folder / dvc.LOCK).is_file():
        return {}
    try:
        return {output.path: output.md5 for output in dvc.outputs(folder)}
    except RepositoryError as error:
        raise InputError(str(error)) from None


def own_scores(root: Path) -> dict[str, Path]:
    """The work tree's score tables; refused when they are absent or not those of its ``dvc.lock``."""
    if TRAINING in absent(read_yaml(root / figures.PARAMETERS)):
        raise InputError(
            "predictions of somebody else are kept as counts; to compare versions row by row, list the earlier one as"
            " the reference here"
        )
    for path in SCORES.values():
        if not (root / path).is_file():
            raise InputError(f"{path} is not here; `dvc repro` builds it")
        if md5(root / path) != promised(root).get(path):
            raise InputError(f"{path} is not what dvc.lock says; `dvc repro` builds it again")
    return {model: root / path for model, path in SCORES.items()}


def base_scores(root: Path, base: Path, commit: str, say: Callable[[str], None], *, rebuild: bool) -> dict[str, Path]:
    """The score tables of the commit extracted to ``base``: from the work tree when they are the same, from DVC's
    cache, from its remote, else rebuilt in ``base`` with the packages that are installed here.
    """
    want = promised(base)
    if set(SCORES.values()) <= set(want):
        if found := _all_held(root, want) or _all_held(dvc.cache_folder(root), want):
            return found
        if _remote(root) and all(_get(root, base, commit, path, say) for path in SCORES.values()):
            return {model: base / path for model, path in SCORES.items()}
    if not rebuild:
        raise InputError("the scores of the base are not in a cache here, and rebuilding was switched off")
    _rebuild(root, base, say)
    return {model: base / path for model, path in SCORES.items()}


def _all_held(place: Path, want: dict[str, str]) -> dict[str, Path] | None:
    found = {model: _held(place, path, want[path]) for model, path in SCORES.items()}
    return {model: path for model, path in found.items() if path} if all(found.values()) else None


def _remote(root: Path) -> bool:
    files = [root / ".dvc" / name for name in ("config", "config.local")]
    return any("['remote" in file.read_text(encoding="utf-8") for file in files if file.is_file())


def _get(root: Path, base: Path, commit: str, path: str, say: Callable[[str], None]) -> bool:
    say(f"fetching the base's {path} from the DVC remote")
    (base / path).parent.mkdir(parents=True, exist_ok=True)
    return _dvc(root, "get", "--quiet", str(root), path, "--rev", commit, "--out", str(base / path))


def _rebuild(root: Path, base: Path, say: Callable[[str], None]) -> None:
    """Train in the extracted commit, with the work tree's cache, so that what is built is found the next time."""
    say("rebuilding the base's scores: they are not in a cache here")
    settings = f"[core]\n    no_scm = true\n[cache]\n    dir = {dvc.cache_folder(root)}\n"
    (base / ".dvc/config.local").write_text(settings, encoding="utf-8")
    sources = [str(path.relative_to(base)) for path in base.rglob("*.dvc") if path.is_file()]
    if sources and not _dvc(base, "checkout", "--quiet", *sources):
        raise InputError("the base's data are not in DVC's cache here; `dvc fetch --all-commits` gets them")
    if not _dvc(base, "repro", "--quiet", *STAGES.values()):
        raise InputError("the base could not be rebuilt here")


def _held(place: Path, path: str, digest: str) -> Path | None:
    """The file with this hash in a work tree, under its path, or in a DVC cache, under its hash."""
    files = (place / path, dvc.cached(place, digest))
    return next((file for file in files if file.is_file() and md5(file) == digest), None)


def _dvc(folder: Path, *command: str) -> bool:
    """Whether a command of DVC succeeds; what it prints on standard error is for the user."""
    ran = subprocess.run(
        [*dvc.DVC, *command], cwd=folder, env=dvc.environment(), check=False, stdout=subprocess.DEVNULL
    )
    return ran.returncode == 0


def changed_files(root: Path, commit: str, patterns: Sequence[str]) -> list[tuple[str, str]]:
    """(what happened, path) of the files that differ between the commit and the work tree, new ones included."""
    words = {"A": "new", "D": "deleted"}
    diff = git.output(root, "diff", "--name-status", "-z", "--relative", "--no-renames", commit, "--", *patterns)
    kinds, paths = (diff.decode().split("\0")[start::2] for start in (0, 1))
    found = {path: words.get(kind, "changed") for kind, path in zip(kinds, paths, strict=False)}
    new = git.output(root, "ls-files", "-z", "--others", "--exclude-standard", "--", *patterns).decode().split("\0")
    new.pop()  # after the last end
    return [(word, path) for path, word in sorted((dict.fromkeys(new, "new") | found).items())]
