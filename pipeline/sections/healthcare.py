"""The healthcare line's sections of the parameters, and what must hold between them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pipeline.documents.playbook import Playbook
from responsible.healthcare.approval_rates import OVERRIDE_GAP
from responsible.healthcare.audit import HealthcareAudit
from responsible.healthcare.schema import Healthcare, refuse_weights
from responsible.modelling.parameters import Logistic
from responsible.validation import InputError, Params


class Sections(Params):
    """Every section of the line."""

    model: Logistic
    healthcare: Healthcare
    healthcare_audit: HealthcareAudit
    playbook: Playbook


def _weights(healthcare: Healthcare, healthcare_audit: HealthcareAudit) -> Iterator[str]:
    for key in ("priority", "similarity"):
        if part := getattr(healthcare_audit, key):
            try:
                refuse_weights(f"healthcare_audit.{key}.weights", part.weights, healthcare)
            except InputError as error:
                yield from str(error).splitlines()


def _overrides(healthcare: Healthcare, healthcare_audit: HealthcareAudit) -> Iterator[str]:
    if healthcare.override and OVERRIDE_GAP not in healthcare_audit.limits:
        yield f"healthcare.override needs healthcare_audit.limits.{OVERRIDE_GAP}; add its minimum and maximum"
    if OVERRIDE_GAP in healthcare_audit.limits and not healthcare.override:
        yield f"healthcare_audit.limits.{OVERRIDE_GAP} needs healthcare.override; name its column, or remove the limit"


RELATIONS: tuple[Callable[..., Iterator[str]], ...] = (_weights, _overrides)
