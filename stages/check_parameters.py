"""Check every section of the parameter file, and the answers, before any other stage runs, all faults at once.

DVC removes the outputs of a stage before it runs it. So a value that a stage refused would cost its results; refused
here, it stops every stage, for all depend on this one's output, and every result stays. The output has the same bytes
for all valid parameters, so a change that is valid reruns only the stages that read what changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from inspect import signature
from typing import Any

from pipeline import entry
from pipeline.documents.playbook import Playbook
from pipeline.ingest.engines import unknown_engine
from pipeline.reporting.engine import refuse_text
from pipeline.results import answers as _answers
from pipeline.results import rule_names
from pipeline.storage import files, parameters
from responsible.fairness.disparity import Fairness
from responsible.fairness.groups import NEEDS_PRIVILEGED
from responsible.governance.policy import Policy
from responsible.healthcare.audit import HealthcareAudit
from responsible.healthcare.schema import Healthcare, refuse_weights
from responsible.mitigation.reweighing import Reweigh
from responsible.mitigation.threshold_figures import Sweep
from responsible.modelling.parameters import Logistic
from responsible.segmentation.report import ClusterPrivacy
from responsible.segmentation.schema import Segments
from responsible.statistics.intervals import Inference
from responsible.tabular.schema import Budget, Seed, Sensitive, Target, Threshold, refuse_conflicts
from responsible.tabular.sources import Prepare
from responsible.validation import InputError, Params, did_you_mean

VALID = "every section of params.yaml is valid\n"
OF_THE_SHEET = ("seed", "inference", "segments", "cluster_privacy")  # what the stage that prints its answers reads
Faults = Iterator[str]


class Parameters(Params):
    """Every section of the parameter file."""

    seed: Seed
    threshold: Threshold
    prepare: Prepare
    budget: Budget
    sensitive: dict[str, Sensitive]
    model: Logistic
    reweigh: Reweigh
    inference: Inference
    fairness: Fairness
    threshold_sweep: Sweep
    healthcare: Healthcare
    healthcare_audit: HealthcareAudit
    playbook: Playbook
    segments: Segments
    cluster_privacy: ClusterPrivacy
    policy: Policy


def main(
    *,
    params: str = "params.yaml",
    answers: str = "answers.yaml",
    templates: str = "docs/templates",
    valid: str = "data/prepared/parameters.ok",
) -> None:
    """Refuse the parameters and the answers with a line for each fault, or write that they are valid."""
    given, faults = parameters.examined(params, Parameters)
    asking = {name: f"{templates}/{name}.md.j2" for name in _answers.DOCUMENTS}
    faults += _said(lambda: _refuse_answers(answers, asking, parameters.read_yaml(params)))
    faults += [f"{params}: {fault}" for relation in RELATIONS for fault in _asked(relation, given)]
    if faults:
        raise InputError("\n".join(faults))
    files.write_text(valid, VALID)


def _asked(relation: Callable[..., Faults], given: Mapping[str, Any]) -> list[str]:
    """The faults of a relation between sections, which its arguments name; none while one of these is invalid."""
    wanted = list(signature(relation).parameters)
    return list(relation(**{key: given[key] for key in wanted})) if all(key in given for key in wanted) else []


def _said(check: Callable[[], None]) -> list[str]:
    try:
        check()
    except InputError as error:
        return str(error).splitlines()
    return []


def _refuse_answers(file: str, templates: Mapping[str, str], params: Mapping[str, Any]) -> None:
    """Refuse answers that nobody asks for, that depend on no parameter, or that no document may hold."""
    given, found = _answers.read(file), list[str]()
    for place, asked in _answers.questions(templates).items():
        for name, answer in getattr(given, place).items():
            where = f"{file}: {place}.{name}"
            if name not in asked:
                found.append(f"{where} is not a question of {templates[place]}{did_you_mean(name, asked)}")
            for key in answer.depends_on:
                if key not in (known := [k for k in _keys(params) if k.count(".") <= key.count(".")]):
                    found.append(f"{where}.depends_on: {key} is not a parameter{did_you_mean(key, known)}")
                elif place == _answers.SHEET and key.partition(".")[0] not in OF_THE_SHEET:
                    found.append(f"{where}.depends_on: {key} must be of one of {', '.join(OF_THE_SHEET)}")
            found += _said(partial(refuse_text, answer.text, where))
    if found:
        raise InputError("\n".join(found))


def _keys(tree: Mapping[str, Any], prefix: str = "") -> Faults:
    for name, own in tree.items():
        yield f"{prefix}{name}"
        if isinstance(own, Mapping):
            yield from _keys(own, f"{prefix}{name}.")


def _engine(prepare: Prepare) -> Faults:
    yield from unknown_engine(prepare.engine)


def _roles(budget: Budget, sensitive: dict[str, Sensitive], threshold: float) -> Faults:
    yield from _said(partial(refuse_conflicts, budget, sensitive, threshold))


def _attributes(sensitive: dict[str, Sensitive], reweigh: Reweigh) -> Faults:
    for name in reweigh.attributes:
        if name not in sensitive:
            yield f"reweigh.attributes: {name!r} is not declared under sensitive{did_you_mean(name, sensitive)}"
        elif reweigh.groups == "privileged" and not sensitive[name].privileged:
            yield f"reweigh.groups: {NEEDS_PRIVILEGED.format(f'sensitive.{name}')}"


def _attribute(sensitive: dict[str, Sensitive], threshold_sweep: Sweep) -> Faults:
    if (name := threshold_sweep.attribute) not in sensitive:
        yield f"threshold_sweep.attribute: {name!r} is not declared under sensitive{did_you_mean(name, sensitive)}"


def _label(budget: Budget, threshold: float) -> Faults:
    if not _divides(budget.target, threshold):
        yield f"threshold {_range(budget.target)}, or all rows have one label, got {threshold:g}"


def _grid(budget: Budget, threshold_sweep: Sweep) -> Faults:
    grid = threshold_sweep.grid
    if not any(_divides(budget.target, value) for value in grid.values()):
        rule = f"a threshold {_range(budget.target)}, or all rows have one label at each"
        yield f"threshold_sweep.grid: {rule}, got {grid.minimum:g} to {grid.maximum:g}"


def _divides(target: Target, threshold: float) -> bool:
    """Whether the declared range leaves values on both sides of a threshold."""
    above = target.minimum is None or threshold > target.minimum
    return above and (target.maximum is None or threshold <= target.maximum)


def _range(target: Target) -> str:
    low = [] if target.minimum is None else [f"> {target.minimum:g} (budget.target.minimum)"]
    high = [] if target.maximum is None else [f"<= {target.maximum:g} (budget.target.maximum)"]
    return f"must be {' and '.join(low + high)}"


def _weights(healthcare: Healthcare, healthcare_audit: HealthcareAudit) -> Faults:
    for key in ("priority", "similarity"):
        if part := getattr(healthcare_audit, key):
            yield from _said(partial(refuse_weights, f"healthcare_audit.{key}.weights", part.weights, healthcare))


def _policy(policy: Policy, sensitive: dict[str, Sensitive], healthcare: Healthcare) -> Faults:
    yield from rule_names.faults(policy, sensitive, healthcare.protected)


RELATIONS: tuple[Callable[..., Faults], ...] = (
    _engine,
    _roles,
    _attributes,
    _attribute,
    _label,
    _grid,
    _weights,
    _policy,
)


if __name__ == "__main__":
    entry.run(main)
