"""Cells with the scores (``s.`` columns) and decisions (``d.``) of models, as the analyses take them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from responsible.fairness.groups import Groups
from responsible.measures.scores import Scored
from responsible.modelling.score_intervals import cluster_of
from responsible.models import Models
from responsible.names import DECISION, SCORE

Bits = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


def of_split(table: pd.DataFrame, split: str) -> pd.DataFrame:
    """The rows of a split, numbered from 0."""
    return table[table["split"] == split].reset_index(drop=True)


def decided(table: pd.DataFrame, models: Models, cut: float) -> dict[str, Bits]:
    """The decisions (m,) of every model: a score of ``cut`` where it is trained here, else those it came with."""
    yes = {name: table[SCORE + name] >= cut for name in models.trained}
    yes |= {name: table[DECISION + name] == 1 for name in models.external}
    return {name: yes[name].to_numpy() for name in models.names}


def answered(table: pd.DataFrame, models: Models, cut: float, model: str) -> Ints | None:
    """The people of cells with a ``label`` whom a model answers yes, by label (2,); None if its answers are not made of
    its score.
    """
    if (own := models.external.get(model)) and own.decision:
        return None
    yes = decided(table, models, cut)[model]
    return np.bincount(table["label"][yes], weights=table["n"][yes], minlength=2).astype(np.int64)


def scored(table: pd.DataFrame) -> Scored:
    """Every row and score, without a level; each analysis brings its own code."""
    scores = {str(c).removeprefix(SCORE): table[c].to_numpy() for c in table if str(c).startswith(SCORE)}
    label, n = table["label"].to_numpy(), table["n"].to_numpy()
    return Scored(scores, label, n, np.zeros(len(table), dtype=np.int64), cluster_of(table))


def coded(table: pd.DataFrame, who: Sequence[Groups]) -> list[tuple[Groups, Ints]]:
    """The groups of each attribute with the code (m,) of each cell."""
    return [(own, own.codes(table)) for own in who]
