"""What wrong answers cost: the figure that decides what is best where people have declared costs."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from responsible.statistics.count_figures import CountFigure
from responsible.statistics.rates import RATES, Counts
from responsible.validation import Params

COST = "cost"


class Costs(Params):
    """What a wrong yes and a wrong no cost, in one unit; only their ratio decides."""

    false_positive: Annotated[float, Field(gt=0, le=1e9)]
    false_negative: Annotated[float, Field(gt=0, le=1e9)]

    @property
    def figure(self) -> CountFigure:
        """The mean cost of a row, (c_FP · FP + c_FN · FN) / n over the rows of all sides together, in their unit."""

        def compute(table: Counts) -> np.ndarray:
            whole = table.sum(axis=-3)
            wrong = self.false_positive * whole[..., 0, 1] + self.false_negative * whole[..., 1, 0]
            return np.asarray(wrong / whole.sum(axis=(-2, -1)))

        return CountFigure(compute, (RATES["accuracy"],), bounds=(0.0, max(self.false_positive, self.false_negative)))
