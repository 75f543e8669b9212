"""The audit trail in MLflow: one finished run for each distinct result, in whichever store is meant.

Everything goes through a client with the run's id: MLflow's notion of an active run would add the git remote and the
account of whoever runs it to the tags, and would call a run finished whose process merely ends.
"""

from __future__ import annotations

import json
import multiprocessing
import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pipeline.repository.dvc import LOCK
from pipeline.repository.git import redacted
from pipeline.results.figures import PARAMETERS
from pipeline.results.fingerprint import Result
from pipeline.storage.models import read_model
from pipeline.tracking.classification_reports import write_reports
from pipeline.tracking.run_record import Record
from pipeline.tracking.session import opened
from pipeline.tracking.store import ALIASES, FINGERPRINT, SECONDS, Store, patience
from responsible.validation import InputError

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from mlflow.entities import Run
    from mlflow.tracking import MlflowClient


class RunEntry(NamedTuple):
    """The run of a result: its name, and whether it was logged now or had been before."""

    name: str
    new: bool


def record(result: Result, store: Store) -> RunEntry:
    """Log the result, unless a finished run of it is there.

    Raises:
        InputError: the store cannot be opened, reached or written. What was logged so far then stays, unfinished, and
            does not count.
    """
    with opened(store) as (client, experiment):
        if run := _find(client, experiment, result.fingerprint, "FINISHED"):
            return RunEntry(run.info.run_name, new=False)
        while killed := _find(client, experiment, result.fingerprint, "RUNNING"):
            client.set_terminated(killed.info.run_id, "KILLED")  # who held the lock before us has died
        return _log(client, experiment, result, store)


def record_in_time(result: Result, store: Store) -> RunEntry:
    """:func:`record`, on a server in a process of its own that is ended after ``AUDIT_TRAIL_SECONDS``.

    A timeout of each read does not bound the whole: a server that sends a byte a second would hold the build.
    """
    if store.database is not None:
        return record(result, store)
    longest, context = patience(), multiprocessing.get_context("spawn")
    receiving, sending = context.Pipe(duplex=False)
    worker = context.Process(target=_work, args=(sending, result, store), daemon=True)
    worker.start()
    sending.close()
    try:
        if not receiving.poll(longest):
            raise InputError(
                f"the audit trail at {store.address} took longer than {longest:g} s; the results are complete and in "
                f"place; see that the server is well, or set {SECONDS} to more, then run `make` again"
            )
        answer: RunEntry | InputError = receiving.recv()
    except EOFError:
        raise InputError(f"recording at {store.address} ended early, see above; run `make` again") from None
    finally:
        worker.kill()
        worker.join()
    if isinstance(answer, InputError):
        raise answer
    return answer


def _work(sending: Connection, result: Result, store: Store) -> None:
    try:
        sending.send(record(result, store))
    except InputError as error:
        sending.send(error)


def promote(result: Result, store: Store) -> str:
    """Let the aliases name the models of the result's finished run; its name.

    Raises:
        InputError: there is no such run, or its models are not registered any more.
    """
    with opened(store) as (client, experiment):
        if not (run := _find(client, experiment, result.fingerprint, "FINISHED")):
            raise InputError(f"{store.address} has no run of this result; run `make`, then `make promote`")
        versions = client.search_model_versions(f"name = '{store.model}' and run_id = '{run.info.run_id}'")
        named = {version.tags.get("model"): version.version for version in versions}
        if missing := [alias for alias in ALIASES if alias not in named]:
            raise InputError(
                f"{store.address} has no registered model of {run.info.run_name!r} as {missing[0]}; somebody deleted "
                "it: change the result or choose another MLFLOW_EXPERIMENT_NAME, then run `make`"
            )
        for alias in ALIASES:
            client.set_registered_model_alias(store.model, alias, named[alias])
        return str(run.info.run_name)


def _find(client: MlflowClient, experiment: str, fingerprint: str, status: str) -> Run | None:
    asked = f"tags.{FINGERPRINT} = '{fingerprint}' and attributes.status = '{status}'"
    found = client.search_runs([experiment], filter_string=asked, max_results=1)
    return found[0] if found else None


def _log(client: MlflowClient, experiment: str, result: Result, store: Store) -> RunEntry:
    """Log a run. The order matters: models before figures, which they would copy; the status last."""
    from mlflow.entities import Metric, Param

    said = Record(result)
    params, metrics, tags = said.params, said.metrics, said.tags  # whatever is wrong with them, before a run is there
    run = client.create_run(experiment, run_name=said.title, tags=tags)
    key, now = run.info.run_id, int(time.time() * 1000)
    if result.models:
        _log_models(client, result, store, key)
    client.log_inputs(key, _datasets(said.digests, result.params))
    with tempfile.TemporaryDirectory(prefix="track-") as folder:
        _gather(result, Path(folder))
        client.log_artifacts(key, folder)
    client.log_batch(
        key,
        metrics=[Metric(name, value, now, 0) for name, value in metrics.items()],
        params=[Param(name, value) for name, value in params.items()],
    )
    client.set_terminated(key, "FINISHED")
    return RunEntry(said.title, new=True)


def _datasets(digests: dict[str, str], params: dict[str, Any]) -> list[Any]:
    """The tables of people by the digest of their rows, which MLflow cuts at 36 letters; tags have the whole."""
    from mlflow.entities import Dataset, DatasetInput

    where = {table: redacted(str(params.get(table, {}).get("source", ""))) for table in digests}
    return [
        DatasetInput(Dataset(table, digest[:32], "local", json.dumps({"uri": where[table]})), [])
        for table, digest in digests.items()
    ]


def _gather(result: Result, folder: Path) -> None:
    """Everything people read of the result, under its path, and what the result was made from."""
    for name in result.files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(result.folder / name, folder / name)
    for name in (PARAMETERS, LOCK):
        if (result.folder / name).is_file():
            text = (result.folder / name).read_text(encoding="utf-8")
            (folder / name).write_text(redacted(text), encoding="utf-8")
    if result.models:
        write_reports(result.folder, folder / "classification")


def _log_models(client: MlflowClient, result: Result, store: Store, run: str) -> None:
    """Both models with signature, as versions of one registered model that say which they are."""
    import mlflow
    from mlflow.exceptions import MlflowException
    from mlflow.models import Model

    from pipeline.tracking import logged_model

    try:
        client.get_registered_model(store.model)
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        client.create_registered_model(store.model)
    for alias, path in result.models.items():
        read_model(result.folder / path)  # refuses what the loader would refuse
        options = logged_model.options(result.folder / path, result.params)
        logged = Model.log(None, mlflow.pyfunc, run_id=run, name=alias, flavor_name="python_function", **options)
        tags = {"model": alias, FINGERPRINT: result.fingerprint}
        client.create_model_version(store.model, logged.model_uri, run, tags=tags, model_id=logged.model_id)
