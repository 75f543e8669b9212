"""The model that is judged over time: its scores and decisions of the reference and of later batches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pipeline.storage import files, models
from responsible.modelling.encoding import design
from responsible.modelling.logistic_regression import score
from responsible.modelling.parameters import Logistic
from responsible.models import External, Models
from responsible.monitoring.batches import DECISION, SCORE
from responsible.monitoring.parameters import Monitor
from responsible.monitoring.sides import Reference
from responsible.names import DECISION as DECIDED


@dataclass(frozen=True)
class JudgedModel:
    """The last of the models: ``own`` is what is declared of one of somebody else, None of one that is trained here."""

    name: str
    own: External | None
    threshold: float

    def columns(self, monitor: Monitor) -> Monitor:
        """The section with the columns of batches that carry what the model said: the named ones, else those of the
        model's own table. Where a model of somebody else has decisions, they are judged; scores that it has besides
        say what is expected before labels.
        """
        if self.own is None:
            return monitor
        of_table = self.own if self.own.file is None else External.model_construct()
        given = monitor if monitor.score or monitor.decision else of_table
        return monitor.model_copy(update={"decision": given.decision, "score": given.score})

    @property
    def positive(self) -> tuple[str, ...]:
        """The texts of a decision that are a yes; none where decisions are 1 and 0."""
        return tuple(self.own.positive or ()) if self.own else ()

    def said(self, cells: pd.DataFrame, model: str) -> pd.DataFrame:
        """The cells of batches with a decision, and a score where there is any: their own, else the model's."""
        own = cells[SCORE] if SCORE in cells else pd.Series(np.nan, index=cells.index)
        if self.own is None and own.isna().any():
            own = own.fillna(pd.Series(score(models.read_model(model), design(cells)), index=cells.index))
        made = (own >= self.threshold).astype("int64")
        decided = cells[DECISION].fillna(made).astype("int64") if DECISION in cells else made
        return cells.assign(**({} if own.isna().all() else {SCORE: own}), **{DECISION: decided})

    def reference(self, cells: pd.DataFrame, scores: Mapping[str, str]) -> Reference:
        """The table that the model was made from, or judged on: all its rows, and what the model said of those that it
        was not fitted to. ``scores`` are files: ``trained`` here, and of ``others``.
        """
        if self.own is None:
            said, _ = files.read_parquet(scores["trained"], (*files.CELLS, SCORE))
        elif self.own.score:
            table, _ = files.read_parquet(scores["others"], ("model", *files.CELLS, SCORE, DECISION))
            said = table[table["model"] == self.name].astype({DECISION: "int64"})
        else:
            said = cells.assign(**{DECISION: cells[DECIDED + self.name].astype("int64")})
        if DECISION not in said:
            said = said.assign(**{DECISION: (said[SCORE] >= self.threshold).astype("int64")})
        test, valid = (said[said["split"] == split] for split in ("test", "valid"))
        return Reference(cells, test, valid if len(valid) else test)


def judged_model(given: Models, params: Logistic) -> JudgedModel:
    """The model that documents lead with."""
    name = given.names[-1]
    own: Any = given.external.get(name)
    return JudgedModel(name, own, own.decision_threshold if own else params.decision_threshold)
