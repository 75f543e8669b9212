"""The parameters of the model, apart from scikit-learn, so that checking them costs no import of it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from responsible.validation import Params


class Logistic(Params):
    """Logistic regression and its encoding.

    ``C``: inverse strength of the L2 penalty. ``scale``: standardise numeric columns. ``numeric_missing``:
    ``indicator`` fills with the training median and adds a column that says so, ``median`` only fills.
    ``categorical_missing``: ``level`` keeps missing as a level of its own, ``mode`` fills with the most frequent level.
    ``decision_threshold``: a row is predicted 1 when its probability is at or above it.
    """

    C: Annotated[float, Field(gt=0)]
    scale: bool
    numeric_missing: Literal["indicator", "median"]
    categorical_missing: Literal["level", "mode"]
    solver: Literal["newton-cholesky", "lbfgs"]
    decision_threshold: Annotated[float, Field(gt=0, lt=1)]
