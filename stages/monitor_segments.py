"""Monitor of segments: later people in the segments that were found, by the published centres; shares by period.

It runs before `monitor`, whose page, pictures and figures say what it found. A pure function of all batches, as that.
"""

from __future__ import annotations

from pipeline import entry
from pipeline.monitoring import people
from pipeline.storage import files, parameters
from responsible.later_people.placed import placed as by_period
from responsible.later_people.segments import later_people
from responsible.monitoring.parameters import Monitor
from responsible.names import ATTRIBUTE, FEATURE
from responsible.segmentation.newcomers import placed
from responsible.segmentation.schema import Segments
from responsible.statistics.intervals import Inference
from responsible.tabular.levels import Disclosure
from responsible.tabular.schema import Seed
from responsible.tabular.sources import Prepare
from responsible.validation import InputError, Params


class Parameters(Params):
    """What this stage reads of the parameter file."""

    seed: Seed
    prepare: Prepare
    inference: Inference
    disclosure: Disclosure
    segments: Segments
    monitor: Monitor


def main(
    *,
    params: str = "params.yaml",
    prepared: str = "data/prepared/segments.parquet",
    segments: str = "plots/segments.csv",
    shares: str = "monitor/segments.csv",
    asked: str = "monitor/segments.json",
) -> None:
    """Compare every period with the people who were segmented; write each share, and what else `monitor` needs."""
    given = parameters.load(params, Parameters)
    roles, own = given.segments, given.monitor.segments
    if own is None:
        raise InputError(f"{params}: monitor.segments is missing; say where later people are, or remove this stage")
    features = [FEATURE + name for name in roles.features]
    known, _ = files.read_parquet(prepared, [*features, ATTRIBUTE + roles.protected])
    means = [f"mean_{name}" for name in roles.features]
    centres = files.read_csv(segments, means)[means].to_numpy(dtype=float)
    batches = people.read(given.prepare, roles, own, given.monitor.period)
    table = by_period(placed(known, centres, batches.cells, roles), len(centres), own.beyond, batches.periods)
    sure = given.inference.confidence
    found = later_people(table, batches.findings, given.monitor, sure, disclosure=given.disclosure, seed=given.seed)
    files.write_csv(shares, found.shares)
    files.write_json(asked, people.written(found, own.beyond, batches.digest))


if __name__ == "__main__":
    entry.run(main)
