"""Place people who came later in the segments that were found, by the published centres; the monitor judges them.

It runs beside the daily build, as the monitor does: a file that cannot be read, or lacks a column, is a finding.
"""

from __future__ import annotations

from dataclasses import asdict

from pydantic import Field

from pipeline import entry
from pipeline.monitoring import people
from pipeline.storage import files, parameters
from responsible.monitoring.parameters import Period
from responsible.names import ATTRIBUTE, FEATURE
from responsible.segmentation.newcomers import Newcomers, placed
from responsible.segmentation.schema import Segments
from responsible.tabular.sources import Prepare
from responsible.validation import Params

SECTION = "segments_batches"


class Parameters(Params):
    """What this stage reads of the parameter file."""

    prepare: Prepare
    segments: Segments
    segments_batches: Newcomers
    period: Period = Field(alias="monitor.period")


def main(
    *,
    params: str = "params.yaml",
    prepared: str = "data/prepared/segments.parquet",
    segments: str = "plots/segments.csv",
    placed_rows: str = "data/prepared/segments_batches.parquet",
) -> None:
    """Read the batches of ``params``; write segment and distance of everybody, the segmented people among them."""
    given = parameters.load(params, Parameters)
    roles, own = given.segments, given.segments_batches
    features = [FEATURE + name for name in roles.features]
    known, _ = files.read_parquet(prepared, [*features, ATTRIBUTE + roles.protected])
    means = [f"mean_{name}" for name in roles.features]
    centres = files.read_csv(segments, means)[means].to_numpy(dtype=float)
    later = roles.model_copy(update={"source": own.source, "pattern": own.pattern})
    declared = own.declared(roles, monthly=given.period == "month")
    found = people.read(later, declared, given.prepare, given.period, SECTION)
    table = placed(known, centres, found.rows, roles)
    meta = {
        "attribute": roles.protected,
        "beyond": own.beyond,
        "segments": len(centres),
        "findings": [asdict(finding) for finding in found.findings],
        "digest": found.digest,
    }
    files.write_parquet(placed_rows, table, meta)


if __name__ == "__main__":
    entry.run(main)
