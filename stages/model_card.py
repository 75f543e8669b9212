"""Model card: the documents for those who decide, each from a template and the figures of the other stages.

To add a document: its template and its output here and in dvc.yaml, what it reads in ``READS``, the sections it prints
in ``PARAMS``, and in ``DATA`` the tables it is about. How to write a template stands in stages/_document.py.
"""

from __future__ import annotations

from typing import Any

from responsible.policy import Policy
from stages import _document, _io, _sources

PARAMS: dict[str, Any] = {
    "threshold": float,
    "budget": dict[str, Any],
    "sensitive": dict[str, Any],
    "policy": Policy,
}
READS = (
    "metrics/prepare.json",
    "metrics/train_baseline.json",
    "metrics/reweigh.json",
    "metrics/evaluate_fairness.json",
    "metrics/threshold_sweep.json",
    "metrics/healthcare_audit.json",
    "metrics/cluster_privacy.json",
    "plots/performance_baseline.csv",
    "plots/performance_reweighed.csv",
    "plots/performance_change.csv",
    "plots/fairness.csv",
    "plots/group_rates.csv",
    "plots/intersection_rates.csv",
    "plots/threshold_intervals.csv",
)
DATA = {"model_card": ("budget",)}  # sections whose tables a document is about


def main(
    *,
    params: str = "params.yaml",
    reads: tuple[str, ...] = READS,
    templates: tuple[str, ...] = ("docs/templates/model_card.md.j2",),
    documents: tuple[str, ...] = ("docs/model_card.md",),
) -> None:
    """Write every document."""
    *_, policy = _io.load(params, PARAMS)
    sources = _sources.gather(params, PARAMS, reads, policy)
    for template, output in zip(templates, documents, strict=True):
        _io.write_text(output, _document.write(template, output, sources, DATA).text)


if __name__ == "__main__":
    _io.run(main)
