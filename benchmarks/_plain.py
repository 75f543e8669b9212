"""What people write without a pipeline: one script of pandas, scikit-learn, fairlearn and MLflow, all thresholds."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks._measure import ROOT
from benchmarks.scale import used


def script(source: str, store: str, thresholds: Sequence[float]) -> dict[str, Any]:
    """Train, reweigh and audit by education at the threshold of the parameters and at each of ``thresholds``.

    Every model is a run of an MLflow store in the folder ``store``; those of the first threshold are stored. The
    answer: ``cpu``, processor seconds with imports, and the ``accuracy`` of these two.
    """
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    import mlflow
    import pandas as pd
    from sklearn.model_selection import train_test_split

    from pipeline.storage.parameters import read_yaml

    given, accuracy = read_yaml(ROOT / "params.yaml"), []
    mlflow.set_tracking_uri(f"sqlite:///{store}/mlflow.db")
    mlflow.create_experiment("plain", artifact_location=f"file://{store}/artifacts")
    mlflow.set_experiment("plain")
    train, test = train_test_split(pd.read_csv(source), test_size=0.2, random_state=given["seed"])
    for place, threshold in enumerate((given["threshold"], *thresholds)):
        for name in ("baseline", "reweighed"):
            model, found = _judged(given, train, test, threshold, reweighed=name == "reweighed")
            with mlflow.start_run(run_name=f"{name} at {threshold}"):
                mlflow.log_params({"threshold": threshold, "model": name})
                mlflow.log_metrics(found)
                if place == 0:
                    kept = {"pip_requirements": ["scikit-learn"], "skops_trusted_types": ["numpy.dtype"]}
                    mlflow.sklearn.log_model(model, name="model", **kept)
                    accuracy.append(found["accuracy"])
    return {"cpu": used(), "accuracy": accuracy}


def _judged(
    given: Mapping[str, Any], train: Any, test: Any, threshold: float, *, reweighed: bool
) -> tuple[Any, dict[str, float]]:
    """A fitted model, and its figures with the differences between the two groups of education."""
    from fairlearn.metrics import MetricFrame, selection_rate, true_positive_rate
    from sklearn.metrics import accuracy_score, f1_score

    who, target = given["sensitive"]["education"], given["budget"]["target"]["column"]
    group, of_test = (own[who["column"]].isin(who["privileged"]) for own in (train, test))
    label, weight, columns = train[target] >= threshold, None, [*given["budget"]["features"]]
    if reweighed:  # Kamiran and Calders: the rows that independence would give, over those there are
        both = label.groupby([group, label]).transform("size")
        weight = group.map(group.value_counts()) * label.map(label.value_counts()) / len(train) / both
    model = _model(given).fit(train[columns], label, logisticregression__sample_weight=weight)
    told = {"accuracy": accuracy_score, "f1": f1_score, "selected": selection_rate, "found": true_positive_rate}
    answers = {"y_true": test[target] >= threshold, "y_pred": model.predict(test[columns])}
    found = MetricFrame(metrics=told, sensitive_features=of_test, **answers)
    by_group = (found.by_group.loc[False] - found.by_group.loc[True]).add_prefix("difference_")
    return model, {str(name): float(value) for name, value in {**found.overall, **by_group}.items()}


def _model(given: Mapping[str, Any]) -> Any:
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    features = given["budget"]["features"]
    numbers = [name for name, own in features.items() if own["kind"] == "numeric"]
    encode = make_column_transformer(
        (make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), numbers),
        (OneHotEncoder(handle_unknown="ignore"), [name for name in features if name not in numbers]),
    )
    return make_pipeline(encode, LogisticRegression(C=given["model"]["C"], max_iter=1_000))
