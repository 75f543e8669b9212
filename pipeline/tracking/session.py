"""A session with the store of the audit trail: one process at a time, and every failure one message."""

from __future__ import annotations

import json
import logging
import os
import sqlite3
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from pipeline.repository.git import redacted
from pipeline.tracking.store import Store
from responsible.validation import InputError

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

PATIENCE = 600  # seconds to wait for another process that is logging
SECRETS = ("MLFLOW_TRACKING_TOKEN", "MLFLOW_TRACKING_PASSWORD")
_ADDRESSES = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "storage_location"),
    ("model_versions", "source"),
)
VIEW = "trail"  # the name of the view below, as the key `viewStateShareKey` of an address of MLflow's pages
_WIDTHS = {"attributes.`Run Name`": 330, "tags.`verdict`": 200, "tags.`changed`": 330}  # of columns, in pixels
_VIEW = {"selectedColumns": [*_WIDTHS][1:], "columnOrder": [*_WIDTHS], "columnWidths": _WIDTHS}
_EXPERIMENT_TAGS = {
    "mlflow.experimentKind": "custom_model_development",  # or the UI asks what kind it is
    f"mlflow.sharedViewState.{VIEW}": json.dumps(_VIEW),
}


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
            f"{store.lock}: another process has held it for {PATIENCE} s; stop it, then try again"
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
    except (mlflow.exceptions.MlflowException, SQLAlchemyError, sqlite3.Error, OSError) as error:
        raise InputError(_failure(store, error)) from None


def _failure(store: Store, error: Exception) -> str:
    said = redacted(" ".join(str(error).split()))
    for secret in filter(None, (store.password, *(os.environ.get(name) for name in SECRETS))):
        said = said.replace(secret, "***")
    if "out-of-date database schema" in said:
        return (
            f"the audit trail at {store.address} has the tables of another MLflow; copy {store.address}, then run "
            f"`mlflow db upgrade {store.uri}` and `make` again"
        )
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
    """A client and the id of the experiment, which is made when it is not there.

    MLflow has it as its own experiment too: a model that is logged by the id of its run alone would go to the default
    one, whose files lie in the folder of whoever made the database, which DVC deletes after an experiment.
    """
    import mlflow
    from mlflow.tracking import MlflowClient

    _bring_home(store)

    mlflow.set_tracking_uri(store.uri)
    mlflow.set_registry_uri(store.uri)
    client = MlflowClient(store.uri, store.uri)
    if found := client.get_experiment_by_name(store.experiment):
        if found.lifecycle_stage == "deleted":
            raise InputError(
                f"the experiment {store.experiment!r} was deleted from {store.address}; restore it with "
                f"`mlflow experiments restore -x {found.experiment_id}`, or set MLFLOW_EXPERIMENT_NAME to another name"
            )
        number = found.experiment_id
        for tag, value in _EXPERIMENT_TAGS.items() - found.tags.items():
            client.set_experiment_tag(number, tag, value)
    else:
        number = client.create_experiment(store.experiment, artifact_location=store.artifacts, tags=_EXPERIMENT_TAGS)
    mlflow.set_experiment(experiment_id=number)
    return client, number


def _bring_home(store: Store) -> None:
    """In a database that was copied or moved, let the addresses of artifacts name the folder beside it.

    MLflow keeps them absolute, so a copy would read and write the original's files. An address that is not one of ours,
    ``file:///…/mlartifacts``, stays; and where no files came along, only new runs get the new place.
    """
    if store.database is None or not store.database.is_file():
        return
    came_along = store.database.with_name("mlartifacts").is_dir()
    with closing(sqlite3.connect(store.database, timeout=60)) as database, database:
        if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'logged_models'").fetchone():
            return  # no tables yet, or those of an earlier MLflow
        asked = "SELECT artifact_location FROM experiments WHERE name = ?"
        (old,) = database.execute(asked, (store.experiment,)).fetchone() or (store.artifacts,)
        if not old or old == store.artifacts or not old.startswith("file:///") or not old.endswith("/mlartifacts"):
            return
        for table, column in _ADDRESSES if came_along else _ADDRESSES[:1]:
            database.execute(
                f"UPDATE {table} SET {column} = ? || substr({column}, ?) "  # noqa: S608 - names from the list above
                f"WHERE {column} = ? OR substr({column}, 1, ?) = ?",
                (store.artifacts, len(old) + 1, old, len(old) + 1, f"{old}/"),
            )
