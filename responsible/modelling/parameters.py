"""The parameters of the model, apart from scikit-learn, so that checking them costs no import of it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from responsible.validation import Params

WIDE = 300  # columns after one-hot encoding


Text = Annotated[str, Field(min_length=1)]


class Reasons(Params):
    """How single decisions are explained; everything is optional.

    ``top``: reasons of a refusal at most. ``reference``: the values of features that people are compared with; of one
    without, the mean of the training rows. ``proxies``: features that stand for a protected attribute; like attributes'
    own columns they are not named as reasons. ``words``: what a reason says, by feature; else its name and value.
    """

    top: Annotated[int, Field(ge=1, le=20)] = 4
    reference: dict[Text, float | Text] | None = None
    proxies: list[Text] | None = None
    words: dict[Text, Text] | None = None


class Logistic(Params):
    """Logistic regression and its encoding.

    ``C``: inverse strength of the L2 penalty. ``scale``: standardise numeric columns. ``numeric_missing``:
    ``indicator`` fills with the training median and adds a column that says so, ``median`` only fills.
    ``categorical_missing``: ``level`` keeps missing as a level of its own, ``mode`` fills with the most frequent level.
    ``solver``: ``newton-cholesky`` forms a dense matrix of columns × columns, ``lbfgs`` takes sparse ones; ``auto`` is
    the first up to ``WIDE`` columns and the second above.
    ``decision_threshold``: a row is predicted 1 when its probability is at or above it.
    """

    C: Annotated[float, Field(gt=0)]
    scale: bool
    numeric_missing: Literal["indicator", "median"]
    categorical_missing: Literal["level", "mode"]
    solver: Literal["auto", "newton-cholesky", "lbfgs"]
    decision_threshold: Annotated[float, Field(gt=0, lt=1)]

    def solver_for(self, width: int) -> Literal["newton-cholesky", "lbfgs"]:
        """The solver of a fit with ``width`` columns after encoding."""
        if self.solver == "auto":
            return "lbfgs" if width > WIDE else "newton-cholesky"
        return self.solver
