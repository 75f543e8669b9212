"""Encoding, logistic regression on counts and its performance. Imports tabular and statistics."""

from typing import TYPE_CHECKING

from responsible import lazily

__all__ = [
    "Contributions",
    "Design",
    "Logistic",
    "Performance",
    "Trained",
    "coefficients",
    "contributions",
    "design",
    "paired_change",
    "reason_codes",
    "reference",
    "score",
    "train",
]

if TYPE_CHECKING:
    from responsible.modelling.encoding import Design, design
    from responsible.modelling.log_odds import Contributions, contributions, reason_codes, reference
    from responsible.modelling.logistic_regression import Trained, coefficients, score, train
    from responsible.modelling.parameters import Logistic
    from responsible.modelling.performance import Performance, paired_change
else:
    __getattr__, __dir__ = lazily(
        __name__,
        {
            "encoding": ("Design", "design"),
            "log_odds": ("Contributions", "contributions", "reason_codes", "reference"),
            "logistic_regression": ("Trained", "coefficients", "score", "train"),
            "parameters": ("Logistic",),
            "performance": ("Performance", "paired_change"),
        },
    )
