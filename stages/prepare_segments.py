"""Type the people of the segments table, one row kept for each; later stages see their declared columns only.

A bad row (see ``prepare.on_bad_rows``) or roles that the table does not bear out end it with one message, before
anything is written.
"""

from __future__ import annotations

from pipeline import entry
from pipeline.ingest import row_tables
from pipeline.storage import files, parameters
from responsible.segmentation.schema import Segments, people
from responsible.tabular.levels import Disclosure
from responsible.tabular.schema import Seed
from responsible.tabular.sources import Prepare
from responsible.validation import Params


class Parameters(Params):
    """What this stage reads of the parameter file."""

    seed: Seed
    prepare: Prepare
    segments: Segments
    disclosure: Disclosure


def main(
    *,
    params: str = "params.yaml",
    prepared: str = "data/prepared/segments.parquet",
    profile: str = "plots/prepare_segments.csv",
    metrics: str = "metrics/prepare_segments.json",
) -> None:
    """Read the table of ``params``; write the people to segment, their profile and how many rows were kept."""
    given = parameters.load(params, Parameters)
    rows = row_tables.read(given.prepare, "segments", given.segments, given.seed)
    segmented, described = rows.judged(lambda good: people(good, given.segments))

    meta = {"rows": len(segmented), "protected": given.segments.protected, **rows.sampled}
    files.write_parquet(prepared, segmented, meta)
    files.write_csv(profile, row_tables.published(described, given.disclosure, {}))
    files.write_json(metrics, {"prepare_segments": rows.figures(given.disclosure)})


if __name__ == "__main__":
    entry.run(main)
