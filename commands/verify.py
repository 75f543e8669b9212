"""Rebuild everything from HEAD elsewhere and compare: ``python -m commands.verify``, which is ``make verify``.

HEAD is cloned into a temporary folder, its outputs are deleted there, every stage runs by force without the
run-cache, and each output is compared with what ``dvc.lock`` of HEAD promises. The exit code is 0 when every output
has the bytes of dvc.lock, or numbers within ``--tolerance`` of them, and 1 otherwise.
"""

from __future__ import annotations

import argparse
import math
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pipeline import entry
from pipeline.reporting.formatting import columns
from pipeline.repository import RepositoryError, dvc, git
from pipeline.repository.clones import cloned, fetch_sources
from pipeline.repository.digests import md5
from pipeline.repository.dvc import Output
from responsible.validation import InputError

NO_TRAIL = {"AUDIT_TRAIL": "off"}  # a rebuild for comparison is no result to record
HEADER = ("stage", "output", "same / different", "largest numeric difference")


@dataclass(frozen=True)
class OutputCheck:
    """A line of the table; ``difference`` is infinite when something other than a number differs."""

    output: Output
    state: str
    difference: float

    @property
    def cells(self) -> tuple[str, ...]:
        """The texts of the line, in the order of ``HEADER``."""
        number = f"{self.difference:.3g}" if math.isfinite(self.difference) else "not by numbers alone"
        return self.output.stage, self.output.path, self.state, number if self.state in ("same", "different") else "-"


def main(root: str = ".", tolerance: float = 1e-6) -> int:
    """Print the table *stage, output, same or different, largest numeric difference*; return the exit code."""
    here = Path(root).resolve()
    _warn_when_dirty(here)
    with tempfile.TemporaryDirectory(prefix="verify-", ignore_cleanup_errors=True) as folder:
        there = cloned(here, Path(folder) / "clone")
        promised = _promised(there)
        fetch_sources(here, there)
        _delete(there, promised)
        if code := _repro(there):
            print(f"verify: the forced run in a clone of HEAD failed with exit code {code}", file=sys.stderr)
            return code
        rows = _rows(promised, here, there)
    print(*columns([HEADER, *(row.cells for row in rows)]), sep="\n")
    return _verdict(rows, tolerance)


def _promised(folder: Path) -> list[Output]:
    if not (folder / dvc.LOCK).is_file():
        raise InputError("dvc.lock: HEAD has none, so there is nothing to compare; run `make` and commit what it wrote")
    return dvc.outputs(folder)


def _warn_when_dirty(here: Path) -> None:
    if changes := git.lines(here, "status", "--porcelain", "--", "."):
        print(f"warning: {len(changes)} uncommitted changes are not verified, HEAD is", file=sys.stderr)


def _delete(there: Path, promised: Iterable[Output]) -> None:
    """An output that git brought along, or that persists, must not pass for one that was built.

    Nothing is deleted when one of them lies outside of the clone: that is somebody's own.
    """
    paths = [there / output.path for output in promised]
    if outside := [path for path in paths if there.resolve() not in path.resolve().parents]:
        raise InputError(f"dvc.lock: {outside[0]} is outside the repository; a stage's outputs must be inside it")
    for path in paths:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _repro(there: Path) -> int:
    command = [*dvc.DVC, "repro", "--force", "--no-run-cache"]
    return subprocess.run(command, check=False, cwd=there, env=dvc.environment() | NO_TRAIL).returncode


def _rows(promised: list[Output], here: Path, there: Path) -> list[OutputCheck]:
    built = {output.path: output for output in dvc.outputs(there)}
    unknown = [built[path] for path in built.keys() - {output.path for output in promised}]
    return [
        *(_row(output, built[output.path].md5, here, there) for output in promised),
        *(
            OutputCheck(output, "not in dvc.lock", math.inf)
            for output in sorted(unknown, key=lambda output: output.path)
        ),
    ]


def _row(output: Output, built: str, here: Path, there: Path) -> OutputCheck:
    path = there / output.path
    if not path.exists():
        return OutputCheck(output, "missing", math.inf)
    if built == output.md5:
        return OutputCheck(output, "same", 0.0)
    if path.is_dir():
        return OutputCheck(output, "different", math.inf)
    if (old := _promised_content(output, here, there)) is None:
        return OutputCheck(output, "different (the expected content is not in a cache here)", math.inf)
    from pipeline.review.numeric_diff import difference  # pyarrow is needed only when something differs

    return OutputCheck(output, "different", difference(output.path, old, path.read_bytes()))


def _promised_content(output: Output, here: Path, there: Path) -> bytes | None:
    """From git; else from the work tree or DVC's cache there, when its hash is still the promised one."""
    try:
        return git.output(there, "cat-file", "blob", f"HEAD:./{output.path}")
    except RepositoryError:  # not in git
        cached = dvc.cached(dvc.cache_folder(here), output.md5)
        contents = (path.read_bytes() for path in (here / output.path, cached) if path.is_file())
        return next((content for content in contents if md5(content) == output.md5), None)


def _verdict(rows: list[OutputCheck], tolerance: float) -> int:
    beyond = [row for row in rows if row.difference > tolerance]
    same = sum(row.state == "same" for row in rows)
    print(f"verify: {same} of {len(rows)} outputs have the expected bytes; {len(beyond)} beyond {tolerance:g}")
    return 1 if beyond else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tolerance", type=float, default=1e-6, help="largest numeric difference allowed (1e-6)")
    entry.run(lambda: main(tolerance=parser.parse_args().tolerance), errors=(InputError, RepositoryError))
