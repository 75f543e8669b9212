"""A session with the store of the audit trail: one process at a time, and every failure one message."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pipeline.repository.git import redacted
from pipeline.tracking.store import Store
from responsible.validation import InputError

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

PATIENCE = 600  # seconds to wait for another process that is logging
SECRETS = ("MLFLOW_TRACKING_TOKEN", "MLFLOW_TRACKING_PASSWORD")
_EXPERIMENT_TAGS = {"mlflow.experimentKind": "custom_model_development"}  # or the UI asks what kind it is


@contextmanager
def opened(store: Store) -> Iterator[tuple[MlflowClient, str]]:
    """Hold the store for this process alone: a client and the id of its experiment, both made when they are not there.

    Raises:
        InputError: the store cannot be opened, reached or written; also for what fails inside of the block.
    """
    os.environ.update(store.environment())
    with _told(store), _held(store), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # MLflow's advice to its user; what fails raises
        yield _open(store)


@contextmanager
def _held(store: Store) -> Iterator[None]:
    """Hold the store's lock: two processes that make its tables crash, and two that look a run up both log it."""
    from filelock import FileLock, Timeout

    store.lock.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(store.lock, timeout=PATIENCE):
            yield
    except Timeout:
        raise InputError(
            f"{store.lock}: another process has held it for {PATIENCE} s; end it, then try again"
        ) from None


@contextmanager
def _told(store: Store) -> Iterator[None]:
    """Turn what MLflow, the network and the disk raise into one message that holds no credentials."""
    import mlflow  # after the environment is set: it reads it now
    from sqlalchemy.exc import SQLAlchemyError

    for name in ("alembic", "urllib3", "mlflow"):
        logging.getLogger(name).setLevel(logging.ERROR)
    try:
        yield
    except (mlflow.exceptions.MlflowException, SQLAlchemyError, OSError) as error:
        raise InputError(_failure(store, error)) from None


def _failure(store: Store, error: Exception) -> str:
    said = redacted(" ".join(str(error).split()))
    for secret in filter(None, (store.password, *(os.environ.get(name) for name in SECRETS))):
        said = said.replace(secret, "***")
    remedy = "see that the server runs and lets you in, or unset MLFLOW_TRACKING_URI for a store in the repository"
    if store.database:
        remedy = "see that the folder can be written and the disk has room"
    elif "proxy" in said.lower():
        remedy = "the proxy of HTTP_PROXY or HTTPS_PROXY does not answer; set another, or add the host to NO_PROXY"
    return (
        f"the audit trail at {store.address} could not be written; the results are complete and in place; "
        f"{remedy}, then run `make` or `dvc repro` again ({type(error).__name__}: {said[:200]})"
    )


def _open(store: Store) -> tuple[MlflowClient, str]:
    """A client and the id of the experiment, which is made when it is not there."""
    import mlflow
    from mlflow.tracking import MlflowClient

    mlflow.set_tracking_uri(store.uri)
    mlflow.set_registry_uri(store.uri)
    client = MlflowClient(store.uri, store.uri)
    if found := client.get_experiment_by_name(store.experiment):
        if found.lifecycle_stage == "deleted":
            raise InputError(
                f"the experiment {store.experiment!r} was deleted from {store.address}; restore it with "
                f"`mlflow experiments restore -x {found.experiment_id}`, or set MLFLOW_EXPERIMENT_NAME to another name"
            )
        return client, found.experiment_id
    place = None if store.database is None else store.database.with_name("mlartifacts").as_uri()
    return client, client.create_experiment(store.experiment, artifact_location=place, tags=_EXPERIMENT_TAGS)
