"""The two registered models: a version of each for every run, and the alias of what a person promoted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipeline.results.fingerprint import Result
from pipeline.tracking.store import FINGERPRINT, PROMOTED, Store
from responsible.names import BASELINE, REWEIGHED, shown_model
from responsible.validation import InputError

if TYPE_CHECKING:
    from mlflow.entities import Run
    from mlflow.entities.model_registry import ModelVersion
    from mlflow.tracking import MlflowClient

DESCRIPTIONS = {
    BASELINE: "Logistic regression on unweighted training rows.",
    REWEIGHED: "The same estimator on reweighed training rows (Kamiran and Calders 2012).",
}
ADOPTED = "The same estimator, {}; adopted from a search for alternatives."
MODEL = "model"  # the tag that says which of the two a version is


def log_models(client: MlflowClient, result: Result, store: Store, run: str, tags: Mapping[str, str]) -> dict[str, str]:
    """Both models with signature, each as a version of a registered model of its own; model → its id in MLflow."""
    import mlflow
    from mlflow.models import Model

    from pipeline.tracking import logged_model

    found = {}
    for name, path in result.named.items():
        options = logged_model.options(result.folder / path, result.params)
        logged = Model.log(None, mlflow.pyfunc, run_id=run, name=name, flavor_name="python_function", **options)
        _register(client, store.registered(name), logged.model_uri, run, {**tags, MODEL: name}, result=result)
        found[name] = logged.model_id
    return found


def promote(client: MlflowClient, store: Store, run: Run, result: Result) -> None:
    """Let the alias of both registered models of the ``result`` name the versions of ``run``.

    A run that was logged when both were versions of one registered model gets versions under their own names first.

    Raises:
        InputError: its models are not registered any more.
    """
    versions = client.search_model_versions(f"run_id = '{run.info.run_id}'")
    own = {store.registered(name) for name in result.named}
    named = {version.tags.get(MODEL): version for version in sorted(versions, key=lambda found: found.name in own)}
    if missing := [name for name in result.named if name not in named]:
        raise InputError(
            f"{store.address} has no registered model of {run.info.run_name!r} as {missing[0]}; somebody deleted "
            "it: change the result or choose another MLFLOW_EXPERIMENT_NAME, then run `make`"
        )
    for name in result.named:
        version = named[name]
        if version.name not in own:
            tags = {**run.data.tags, MODEL: name}
            version = _register(
                client, store.registered(name), str(version.source), run.info.run_id, tags, result=result
            )
        client.set_registered_model_alias(version.name, PROMOTED, version.version)


def _register(
    client: MlflowClient, registered: str, source: str, run: str, tags: Mapping[str, str], *, result: Result
) -> ModelVersion:
    """The logged model at ``source`` as the next version of the registered one, which is made when it is not there."""
    from mlflow.exceptions import MlflowException

    try:
        client.get_registered_model(registered)
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        own = tags[MODEL]
        shown = shown_model(own, (result.params.get("models") or {}).get("adopted"))
        client.create_registered_model(registered, description=DESCRIPTIONS.get(own, ADOPTED.format(shown)))
    said, identity = tags.get("policy", ""), source.removeprefix("models:/")
    kept = {MODEL: tags[MODEL], FINGERPRINT: tags[FINGERPRINT], "policy": said.partition(". ")[0]}
    return client.create_model_version(registered, source, run, kept, model_id=identity, description=said)
