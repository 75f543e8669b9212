"""Check every section of the parameter file before any other stage runs, all faults at once.

DVC removes the outputs of a stage before it runs it. So a value that a stage refused would cost its results; refused
here, it stops every stage, for all depend on this one's output, and every result stays. The output has the same bytes
for all valid parameters, so a change that is valid reruns only the stages that read what changed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from inspect import signature
from types import MappingProxyType
from typing import Any

from pipeline import entry, sections
from pipeline.ingest.engines import unknown_engine
from pipeline.results import rule_names
from pipeline.storage import files, parameters
from pipeline.storage.line_contents import present
from pipeline.storage.lines import refuse_parts
from responsible.governance.policy import Policy
from responsible.statistics.intervals import Inference
from responsible.tabular.schema import Seed, Sensitive
from responsible.tabular.sources import Prepare
from responsible.validation import InputError, Params

VALID = "every section of params.yaml is valid\n"
Faults = Iterator[str]


class Parameters(Params):
    """The sections that all lines of work share; a line's own are in its module of ``pipeline.sections``."""

    seed: Seed
    prepare: Prepare
    inference: Inference
    policy: Policy


def main(*, params: str = "params.yaml", valid: str = "data/prepared/parameters.ok") -> None:
    """Refuse the file with a line for each fault, or write that it is valid."""
    refuse_parts(params)
    tree = parameters.read_yaml(params)
    there = present(tree)
    lines = [sections.of(line) for line in there]
    given, faults = parameters.examined(params, Parameters, *(line.Sections for line in lines))
    relations = (_engine, partial(_policy, there), *(relation for line in lines for relation in line.RELATIONS))
    faults += [f"{params}: {fault}" for relation in relations for fault in _asked(relation, given, tree)]
    if faults:
        raise InputError("\n".join(faults))
    files.write_text(valid, VALID)


def _asked(relation: Callable[..., Faults], given: Mapping[str, Any], tree: Mapping[str, Any]) -> list[str]:
    """The faults of a relation between sections, which its arguments name; none while one of these is invalid.

    A section that the file may lack is an argument with a default.
    """
    wanted = [key for key, own in signature(relation).parameters.items() if key in tree or own.default is own.empty]
    return list(relation(**{key: given[key] for key in wanted})) if all(key in given for key in wanted) else []


def _engine(prepare: Prepare) -> Faults:
    yield from unknown_engine(prepare.engine)


def _policy(
    lines: Collection[str],
    policy: Policy,
    sensitive: Mapping[str, Sensitive] = MappingProxyType({}),
    healthcare: Any = None,
) -> Faults:
    yield from rule_names.faults(policy, sensitive, healthcare.protected if healthcare else {}, lines)


if __name__ == "__main__":
    entry.run(main)
