"""The model as MLflow serves it: people's columns as in the table, in; probability and prediction, out.

This file is stored with each registered model and runs where the model is loaded, so it imports nothing of this
repository. The archive beside it is loaded by skops with the allow-list here, not with one that the archive asks for.
"""

from __future__ import annotations

from typing import Any

import mlflow
import numpy as np
import pandas as pd
from mlflow.pyfunc.model import PythonModel

from responsible.names import FEATURE

TRUSTED = ["numpy.dtype"]  # as in pipeline/storage/models.py, a test compares them
MISSING = "Missing"
RARE = "Rare"  # as in responsible/tabular/schema.py


class Served(PythonModel):
    """Types the columns as ``prepare`` does, and asks the pipeline."""

    def load_context(self, context: Any) -> None:
        """Read the archive; a type off the allow-list is refused before anything of it is built."""
        import skops.io

        self.pipeline = skops.io.load(context.artifacts["model"], trusted=TRUSTED)
        self.config = context.model_config

    def predict(
        self,
        context: Any,  # noqa: ARG002 - the names and the places are MLflow's
        model_input: pd.DataFrame,
        params: Any = None,  # noqa: ARG002 - as above
    ) -> pd.DataFrame:
        """P(label = 1) of each row, and whether it is at or above the decision threshold."""
        features = self.config["features"]
        typed = {FEATURE + name: self._typed(model_input[name], **feature) for name, feature in features.items()}
        for column in (FEATURE + name for name in self.config["merged"]):
            typed[column] = self._merged(typed[column], column)
        probability = self.pipeline.predict_proba(pd.DataFrame(typed))[:, 1]
        prediction = (probability >= self.config["decision_threshold"]).astype(np.int64)
        return pd.DataFrame({"probability": probability, "prediction": prediction}, index=model_input.index)

    def _typed(self, column: pd.Series, kind: str, bins: list[float] | None, intervals: list[str]) -> Any:
        """Numbers as floats, or as the text of their interval; texts as they are; missing as the pipeline knows it."""
        if kind == "numeric":
            number = pd.to_numeric(column).astype(float).to_numpy()
            return number if bins is None else self._cut(number, bins, intervals)
        missing = column.isna() | column.astype(str).str.strip().isin(["", *self.config["missing_values"]])
        column = column.astype(str).str.strip() if self.config["trim"] else column
        return column.astype(object).where(~missing, MISSING).astype(str).to_numpy(dtype=object)

    def _merged(self, levels: np.ndarray, column: str) -> np.ndarray:
        """A level that the pipeline does not know is one of those that were too rare."""
        known = self.pipeline.named_steps["encode"].named_transformers_[column].named_steps["onehot"].categories_[0]
        return np.where(np.isin(levels.astype(str), [*known, MISSING]), levels, RARE)

    def _cut(self, number: np.ndarray, bins: list[float], intervals: list[str]) -> np.ndarray:
        found = np.array(intervals, dtype=object)[np.searchsorted(bins, number, side="right")]
        return np.where(np.isnan(number), MISSING, found)


mlflow.models.set_model(Served())
