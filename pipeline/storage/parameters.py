"""The parameter file: strict sections, read with the place, the rule and the remedy of every fault."""

from __future__ import annotations

import copy
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar, cast, get_type_hints

from pydantic import TypeAdapter, ValidationError

from pipeline.storage.line_contents import absent, only_of
from pipeline.storage.text import read_text
from responsible.names import with_adopted
from responsible.validation import InputError, Params, did_you_mean, explain

P = TypeVar("P", bound=Params)
T = TypeVar("T")
VERSION = 2  # of the file's form: an older one is refused, because what it means here may be something else
# Every top-level section some stage reads; another key of params.yaml is a misspelling. A test keeps it true.
SECTIONS = (
    "seed",
    "threshold",
    "prepare",
    "disclosure",
    "budget",
    "sensitive",
    "models",
    "model",
    "reweigh",
    "reasons",
    "inference",
    "fairness",
    "threshold_sweep",
    "alternatives",
    "monitor",
    "healthcare",
    "healthcare_audit",
    "playbook",
    "segments",
    "cluster_privacy",
    "words",
    "policy",
)

OPTIONAL = {"reasons"}  # sections that may be left out anywhere
NESTED = 2_000
"""Levels of YAML up to which the parser in C is used; it crashes at 20,000. A column of a line opens two at most, and a
bracket one."""


def keys(wanted: type[Params]) -> list[str]:
    """The keys of the parameter file that the fields of ``wanted`` stand for: a field's name, or its alias."""
    return [field.alias or name for name, field in wanted.model_fields.items()]


def load(path: str | Path, wanted: type[P]) -> P:
    """The sections of the parameter file that are the fields of ``wanted``; an adopted candidate has its own name.

    A field's alias is its key where that is dotted; a field with a default may lack its section. Unknown and missing
    keys, wrong types and values out of range raise :class:`InputError` that names file, key, rule and value of each,
    one a line.
    """
    given, faults = examined(path, wanted)
    if faults:
        raise InputError("\n".join(faults))
    return wanted.model_validate(given)


def examined(path: str | Path, *wanted: type[Params]) -> tuple[dict[str, Any], list[str]]:
    """The sections that :func:`load` would give, by key, as far as they are valid, and the faults of the others.

    A section that is not there and has a default is left out; one that two of ``wanted`` have is examined once. A file
    that cannot be read or is of another form raises :class:`InputError`: nothing in it can be judged.
    """
    tree = with_adopted(_of_this_form(path))
    given, faults, fields = {}, _unknown(path, tree), dict[str, tuple[Any, bool]]()
    for model in wanted:
        kinds = get_type_hints(model, include_extras=True)
        fields |= {f.alias or name: (kinds[name], f.is_required()) for name, f in model.model_fields.items()}
    for key, (kind, required) in fields.items():
        try:
            if required or key.partition(".")[0] in tree:
                given[key] = _section(path, tree, key, kind)
        except InputError as error:
            faults += str(error).split("\n")
    return given, faults


def section(path: str | Path, key: str, kind: type[T]) -> T:
    """The one section at a dotted key, as :func:`load` gives several."""
    return cast("T", _section(path, with_adopted(_strict(path)), key, kind))


def section_of_any(path: str | Path, key: str, kind: type[T]) -> T:
    """As :func:`section`, of the file of another version, which may have sections that this one does not know."""
    return cast("T", _section(path, read_yaml(path), key, kind))


def whole(path: str | Path) -> dict[str, Any]:
    """Every section as it stands, for a stage that depends on the file; none may be unknown, and none of a line of work
    that is there may be missing.
    """
    tree = _strict(path)
    missing = only_of("sections", absent(tree)) | (OPTIONAL - tree.keys())
    for key in SECTIONS:
        if key not in missing:
            _section(path, tree, key, Any)
    return tree


def read_yaml(path: str | Path) -> dict[str, Any]:
    """The mapping that a YAML file holds."""
    from ruamel.yaml.error import YAMLError

    try:
        tree = copy.deepcopy(_parsed(read_text(path, "run from the repository root")))
    except (YAMLError, ValueError) as error:  # a date that no calendar has is a ValueError
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path}: not readable as YAML: {' '.join(str(error).split())}") from None
    except RecursionError:
        raise InputError(f"{path}: is nested too deeply; restore it with `git checkout -- {path}`") from None
    if not isinstance(tree, dict):
        raise InputError(f"{path}: must be a mapping of sections, got {type(tree).__name__}")
    return tree


@lru_cache(maxsize=8)
def _parsed(text: str) -> Any:
    """The tree of a YAML text; a review reads the same few files over and over, and that was nearly all its time.

    The parser in C, which DVC has too, takes a quarter of the time. It has no bound on nesting, and crashes: what can
    be nested deeply is left to the other one, and what it refuses, for the messages.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    if 2 * max(map(len, text.splitlines()), default=0) + text.count("[") + text.count("{") < NESTED:
        with suppress(YAMLError):
            return YAML(typ="safe").load(text)
    return YAML(typ="safe", pure=True).load(text)


def _strict(path: str | Path) -> dict[str, Any]:
    """The tree of a file of this release's form, all of whose sections some stage reads."""
    tree = _of_this_form(path)
    if faults := _unknown(path, tree):
        raise InputError("\n".join(faults))
    return tree


def _of_this_form(path: str | Path) -> dict[str, Any]:
    tree = read_yaml(path)
    if (version := tree.get("version")) != VERSION or type(version) is not int:
        fault = (
            f"must be {VERSION}, got {version!r}" if "version" in tree else f"is missing; this release wants {VERSION}"
        )
        raise InputError(f"{path}: version {fault}: see 'Upgrading a fork' in CHANGELOG.md")
    return tree


def _unknown(path: str | Path, tree: dict[str, Any]) -> list[str]:
    """A line for each section that no stage reads."""
    unknown = [key for key in tree if key not in ("version", *SECTIONS)]
    return [f"{path}: {key} is not a known key{did_you_mean(str(key), SECTIONS)}" for key in unknown]


def _section(path: str | Path, tree: Any, key: str, kind: Any) -> Any:
    for part in key.split("."):
        if not isinstance(tree, dict) or part not in tree:
            raise InputError(f"{path}: {key} is missing; add the key")
        tree = tree[part]
    known = kind.model_fields if isinstance(kind, type) and issubclass(kind, Params) else ()
    try:
        return TypeAdapter(kind).validate_python(tree, strict=True)
    except ValidationError as error:
        raise InputError(explain(error, f"{path}: {key}", known)) from None
