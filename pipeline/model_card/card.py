"""The model card's figures and answers as its machine-readable forms (``model_card_formats``) want them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from pipeline.model_card.formats import (
    Assessment,
    Dataset,
    Measured,
    Model,
    Texts,
    bom,
    header,
    results,
)
from pipeline.reporting import formatting
from pipeline.reporting.document import Document
from pipeline.reporting.sources import Sources, TableRow, digest
from pipeline.results.catalogue import PERFORMANCE, STAGES, Tables, performance_of
from responsible.governance.answer import headline
from responsible.names import ANY_LEVEL, PLAIN, POOLED, REST, REWEIGHED, judged_of, trained_here
from responsible.validation import InputError

RATES = ("selection_rate", "true_positive_rate", "false_positive_rate", "positive_predictive_value")
LOGISTIC = {"architectureFamily": "generalised linear model", "modelArchitecture": "logistic regression"}
PIPELINE = "responsible-ml-pipeline"
HUB = (
    "# On the Hugging Face hub this file is .eval_results/{}.yaml of the model, and the card is README.md.\n"
    "# Replace the id of each dataset by that of the table there.\n"
)
ASKED = ("intended_use", "users", "out_of_scope", "limitations", "trade_off", "harms", "mitigations", "sensitive_data")


class _Yaml(yaml.SafeDumper):
    """YAML in which each text stands on one line."""


_Yaml.add_representer(
    str, lambda dumper, text: yaml.SafeDumper.represent_str(dumper, formatting.visible(" ".join(text.split())))
)


def front_matter(sources: Sources, results_file: str) -> str:
    """The YAML header of the Markdown, which the Hugging Face hub and its library read: no results are in it."""
    asked = sources.answers.at("model_card", "license") if sources.answers else None
    given = asked.answer.text.strip() if asked and not asked.why else ""
    own = header(given, dataset(sources), Path(results_file).name, trained=tuple(trained_here(sources.params)))
    return f"---\n{as_yaml(own)}---\n\n"


def evaluation_results(sources: Sources, confidence: float) -> str:
    """The file of the last model's results, which the hub reads from ``.eval_results`` of a model's repository."""
    model = judged_of(sources.params).subject
    found = results(dataset(sources), measured(sources, model), split="test", confidence=confidence)
    return f"{HUB.format(model)}{as_yaml(found)}"


def as_yaml(tree: Mapping[str, Any] | Sequence[Any]) -> str:
    """A tree as YAML in which each text stands on one line and hides no character."""
    return yaml.dump(tree, Dumper=_Yaml, sort_keys=False, allow_unicode=True, default_flow_style=None, width=math.inf)


def twin(sources: Sources, document: Document) -> dict[str, Any]:
    """The CycloneDX document of both models, with the answers of the Markdown."""
    if lacking := [name for name in ASKED if name not in document.answers]:
        raise InputError(
            f"docs/templates/{document.name}.md.j2: people({lacking[0]!r}) is not asked; the twin needs it"
        )
    said = document.answers
    texts = Texts(
        users=said["users"],
        uses=[said["intended_use"], f"Out of scope: {said['out_of_scope']}"],
        limitations=said["limitations"],
        tradeoffs=said["trade_off"],
        risks={said["harms"]: said["mitigations"]},
    )
    models = [_model(sources, name) for name in judged_of(sources.params).names]
    return bom(PIPELINE, dataset(sources, said["sensitive_data"]), models, texts)


def dataset(sources: Sources, sensitive: str = "") -> Dataset:
    """The table that the models learn from."""
    rows = sources.figure("prepare.rows.kept").value
    columns = [f"{name}: column {own['column']}" for name, own in sources.setting("sensitive").items()]
    file = str(sources.setting("budget.source"))
    return Dataset(
        file, sources.digests["budget"], f"{rows:,.0f} rows", [*columns, *([sensitive] if sensitive else [])]
    )


def measured(sources: Sources, model: str) -> list[Measured]:
    """Performance on all test rows; of each attribute the pooled measures, and the rates of every level."""
    rows = sources.rows(PERFORMANCE[model], {}) if model in STAGES else _of_others(sources, model)
    found = [_measured(r["figure"], sources, f"{performance_of(model)}.{r['figure']}") for r in rows]
    for attribute in sources.setting("sensitive"):
        pooled = _headline(sources, attribute, model)
        found += [_of_row(row, row["measure"], f"{attribute}: {_compared(row)}") for row in pooled]
        rows = sources.rows(Tables.GROUP_RATES, {"attribute": attribute, "model": model})
        found += [_of_row(r, r["rate"], f"{attribute}: {r['level']}") for r in rows if r["rate"] in RATES]
    return found


def _of_others(sources: Sources, model: str) -> list[TableRow]:
    """The performance of a model that is not trained here; none where rows have no labels."""
    return [row for row in sources.rows(Tables.PERFORMANCE, {}) if row.get("model") == model]


def _headline(sources: Sources, attribute: str, model: str) -> list[TableRow]:
    """The measures of the pooled comparison, or of any level where none is privileged."""
    own = {"attribute": attribute, "model": model}
    return [row for c in (POOLED, ANY_LEVEL) for row in sources.rows(Tables.FAIRNESS, own | {"comparison": c})]


def _compared(row: TableRow) -> str:
    return f"{row['farthest']} against {REST}" if row["farthest"] else row["comparison"]


def intersections(sources: Sources, model: str) -> list[Measured]:
    """Selection rate and TPR of every pair of levels."""
    rows = sources.rows(Tables.INTERSECTION_RATES, {"model": model})
    return [_of_row(r, r["rate"], f"{r['attributes']}: {r['group']}") for r in rows if r["rate"] in RATES[:2]]


def _measured(name: str, sources: Sources, path: str) -> Measured:
    found = sources.figure(path)
    return Measured(str(name), found.value, found.low, found.high, found.reason)


def _of_row(row: TableRow, name: str, group: str) -> Measured:
    value, low, high = (float(row.number(column)) for column in ("value", "low", "high"))
    return Measured(str(name), value, low, high, str(row["reason"]), group)


def _model(sources: Sources, name: str) -> Model:
    features = [f"{feature}: {own['kind']}" for feature, own in (sources.setting("budget.features") or {}).items()]
    return Model(
        name,
        _kind(name, sources),
        features,
        [*measured(sources, name), *intersections(sources, name)],
        [_assessment(sources, attribute, name) for attribute in sources.setting("sensitive")],
        _properties(sources),
        LOGISTIC if name in trained_here(sources.params) else {},
    )


def _kind(model: str, sources: Sources) -> str:
    """What a model is; of one that is not trained here nobody knows."""
    if model in STAGES:
        return PLAIN + (" on reweighed training rows" if model == REWEIGHED else "")
    return f"{PLAIN}, {shown}" if (shown := sources.shown(model)) != model else "made elsewhere"


def _properties(sources: Sources) -> Mapping[str, str]:
    return {
        "parameters:sha256": digest(sources.params),
        "parameters:threshold": f"{sources.setting('threshold'):.12g}",
        "parameters:decision_threshold": f"{sources.setting('model.decision_threshold'):g}",
        "policy": headline(judged := sources.judgements),
        **{f"policy:{j.name}": f"{formatting.judgement_verdict(j)}: {formatting.figure(j.evidence)}" for j in judged},
    }


def _assessment(sources: Sources, attribute: str, model: str) -> Assessment:
    unmet = [
        f"{formatting.words(r['measure'])} {_figure(r)}, {formatting.words(r['verdict'])}"
        for r in _headline(sources, attribute, model)
        if r["verdict"] != "pass"
    ]
    levels = dict.fromkeys(
        row["level"] for row in sources.rows(Tables.GROUP_RATES, {"attribute": attribute, "privileged": "False"})
    )
    return Assessment(
        group=f"{attribute}: {', '.join(levels)}",
        harms=f"Not within its limits: {'; '.join(unmet)}." if unmet else "Every measure is within its limits.",
        mitigation=_mitigation(sources, attribute, model),
    )


def _mitigation(sources: Sources, attribute: str, model: str) -> str:
    if (shown := sources.shown(model)) != model:
        return f"Adopted from a search for alternatives: {shown}."
    given = sources.setting("reweigh") if model == REWEIGHED else {}
    if attribute not in given.get("attributes", ()):
        return "None of its own."
    whole, strength = f"so that label and {attribute} are independent", given.get("strength", 1)
    aim = whole if strength == 1 else f"by {attribute} at strength {strength:g}"
    return f"Training rows reweighed {aim} (Kamiran and Calders 2012)."


def _figure(row: TableRow) -> str:
    value, low, high = (row.number(column) for column in ("value", "low", "high"))
    said = formatting.plain(formatting.interval(value, low, high, row["reason"]))
    return f"{said} ({row['farthest']})" if row["farthest"] else said
