"""A small result to record: the committed figures and documents, and two models of a dozen cells."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.results.catalogue import MODEL_FILES
from pipeline.results.fingerprint import RECORDED
from pipeline.storage import files, models, parameters
from responsible.modelling.logistic_regression import train
from responsible.modelling.parameters import Logistic

ROOT = Path(__file__).parents[2]
LEVELS = ("Male", "Female", "Missing")
KINDS = {"Age": "numeric", "Gender": "categorical", "Education_Level": "categorical", "With children?": "numeric"}
CELLS = pd.DataFrame(
    {
        "split": ["train"] * 8 + ["test"] * 4,
        "bin": [0, 1, 0, 1, 1, 0, 1, 0, 0, 1, 0, 1],
        "x.Age": [20.0, 30.0, None, 50.0, 60.0, 25.0, 35.0, 45.0, 55.0, None, 65.0, 21.0],
        "x.Gender": [*LEVELS] * 4,
        "x.Education_Level": ["Bachelor’s Degree", "Other", "Missing", "Master’s Degree"] * 3,
        "x.With children?": [1.0, 0.0, None] * 4,
        "x.Recommended_Activity": ["Visit: museum", "Stay in"] * 6,
        "a.gender": [*LEVELS] * 4,
        "n": [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8],
    }
)


def make_result(root: Path) -> Path:
    """Copy the committed figures, documents and parameters to ``root`` and train the models there; without DVC."""
    for name in (*RECORDED, "params.yaml"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copyfile
        copy(ROOT / name, root / name)
    params = Logistic(**parameters.read_yaml(root / "params.yaml")["model"])
    kinds = {f"x.{name}": kind for name, kind in {**KINDS, "Recommended_Activity": "categorical"}.items()}
    for weight, (name, path) in enumerate(MODEL_FILES.items(), start=1):
        trained = train(CELLS, kinds, CELLS["bin"], params, 1 + weight * CELLS["x.Age"].lt(40))
        models.write_model(root / path, trained.pipeline)
        files.write_parquet(root / f"data/scores/{name}.parquet", files.scored(CELLS, trained.score))
    return root


def change(root: Path, accuracy: float) -> None:
    """Make another result of it: another accuracy of the baseline."""
    file = root / "metrics/train_baseline.json"
    figures = json.loads(file.read_text())
    figures["train_baseline"]["accuracy"] = accuracy
    file.write_text(json.dumps(figures))


def people() -> pd.DataFrame:
    """The cells' features as they stand in a table of people: own names, missing as nothing."""
    features = CELLS.filter(like="x.").rename(columns=lambda name: name.removeprefix("x."))
    return features.replace("Missing", None)


def runs(database: Path, experiment: str = "responsible-ml-pipeline") -> list[Any]:
    """Every run in a SQLite store, oldest first."""
    from mlflow.entities import ViewType
    from mlflow.tracking import MlflowClient

    client = MlflowClient(f"sqlite:///{database}")
    found = client.get_experiment_by_name(experiment)
    return client.search_runs([found.experiment_id], "", ViewType.ALL, order_by=["start_time"]) if found else []


def outside(**more: str) -> dict[str, str]:
    """The environment of a stage in a process of its own, with the audit trail on and no store named from outside."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    own = {name: value for name, value in os.environ.items() if not name.startswith(("MLFLOW_", "DVC_"))}
    return {**own, "PATH": path, "PYTHONPATH": str(ROOT), "AUDIT_TRAIL": "on", **more}
