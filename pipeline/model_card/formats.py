"""Card: the machine-readable forms of a model card, from plain figures and texts.

:func:`header` is the metadata of a Hugging Face model card; :func:`results` are its evaluation results in the hub's
form (https://huggingface.co/docs/hub/eval-results), a file of their own; :func:`bom` is a CycloneDX 1.7 bill of
materials (ECMA-424) with a ``modelCard`` for each model. All are plain JSON; the same input gives the same.
"""

from __future__ import annotations

import json
import math
import re
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from responsible.names import MODELS, REWEIGHED

SCHEMA = "http://cyclonedx.org/schema/bom-1.7.schema.json"


@dataclass(frozen=True)
class Measured:
    """A figure of a model: of all rows or of a ``group`` (``gender: Female``), its interval, or why it has no value.

    ``value`` is NaN where undefined, then ``reason`` says why; ``low`` and ``high`` are NaN without an interval.
    """

    name: str
    value: float
    low: float = math.nan
    high: float = math.nan
    reason: str = ""
    group: str = ""


@dataclass(frozen=True)
class Dataset:
    """A table: its file, the SHA-256 of its content (64 hexadecimal digits), what it holds, its sensitive columns."""

    file: str
    digest: str
    description: str
    sensitive: Sequence[str] = ()


@dataclass(frozen=True)
class Assessment:
    """Whom the model may put at a disadvantage, what was measured of it, and what is done about it."""

    group: str
    harms: str
    mitigation: str


@dataclass(frozen=True)
class Texts:
    """What people say of a model, for ``considerations``."""

    users: str
    uses: Sequence[str]
    limitations: str
    tradeoffs: str
    risks: Mapping[str, str]
    """Name of an ethical consideration → what is done about it."""


@dataclass(frozen=True)
class Model:
    """A model: name, description, inputs (name and kind), figures, assessments, properties by name, and what is known
    of its architecture.
    """

    name: str
    description: str
    inputs: Sequence[str]
    measured: Sequence[Measured]
    assessments: Sequence[Assessment]
    properties: Mapping[str, str]
    architecture: Mapping[str, str]


def header(license_: str, dataset: Dataset, results: str, *, trained: Collection[str] = MODELS) -> dict[str, Any]:
    """The metadata of a Hugging Face model card, without results, which stand in the file ``results``.

    ``license_`` is one of the hub's identifiers (``mit``), another text, which the hub calls ``other``, or empty, which
    it calls ``unknown``. ``trained``: models that are trained here.
    """
    known = re.fullmatch(r"[a-z0-9.+-]+", license_)
    named = {"license": license_} if known else {"license": "other", "license_name": license_}
    return {
        **(named if license_ else {"license": "unknown"}),
        **({"library_name": "sklearn"} if trained else {}),
        "pipeline_tag": "tabular-classification",
        "tags": ["fairness", *(["logistic-regression"] if trained else []), *(["reweighing"] * (REWEIGHED in trained))],
        "dataset": {"file": dataset.file, "sha256": dataset.digest},
        "results": results,
    }


def results(dataset: Dataset, measured: Sequence[Measured], *, split: str, confidence: float) -> list[dict[str, Any]]:
    """The figures in the form that the Hugging Face hub reads from ``.eval_results/*.yaml`` of a model's repository.

    ``task_id`` is the name of the figure and its group. The form has no place for an interval or a reason: both stand
    in ``notes``, and a figure without a value is left out.
    """
    return [
        {
            "dataset": {
                "id": dataset.file,
                "task_id": f"{m.name} ({m.group})" if m.group else m.name,
                "revision": dataset.digest,
            },
            "value": m.value,
            "notes": f"{split} rows{_interval(m, confidence)}",
        }
        for m in measured
        if math.isfinite(m.value)
    ]


def _interval(m: Measured, confidence: float) -> str:
    return f", {confidence * 100:g} % interval {m.low:g} to {m.high:g}" if math.isfinite(m.low) else ""


def bom(pipeline: str, dataset: Dataset, models: Sequence[Model], texts: Texts) -> dict[str, Any]:
    """A CycloneDX 1.7 bill of materials: the table and the models, each with its model card.

    Values are texts in CycloneDX, so an undefined figure says that it is and why. The serial number is the UUID
    (version 5) of the content: equal for equal cards, and another for any other.
    """
    content = {
        "metadata": {"component": {"type": "application", "bom-ref": pipeline, "name": pipeline}},
        "components": [_table(dataset), *(_component(model, dataset, texts) for model in models)],
        "dependencies": [{"ref": model.name, "dependsOn": [dataset.file]} for model in models],
    }
    name = json.dumps(content, sort_keys=True, ensure_ascii=False, allow_nan=False)
    serial = uuid.uuid5(uuid.NAMESPACE_URL, name)
    top = {"$schema": SCHEMA, "bomFormat": "CycloneDX", "specVersion": "1.7", "version": 1}
    return {**top, "serialNumber": f"urn:uuid:{serial}", **content}


def _table(dataset: Dataset) -> dict[str, Any]:
    data = {"type": "dataset", "name": dataset.file, "description": dataset.description}
    return {
        "type": "data",
        "bom-ref": dataset.file,
        "name": dataset.file,
        "hashes": [{"alg": "SHA-256", "content": dataset.digest}],
        "data": [{**data, "sensitiveData": list(dataset.sensitive)}],
    }


def _component(model: Model, dataset: Dataset, texts: Texts) -> dict[str, Any]:
    return {
        "type": "machine-learning-model",
        "bom-ref": model.name,
        "name": model.name,
        "description": model.description,
        "modelCard": {
            "modelParameters": {
                "approach": {"type": "supervised"},
                "task": "classification",
                **model.architecture,
                "datasets": [{"ref": dataset.file}],
                "inputs": [{"format": text} for text in model.inputs],
                "outputs": [{"format": "probability of label 1"}],
            },
            "quantitativeAnalysis": {"performanceMetrics": [_performance(m) for m in model.measured]},
            "considerations": _considerations(model, texts),
        },
        "properties": [{"name": name, "value": value} for name, value in model.properties.items()],
    }


def _performance(m: Measured) -> dict[str, Any]:
    defined = math.isfinite(m.value)
    said = f"undefined: {m.reason.replace('_', ' ') or 'no rows'}"
    metric: dict[str, Any] = {"type": m.name, "value": f"{m.value:g}" if defined else said}
    if m.group:
        metric["slice"] = m.group
    if defined and math.isfinite(m.low):
        metric["confidenceInterval"] = {"lowerBound": f"{m.low:g}", "upperBound": f"{m.high:g}"}
    return metric


def _considerations(model: Model, texts: Texts) -> dict[str, Any]:
    return {
        "users": [texts.users],
        "useCases": list(texts.uses),
        "technicalLimitations": [texts.limitations],
        "performanceTradeoffs": [texts.tradeoffs],
        "ethicalConsiderations": [
            {"name": name, "mitigationStrategy": mitigation} for name, mitigation in texts.risks.items()
        ],
        "fairnessAssessments": [
            {"groupAtRisk": a.group, "harms": a.harms, "mitigationStrategy": a.mitigation} for a in model.assessments
        ],
    }
