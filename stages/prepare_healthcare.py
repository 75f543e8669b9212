"""Type the requests of the healthcare table, one row kept for each; later stages see their declared columns only.

A bad row (see ``prepare.on_bad_rows``) or roles that the table does not bear out end it with one message, before
anything is written.
"""

from __future__ import annotations

from pipeline import entry
from pipeline.ingest import row_tables
from pipeline.storage import files, parameters
from responsible.healthcare.cases import profile as profile_of
from responsible.healthcare.schema import Healthcare, cases
from responsible.tabular.levels import Disclosure
from responsible.tabular.schema import Seed
from responsible.tabular.sources import Prepare
from responsible.validation import Params


class Parameters(Params):
    """What this stage reads of the parameter file."""

    seed: Seed
    prepare: Prepare
    healthcare: Healthcare
    disclosure: Disclosure


def main(
    *,
    params: str = "params.yaml",
    prepared: str = "data/prepared/healthcare.parquet",
    profile: str = "plots/prepare_healthcare.csv",
    metrics: str = "metrics/prepare_healthcare.json",
) -> None:
    """Read the table of ``params``; write its cases, their profile and how many rows were kept."""
    given = parameters.load(params, Parameters)
    rows = row_tables.read(given.prepare, "healthcare", given.healthcare, given.seed)
    decided = rows.judged(lambda good: cases(good, given.healthcare))
    described = profile_of(decided, given.healthcare)

    meta = {"rows": len(decided), "protected": list(given.healthcare.protected), **rows.sampled}
    files.write_parquet(prepared, decided, meta)
    protected = {own.column: own for own in given.healthcare.protected.values()}
    files.write_csv(profile, row_tables.published(described, given.disclosure, protected))
    files.write_json(metrics, {"prepare_healthcare": rows.figures(given.disclosure)})


if __name__ == "__main__":
    entry.run(main)
