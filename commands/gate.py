"""Judge the results by the policy: ``python -m commands.gate``, which is ``make gate``.

Prints one line for each rule and the verdict. The exit code is 1 when a blocking rule is not met: its verdict is fail
or infeasible, or insufficient evidence unless ``policy.insufficient_evidence`` is ``warn``. A policy that cannot be
judged (an unknown figure, an expired exception, stale results) is an error with exit code 2; it never passes.

``--junit FILE`` and ``--json FILE`` write the verdicts for other programs too, whatever they are.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from datetime import date
from textwrap import wrap
from typing import Any
from xml.etree import ElementTree as ET

from pipeline import entry
from pipeline.reporting import judgements as said
from pipeline.reporting.formatting import columns, judgement_verdict
from pipeline.results.levelling import GAP, whose
from pipeline.results.policy_verdicts import verdicts
from pipeline.storage import files
from responsible.governance.answer import headline
from responsible.governance.policy import Judgement

WIDTH = 118  # characters of a line
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML cannot spell these


def main(root: str = ".", today: date | None = None, *, xml: str = "", json: str = "") -> int:
    """Print the table and what stands behind every rule that is not met; return 1 when one of them blocks, else 0.

    ``xml`` and ``json`` are files to write as well, none when empty.
    """
    judgements = verdicts(root, today)
    if xml:
        files.write_text(xml, junit(judgements))
    if json:
        files.write_json(json, as_json(judgements))
    print(*columns([said.COLUMNS, *map(said.cells, judgements)]), "", said.MEANING, sep="\n")
    if levelled := [
        f"{judgement.title}: {GAP} by {whose(judgement)} ({judgement.levelled})."
        for judgement in judgements
        if judgement.levelled
    ]:
        print("", *(line for text in levelled for line in wrap(text, WIDTH)), sep="\n")
    if unmet := [judgement for judgement in judgements if judgement.verdict != "pass"]:
        print("", *(_why(judgement) for judgement in unmet), "what to do about a verdict: docs/policy.md", sep="\n")
    print("", *wrap(f"policy: {headline(judgements)}", WIDTH, break_long_words=False), sep="\n")
    return int(any(judgement.blocks for judgement in judgements))


def _why(judgement: Judgement) -> str:
    rule = judgement.rule
    excuse = f"; exception: {rule.exception.justification}" if rule.exception else ""
    owner = f"; owner: {rule.owner}" if rule.owner else ""
    named = f"{judgement.title} ({judgement.name})"
    why = wrap(f"{named}: {rule.reason}", WIDTH, subsequent_indent="  ", break_long_words=False)
    limits = wrap(f"limits: {said.limits_and_origin(judgement)}{owner}{excuse}", WIDTH - 2)
    return "\n".join([*why, *(f"  {line}" for line in limits), f"  {rule.label}"])


def junit(judgements: Sequence[Judgement]) -> str:
    """JUnit: one test for each rule, failed when the rule blocks, skipped when it is only reported or has an exception.

    Without times and host names, so that the same results give the same bytes.
    """
    blocking = sum(judgement.blocks for judgement in judgements)
    reported = sum(judgement.verdict != "pass" for judgement in judgements) - blocking
    counts = {"tests": str(len(judgements)), "failures": str(blocking), "skipped": str(reported), "errors": "0"}
    suite = ET.Element("testsuite", {"name": "policy", **counts})
    for judgement in judgements:
        case = ET.SubElement(suite, "testcase", {"classname": "policy", "name": _text(judgement.name)})
        if judgement.verdict != "pass":
            short, details = _text(judgement_verdict(judgement)), _text(_details(judgement))
            ET.SubElement(case, "failure" if judgement.blocks else "skipped", {"message": short}).text = details
    ET.indent(suite)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(suite, encoding="unicode") + "\n"


def as_json(judgements: Sequence[Judgement]) -> dict[str, Any]:
    """The sentence, whether the gate lets it pass, and every rule with its verdict, figure, limits and owner."""
    return {
        "approved": not any(judgement.blocks for judgement in judgements),
        "headline": headline(judgements),
        "rules": {
            judgement.name: {
                **judgement.rule.model_dump(mode="json"),
                "verdict": judgement.verdict,
                "found": judgement.found,
                "blocks": judgement.blocks,
                "value": judgement.evidence.value,
                "low": judgement.evidence.low,
                "high": judgement.evidence.high,
                "undefined_because": judgement.evidence.reason,
                "decided_by_level": judgement.evidence.level,
                "unit": judgement.evidence.unit,
                "difference_shown": judgement.evidence.differs,
                "limit_exceeded": judgement.exceeds,
                "levelled_down": judgement.levelled,
            }
            for judgement in judgements
        },
    }


def _details(judgement: Judgement) -> str:
    rule = judgement.rule
    lines = [
        f"{rule.label}: {said.measured(judgement.evidence)}",
        f"limits: {said.limits_and_origin(judgement)}",
        f"reason: {rule.reason}",
        *([f"{GAP} by {whose(judgement)}: {judgement.levelled}"] if judgement.levelled else []),
        f"owner: {rule.owner}",
        *([f"exception: {rule.exception.justification}"] if rule.exception else []),
    ]
    return "\n".join(lines)


def _text(value: str) -> str:
    """Without what XML cannot spell."""
    return _NOT_XML.sub("\ufffd", value)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--junit", metavar="FILE", default="", help="the rules as tests, for CI")
    parser.add_argument("--json", metavar="FILE", default="", help="the rules with their figures, for programs")
    arguments = parser.parse_args()
    entry.run(lambda: main(xml=arguments.junit, json=arguments.json), refused=2)
