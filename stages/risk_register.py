"""Risk register: what the policy, the healthcare audit and the segments found, as risks in order of their score.

The policy is judged without regard to the day, as documents are: an exception that has expired stops the gate.
"""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from pydantic import Field

from pipeline import entry
from pipeline.reporting import sources
from pipeline.results import figures
from pipeline.results.answers import circumstances, spoken
from pipeline.results.catalogue import MONITORED, SEARCHED, Metrics, Tables
from pipeline.results.searched import searched
from pipeline.storage import files, parameters
from pipeline.storage.line_contents import line_of
from responsible.governance import risk_register
from responsible.governance.policy import Policy
from responsible.validation import Params
from responsible.words import Section


class Parameters(Params):
    """What this stage reads of the parameter file; by the tables a text of the sample is told from one's own."""

    policy: Policy
    budget: dict[str, Any] | None = None
    sensitive: dict[str, Any] | None = None
    healthcare: dict[str, Any] | None = None
    segments: dict[str, Any] | None = None
    chosen: dict[str, Any] = Field({}, alias="cluster_privacy.privacy.chosen")
    release: dict[str, Any] = Field({}, alias="cluster_privacy.privacy.release")
    days: dict[str, Annotated[int, Field(ge=1, le=3_650)]] = Field({}, alias="healthcare_audit.days")
    words: Section


READS = (
    *(file for file in Metrics if file != Metrics.RISK_REGISTER),
    *figures.TABLES,  # a rule may be about any figure that has a path
    MONITORED,
    SEARCHED,
)
FOUND = ("attribute", "measure", "finding")
SHARED = ("segment", "level", "flagged", "reason")
PROMISED = ("mechanism", "title", "epsilon", "guarantee", "advantage_cap")


def main(
    *,
    params: str = "params.yaml",
    reads: tuple[str, ...] = READS,
    approvals: str = Tables.HEALTHCARE_APPROVALS,
    waits: str = Tables.HEALTHCARE_WAITS,
    shares: str = Tables.SEGMENTS_SHARES,
    ledger: str = Tables.SEGMENTS_LEDGER,
    metrics: str = Metrics.RISK_REGISTER,
    register: str = Tables.RISK_REGISTER,
) -> None:
    """Write the register, and how many risks of each band it holds."""
    given = parameters.load(params, Parameters)
    read = sources.gather(params, ["policy"], reads, given.policy)
    named = given.words
    risks = risk_register.from_policy(read.judgements, line_of)
    if SEARCHED in read.files:
        other = searched(read.root)
        risks.append(risk_register.from_search(other.verdict, other.says, SEARCHED))
    if "healthcare" in read.lines:
        for file in (approvals, waits):
            risks += risk_register.from_findings(files.read_csv(file, FOUND), file, given.days, named.name)
    if "segments" in read.lines:
        settings = {
            name: (str(own["mechanism"]), float(own["epsilon"]))
            for name, own in (("chosen", given.chosen), ("release", given.release))
        }
        level = partial(named.level, str((given.segments or {}).get("protected")))
        risks += risk_register.from_segments(files.read_csv(shares, SHARED), shares, level)
        risks += risk_register.from_guarantees(files.read_csv(ledger, PROMISED), settings, ledger)
    found = risk_register.register(risks, _owners(params, given.policy))
    files.write_json(metrics, {"risk_register": risk_register.bands(found)})
    files.write_csv(register, found)


def _owners(params: str, policy: Policy) -> dict[str, str]:
    """Who answers for a line of work, unless that came with the sample and the table is another one."""
    owners = spoken(policy, circumstances(parameters.read_yaml(params))).owners
    return {str(line): who for line, who in owners.items()}


if __name__ == "__main__":
    entry.run(main)
