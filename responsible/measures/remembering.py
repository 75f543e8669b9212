"""Figures that remember their values: several confidences, and the steps of one interval, ask for the same tables."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from responsible.statistics.count_figures import Compute, CountFigure
from responsible.statistics.rates import Counts


def remembered(figure: CountFigure, *tables: Counts) -> CountFigure:
    """The figure, which is computed of each of these tables once, however many intervals are taken of them."""

    def once(compute: Compute) -> Compute:
        known: dict[int, np.ndarray] = {}

        def found(table: Counts) -> np.ndarray:
            for place, each in enumerate(tables):
                if table is each:
                    return known[place] if place in known else known.setdefault(place, compute(table))
            return compute(table)

        return found

    return replace(figure, compute=once(figure.compute), gaps=tuple(map(once, figure.gaps)))
