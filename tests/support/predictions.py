"""Predictions of models that were made outside of the pipeline, and the stages that audit them in one folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from ruamel.yaml import YAML

from stages import evaluate_fairness, model_analyses, prepare


def people(rows: int = 600, seed: int = 5) -> pd.DataFrame:
    """A table with an id, a group, a label, and what a model said of each row: a score, a yes or no, a 1 or 0."""
    rng = np.random.default_rng(seed)
    sex, score = rng.choice(["f", "m"], rows), rng.random(rows).round(6)
    label = (rng.random(rows) < score).astype(int)
    yes = score >= np.where(sex == "m", 0.4, 0.6)
    said = np.where(yes, "approve", "deny")
    names = [f"p{i:04}" for i in range(rows)]
    return pd.DataFrame({"id": names, "sex": sex, "y": label, "p": score, "said": said, "yhat": yes.astype(int)})


def parameters(tree: Mapping[str, Any], models: Mapping[str, Any], **budget: Any) -> dict[str, Any]:
    """The shipped parameters for :func:`people`, audited with ``models`` and nothing trained."""
    out = {key: own for key, own in tree.items() if key not in ("reweigh", "threshold_sweep")}
    target = {"column": "y", "minimum": 0, "maximum": 1, "favourable": None}
    table = {"source": "people.csv", "delimiter": ",", "key": "id", "target": target, "features": None}
    out |= {"budget": table | budget, "threshold": 1, "models": dict(models)}
    out |= {"sensitive": {"sex": {"column": "sex", "privileged": ["m"]}}}
    out["inference"] = out["inference"] | {"replicates": 300}
    return out


def audited(folder: Path, given: Mapping[str, Any], table: pd.DataFrame | None = None) -> Path:
    """Run the stages on the parameters, and on ``people.csv`` if there is a ``table``, all files in ``folder``."""
    (folder / "data/predictions").mkdir(parents=True, exist_ok=True)
    if table is not None:
        table.to_csv(folder / "people.csv", index=False)
    given = {**given, "budget": {**given["budget"], "source": str(folder / given["budget"]["source"])}}
    with (folder / "params.yaml").open("w", encoding="utf-8") as file:
        YAML().dump(dict(given), file)
    for stage in (prepare, model_analyses, evaluate_fairness):
        paths = {key: value for key, value in stage.main.__kwdefaults__.items() if "templates" not in value}
        stage.main(**{key: str(folder / value) for key, value in paths.items()})
    return folder
