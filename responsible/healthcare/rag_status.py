"""Findings: each comparison as RED, AMBER or GREEN, by its verdict on declared limits and its adjusted test.

A colour says what has to happen next, so uncertainty is never GREEN.
"""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from responsible.fairness.comparisons import mirrored
from responsible.names import ANY_LEVEL
from responsible.validation import Params

Colour = Literal["RED", "AMBER", "GREEN"]
COLOURS: tuple[Colour, ...] = ("RED", "AMBER", "GREEN")


class Days(Params):
    """Days until a RED finding must be analysed, and until an AMBER difference must be explained."""

    red: Annotated[int, Field(ge=1, le=3_650)]
    amber: Annotated[int, Field(ge=1, le=3_650)]


def colour(row: pd.Series, significance: float, fair: float = 0.0) -> Colour:
    """The colour of one comparison, from ``value, minimum, maximum, verdict, p_adjusted``.

    RED: the whole interval lies beyond a limit (verdict ``fail``), or the value does and the difference is shown
    (``p_adjusted`` at most ``significance``). GREEN: the whole interval lies within the limits (``pass``) and no
    difference is shown. AMBER: everything else, that is a difference shown within the limits, or an interval that
    straddles a limit or is undefined, which is no evidence of fairness.
    """
    shown = bool(row["p_adjusted"] <= significance) and row["value"] != fair
    beyond = bool(row["value"] < _or(row["minimum"], -np.inf) or row["value"] > _or(row["maximum"], np.inf))
    if row["verdict"] == "fail" or (shown and beyond):
        return "RED"
    return "GREEN" if row["verdict"] == "pass" and not shown else "AMBER"


def _or(value: float | None, other: float) -> float:
    return other if value is None or np.isnan(value) else float(value)


def coloured(table: pd.DataFrame, significance: float, fair: float = 0.0) -> pd.DataFrame:
    """The table with a column ``finding``, the colour of each row.

    Empty for rows without limits, for "any level", whose levels have theirs, and for the mirror of a row.
    """
    judged = table[table["verdict"].ne("") & table["comparison"].ne(ANY_LEVEL) & ~mirrored(table)]
    found = pd.Series([colour(row, significance, fair) for _, row in judged.iterrows()], judged.index, dtype=object)
    return table.assign(finding=found.reindex(table.index, fill_value=""))
