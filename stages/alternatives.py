"""Alternatives: was there a less discriminatory model of like quality, what was attainable, and at what cost.

It is no part of the daily build; `make alternatives` runs it, and documents quote what it found.
"""

from __future__ import annotations

from pipeline import entry
from pipeline.alternatives import headline, page
from pipeline.alternatives.picture import frontier
from pipeline.alternatives.sentences import Speaker, answers
from pipeline.reporting.engine import fill
from pipeline.storage import files, parameters
from responsible.alternatives.material import Material
from responsible.alternatives.parameters import Alternatives
from responsible.alternatives.searching import search
from responsible.fairness.verdicts import Fairness
from responsible.mitigation.reweighing import Reweigh
from responsible.modelling.parameters import Logistic
from responsible.models import Models
from responsible.statistics.intervals import Inference
from responsible.tabular.cells import labels
from responsible.tabular.schema import Seed, Sensitive, Threshold
from responsible.validation import Params
from responsible.words import Section


class Parameters(Params):
    """What this stage reads of the parameter file."""

    seed: Seed
    threshold: Threshold
    sensitive: dict[str, Sensitive]
    models: Models
    model: Logistic
    reweigh: Reweigh
    inference: Inference
    fairness: Fairness
    words: Section
    alternatives: Alternatives


def main(
    *,
    params: str = "params.yaml",
    cells: str = "data/prepared/budget.parquet",
    trained: str = "metrics/reweigh.json",
    template: str = "docs/templates/alternatives.md.j2",
    metrics: str = "alternatives/metrics.json",
    candidates: str = "alternatives/candidates.csv",
    measures: str = "alternatives/measures.csv",
    attainable: str = "alternatives/attainable.csv",
    bounds: str = "alternatives/bounds.csv",
    picture: str = "alternatives/frontier.svg",
    picture_narrow: str = "alternatives/frontier_narrow.svg",
    document: str = "docs/alternatives.md",
) -> None:
    """Search, and write what was found; see the names of the outputs."""
    given = parameters.load(params, Parameters)
    table, meta = files.read_cells(cells)
    label = labels(table, meta["cuts"], given.threshold)
    material = Material(table, label, meta["features"], given.sensitive, given.model, given.reweigh)
    found = search(
        *(material, given.alternatives, given.fairness, given.inference),
        seed=given.seed,
        adopted=given.models.adopted,
        watch=lambda steps: entry.watch(steps, "candidates"),
    )
    rows = int(material.rows("test").sum())
    speaker = Speaker(given.alternatives, given.words, given.fairness.costs, given.inference.confidence, rows)
    said = answers(found, speaker)
    drawn = frontier(found, speaker, said["in_use"])
    of = headline.digests({"trained": trained, "reference": cells})
    files.write_json(metrics, {"alternatives": headline.headline(found, said, of)})
    files.write_csv(candidates, found.table)
    files.write_csv(measures, found.measures)
    files.write_csv(attainable, found.statements)
    files.write_csv(bounds, found.bounds)
    drawn.write(picture, picture_narrow)
    shown = page.context(found, said, speaker, given.fairness.accuracy_floor)
    files.write_text(document, fill(template, shown | {"picture": drawn} | given.words.of_tables()))


if __name__ == "__main__":
    entry.run(main)
