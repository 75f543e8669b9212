"""How a model is handed to MLflow: its signature, its settings, and the exact packages it was written with."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from mlflow.models import ModelSignature
from mlflow.types import ColSpec, Schema

from pipeline.tracking import pyfunc
from responsible import words
from responsible.tabular.columns import intervals

PACKAGES = ("mlflow", "numpy", "pandas", "scikit-learn", "skops")
_OUTPUTS = Schema([ColSpec("double", "probability"), ColSpec("long", "prediction")])


def options(archive: Path, params: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of ``mlflow.pyfunc.log_model`` for the model in ``archive``; requirements are not guessed."""
    features, target = params["budget"]["features"], params["budget"]["target"]
    called = words.read(params.get("words"))
    types = {"numeric": "double", "categorical": "string"}
    return {
        "python_model": pyfunc.__file__,
        "artifacts": {"model": str(archive)},
        "signature": ModelSignature(Schema([ColSpec(types[f["kind"]], n) for n, f in features.items()]), _OUTPUTS),
        "model_config": {
            "features": {name: _feature(feature) for name, feature in features.items()},
            "merged": [name for name, feature in features.items() if feature.get("min_count")],
            "missing_values": [*params["prepare"]["missing_values"], *params["budget"].get("missing_values", [])],
            "trim": params["budget"].get("trim", False),
            "decision_threshold": params["model"]["decision_threshold"],
            "label": called.meaning(target["column"], target.get("favourable"), params["threshold"]),
        },
        "pip_requirements": [f"{name}=={version(name)}" for name in PACKAGES],
    }


def _feature(feature: Mapping[str, Any]) -> dict[str, Any]:
    """What turns a person's field into the column that the pipeline knows."""
    bins = feature.get("bins")
    names = intervals(bins, feature.get("minimum"), feature.get("maximum")) if bins else []
    return {"kind": feature["kind"], "bins": bins, "intervals": names}
