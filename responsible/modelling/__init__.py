"""Encoding, logistic regression on counts and its performance. Imports tabular and statistics."""

from typing import TYPE_CHECKING

from responsible import lazily

__all__ = ["Design", "Logistic", "Performance", "Trained", "coefficients", "design", "paired_change", "score", "train"]

if TYPE_CHECKING:
    from responsible.modelling.encoding import Design, design
    from responsible.modelling.logistic_regression import Trained, coefficients, score, train
    from responsible.modelling.parameters import Logistic
    from responsible.modelling.performance import Performance, paired_change
else:
    __getattr__, __dir__ = lazily(
        __name__,
        {
            "encoding": ("Design", "design"),
            "logistic_regression": ("Trained", "coefficients", "score", "train"),
            "parameters": ("Logistic",),
            "performance": ("Performance", "paired_change"),
        },
    )
