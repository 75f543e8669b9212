"""Bring a fork up to date: ``python -m commands.upgrade FROM``, which is ``make upgrade FROM=upstream``.

FROM is a remote, whose default branch is fetched, or a tag, branch or commit. Git merges its code, and what is the
fork's stays: parameters, answers, tables and results. The merge is committed. Then keys of ``params.yaml`` that moved
are renamed and new ones added, ``dvc repro`` rebuilds the results, and the review shows which figures changed.

Where both sides changed the same code, the merge is left as git leaves it. Once that is resolved and committed, the
same command goes on. ``--merge`` ends after the merge, so that the packages of the merged code can be installed.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from commands import rebuild, review
from pipeline import entry, sections
from pipeline.fork import merging
from pipeline.fork.parameter_moves import completed, moved, tree
from pipeline.repository import RepositoryError, git
from pipeline.review.comparability import flat
from pipeline.storage import files, parameters
from pipeline.storage.line_contents import present
from pipeline.storage.lines import keep
from responsible.validation import InputError, did_you_mean
from stages.check_parameters import Parameters

PARAMS, PACKAGES = "params.yaml", "requirements.txt"


def main(origin: str, *, root: str = ".", only_merge: bool = False) -> int:
    """Merge, rebuild and review; the exit code of the build, or 1 where packages have to be installed first."""
    here = Path(root).resolve()
    try:
        commit = merging.fetched(here, origin)
        merged = bool(commit) and not merging.holds(here, commit)
        if merged:
            _merge(here, origin, commit)
    except RepositoryError as error:
        raise InputError(str(error)) from None
    if not commit:
        known = did_you_mean(origin, merging.known(here))
        remedy = "`git remote add upstream URL` makes a remote known, `git fetch --tags upstream` its tags"
        raise InputError(f"FROM: {origin!r} is not a remote, tag, branch or commit here{known}; {remedy}")
    if only_merge:
        return 0
    if not merged:
        return _results(here, commit)
    if git.found(here, "diff", "--name-only", merging.before(here, commit), "HEAD", "--", PACKAGES):
        _say(f"{PACKAGES} changed: `pip install --require-hashes -r {PACKAGES}`, then run the same again")
        return 1
    # Not in this process, whose code is that of before the merge.
    return subprocess.run([sys.executable, "-m", "commands.upgrade", commit], cwd=here, check=False).returncode


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _merge(root: Path, origin: str, commit: str) -> None:
    merging.refuse(root, origin, commit)
    kept, conflicts = merging.merge(root, origin, commit)
    if kept:
        _say(f"changed here and in {origin}, kept as here: {', '.join(kept)}")
    if conflicts:
        _say("\n".join(f"{name}: changed here and in {origin}" for name in conflicts))
        raise InputError(
            "resolve these files, `git add` them, `git commit`, and run the same again; everything else is merged, and "
            "`git merge --abort` undoes it"
        )
    _say(f"merged {origin} ({commit[:9]})")


def _results(root: Path, commit: str) -> int:
    """Take over the parameters, rebuild, and show which figures changed."""
    before = merging.before(root, commit)
    for line in _parameters(root, before, commit):
        _say(f"{PARAMS}: {line}")
    if code := rebuild.main(root=str(root)):
        _say("not rebuilt, see above; correct it, then run the same again")
        return code
    print(flush=True)
    review.main(before, root=str(root))
    _say("read what changed, then `git add --all` and `git commit`")
    return 0


def _parameters(root: Path, before: str, commit: str) -> list[str]:
    """Rename and add keys of ``params.yaml``; a line for each, and for each default that only upstream changed."""
    path = root / PARAMS
    began = git.found(root, "merge-base", before, commit)
    then, now = (git.output(root, "show", f"{at}:{PARAMS}").decode() for at in (began, commit))
    parameters.read_yaml(path)
    text, said = moved(path.read_text(encoding="utf-8"), now)
    files.write_text(path, text)
    there = present(parameters.read_yaml(path))
    wanted = (Parameters, *(sections.of(line).Sections for line in there))
    text, new = completed(text, now, parameters.examined(path, *wanted)[1])
    files.write_text(path, text)
    keep(there, root)  # what upstream changed in a line of work that the fork took out
    text = path.read_text(encoding="utf-8")
    old, upstream, own = (flat(tree(each)) for each in (then, now, text))
    other = [key for key, value in upstream.items() if old.get(key, value) != value and own.get(key) == old[key]]
    return [*said, *new, *(f"{key}: stays {own[key]}, upstream now has {upstream[key]}" for key in other)]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("origin", nargs="?", default="upstream", metavar="FROM", help="remote, tag, branch or commit")
    parser.add_argument("--root", default=".", help="the fork, when the command is that of another copy")
    parser.add_argument("--merge", action="store_true", help="merge only; the same without it goes on")
    given = parser.parse_args()
    entry.run(lambda: main(given.origin, root=given.root, only_merge=given.merge))
