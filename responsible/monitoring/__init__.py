"""Later batches against a reference: drift, figures by period, estimates without labels, alarms. Imports fairness."""

from typing import TYPE_CHECKING

from responsible import lazily

__all__ = ["chi_square", "jensen_shannon", "kolmogorov_smirnov", "no_drift", "psi", "total_variation"]

if TYPE_CHECKING:
    from responsible.monitoring.distances import (
        chi_square,
        jensen_shannon,
        kolmogorov_smirnov,
        no_drift,
        psi,
        total_variation,
    )
else:
    __getattr__, __dir__ = lazily(
        __name__,
        {
            "distances": (
                "chi_square",
                "jensen_shannon",
                "kolmogorov_smirnov",
                "no_drift",
                "psi",
                "total_variation",
            )
        },
    )
