"""Judge the results by the policy: ``python -m commands.gate``, which is ``make gate``.

Prints one line for each rule and the verdict. The exit code is 1 when a blocking rule is not met: its verdict is fail
or infeasible, or insufficient evidence unless ``policy.insufficient_evidence`` is ``warn``. A policy that cannot be
judged (an unknown figure, an expired exception, stale results) is an error with exit code 2; it never passes.
"""

from __future__ import annotations

import sys
from datetime import date
from textwrap import wrap

from pipeline.reporting.formatting import JUDGEMENT_COLUMNS, columns, judgement_cells
from pipeline.results.policy_verdicts import verdicts
from responsible.governance.policy import Judgement, headline
from responsible.validation import InputError

WIDTH = 118  # characters of a line


def main(root: str = ".", today: date | None = None) -> int:
    """Print the table and what stands behind every rule that is not met; return 1 when one of them blocks, else 0."""
    judgements = verdicts(root, today)
    print(*columns([line[:-1] for line in (JUDGEMENT_COLUMNS, *map(judgement_cells, judgements))]), sep="\n")
    if unmet := [judgement for judgement in judgements if judgement.verdict != "pass"]:
        print("", *(_why(judgement) for judgement in unmet), "what to do about a verdict: docs/policy.md", sep="\n")
    print("", *wrap(f"policy: {headline(judgements)}", WIDTH, break_long_words=False), sep="\n")
    return int(any(judgement.blocks for judgement in judgements))


def _why(judgement: Judgement) -> str:
    rule = judgement.rule
    excuse = f"; exception: {rule.exception.justification}" if rule.exception else ""
    return f"{judgement.name}: {rule.reason}\n  {rule.label}; owner: {rule.owner}{excuse}"


if __name__ == "__main__":
    try:
        sys.exit(main())
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
