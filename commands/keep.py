"""Keep some lines of work and take the others out: ``python -m commands.keep budget``, or ``make keep LINES=budget``.

Sections of params.yaml, stages of dvc.yaml, rules, documents and results of the other lines go; git has them. Their
code and templates may then be deleted by hand.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from pipeline import entry
from pipeline.storage.line_contents import LINES
from pipeline.storage.lines import keep


def main(lines: list[str], root: str = ".") -> None:
    """Keep ``lines`` and say what went."""
    gone = keep(lines, Path(root))
    print(f"{len(gone)} results and documents deleted; params.yaml and dvc.yaml have {', '.join(lines)}")
    print("next: `make`; `git diff --stat` shows what changed, `git restore .` undoes it")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lines", nargs="+", metavar="LINE", help=f"what stays: {', '.join(LINES)}")
    entry.run(lambda: main(parser.parse_args().lines))
