"""What is chosen for an audit: measures, their limits, and who is privileged; with defaults, refused by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from responsible.audit import rows
from responsible.fairness import groups
from responsible.fairness.measures import MEASURES, Measure
from responsible.limits import Limits
from responsible.validation import InputError, did_you_mean, explain

Bounds = Limits | tuple[float | None, float | None]
TENTH, RATIO = 0.1, Limits(minimum=0.8, maximum=1.25)
"""The limits of a measure that is given none: a tenth either way, and the four-fifths rule with its reciprocal."""


def measures(given: Sequence[str] | Mapping[str, Measure] | None) -> Mapping[str, Measure]:
    """The measures by name: all, those named, or those given.

    Raises:
        InputError: a name is not a measure.
    """
    if given is None:
        return MEASURES
    if isinstance(given, Mapping):
        return given
    for name in given:
        if name not in MEASURES:
            raise InputError(f"measures: {name!r} is not a measure{did_you_mean(name, MEASURES)}")
    return {name: MEASURES[name] for name in given}


def limits(given: Mapping[str, Bounds], measures: Mapping[str, Measure]) -> dict[str, Limits]:
    """Limits of every measure: those given, or :data:`TENTH` and :data:`RATIO`.

    Raises:
        InputError: a name is not a measure of the audit, or the limits leave no room.
    """
    for name in given:
        if name not in measures:
            raise InputError(f"limits: {name!r} is not a measure of this audit{did_you_mean(name, measures)}")
    found = {name: _usual(measure) for name, measure in MEASURES.items()}
    for name, limits in given.items():
        found[name] = limits if isinstance(limits, Limits) else _bounds(name, *limits)
    return found


def _usual(measure: Measure) -> Limits:
    return RATIO if measure.ratio else Limits(minimum=max(-TENTH, measure.bounds[0]), maximum=TENTH)


def _bounds(name: str, minimum: float | None, maximum: float | None) -> Limits:
    try:
        return Limits(minimum=minimum, maximum=maximum)
    except ValidationError as error:
        raise InputError(explain(error, f"limits {name!r}")) from None


def declared(coded: Mapping[str, rows.Coded], privileged: Any) -> list[groups.Groups]:
    """The attributes with their privileged levels.

    Raises:
        InputError: an attribute or a level is not among those of the rows.
    """
    if not isinstance(privileged, Mapping):
        if privileged is not None and len(coded) > 1:
            remedy = f"give a dict such as {{{next(iter(coded))!r}: {privileged!r}}}"
            raise InputError(f"privileged: must name the attribute, got {privileged!r}; {remedy}")
        privileged = dict.fromkeys(coded, privileged)
    for name in privileged:
        if name not in coded:
            raise InputError(f"privileged: {name!r} is not an attribute{did_you_mean(name, coded)}")
    each = {name: rows.privileged(name, privileged.get(name), levels) for name, (_, levels) in coded.items()}
    return [groups.groups(name, levels, each[name]) for name, (_, levels) in coded.items()]
