"""Model card: the documents for those who decide, each from a template and the figures of the other stages.

To add a document: its template and its output here and in dvc.yaml, what it reads in ``READS``, the sections that it
prints in ``Parameters``, and in pipeline/results/answers.py the tables it is about. How to write a template stands in
pipeline/reporting/document.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pipeline import entry
from pipeline.decision_page import page as _page
from pipeline.model_card import card
from pipeline.reporting import document as _document
from pipeline.reporting import glossary
from pipeline.reporting import sources as _sources
from pipeline.results import answers as _answers
from pipeline.results import figures
from pipeline.results.catalogue import MONITORED, SEARCHED, Documents, Metrics, Pictures, Tables
from pipeline.storage import files, parameters
from pipeline.storage.line_contents import absent, part_of
from pipeline.storage.text import AGAIN, read_text
from responsible.governance.policy import Policy
from responsible.validation import InputError, Params


class Parameters(Params):
    """The sections that documents print, as they stand: the stages that compute with them have validated them.

    Those with a default are of a line of work that may be absent.
    """

    threshold: float = 0
    budget: dict[str, Any] | None = None
    sensitive: dict[str, Any] | None = None
    models: dict[str, Any] | None = None
    prepare: dict[str, Any]
    model: dict[str, Any] | None = None
    reweigh: dict[str, Any] | None = None
    fairness: dict[str, Any] | None = None
    healthcare: dict[str, Any] | None = None
    segments: dict[str, Any] | None = None
    cluster_privacy: dict[str, Any] | None = None
    inference: dict[str, Any]
    threshold_sweep: dict[str, Any] | None = None
    disclosure: dict[str, Any]
    words: dict[str, Any] | None
    policy: Policy


READS = (
    *Metrics,
    *figures.TABLES,  # a rule may be about any figure that has a path
    MONITORED,
    SEARCHED,
    Tables.REASONS,
    Tables.RISK_REGISTER,
    Tables.PREPARE_BASE_RATES,
    Tables.PREPARE_MISSING,
    Tables.PREPARE_HEALTHCARE,
    Tables.PREPARE_SEGMENTS,
    *Pictures,
)
TITLE = "Responsible ML pipeline"
FOLDED = (
    Documents.COMPARISON,
    Documents.RECOMMENDED_THRESHOLD,
    Documents.HEALTHCARE_AUDIT,
    Documents.SEGMENTS,
    Documents.SEGMENTS_DATA_SHEET,
)
"""What other stages wrote and the page holds as well, so that it can be passed on alone."""
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
    without_model: str = "docs/templates/card_without_model.md.j2",
    documents: Mapping[str, str] = DOCUMENTS,
    folded: tuple[str, ...] = FOLDED,
    terms: str = glossary.FILE,
    twin: str = Documents.MODEL_CARD_CDX,
    results: str = Documents.MODEL_CARD_RESULTS,
    page_template: str = "docs/templates/page.html.j2",
    style: str = "docs/templates/page.css",
    page: str = Documents.INDEX,
) -> None:
    """Write every document, the model card also as CycloneDX, its results for a hub, and all documents as one page.

    Without the budget line there is no model: the card then says what was audited, and programs get none.
    """
    given = parameters.load(params, Parameters)
    held = _answers.held(parameters.read_yaml(params), answers, templates)
    sources = _sources.gather(params, parameters.keys(Parameters), reads, given.policy, held)
    filled, headers = dict(templates), {}
    if "budget" not in sources.lines:
        filled[CARD] = without_model
    written = {name: _document.write(filled[name], output, sources, DATA) for name, output in documents.items()}
    lacking = absent(parameters.read_yaml(params))
    others = [_whole(file) for file in folded if part_of(file) not in lacking]
    everything = [*written.values(), *others]
    everything.append(_glossary(terms, everything))
    whole = _page.page(everything, sources, page, template=page_template, style=style, title=TITLE)
    if "budget" in sources.lines:
        files.write_json(twin, card.twin(sources, written[CARD]))
        files.write_text(results, card.evaluation_results(sources, given.inference["confidence"]))
        headers = {CARD: card.front_matter(sources, results)}
    for name, output in documents.items():
        files.write_text(output, headers.get(name, "") + written[name].text)
    files.write_text(page, whole)


def _glossary(file: str, documents: Iterable[_document.Document]) -> _document.Document:
    """The terms that the documents link."""
    return _document.Document(Path(file).stem, glossary.of(_whole(file).text, [each.text for each in documents]))


def _whole(file: str) -> _document.Document:
    """A document that is there already, from its title to its last line."""
    text = read_text(file, AGAIN)
    if not (text.startswith("# ") and text.endswith("\n")):
        raise InputError(f"{file}: is not a whole document; {AGAIN}")
    return _document.Document(Path(file).stem, text)


if __name__ == "__main__":
    entry.run(main)
