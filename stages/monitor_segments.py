"""Monitor of segments: later people in the segments that were found, by the published centres; shares by period.

It runs before `monitor`, whose page, pictures and figures say what it found. A pure function of all batches, as that.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from pipeline import entry
from pipeline.monitoring.handover import digests, handed_on
from pipeline.monitoring.reading import Batches
from pipeline.monitoring.row_batches import read_rows
from pipeline.storage import files, parameters
from responsible.later_people.placed import placed as by_period
from responsible.later_people.segments import LaterPeople, later_people
from responsible.monitoring.batches import period_of
from responsible.monitoring.parameters import Monitor, Newcomers, Period
from responsible.names import ATTRIBUTE, FEATURE
from responsible.segmentation.newcomers import placed
from responsible.segmentation.schema import Segments
from responsible.statistics.intervals import Inference
from responsible.tabular.columns import Declared, Kind
from responsible.tabular.levels import Disclosure
from responsible.tabular.schema import Seed
from responsible.tabular.sources import Prepare
from responsible.validation import InputError, Params

SECTION = "monitor.segments"
KEPT = ("question", "name", "period", "rows", "moved", "before", "now", "effect", "p", "detectable", "alarm")


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
    batches = read(given.prepare, roles, own, given.monitor.period, given.seed)
    table = by_period(placed(known, centres, batches.cells, roles), len(centres), own.beyond, batches.periods)
    sure = given.inference.confidence
    found = later_people(table, batches.findings, given.monitor, sure, disclosure=given.disclosure, seed=given.seed)
    files.write_csv(shares, found.shares)
    files.write_json(asked, written(found, own.beyond, digests({"centres": segments}) | {"batches": batches.digest}))


def read(prepare: Prepare, roles: Segments, given: Newcomers, period: Period, seed: int) -> Batches:
    """The people of ``monitor.segments.source``, with the columns of the segments table and a ``period``; findings and
    errors as of :func:`read_rows`.
    """
    roles = roles.model_copy(update={"source": given.source, "pattern": given.pattern})
    kind: Kind = "month" if period == "month" else "day"
    declared = [*roles.declared(), Declared("period", given.time, kind, required=True, form=given.time_format)]

    def dated(rows: pd.DataFrame) -> pd.DataFrame:
        return rows.drop(columns="row").assign(period=period_of(rows["period"], period))

    remedy = f"correct the files, or {SECTION}'s columns"
    return read_rows(prepare, roles, declared, dated, period=period, seed=seed, section=SECTION, remedy=remedy)


def written(found: LaterPeople, beyond: float, of: Mapping[str, str]) -> dict[str, Any]:
    """What `monitor` reads beside the table of shares."""
    rows = found.rows.astype({"alarm": bool}).astype({"alarm": object})[list(KEPT)].to_dict("records")
    counts = {"segmented": found.segmented, "people": found.people, "beyond": beyond}
    return handed_on(found, of, rows=rows, **counts)


if __name__ == "__main__":
    entry.run(main)
