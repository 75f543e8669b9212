"""Model card: the documents for those who decide, each from a template and the figures of the other stages.

To add a document: its template and its output here and in dvc.yaml, what it reads in ``READS``, the sections it prints
in ``PARAMS``, and in ``DATA`` the tables it is about. How to write a template stands in pipeline/reporting/document.py.
"""

from __future__ import annotations

from typing import Any

from pipeline import entry
from pipeline.reporting import document as _document
from pipeline.reporting import model_card
from pipeline.reporting import page as _page
from pipeline.reporting import sources as _sources
from pipeline.results import figures
from pipeline.results.catalogue import Documents, Metrics, Pictures, Tables
from pipeline.storage import files, parameters
from responsible.governance.policy import Policy

# Sections that documents print, as they stand: the stages that compute with them have validated them.
PARAMS: dict[str, Any] = {
    "threshold": float,
    "budget": dict[str, Any],
    "sensitive": dict[str, Any],
    "prepare": dict[str, Any],
    "model": dict[str, Any],
    "reweigh": dict[str, Any],
    "fairness": dict[str, Any],
    "healthcare": dict[str, Any],
    "segments": dict[str, Any],
    "cluster_privacy": dict[str, Any],
    "inference": dict[str, Any],
    "threshold_sweep": dict[str, Any],
    "policy": Policy,
}
READS = (
    *Metrics,
    *figures.TABLES,  # a rule may be about any figure that has a path
    Tables.RISK_REGISTER,
    Tables.PREPARE_BASE_RATES,
    Tables.PREPARE_MISSING,
    Tables.PREPARE_HEALTHCARE,
    Tables.PREPARE_SEGMENTS,
    Pictures.ROC,
    Pictures.CALIBRATION,
    Pictures.DISPARITIES,
    Pictures.GROUP_RATES,
    Pictures.THRESHOLD_DISPARATE_IMPACT,
)
TITLE = "Responsible ML pipeline: documents for those who decide"
ALL = ("budget", "healthcare", "segments")
DATA = {"model_card": ("budget",), "data_sheet": ALL, "risk_assessment": ALL}  # whose tables a document is about
DOCUMENTS = (Documents.MODEL_CARD, Documents.DATA_SHEET, Documents.RISK_ASSESSMENT)  # in the order of DATA
TEMPLATES = tuple(f"docs/templates/{name}.md.j2" for name in DATA)


def main(
    *,
    params: str = "params.yaml",
    reads: tuple[str, ...] = READS,
    templates: tuple[str, ...] = TEMPLATES,
    documents: tuple[str, ...] = DOCUMENTS,
    twin: str = Documents.MODEL_CARD_CDX,
    page_template: str = "docs/templates/page.html.j2",
    style: str = "docs/templates/page.css",
    page: str = Documents.INDEX,
) -> None:
    """Write every document, the model card also as CycloneDX, and all of them as one page."""
    loaded = dict(zip(PARAMS, parameters.load(params, PARAMS), strict=True))
    sources = _sources.gather(params, PARAMS, reads, loaded["policy"])
    written = [
        _document.write(template, output, sources, DATA) for template, output in zip(templates, documents, strict=True)
    ]
    card = written[0]
    files.write_json(twin, model_card.twin(sources, card))
    headers = {card.name: model_card.front_matter(sources, loaded["inference"]["confidence"])}
    for document, output in zip(written, documents, strict=True):
        files.write_text(output, headers.get(document.name, "") + document.text)
    files.write_text(page, _page.page(written, sources, page, template=page_template, style=style, title=TITLE))


if __name__ == "__main__":
    entry.run(main)
