"""Declared bounds, mechanisms, accounting, attacks, utility, release. Imports clustering and statistics."""

from typing import TYPE_CHECKING

from responsible import lazily

__all__ = [
    "MECHANISMS",
    "Domain",
    "LedgerEntry",
    "Mechanism",
    "Privacy",
    "accounted_epsilon",
    "delta",
    "epsilon",
    "ledger",
    "released",
    "sigma",
]

if TYPE_CHECKING:
    from responsible.privacy.accounting import LedgerEntry, ledger
    from responsible.privacy.domain import Domain, Privacy
    from responsible.privacy.gaussian_mechanism import accounted_epsilon, delta, epsilon, sigma
    from responsible.privacy.mechanisms import MECHANISMS, Mechanism
    from responsible.privacy.release import released
else:
    __getattr__, __dir__ = lazily(
        __name__,
        {
            "accounting": ("LedgerEntry", "ledger"),
            "domain": ("Domain", "Privacy"),
            "gaussian_mechanism": ("accounted_epsilon", "delta", "epsilon", "sigma"),
            "mechanisms": ("MECHANISMS", "Mechanism"),
            "release": ("released",),
        },
    )
