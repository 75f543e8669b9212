"""Crossing: the rates of models in every combination of levels of two sensitive attributes.

A model can treat each attribute alike and still not those who share two disadvantages (Crenshaw 1989); with
more than two attributes every pair is crossed, because larger combinations hold too few rows to say anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, product

import numpy as np
import numpy.typing as npt
import pandas as pd

from responsible.fairness.groups import Code, Groups, group_rates
from responsible.names import Judged
from responsible.statistics.count_tables import JUDGED, counted
from responsible.statistics.intervals import Inference

FIGURES = ("value", "low", "high", "reason", "simultaneous_low", "simultaneous_high")
COLUMNS = ("attributes", "group", "privileged", "model", "rate", "count", "of", *FIGURES)
BETWEEN = " & "


def crossed(first: Groups, second: Groups) -> Groups:
    """Every combination of their levels, ``A & B``, in the order of ``first``; privileged where both are."""
    levels = tuple(BETWEEN.join(pair) for pair in product(first.levels, second.levels))
    privileged = np.logical_and.outer(first.privileged, second.privileged).ravel()
    return Groups(BETWEEN.join((first.attribute, second.attribute)), levels, privileged)


def crossed_codes(test: pd.DataFrame, first: Groups, second: Groups) -> Code:
    """The index into the levels of :func:`crossed` of every row of ``test``, -1 where either level is excluded."""
    a, b = (who.codes(test) for who in (first, second))
    return np.where((a < 0) | (b < 0), -1, a * len(second.levels) + b)


def intersection_rates(
    test: pd.DataFrame,
    attributes: Sequence[Groups],
    bits: Sequence[npt.ArrayLike],
    inference: Inference,
    models: Judged = JUDGED,
) -> pd.DataFrame:
    """Selection, TPR, FPR, PPV and base rate of every pair of levels and model, with Wilson intervals.

    ``test`` are cells with ``n`` and the ``a.`` columns; ``bits`` the label and each of ``models``' predictions, all
    (m,) 0/1. Columns: :data:`COLUMNS`. A rate on fewer than ``minimum_denominator`` rows has its counts but no value,
    and the reason ``n_below_minimum``; one without any row says why, as in ``group_rates``. Rows with an excluded level
    of either attribute are in no combination. One attribute alone gives a table without rows.
    """
    found = [_pair(test, *pair, bits, inference, models=models) for pair in combinations(attributes, 2)]
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=list(COLUMNS))


def _pair(
    test: pd.DataFrame,
    first: Groups,
    second: Groups,
    bits: Sequence[npt.ArrayLike],
    inference: Inference,
    *,
    models: Judged,
) -> pd.DataFrame:
    who = crossed(first, second)
    joint, clusters = counted(test, crossed_codes(test, first, second), len(who.levels), bits)
    rates = group_rates(joint, who, inference.confidence, clusters, models=models)
    few = (rates["of"] < inference.minimum_denominator) & (rates["of"] > 0)
    rates.loc[few, ["value", "low", "high", "simultaneous_low", "simultaneous_high"]] = np.nan
    rates.loc[few, "reason"] = "n_below_minimum"
    return rates.rename(columns={"attribute": "attributes", "level": "group"})
