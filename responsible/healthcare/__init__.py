"""The line of work on recorded decisions. Imports fairness, never another line of work."""

from typing import TYPE_CHECKING

from responsible import lazily

__all__ = ["Audited", "Healthcare", "HealthcareAudit", "justified_first", "kitagawa", "replayed"]

if TYPE_CHECKING:
    from responsible.healthcare.audit import Audited, HealthcareAudit
    from responsible.healthcare.decomposition import kitagawa
    from responsible.healthcare.replay import justified_first, replayed
    from responsible.healthcare.schema import Healthcare
else:
    __getattr__, __dir__ = lazily(
        __name__,
        {
            "audit": ("Audited", "HealthcareAudit"),
            "decomposition": ("kitagawa",),
            "replay": ("justified_first", "replayed"),
            "schema": ("Healthcare",),
        },
    )
