"""Search for alternatives and hand on what was found: ``python -m commands.alternatives``, or ``make alternatives``.

The side pipeline in alternatives/ is run, which brings what it needs of the daily one up to date. What documents and
rules quote is copied to metrics/alternatives.json. Then the daily pipeline follows: the documents that quote it, the
summary, and one run of the audit trail. ``--only`` leaves the last step out.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from textwrap import wrap

from commands import rebuild
from commands.monitor import run_beside
from pipeline import entry
from pipeline.results.catalogue import SEARCHED
from pipeline.results.searched import searched
from pipeline.storage import files, parameters
from pipeline.storage.line_contents import ALTERNATIVES
from pipeline.storage.lines import PARAMETERS, SIDES, refuse_parts
from responsible.validation import InputError


def main(root: str = ".", *, only: bool = False) -> int:
    """Run it in ``root``; 0, or the exit code of what failed, of which nothing is handed on."""
    folder = Path(root)
    refuse_parts(folder / PARAMETERS)
    if not isinstance(parameters.read_yaml(folder / PARAMETERS).get(ALTERNATIVES), Mapping):
        raise InputError(f"{PARAMETERS}: alternatives is missing; docs/policy.md says what the section holds")
    if code := run_beside(folder, SIDES[ALTERNATIVES]):
        return code
    files.write_bytes(folder / SEARCHED, (folder / ALTERNATIVES / "metrics.json").read_bytes())
    code = 0 if only else rebuild.main(root=root)
    print("", *wrap(f"alternatives: {searched(folder).says}", 118), "to read: docs/alternatives.md", sep="\n")
    return code


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        prog="python -m commands.alternatives", description=(__doc__ or "").split("\n\n")[0]
    )
    parser.add_argument("--only", action="store_true", help="leave documents, summary and audit trail as they are")
    entry.run(lambda: main(**vars(parser.parse_args())))
