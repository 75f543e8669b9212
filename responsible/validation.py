"""Refusals: the one error every bad input ends in, near matches for its remedy, and strict parameters."""

from __future__ import annotations

import difflib
import errno
import unicodedata
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

MISSING = "Missing"  # the level of a category that a row does not have; never a privileged one


class InputError(ValueError):
    """An input (file, column, row, value or parameter) that a stage refuses, with the place, the rule and the remedy.

    The text is written for the person who has to mend the input; stages print it without a traceback and exit 1.
    """


def cause(error: OSError) -> str:
    """Why a file could not be read or written, in the system's words, and what helps."""
    remedies = {
        errno.ENOSPC: "free some space on the disk",
        errno.EDQUOT: "free some space, the quota is used up",
        errno.EACCES: "check the permissions of file and folder",
        errno.EPERM: "check the permissions of file and folder",
        errno.EROFS: "make the folder writable",
        errno.EMFILE: "raise the limit of open files, `ulimit -n`",
    }
    why = error.strerror or " ".join(str(error).split()) or type(error).__name__
    return f"{why}; {remedies.get(error.errno or 0, 'check the path and its folder')}, then run it again"


class Params(BaseModel):
    """Base of every parameter section: frozen, strictly typed, unknown and missing keys are errors."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)


def near(name: str, known: Iterable[str], most: int = 3) -> list[str]:
    """The names in ``known`` most like ``name``, nearest first, at most ``most`` of them; case does not matter.

    Likeness is the Ratcliff-Obershelp ratio of :func:`difflib.get_close_matches` with cutoff 0.6.
    """
    by_lower = {str(k).lower(): str(k) for k in known}
    return [by_lower[m] for m in difflib.get_close_matches(name.lower(), by_lower, n=most, cutoff=0.6)]


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A remedy clause: ``"; did you mean 'x'?"`` when a near match exists, else the known names (first twenty).

    Nothing when nothing is known.
    """
    known = [str(k) for k in known]
    if matches := near(name, known):
        return f"; did you mean {' or '.join(repr(m) for m in matches)}?{_lookalike(name, matches[0])}"
    if not known:
        return ""
    more = f" and {len(known) - 20} more" if len(known) > 20 else ""
    return f"; known: {', '.join(repr(k) for k in known[:20])}{more}"


def _lookalike(wrong: str, right: str) -> str:
    """The first character that differs, by its Unicode name, where the eye may miss it: an apostrophe, a blank."""
    pairs = [(a, b) for a, b in zip(wrong, right, strict=False) if a != b]
    if len(wrong) != len(right) or not pairs or any(c.isalnum() or (a + b).isascii() for a, b in pairs for c in a + b):
        return ""
    a, b = (f"{unicodedata.name(c, 'unnamed')} (U+{ord(c):04X})" for c in pairs[0])
    return f" it has {b} where you have {a}"


_RULES = {
    "greater_than": "must be > {gt}",
    "greater_than_equal": "must be >= {ge}",
    "less_than": "must be < {lt}",
    "less_than_equal": "must be <= {le}",
    "literal_error": "must be {expected}",
    "finite_number": "must be a finite number",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "bool_type": "must be true or false",
    "string_type": "must be text",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "dict_type": "must be a mapping of keys",
    "model_type": "must be a mapping of keys",
    "model_attributes_type": "must be a mapping of keys",
}


def explain(error: ValidationError, place: str, known: Iterable[str] = ()) -> str:
    """Each fault of a pydantic error as ``place.key rule, got value``, one a line: place, name, rule, value.

    ``place`` is the file and section, for example ``params.yaml: threshold_sweep``; ``known`` are the section's keys,
    from which the remedy for an unknown key is drawn.
    """
    return "\n".join(_fault(fault, place, known) for fault in error.errors(include_url=False))


def _fault(fault: Any, place: str, known: Iterable[str]) -> str:
    where = ".".join([place, *(str(part) for part in fault["loc"])])
    if fault["type"] == "extra_forbidden":
        return (
            f"{where} is not a known key{did_you_mean(str(fault['loc'][-1]), known) if len(fault['loc']) == 1 else ''}"
        )
    if fault["type"] == "missing":
        return f"{where} is missing; add the key"
    if fault["type"] in ("value_error", "assertion_error"):
        return f"{where}: {fault['ctx']['error']}"
    rule = _RULES.get(fault["type"])
    bounds = {name: f"{bound:g}" if isinstance(bound, float) else bound for name, bound in fault.get("ctx", {}).items()}
    text = rule.format(**bounds) if rule else fault["msg"]
    return f"{where} {text}, got {fault['input']!r}"
