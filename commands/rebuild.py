"""Run ``dvc repro`` and say what came out: ``python -m commands.rebuild``, which is ``make``.

Arguments are handed on to ``dvc repro``, its output appears as it is written, and its exit code is returned. After a
success a short summary follows: which stages ran, the headline numbers, and what to open. The audit trail comes last:
it is asked for the result even when DVC sees nothing to do, and when it alone fails the summary still stands.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline.repository import RepositoryError, dvc, locks
from pipeline.repository.dvc import DVC, environment
from pipeline.repository.experiment_copies import obstacles
from pipeline.repository.stage_outcomes import UP_TO_DATE, outcomes

TRAIL = "track"
NOTHING_IS_BUILT = {"--dry", "-h", "--help"}


def main(arguments: Sequence[str] = (), root: str = ".") -> int:
    """Run ``dvc repro`` with the arguments in ``root``, then print the summary; return DVC's exit code."""
    for obstacle in obstacles(Path(root).resolve()):
        _say(f"warning: {obstacle}")
    if faults := _queries_as_files(Path(root)):
        _say("\n".join(faults))
        return 1
    if not NOTHING_IS_BUILT.isdisjoint(arguments):
        return _repro(arguments, root)[0]
    if code := _refused(root):
        return code
    with locks.building(Path(root), _say):
        locks.clear_unreadable(Path(root), _say)
        return _build(arguments, root)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _queries_as_files(root: Path) -> list[str]:
    """A line for each source that is a query while dvc.yaml names it as a file, of which DVC would say less."""
    try:
        sections, stages = dvc.read(root / "params.yaml"), (root / "dvc.yaml").read_text(encoding="utf-8")
    except (RepositoryError, OSError):
        return []  # DVC says what is wrong with a file that it cannot read
    return [
        f"error: dvc.yaml: {name}.source is a query, not a file; remove `- ${{{name}.source}}` (docs/tables.md)"
        for name, section in sections.items()
        if isinstance(section, Mapping)
        and isinstance(section.get("source"), Mapping)
        and f"${{{name}.source}}" in stages
    ]


def _build(arguments: Sequence[str], root: str) -> int:
    code, said = _repro(arguments, root)
    found = outcomes(said)
    trail_failed = code != 0 and list(found)[-1:] == [TRAIL]
    if code == 0 or trail_failed:
        code = _summarize(found, root) or code
    if trail_failed:
        print("the audit trail was not written, see above; all results are built", file=sys.stderr)
    return _record(root) if code == 0 and found.get(TRAIL) == UP_TO_DATE else code


def _refused(root: str) -> int:
    """1, with what is wrong, when a line of work is there in part: of stages without sections DVC names a key alone."""
    from pipeline.storage.lines import PARAMETERS, refuse_parts
    from responsible.validation import InputError

    try:
        refuse_parts(Path(root, PARAMETERS))
    except InputError as error:
        print("".join(f"error: {line}\n" for line in str(error).splitlines()), end="", file=sys.stderr)
        return 1
    return 0


def _summarize(found: Mapping[str, str], root: str) -> int:
    """Print the summary; 1 when a file it reads cannot be read."""
    from pipeline.documents.build_summary import summary
    from responsible.validation import InputError

    try:
        print(*summary(found, root), sep="\n")
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _record(root: str) -> int:
    """See to it that the result has its run: DVC need not run the stage for a result that another clone recorded."""
    from responsible.validation import InputError
    from stages.track import main as track

    try:
        track(root=root)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _repro(arguments: Sequence[str], root: str) -> tuple[int, str]:
    """DVC's exit code and standard output, which is passed on byte by byte; its progress bars go straight through."""
    said = []
    with subprocess.Popen([*DVC, "repro", *arguments], cwd=root, env=environment(), stdout=subprocess.PIPE) as dvc:
        try:
            while dvc.stdout and (chunk := os.read(dvc.stdout.fileno(), 1 << 16)):
                sys.stdout.buffer.write(chunk)
                sys.stdout.flush()
                said.append(chunk)
        except KeyboardInterrupt:
            pass  # DVC has it too: wait until it has ended its stage and let go of its lock
        return dvc.wait(), b"".join(said).decode(errors="replace")


if __name__ == "__main__":
    from pipeline import entry  # which loads pydantic

    entry.run(lambda: main(sys.argv[1:]))
