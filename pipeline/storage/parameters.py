"""The parameter file: strict sections, read with the place, the rule and the remedy of every fault."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from pipeline.storage.text import read_text
from responsible.validation import InputError, Params, did_you_mean, explain

# Every top-level section some stage reads; another key of params.yaml is a misspelling. A test keeps it true.
SECTIONS = (
    "seed",
    "threshold",
    "prepare",
    "budget",
    "sensitive",
    "model",
    "reweigh",
    "inference",
    "fairness",
    "threshold_sweep",
    "healthcare",
    "healthcare_audit",
    "playbook",
    "segments",
    "cluster_privacy",
    "policy",
)


def load(path: str | Path, wanted: Mapping[str, Any]) -> tuple[Any, ...]:
    """The sections ``wanted`` (dotted key → type) of the parameter file, validated, in the order asked for.

    A type is a :class:`~responsible.validation.Params` class or anything pydantic validates. Unknown and missing keys,
    wrong types and values out of range raise :class:`InputError` that names file, key, rule and value.
    """
    tree = read_yaml(path)
    for key in tree:
        if key not in SECTIONS:
            raise InputError(f"{path}: {key} is not a known key{did_you_mean(str(key), SECTIONS)}")
    return tuple(_section(path, tree, key, kind) for key, kind in wanted.items())


def load_part(path: str | Path, wanted: Mapping[str, Any]) -> tuple[Any, ...]:
    """As :func:`load`, for a file of another version: it may have sections that this one does not know."""
    tree = read_yaml(path)
    return tuple(_section(path, tree, key, kind) for key, kind in wanted.items())


def read_yaml(path: str | Path) -> dict[str, Any]:
    """The mapping that a YAML file holds."""
    from ruamel.yaml.error import YAMLError

    try:
        tree = copy.deepcopy(_parsed(read_text(path, "run from the repository root")))
    except YAMLError as error:
        raise InputError(f"{path}: not readable as YAML: {' '.join(str(error).split())}") from None
    if not isinstance(tree, dict):
        raise InputError(f"{path}: must be a mapping of sections, got {type(tree).__name__}")
    return tree


@lru_cache(maxsize=8)
def _parsed(text: str) -> Any:
    """The tree of a YAML text; a review reads the same few files over and over, and that was nearly all its time."""
    from ruamel.yaml import YAML

    return YAML(typ="safe").load(text)


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
