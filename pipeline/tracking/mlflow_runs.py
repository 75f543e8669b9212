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
from pipeline.results.catalogue import Documents
from pipeline.results.figures import PARAMETERS
from pipeline.results.fingerprint import Result
from pipeline.storage.files import write_csv
from pipeline.tracking import registry
from pipeline.tracking.classification_reports import write_reports
from pipeline.tracking.run_figures import COLUMNS
from pipeline.tracking.run_record import Record
from pipeline.tracking.session import opened
from pipeline.tracking.store import FINGERPRINT, SECONDS, Store, patience
from responsible.validation import InputError

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from mlflow.entities import Run
    from mlflow.tracking import MlflowClient


FIGURES = "figures.csv"  # the artifact with every headline figure


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
                f"place; check the server, or set {SECONDS} to more, then run `make` again"
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
    """Let the alias of both registered models name those of the result's finished run; the run's name.

    Raises:
        InputError: there is no such run, or its models are not registered any more.
    """
    with opened(store) as (client, experiment):
        if not (run := _find(client, experiment, result.fingerprint, "FINISHED")):
            raise InputError(f"{store.address} has no run of this result; run `make`, then `make promote`")
        registry.promote(client, store, run, result)
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
    client.set_tag(key, "mlflow.note.content", _note(said.tags["policy"], result, experiment, key))
    models = registry.log_models(client, result, store, key, said.tags) if result.models else {}
    client.log_inputs(key, _datasets(said.digests, result.params))
    with tempfile.TemporaryDirectory(prefix="track-") as folder:
        _gather(result, Path(folder))
        _write_figures(Path(folder, FIGURES), said)
        client.log_artifacts(key, folder)
    client.log_batch(
        key,
        metrics=[Metric(name, m.value, now, 0, model_id=models.get(m.model)) for name, m in metrics.items()],
        params=[Param(name, value) for name, value in params.items()],
    )
    client.set_terminated(key, "FINISHED")
    return RunEntry(said.title, new=True)


def _note(policy: str, result: Result, experiment: str, run: str) -> str:
    """What MLflow shows first of a run, as Markdown: the policy's answer, and where the decision page is."""
    page = f"#/experiments/{experiment}/runs/{run}/artifactPath/{Documents.INDEX}"
    link = [f"[Open the decision page]({page})"] if Documents.INDEX in result.files else []
    return "\n\n".join([redacted(policy), *link])


def _write_figures(file: Path, said: Record) -> None:
    import pandas as pd

    write_csv(file, pd.DataFrame(said.figures.rows(), columns=COLUMNS))


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
