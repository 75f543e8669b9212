"""Check every section of the parameter file, and the answers, before any other stage runs, all faults at once.

DVC removes the outputs of a stage before it runs it. So a value that a stage refused would cost its results; refused
here, it stops every stage, for all depend on this one's output, and every result stays. The output has the same bytes
for all valid parameters, so a change that is valid reruns only the stages that read what changed. It names the digests
of what else would change any result: threads, packages, and the code that every stage imports.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from inspect import signature
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pipeline import entry, sections
from pipeline.ingest.engines import unknown_engine
from pipeline.reporting.engine import refuse_text
from pipeline.repository.digests import of_value, sha256
from pipeline.results import answers as _answers
from pipeline.results import rule_names
from pipeline.sections import monitor as _monitor
from pipeline.storage import files, parameters
from pipeline.storage.line_contents import present
from pipeline.storage.lines import refuse_parts
from responsible.governance.policy import Policy
from responsible.models import Models
from responsible.monitoring.parameters import Monitor
from responsible.names import ADOPTED, Judged
from responsible.statistics.intervals import Inference
from responsible.tabular.levels import Disclosure
from responsible.tabular.schema import Seed, Sensitive
from responsible.tabular.sources import Prepare
from responsible.validation import InputError, Params, did_you_mean
from responsible.words import Section, Words

VALID = "every section of params.yaml is valid\n"
ROOT = Path(__file__).parents[1]
SHARED = (  # no stage lists these: each one imports them all
    *("pipeline/entry.py", "pipeline/storage", "responsible/names.py", "responsible/statistics"),
    *("responsible/tabular", "responsible/validation.py"),
)
OF_THE_SHEET = ("seed", "inference", "segments", "cluster_privacy")  # what the stage that prints its answers reads
Faults = Iterator[str]


class Parameters(Params):
    """The sections that all lines of work share; a line's own are in its module of ``pipeline.sections``."""

    seed: Seed
    prepare: Prepare
    disclosure: Disclosure
    inference: Inference
    words: Section
    policy: Policy
    monitor: Monitor | None = None  # absent where there are no later batches


def main(
    *,
    params: str = "params.yaml",
    answers: str = "answers.yaml",
    templates: str = "docs/templates",
    settings: str = "determinism.env",
    packages: str = "requirements.txt",
    valid: str = "data/prepared/parameters.ok",
) -> None:
    """Refuse the parameters and the answers with a line for each fault, or write that they are valid, and where."""
    refuse_parts(params)
    tree = parameters.read_yaml(params)
    there = present(tree)
    lines = [sections.of(line) for line in there]
    given, faults = parameters.examined(params, Parameters, *(line.Sections for line in lines))
    asking = {name: f"{templates}/{name}.md.j2" for name in _answers.DOCUMENTS}
    faults += _said(lambda: _refuse_answers(answers, asking, tree))
    shared = (_engine, _words, partial(_policy, there), *_monitor.RELATIONS)
    relations = (*shared, *(relation for line in lines for relation in line.RELATIONS))
    faults += [f"{params}: {fault}" for relation in relations for fault in _asked(relation, given, tree)]
    if faults:
        raise InputError("\n".join(faults))
    digests = {Path(file).name: sha256(Path(file).read_bytes()) for file in (settings, packages)}
    digests |= {name: of_value(_code(ROOT / name)) for name in SHARED}
    files.write_text(valid, "".join([VALID, *(f"{digest}  {name}\n" for name, digest in digests.items())]))


def _code(place: Path) -> dict[str, str]:
    """The digest of a module, or of each module of a folder, by its path in it."""
    modules = sorted(place.rglob("*.py")) if place.is_dir() else [place]
    return {path.relative_to(place.parent).as_posix(): sha256(path.read_bytes()) for path in modules}


def _asked(relation: Callable[..., Faults], given: Mapping[str, Any], tree: Mapping[str, Any]) -> list[str]:
    """The faults of a relation between sections, which its arguments name; none while one of these is invalid.

    A section that the file may lack is an argument with a default.
    """
    wanted = [key for key, own in signature(relation).parameters.items() if key in tree or own.default is own.empty]
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
                if key not in (known := [k for k in (*_keys(params), ADOPTED) if k.count(".") <= key.count(".")]):
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


def _words(
    words: Words,
    sensitive: Mapping[str, Sensitive] = MappingProxyType({}),
    healthcare: Any = None,
) -> Faults:
    known = [*sensitive, *(healthcare.protected if healthcare else ())]
    for name in words.levels:
        if name not in known:
            yield f"words.levels: {name!r} is not an attribute{did_you_mean(name, known)}"


def _engine(prepare: Prepare) -> Faults:
    yield from unknown_engine(prepare.engine)


def _policy(
    lines: Collection[str],
    policy: Policy,
    sensitive: Mapping[str, Sensitive] = MappingProxyType({}),
    healthcare: Any = None,
    models: Models | None = None,
) -> Faults:
    judged = models.judged() if models else Judged()
    yield from rule_names.faults(policy, sensitive, healthcare.protected if healthcare else {}, lines, judged)


if __name__ == "__main__":
    entry.run(main)
