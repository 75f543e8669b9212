"""What is chosen for an audit: measures, their limits, and who is privileged; with defaults, refused by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from responsible.audit import rows
from responsible.fairness import groups
from responsible.fairness.measures import KNOWN, SCORE_MEASURES, standard
from responsible.fairness.verdicts import Fairness
from responsible.limits import Limits
from responsible.measures.definition import Known, Measure
from responsible.measures.of_function import OfGroup, of_functions
from responsible.validation import InputError, did_you_mean, explain

Bounds = Limits | tuple[float | None, float | None]
Measures = Sequence[str] | Mapping[str, Measure | OfGroup]
TENTH, RATIO = 0.1, Limits(minimum=0.8, maximum=1.25)
"""The limits of known measures that are given none: a tenth either way, and the four-fifths rule, either way too."""


def measures(
    given: Measures | None, limits: Mapping[str, Bounds], floor: float, *, labelled: bool, scored: bool
) -> tuple[Fairness, dict[str, Measure]]:
    """The known measures with their limits, and one's own: the standard ones, those named, or, of a dict, one's own
    besides the standard ones. Without labels or scores, those that need none.

    Raises:
        InputError: a name is not a measure, limits leave no room, or no measure is left.
    """
    own = of_functions(given) if isinstance(given, Mapping) else {}
    names = standard() if given is None or own else list(given)
    for name in names:
        if name not in KNOWN:
            raise InputError(f"measures: {name!r} is not a measure{did_you_mean(name, KNOWN)}")
    known = {name: KNOWN[name] for name in names if scored or name not in SCORE_MEASURES}
    known = {name: measure for name, measure in known.items() if labelled or not measure.needs_labels}
    own = {name: measure for name, measure in own.items() if labelled or not measure.needs_labels}
    if not known | own:
        raise InputError("measures: none is left; those of labels need y, and those of scores score")
    judged = {name: _usual(measure) for name, measure in known.items()}
    for name, bounds in limits.items():
        if name not in judged | own:
            raise InputError(f"limits: {name!r} is not a measure of this audit{did_you_mean(name, judged | own)}")
        found = bounds if isinstance(bounds, Limits) else _bounds(name, *bounds)
        if name in own:
            own[name] = replace(own[name], limits=found)
        else:
            judged[name] = found
    return Fairness(accuracy_floor=floor, limits=judged, measures=[]), own


def _usual(measure: Known) -> Limits:
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
