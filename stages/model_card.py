"""Model card: the documents for those who decide, each from a template and the figures of the other stages.

To add a document: its template and its output here and in dvc.yaml, what it reads in ``READS``, the sections that it
prints in ``Parameters``, and in pipeline/results/answers.py the tables it is about. How to write a template stands in
pipeline/reporting/document.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline import entry
from pipeline.reporting import document as _document
from pipeline.reporting import model_card
from pipeline.reporting import page as _page
from pipeline.reporting import sources as _sources
from pipeline.results import answers as _answers
from pipeline.results import figures
from pipeline.results.catalogue import Documents, Metrics, Pictures, Tables
from pipeline.storage import files, parameters
from responsible.governance.policy import Policy
from responsible.validation import Params


class Parameters(Params):
    """The sections that documents print, as they stand: the stages that compute with them have validated them."""

    threshold: float
    budget: dict[str, Any]
    sensitive: dict[str, Any]
    prepare: dict[str, Any]
    model: dict[str, Any]
    reweigh: dict[str, Any]
    fairness: dict[str, Any]
    healthcare: dict[str, Any]
    segments: dict[str, Any]
    cluster_privacy: dict[str, Any]
    inference: dict[str, Any]
    threshold_sweep: dict[str, Any]
    policy: Policy


READS = (
    *Metrics,
    *figures.TABLES,  # a rule may be about any figure that has a path
    Tables.RISK_REGISTER,
    Tables.PREPARE_BASE_RATES,
    Tables.PREPARE_MISSING,
    Tables.PREPARE_HEALTHCARE,
    Tables.PREPARE_SEGMENTS,
    Pictures.DISPARITIES,
    Pictures.DISPARITIES_NARROW,
    Pictures.GROUP_RATES,
    Pictures.GROUP_RATES_NARROW,
    Pictures.THRESHOLD_CHOICE,
    Pictures.THRESHOLD_CHOICE_NARROW,
)
TITLE = "Responsible ML pipeline: documents for those who decide"
CARD = "model_card"
DATA = _answers.DOCUMENTS  # whose tables a document is about
DOCUMENTS = {
    CARD: Documents.MODEL_CARD,
    "data_sheet": Documents.DATA_SHEET,
    "risk_assessment": Documents.RISK_ASSESSMENT,
}


def main(
    *,
    params: str = "params.yaml",
    answers: str = "answers.yaml",
    reads: tuple[str, ...] = READS,
    templates: Mapping[str, str] = _answers.TEMPLATES,
    documents: Mapping[str, str] = DOCUMENTS,
    twin: str = Documents.MODEL_CARD_CDX,
    page_template: str = "docs/templates/page.html.j2",
    style: str = "docs/templates/page.css",
    page: str = Documents.INDEX,
) -> None:
    """Write every document, the model card also as CycloneDX, and all of them as one page."""
    given = parameters.load(params, Parameters)
    held = _answers.held(parameters.read_yaml(params), answers, templates)
    sources = _sources.gather(params, parameters.keys(Parameters), reads, given.policy, held)
    written = {name: _document.write(templates[name], output, sources, DATA) for name, output in documents.items()}
    whole = _page.page(list(written.values()), sources, page, template=page_template, style=style, title=TITLE)
    files.write_json(twin, model_card.twin(sources, written[CARD]))
    headers = {CARD: model_card.front_matter(sources, given.inference["confidence"])}
    for name, output in documents.items():
        files.write_text(output, headers.get(name, "") + written[name].text)
    files.write_text(page, whole)


if __name__ == "__main__":
    entry.run(main)
