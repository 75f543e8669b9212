"""The parameters of the search, apart from scikit-learn, so that checking them costs no import of it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from responsible.fairness.measures import MEASURES
from responsible.validation import Params, did_you_mean

Constraint = Literal["demographic_parity", "equal_opportunity", "equalized_odds"]
Estimator = Literal["logistic", "trees"]
Share = Annotated[float, Field(gt=0, lt=1)]


class Alternatives(Params):
    """What is searched, and what counts as an alternative.

    ``attribute``: the sensitive attribute whose disparity is to be less, by the absolute value of ``measure``, a
    difference of MEASURES. ``within``: the loss of performance, against the best candidate, that still is like quality;
    of declared costs, in their unit. ``least``: the least reduction of the disparity that matters.
    ``strengths``: exponents λ of the reweighing weights. ``proxies``: the AUC from which a feature that tells the
    attribute is dropped. ``constraints`` and ``tolerances``: of in-processing and of group thresholds; a tolerance is
    the largest difference of the rates that a constraint compares.
    ``allow_group_thresholds``: whether a rule that looks at the attribute when deciding may be the answer; otherwise
    such rules are a bound only.
    """

    attribute: str
    measure: str
    within: Share
    least: Share
    strengths: Annotated[list[Annotated[float, Field(gt=0, le=1)]], Field(min_length=1)]
    proxies: Annotated[float, Field(gt=0.5, lt=1)]
    constraints: list[Constraint]
    tolerances: Annotated[list[Annotated[float, Field(ge=0, lt=1)]], Field(min_length=1)]
    estimators: Annotated[list[Estimator], Field(min_length=1)]
    allow_group_thresholds: bool = False

    @field_validator("measure")
    @classmethod
    def _a_difference(cls, name: str) -> str:
        if name not in MEASURES:
            raise ValueError(f"{name!r} is not a measure{did_you_mean(name, MEASURES)}")
        if MEASURES[name].ratio:
            raise ValueError(f"{name} is a ratio; take a difference, such as statistical_parity_difference")
        return name

    @field_validator("estimators")
    @classmethod
    def _with_the_one_in_use(cls, names: list[Estimator]) -> list[Estimator]:
        if "logistic" not in names:
            raise ValueError("must hold logistic, which the models that are trained here are")
        return names
